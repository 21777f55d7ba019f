"""Makes the next items of a stream while the present one is used: one thread a stream, a few items ahead at most.

It pays where making and using wait for different things: rows are checked and sealed while the chunk before them is being
written to disk. The order stays; an error comes out where its item would have come.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from queue import SimpleQueue
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class _Failed(NamedTuple):
    error: BaseException


class _Handover(Generic[T]):
    """Between the two threads: the maker goes on while fewer items than it may be ahead wait for the user."""

    def __init__(self, items: int) -> None:
        self.items: SimpleQueue[tuple[T] | _Failed | None] = SimpleQueue()
        self.taken = threading.Semaphore(items - 1)
        self.stopped = False

    def fill(self, source: Iterable[T]) -> None:
        try:
            for item in source:
                self.items.put((item,))
                self.taken.acquire()
                if self.stopped:
                    return
        except BaseException as error:  # whatever it is, it belongs to whoever uses the items
            self.items.put(_Failed(error))
        else:
            self.items.put(None)


def ahead(source: Iterable[T], name: str, *, items: int = 1) -> Iterator[T]:
    """The items of `source`, made while their predecessors are used.

    Args:
        source: iterated in a thread of its own.
        name: of the thread.
        items: how many may be made and not taken.
    """
    handover: _Handover[T] = _Handover(items)
    threading.Thread(target=handover.fill, args=(source,), name=name, daemon=True).start()
    try:
        while (given := handover.items.get()) is not None:
            if isinstance(given, _Failed):
                raise given.error
            handover.taken.release()
            yield given[0]
    finally:
        handover.stopped = True
        handover.taken.release()
