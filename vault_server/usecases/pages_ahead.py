"""Pages of one stream made by two: a helper and this process, at the same time, delivered in the order of their keys.

Why. One core's interpreter lock is what limits a bulk read (docs/adr/0014). Where a page ends is asked of the index first, so
both can begin; the helper always has the next page before it has finished one, this process makes what lies between.

Rules. A page that was made ahead is delivered only while the tenant's fence is where it was when the page was begun, and only
for a few seconds: a slow reader gets rows as fresh as without a helper. On any trouble this stops, and says behind which
place the stream goes on; nothing is lost or delivered twice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from itertools import chain

from vault_server.ports.pages import HelperLostError, PageHelper, Part, Place
from vault_server.usecases.session_pages import SessionPages

MOST_AHEAD = 6
HELPER_AHEAD = 3
MOST_BYTES_AHEAD = 4 << 20
STALE_S = 5.0


@dataclass(slots=True, kw_only=True)
class _Ahead:
    """A page that was begun; `made` is None if the helper makes it."""

    after: Place
    end: Place
    fence: int
    begun_s: float
    made: Iterator[Part] | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a stream got.

    Attributes:
        place: behind which it goes on.
        finished: whether everything up to its end was delivered.
        troubled: whether it had to stop.
    """

    place: Place
    finished: bool = False
    troubled: bool = False


class PagesAhead:
    """One use of a helper for a stream."""

    def __init__(
        self, pages: SessionPages, helper: PageHelper, *, fence: Callable[[], int], monotonic_s: Callable[[], float]
    ) -> None:
        self._pages = pages
        self._helper = helper
        self._fence = fence
        self._monotonic_s = monotonic_s
        self._window: deque[_Ahead] = deque()
        self._planned: Place | None = None
        self._place: Place = (b"", b"")

    def parts(self, after: Place, end: Place) -> Generator[Part, None, Progress]:
        """The parts behind `after`, up to `end` or up to where it had to stop."""
        self._place = self._planned = after
        if self._pages.end_of_page(after, end) is None:
            return Progress(after)  # less than a page: not worth two processes
        window = self._window
        try:
            while True:
                while window and (window[0].made is not None or self._helper.ready()):
                    yield from self._deliver(window.popleft())
                if self._more() and len(window) < MOST_AHEAD:
                    self._begin(end)
                elif window:
                    yield from self._deliver(window.popleft())
                else:
                    return Progress(self._place, finished=True)
        except HelperLostError:
            return Progress(self._place, troubled=True)

    def _more(self) -> bool:
        return self._planned is not None

    def _begin(self, end: Place) -> None:
        """Pages for the helper and one for this process, which it makes now."""
        if not self._helper.waiting:
            self._ask(end)
        own = self._next(end)
        while self._helper.waiting < HELPER_AHEAD and self._more():
            self._ask(end)
        if own is not None:
            own.made = _made(self._pages.parts(own.after, own.end))

    def _ask(self, end: Place) -> None:
        page = self._next(end)
        if page is not None:
            self._helper.ask(page.after, page.end)

    def _next(self, end: Place) -> _Ahead | None:
        """The page behind those that were planned; the last one ends where the stream does."""
        after = self._planned
        if after is None:
            return None
        self._planned = self._pages.end_of_page(after, end)
        page = _Ahead(after=after, end=self._planned or end, fence=self._fence(), begun_s=self._monotonic_s())
        self._window.append(page)
        return page

    def _deliver(self, page: _Ahead) -> Iterator[Part]:
        if page.fence != self._fence() or self._monotonic_s() - page.begun_s > STALE_S:
            raise HelperLostError("what was made ahead is out of date")
        for part in self._helper.take() if page.made is None else page.made:
            yield part
            self._place = part.last
        self._place = page.end


def _made(parts: Iterator[Part]) -> Iterator[Part]:
    """The parts, made now; of a page of huge rows only the first ones, the others when their turn comes."""
    first: list[Part] = []
    size = 0
    for part in parts:
        first.append(part)
        size += part.response.ByteSize()
        if size > MOST_BYTES_AHEAD:
            break
    return chain(first, parts)
