"""Limits what one principal, and all together, may have in flight; a slow caller cannot starve the others.

gRPC's own `maximum_concurrent_rpcs` was broken for long and knows no principals, so the vault counts itself.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from vault_server.errors import ResourceExhaustedError, UnavailableError


class Admission:
    """Counts calls in flight. Safe for several threads.

    Args:
        per_principal: unary calls of one principal.
        streams_per_principal: streams of one principal.
        streams: streams of all together, fewer than there are threads, because a stream holds one for as long as it lasts.
    """

    def __init__(self, *, per_principal: int, streams_per_principal: int, streams: int) -> None:
        self._limits = {False: per_principal, True: streams_per_principal}
        self._streams_left = streams
        self._lock = threading.Lock()
        self._in_flight: Counter[tuple[str, str, bool]] = Counter()
        self._draining = False

    @contextmanager
    def admit(self, tenant: str, principal: str, *, stream: bool) -> Iterator[None]:
        """Hold a place for the length of the call.

        Raises:
            ResourceExhaustedError: the principal has too many calls of this sort in flight.
            UnavailableError: the server drains.
        """
        key = (tenant, principal, stream)
        with self._lock:
            if self._draining:
                raise UnavailableError("the vault is shutting down", reason="DRAINING", hint="connect again in a moment")
            if self._in_flight[key] >= self._limits[stream]:
                raise ResourceExhaustedError(
                    f"at most {self._limits[stream]} of these calls may be in flight for one principal",
                    reason="TOO_MANY_CALLS",
                    hint="wait for an answer before sending the next",
                )
            if stream and not self._streams_left:
                raise ResourceExhaustedError(
                    "too many streams are open", reason="TOO_MANY_STREAMS", hint="try again when others have ended"
                )
            self._streams_left -= stream
            self._in_flight[key] += 1
        try:
            yield
        finally:
            with self._lock:
                self._streams_left += stream
                self._in_flight[key] -= 1
                if not self._in_flight[key]:
                    del self._in_flight[key]

    @property
    def draining(self) -> bool:
        return self._draining

    def drain(self) -> None:
        """Refuse every new call from now on."""
        with self._lock:
            self._draining = True
