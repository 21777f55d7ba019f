"""Strings one typing slip apart: a character dropped, added, replaced, or two neighbours exchanged.

Optimal string alignment distance of at most 1 (Damerau 1964). The index finds neighbours through shared deletions, so a
file with 100,000 distinct domains is not compared with every known domain one by one.
"""

from collections.abc import Iterable


def one_slip(left: str, right: str) -> bool:
    """Say whether the two differ by exactly one slip."""
    if left == right or abs(len(left) - len(right)) > 1:
        return False
    start = 0
    while start < min(len(left), len(right)) and left[start] == right[start]:
        start += 1
    rest_left, rest_right = left[start:], right[start:]
    if len(left) == len(right):
        replaced = rest_left[1:] == rest_right[1:]
        exchanged = rest_left[:2] == rest_right[1::-1] and rest_left[2:] == rest_right[2:]
        return replaced or exchanged
    longer, shorter = (rest_left, rest_right) if len(rest_left) > len(rest_right) else (rest_right, rest_left)
    return longer[1:] == shorter


def _traces(word: str) -> set[str]:
    return {word, *(word[:index] + word[index + 1 :] for index in range(len(word)))}


class SlipIndex:
    """Finds the words of a fixed vocabulary that are one slip from a query."""

    def __init__(self, words: Iterable[str]) -> None:
        self._by_trace: dict[str, list[str]] = {}
        for word in sorted(set(words)):
            for trace in _traces(word):
                self._by_trace.setdefault(trace, []).append(word)

    def neighbours(self, query: str) -> list[str]:
        """Return the words exactly one slip from `query`, sorted."""
        near = {word for trace in _traces(query) for word in self._by_trace.get(trace, ())}
        return sorted(word for word in near if one_slip(query, word))
