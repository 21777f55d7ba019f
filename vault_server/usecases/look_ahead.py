"""Makes the next item of a stream while the present one is used: one thread a stream, never more than one item ahead.

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
    """Between the two threads: the maker goes on when the user has taken the item before."""

    def __init__(self) -> None:
        self.items: SimpleQueue[tuple[T] | _Failed | None] = SimpleQueue()
        self.taken = threading.Semaphore(0)
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


def one_ahead(source: Iterable[T], name: str) -> Iterator[T]:
    """The items of `source`, each made while its predecessor is used.

    Args:
        source: iterated in a thread of its own.
        name: of the thread.
    """
    handover: _Handover[T] = _Handover()
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
