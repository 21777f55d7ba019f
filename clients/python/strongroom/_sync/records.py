"""Turns page after page into one lazy iterator, for every list of the API.

Rules: a page is fetched when the one before is used up; a page is a safe call, so it is retried by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Page = tuple[Sequence[Item], str]


def pages(fetch: Callable[[str], Page[Item]]) -> Iterator[Item]:
    """Yield the items of all pages; `fetch` takes a page token and returns a page and the next token."""
    token = ""
    while True:
        items, token = fetch(token)
        yield from items
        if not token:
            return
