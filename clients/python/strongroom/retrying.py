"""How long a call may take and when it is tried again: decisions only, no clock, no sleeping.

Rules: every call ends within its budget; only `UNAVAILABLE` is tried again, only where repeating is harmless, after a
jittered backoff (Brooker 2015, "Exponential backoff and jitter").
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and how patiently.

    Attributes:
        attempts: tries in all, the first included.
        first_delay_s: upper end of the first pause; it doubles.
        longest_delay_s: upper end of every pause.
    """

    attempts: int = 5
    first_delay_s: float = 0.1
    longest_delay_s: float = 3.0

    def delay_s(self, failures: int, jitter: Callable[[], float]) -> float:
        """Return how long to wait after the n-th failure in a row; `jitter` draws from 0..1."""
        ceiling = min(self.first_delay_s * 2.0 ** (failures - 1), self.longest_delay_s)
        return ceiling * (0.5 + jitter() / 2)

    def may_retry(self, failures: int) -> bool:
        return failures < self.attempts


def system_jitter() -> float:
    return random.random()  # noqa: S311 - spreads retries, guards nothing
