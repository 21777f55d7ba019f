"""Writing thousands of rows in one step of SQLite.

Why. The driver gives up the interpreter lock for every row that it inserts; beside one busy thread `executemany` fell from
22,000 customers (5 rows each) a second to 1,100, measured. So rows go in as one `INSERT ... SELECT`: each bytes column of all
rows is one blob, which a recursive query cuts into pieces, and the other columns are constants. That is one step, with the
lock given up once: 17,000 a second beside a busy thread, 32,000 alone.

Rows are grouped by their constants; batches that fall into too many groups take the driver's `executemany`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter

from sqlalchemy import BigInteger, LargeBinary, Table, bindparam, cast, func, literal, select, true
from sqlalchemy.sql.expression import ClauseElement, ColumnElement

from vault_server.storage.statements import Query, portable_insert

Execute = Callable[..., int]
ExecuteMany = Callable[[ClauseElement, Sequence[dict[str, object]]], int]

_FEW = 8  # below this many rows a group the plain way is as fast
_OFFSET_DIGITS, _LENGTH_DIGITS = 10, 8
_STRIDE = _OFFSET_DIGITS + _LENGTH_DIGITS


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a bulk statement depends on: everything else is a parameter.

    Attributes:
        varying: bytes columns whose values differ in length.
        empty: bytes columns without a single byte (cutting an empty blob gives NULL).
    """

    table: Table
    columns: tuple[str, ...]
    varying: frozenset[str]
    empty: frozenset[str]
    skip_twins: bool


class BulkWriter:
    """Turns rows into as few statements as possible. One per connection; its statements live as long."""

    def __init__(self) -> None:
        self._statements: dict[_Shape, ClauseElement] = {}
        self._plain: dict[tuple[Table, tuple[str, ...], bool], ClauseElement] = {}

    def write(
        self,
        run: Execute,
        run_many: ExecuteMany,
        table: Table,
        columns: tuple[str, ...],
        rows: Sequence[Sequence[object]],
        *,
        skip_twins: bool,
    ) -> None:
        constant = tuple(i for i, name in enumerate(columns) if not isinstance(table.c[name].type, LargeBinary))
        groups = _group(rows, constant)
        if len(rows) < _FEW * len(groups):
            run_many(self._one_by_one(table, columns, skip_twins), [dict(zip(columns, row, strict=True)) for row in rows])
            return
        for group in groups:
            parameters, varying, empty = _pack(columns, constant, group)
            run(self._statement(_Shape(table, columns, varying, empty, skip_twins)), **parameters)

    def _one_by_one(self, table: Table, columns: tuple[str, ...], skip_twins: bool) -> ClauseElement:  # noqa: FBT001 - a key
        key = (table, columns, skip_twins)
        if key not in self._plain:
            statement = portable_insert(table).values({name: bindparam(name) for name in columns})
            self._plain[key] = statement.on_conflict_do_nothing() if skip_twins else statement
        return self._plain[key]

    def _statement(self, shape: _Shape) -> ClauseElement:
        if shape not in self._statements:
            statement = portable_insert(shape.table).from_select(list(shape.columns), _pieces(shape), include_defaults=False)
            self._statements[shape] = statement.on_conflict_do_nothing() if shape.skip_twins else statement
        return self._statements[shape]


def _group(rows: Sequence[Sequence[object]], constant: tuple[int, ...]) -> list[Sequence[Sequence[object]]]:
    key = itemgetter(*constant)
    first = key(rows[0])
    if all(key(row) == first for row in rows):
        return [rows]
    groups: dict[object, list[Sequence[object]]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return list(groups.values())


def _pack(
    columns: tuple[str, ...], constant: tuple[int, ...], rows: Sequence[Sequence[object]]
) -> tuple[dict[str, object], frozenset[str], frozenset[str]]:
    """Parameters of the statement, and which bytes columns vary in length and which are empty."""
    parameters: dict[str, object] = {"rows": len(rows)}
    varying, empty = set(), set()
    for index, name in enumerate(columns):
        if index in constant:
            parameters[name] = rows[0][index]
            continue
        pieces: list[bytes] = [row[index] for row in rows]  # type: ignore[misc]  # a bytes column
        lengths = list(map(len, pieces))
        parameters[name] = b"".join(pieces)
        if not max(lengths):
            empty.add(name)
        elif min(lengths) == max(lengths):
            parameters[f"{name}_length"] = lengths[0]
        else:
            varying.add(name)
            parameters[f"{name}_places"] = _places(lengths)
    return parameters, frozenset(varying), frozenset(empty)


def _places(lengths: Sequence[int]) -> bytes:
    """Offset (from 1) and length of each piece, as fixed-width decimal digits, which SQLite can read back."""
    places, offset = [], 1
    for length in lengths:
        places.append(b"%010d%08d" % (offset, length))
        offset += length
    return b"".join(places)


def _pieces(shape: _Shape) -> Query:
    counter = select(literal(0).label("i")).cte("n", recursive=True)
    counter = counter.union_all(select(counter.c.i + 1).where(counter.c.i + 1 < bindparam("rows", type_=BigInteger())))
    return select(*(_column(shape, name, counter.c.i) for name in shape.columns)).select_from(counter).where(true())


def _column(shape: _Shape, name: str, i: ColumnElement[int]) -> ColumnElement[object]:
    kind = shape.table.c[name].type
    value = bindparam(name, type_=kind)
    if not isinstance(kind, LargeBinary) or name in shape.empty:
        return value
    if name in shape.varying:
        places = bindparam(f"{name}_places", type_=LargeBinary())
        offset = cast(func.substr(places, i * _STRIDE + 1, _OFFSET_DIGITS), BigInteger)
        length = cast(func.substr(places, i * _STRIDE + 1 + _OFFSET_DIGITS, _LENGTH_DIGITS), BigInteger)
        return func.substr(value, offset, length)
    length_of_all = bindparam(f"{name}_length", type_=BigInteger())
    return func.substr(value, i * length_of_all + 1, length_of_all)
