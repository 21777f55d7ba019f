"""Two make the pages of a stream: every row comes once and in order, whatever happens to the helper."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from strongroom.api.v1.read_session_service_pb2 import ReadRowsResponse
from vault_server.ports.pages import HelperLostError, PageHelper, Part, Place
from vault_server.usecases.pages_ahead import HELPER_AHEAD, MOST_AHEAD, STALE_S, PagesAhead, Progress
from vault_server.usecases.session_pages import SessionPages

ROWS_A_PAGE = 10
END: Place = (b"\xff" * 16, b"\xff" * 16)
START: Place = (b"", b"")


def place(number: int) -> Place:
    return (number.to_bytes(16, "big"),) * 2


def number_of(one: Place) -> int:
    return int.from_bytes(one[0], "big")


@dataclass
class Rows:
    """Pages over the numbers 1 to `count`, each part with up to four of them."""

    count: int
    made: list[Place] = field(default_factory=list)

    def end_of_page(self, after: Place, end: Place) -> Place | None:  # noqa: ARG002 - as it is called
        last = number_of(after) + ROWS_A_PAGE
        return place(last) if last <= self.count else None

    def parts(self, after: Place, end: Place) -> Iterator[Part]:
        self.made.append(after)
        numbers = list(range(number_of(after) + 1, min(number_of(end), self.count) + 1))
        for at in range(0, len(numbers), 4):
            some = numbers[at : at + 4]
            yield Part(place(some[-1]), ReadRowsResponse(records=[bytes([one]) for one in some], row_count=len(some)))


@dataclass
class Helper:
    """A helper over the same rows that breaks after so many parts."""

    rows: Rows
    breaks_after: int = 1 << 30
    is_ready: bool = True
    asked: list[tuple[Place, Place]] = field(default_factory=list)
    most_waiting: int = 0
    sent: int = 0

    @property
    def waiting(self) -> int:
        return len(self.asked)

    def ask(self, after: Place, end: Place) -> None:
        self.asked.append((after, end))
        self.most_waiting = max(self.most_waiting, self.waiting)

    def ready(self) -> bool:
        return self.is_ready

    def take(self) -> Iterator[Part]:
        for part in self.rows.parts(*self.asked.pop(0)):
            if self.sent >= self.breaks_after:
                raise HelperLostError("gone")
            self.sent += 1
            yield part


class World:
    """One stream with a helper, a fence and a clock."""

    def __init__(self, count: int, **helper: Any) -> None:
        self.own = Rows(count)
        self.helper = Helper(Rows(count), **helper)
        self.fence = 0
        self.now_s = 0.0
        self.progress = Progress(START)
        ahead = PagesAhead(
            cast("SessionPages", self.own),
            cast("PageHelper", self.helper),
            fence=lambda: self.fence,
            monotonic_s=lambda: self.now_s,
        )
        self._parts = ahead.parts(START, END)

    def numbers(self) -> Iterator[int]:
        self.progress = yield from self._numbers()

    def _numbers(self) -> Any:
        while True:
            try:
                part = next(self._parts)
            except StopIteration as stop:
                return stop.value
            yield from (record[0] for record in part.response.records)


@pytest.mark.parametrize("ready", [True, False])
@pytest.mark.parametrize("count", [10, 11, 19, 20, 21, 95, 200])
def test_every_row_comes_once_and_in_order(count: int, ready: bool) -> None:  # noqa: FBT001 - a parameter of the test
    world = World(count, is_ready=ready)
    assert list(world.numbers()) == list(range(1, count + 1))
    assert world.progress.finished


def test_both_make_pages_and_the_helper_has_the_next_one_before_it_ends_one() -> None:
    world = World(200, is_ready=False)
    list(world.numbers())
    assert len(world.helper.rows.made) >= 5
    assert len(world.own.made) >= 5
    assert world.helper.most_waiting == HELPER_AHEAD
    assert not set(world.helper.rows.made) & set(world.own.made)


def test_less_than_a_page_is_left_to_one() -> None:
    world = World(9)
    assert list(world.numbers()) == []
    assert world.progress == Progress(START)
    assert not world.helper.rows.made


@pytest.mark.parametrize("breaks_after", range(12))
def test_stream_goes_on_behind_the_last_row_when_the_helper_breaks(breaks_after: int) -> None:
    world = World(95, breaks_after=breaks_after)
    seen = list(world.numbers())
    assert seen == list(range(1, len(seen) + 1))
    assert world.progress == Progress(place(len(seen)) if seen else START, troubled=True)


def test_nothing_made_before_the_fence_moved_is_delivered_after() -> None:
    world = World(95)
    numbers = world.numbers()
    first = [next(numbers)]
    world.fence = 1
    seen = first + list(numbers)
    assert seen == list(range(1, ROWS_A_PAGE + 1)), "the page that was begun ends, no other follows"
    assert world.progress == Progress(place(ROWS_A_PAGE), troubled=True)


def test_slow_reader_gets_no_stale_page() -> None:
    world = World(95)
    numbers = world.numbers()
    next(numbers)
    world.now_s = STALE_S + 1
    assert list(numbers)[-1] == ROWS_A_PAGE
    assert world.progress.troubled


def test_no_more_pages_wait_than_allowed() -> None:
    world = World(200)
    numbers = world.numbers()
    next(numbers)
    assert len(world.own.made) + len(world.helper.rows.made) <= MOST_AHEAD
