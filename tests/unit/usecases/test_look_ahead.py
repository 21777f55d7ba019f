"""One item ahead: order, errors and endings are those of the source."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from vault_server.usecases.look_ahead import ahead


def test_items_come_in_order() -> None:
    assert list(ahead(range(100), "t")) == list(range(100))


def test_an_error_comes_where_its_item_would_have_come() -> None:
    def source() -> Iterator[int]:
        yield 1
        raise LookupError

    items = ahead(source(), "t")
    assert next(items) == 1
    with pytest.raises(LookupError):
        next(items)


def test_an_item_is_made_while_the_one_before_is_used() -> None:
    second_is_made = threading.Event()

    def source() -> Iterator[int]:
        yield 1
        second_is_made.set()
        yield 2

    items = ahead(source(), "t")
    assert next(items) == 1
    assert second_is_made.wait(10)
    assert next(items) == 2


def test_an_answer_does_not_wait_for_a_question_that_waits_for_it() -> None:
    """A caller that sends its next item only after an answer gets that answer."""
    answered = threading.Event()

    def source() -> Iterator[int]:
        yield 1
        assert answered.wait(10)
        yield 2

    items = ahead(source(), "t")
    assert next(items) == 1
    answered.set()
    assert next(items) == 2


def test_whoever_stops_early_ends_the_thread() -> None:
    made: list[int] = []

    def source() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    items = ahead(source(), "stops-early")
    next(items)
    items.close()  # type: ignore[attr-defined]  # a generator
    thread = next((one for one in threading.enumerate() if one.name == "stops-early"), None)
    if thread is not None:
        thread.join(10)
    assert len(made) <= 2
