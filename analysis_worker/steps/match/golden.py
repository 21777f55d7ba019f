"""The golden record of an entity: per field, the row whose value is the best guess, and why.

Rules: `only` where one row has a value; `most_frequent` where more rows agree on a value than on any other (case, accents and
punctuation do not distinguish); `longest` between values that are equally frequent, because an abbreviation says less than
what it stands for; `newest`, the last row, between values that are as long. Of the rows with the chosen value the last one
is pointed at, in its own spelling. Fields of people are chosen one by one, an address as a whole.
"""

from collections import Counter
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analysis_worker.steps.match.cells import Cells
from analysis_worker.steps.match.normalise import folded

Rows = npt.NDArray[np.int64]

SCHEMA = pa.schema({"entity": pa.int64(), "field": pa.string(), "row": pa.int64(), "rule": pa.string()})


def golden_records(table: pa.Table, entity: Rows, fields: list[str]) -> pa.Table:
    """Choices for every entity of two rows or more.

    Args:
        table: any columns; a list is compared by all it holds.
        entity: int64, shape (n,), a code per row; rows in the order in which they came.
        fields: the columns to choose from.

    Returns:
        `entity`, `field`, `row` (position in the table), `rule`, ordered by entity and field; no line where nobody has a value.
    """
    order = np.argsort(entity, kind="stable")
    shared = order[np.bincount(entity, minlength=1)[entity[order]] > 1]
    if not len(shared):
        return SCHEMA.empty_table()
    codes = entity[shared]
    bounds = np.append(np.flatnonzero(np.concatenate(([True], codes[1:] != codes[:-1]))), len(codes))
    found: list[tuple[int, str, int, str]] = []
    for field in sorted(fields):
        texts = _comparable(table[field].take(pa.array(shared)))
        found += [
            (entity_of, field, row, rule) for entity_of, row, rule in zip(*_chosen(texts, bounds, codes, shared), strict=True)
        ]
    found.sort()
    return (
        pa.Table.from_arrays(
            [pa.array(column, kind.type) for column, kind in zip(zip(*found, strict=True), SCHEMA, strict=True)], schema=SCHEMA
        )
        if found
        else SCHEMA.empty_table()
    )


def _chosen(texts: list[str | None], bounds: Rows, codes: Rows, shared: Rows) -> tuple[list[int], list[int], list[str]]:
    """Entity, row and rule of every entity that has a value; looked at one by one are only those whose rows differ."""
    said = Cells.of(texts).codes
    starts, filled = bounds[:-1], said >= 0
    count = np.add.reduceat(filled.astype(np.int64), starts)
    agree = np.minimum.reduceat(np.where(filled, said, len(said)), starts) == np.maximum.reduceat(said, starts)
    place = np.maximum.reduceat(np.where(filled, np.arange(len(said)), -1), starts)
    rules = np.where(count == 1, "only", "most_frequent").astype(object)
    for number in np.flatnonzero((count > 0) & ~agree).tolist():
        start, end = int(bounds[number]), int(bounds[number + 1])
        own, rules[number] = _choice(texts[start:end])
        place[number] = start + own
    known = count > 0
    return codes[starts[known]].tolist(), shared[place[known]].tolist(), rules[known].tolist()


def _choice(texts: list[str | None]) -> tuple[int, str]:
    """Position and rule, where rows have several values."""
    counts = Counter(text for text in texts if text is not None)
    most = max(counts.values())
    frequent = [text for text, count in counts.items() if count == most]
    if len(frequent) == 1:
        return _last(texts, frequent), "most_frequent"
    length = max(len(text) for text in frequent)
    longest = [text for text in frequent if len(text) == length]
    return _last(texts, longest), "longest" if len(longest) == 1 else "newest"


def _last(texts: list[str | None], wanted: list[str]) -> int:
    return max(place for place, text in enumerate(texts) if text in wanted)


def _comparable(column: pa.ChunkedArray) -> list[str | None]:
    return [folded(value if isinstance(value, str) else " ".join(_words(value))) for value in column.to_pylist()]


def _words(value: object) -> Iterator[str]:
    if isinstance(value, list | tuple):
        for part in value:
            yield from _words(part)
    elif isinstance(value, dict):
        for name in sorted(value):
            yield from _words(value[name])
    elif value is not None:
        yield str(value)
