"""Pieces of SQL that every repository uses, and their compilation for a driver.

`ids_in` is how a statement takes any number of 16-byte ids as one parameter: PostgreSQL gets an array, SQLite one blob that a
recursive query cuts into pieces. So there is one prepared statement per query, and no list of placeholders to build.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ClauseElement, ColumnElement, Select, Table, bindparam
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import Boolean

ID_BYTES = 16

Query = Select[*tuple[Any, ...]]


class IdsIn(ColumnElement[bool]):
    """`column IN (ids)`, with the ids as one parameter."""

    inherit_cache = False
    type = Boolean()

    def __init__(self, column: ColumnElement[object], name: str) -> None:
        self.column = column
        self.ids: BindParameter[object] = bindparam(name)
        self.size: BindParameter[object] = bindparam(f"{name}_size")

    def self_group(self, against: OperatorType | None = None) -> IdsIn:  # noqa: ARG002 - SQLAlchemy's signature
        """Itself: SQLAlchemy would write `(... IN ...) = 1`, which no index serves."""
        return self


@compiles(IdsIn, "sqlite")
def _cut_blob(element: IdsIn, compiler: SQLCompiler, **options: object) -> str:
    column = compiler.process(element.column, **options)
    size = compiler.process(element.size, **options)
    ids = compiler.process(element.ids, **options)
    # The parts are SQL that the compiler made of bound parameters and column names; no value is in them.
    pieces = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 16 FROM n WHERE i + 16 <= {size})"  # noqa: S608 - see above
    return f"{column} IN ({pieces} SELECT substr({ids}, i, 16) FROM n)"  # noqa: S608 - see above


@compiles(IdsIn, "postgresql")
def _match_array(element: IdsIn, compiler: SQLCompiler, **options: object) -> str:
    column = compiler.process(element.column, **options)
    ids = compiler.process(element.ids, **options)
    return f"{column} = ANY({ids}::bytea[])"


def ids_in(column: ColumnElement[object], name: str = "ids") -> IdsIn:
    return IdsIn(column, name)


def portable_insert(table: Table) -> Insert:
    """An insert whose ON CONFLICT both dialects compile (they share the construct of PostgreSQL)."""
    return insert(table)


def insert_into(table: Table) -> Insert:
    """An insert of all columns, which takes parameters by column name."""
    return portable_insert(table).values({column.name: bindparam(column.name) for column in table.columns})


def upsert(table: Table, *, where: ColumnElement[bool] | None = None) -> Insert:
    """Insert, or overwrite everything but the key (only `where`, if given)."""
    statement = insert_into(table)
    keys = [column.name for column in table.primary_key]
    changed = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=changed, where=where)


def insert_new(table: Table) -> Insert:
    """Insert, or touch nothing: the row count says which."""
    return insert_into(table).on_conflict_do_nothing()


@cache
def insert_new_rows(table: Table, count: int) -> Insert:
    """The same for `count` rows in one step, which costs a driver less than as many steps; parameters are `numbered`."""
    rows: list[dict[str, BindParameter[Any]]] = [
        {column.name: bindparam(_numbered(column.name, row)) for column in table.columns} for row in range(count)
    ]
    return portable_insert(table).values(rows).on_conflict_do_nothing()


def numbered(rows: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """Parameters of `insert_new_rows`."""
    return {_numbered(name, number): value for number, row in enumerate(rows) for name, value in row.items()}


def _numbered(name: str, row: int) -> str:
    return f"{name}_{row}"


@dataclass(frozen=True, slots=True)
class Compiled:
    """A statement as the driver takes it: text, the order of its parameters, and the values that it carries itself.

    Attributes:
        query: the text in the form in which psycopg takes what is no literal of the program.
        changes: name of the table that the statement changes, "" for a query.
    """

    text: str
    query: bytes
    order: tuple[str, ...]
    constants: Mapping[str, object]
    changes: str = ""

    def bind(self, parameters: Mapping[str, object]) -> tuple[object, ...]:
        constants = self.constants
        return tuple([parameters[name] if name in parameters else constants[name] for name in self.order])


@dataclass(slots=True)
class StatementCache:
    """Compiled statements of one dialect. Statements are module constants, so it stays as small as the code."""

    dialect: DefaultDialect
    _compiled: dict[ClauseElement, Compiled] = field(default_factory=dict)

    def get(self, statement: ClauseElement) -> Compiled:
        found = self._compiled.get(statement)
        if found is None:
            found = self._compiled[statement] = compile_statement(statement, self.dialect)
        return found


def compile_statement(statement: ClauseElement, dialect: DefaultDialect) -> Compiled:
    compiled = statement.compile(dialect=dialect)
    if not isinstance(compiled, SQLCompiler):
        raise TypeError("only queries and changes are compiled here")
    order: Sequence[str] = compiled.positiontup or ()
    changes = statement.table.name if isinstance(statement, UpdateBase) and isinstance(statement.table, Table) else ""
    return Compiled(
        text=str(compiled),
        query=str(compiled).encode(),
        order=tuple(order),
        constants=dict(compiled.params),
        changes=changes,
    )
