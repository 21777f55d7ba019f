"""Time and randomness, injected so that a test can fix them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """The process's clocks and random source.

    Attributes:
        now_us: wall clock, microseconds since 1970, UTC.
        monotonic_s: a clock that never goes back.
        random_bytes: cryptographic randomness.
    """

    now_us: Callable[[], int] = lambda: time.time_ns() // 1000
    monotonic_s: Callable[[], float] = time.monotonic
    random_bytes: Callable[[int], bytes] = os.urandom


def new_ids(runtime: Runtime, count: int) -> list[bytes]:
    """`count` UUIDv7 (RFC 9562), 16 bytes each, increasing within the call so that rows inserted together lie together.

    The 12 bits behind the version count up within a millisecond's batch (method 1 of the RFC), carrying into the time.
    """
    millis = runtime.now_us() // 1000
    random = runtime.random_bytes(8 * count)
    ids = []
    for index in range(count):
        head = (millis + (index >> 12)) << 16 | 0x7000 | (index & 0xFFF)
        tail = int.from_bytes(random[8 * index : 8 * index + 8]) & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        ids.append((head << 64 | tail).to_bytes(16))
    return ids
