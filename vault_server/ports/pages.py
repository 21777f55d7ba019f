"""Who helps to make the pages of a read session: processes of the vault's own, each working for one stream at a time.

Rules. A helper answers in the order in which it was asked. It may be lost or refuse at any moment, and then the stream goes on
without it: whoever asked knows the place behind the last part that it took. What a helper makes is the same, byte for byte, as
what the vault's process makes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple, Protocol, TypeAlias

from strongroom.api.v1.read_session_service_pb2 import ReadRowsResponse
from vault_server.errors import UnavailableError

Place: TypeAlias = tuple[bytes, bytes]
"""Where a row stands in scan order: customer id, record id; both empty before the first."""


class Part(NamedTuple):
    """Some rows, encoded: a response without its resume token, and the place of its last row."""

    last: Place
    response: ReadRowsResponse


class HelperLostError(UnavailableError):
    """The helper is gone, or refused a page."""

    reason = "HELPER_LOST"


class PageHelper(Protocol):
    """A helper, as long as one stream has it."""

    @property
    def waiting(self) -> int:
        """How many pages were asked for and not taken."""
        ...

    def ask(self, after: Place, end: Place) -> None:
        """Have everything behind `after` up to and with `end` made.

        Raises:
            HelperLostError: it will not come.
        """
        ...

    def ready(self) -> bool:
        """Whether `take` would find an answer now."""
        ...

    def take(self) -> Iterator[Part]:
        """The parts of the page that was asked for first, as they come.

        Raises:
            HelperLostError: no more parts will come.
        """
        ...


class PageHelpers(Protocol):
    """All helpers of one vault process. Safe for several threads."""

    def prepare(self) -> None:
        """A large read is about to begin; returns at once."""
        ...

    def borrow(self, tenant: str, plan: bytes, run_id: bytes, sealed_key: bytes) -> AbstractContextManager[PageHelper | None]:
        """A helper that is idle now, if there is one, for a stream of the session with this plan; never waits.

        Args:
            plan: the encoded `SessionPlan`.
            run_id: of the run whose session it is, or empty; `sealed_key` is its sealed pseudonym key.
        """
        ...


class NoHelpers:
    """`PageHelpers` and `ChunkHelpers` of a vault that does everything in one process."""

    def prepare(self) -> None:
        return

    def borrow(self, tenant: str, plan: bytes, run_id: bytes, sealed_key: bytes) -> AbstractContextManager[PageHelper | None]:  # noqa: ARG002 - the port's
        return nullcontext()

    def borrow_for_import(self) -> None:
        return
