"""One caller works for all that wait: how threads share a write or an answer without a thread in between.

Why. A thread of its own for a shared job costs every caller two hand-overs between threads, and with dozens of callers those
cost more than the job (docs/adr/0001). So callers take turns: the first to come leads and works off what is waiting, its own
item first; the others sleep until their item is done. When the leader is through, the first that came meanwhile leads.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Condition, Lock, get_ident
from typing import Generic, TypeVar

T = TypeVar("T")
Take = Callable[[], T | None]


class ClosedError(Exception):
    """`run` was called after `close`."""


class _Place(Generic[T]):
    """An item in the line."""

    __slots__ = ("done", "item", "turn")

    def __init__(self, item: T) -> None:
        self.item = item
        self.done = False
        self.turn = Lock()
        self.turn.acquire()


class TakingTurns(Generic[T]):
    """Callers that bring items, of which one works at a time.

    Args:
        work: called by the leader with a function that gives the next waiting item, None when there is none; the first call
            gives the leader's own. It takes as many as suit it and leaves the outcome in each item. Items that it took count
            as worked off when it returns or raises; what it raises goes to the leader.
        afterwards: called by the leader when the others of its group have been released, before anybody else leads.
    """

    def __init__(self, work: Callable[[Take[T]], None], afterwards: Callable[[], None] | None = None) -> None:
        self._work = work
        self._afterwards = afterwards
        self._line: deque[_Place[T]] = deque()
        self._state = Condition()  # guards line, busy and closed; told when nobody leads any more
        self._busy = False
        self._closed = False
        self._leader = 0

    @property
    def waiting(self) -> int:
        """How many are in line behind the group that is being worked off."""
        return len(self._line)

    def run(self, item: T) -> None:
        """Return when the item was worked off, by this caller or another.

        Raises:
            ClosedError: it is too late.
            RuntimeError: the caller is at work for others just now and would wait for itself.
        """
        if get_ident() == self._leader:
            raise RuntimeError("who works for the others must not queue behind itself")
        place = _Place(item)
        with self._state:
            if self._closed:
                raise ClosedError
            self._line.append(place)
            leads, self._busy = not self._busy, True
        if not leads:
            place.turn.acquire()
        if not place.done:
            self._lead()

    def close(self) -> bool:
        """Refuse what comes from now on and wait for what is there; whether this was the first call."""
        with self._state:
            first, self._closed = not self._closed, True
            self._state.wait_for(lambda: not self._busy)
            return first

    def _lead(self) -> None:
        self._leader = get_ident()
        try:
            self._work_off()
            if self._afterwards is not None:
                self._afterwards()
        finally:
            self._leader = 0
            with self._state:
                self._busy = bool(self._line)
                if self._busy:
                    self._line[0].turn.release()
                else:
                    self._state.notify_all()

    def _work_off(self) -> None:
        taken: list[_Place[T]] = []

        def take() -> T | None:
            if not self._line:
                return None
            taken.append(self._line.popleft())
            return taken[-1].item

        try:
            self._work(take)
        finally:
            for place in taken:
                place.done = True
                place.turn.release()


__all__ = ["ClosedError", "Take", "TakingTurns"]
