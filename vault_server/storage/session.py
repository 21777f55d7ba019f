"""What a repository needs of an engine: run compiled statements inside one transaction, and write many rows at once.

Rules. Statements are SQLAlchemy Core, compiled once per dialect and then run on the driver's cursor, because compiling and
result processing of `Connection.execute` cost several times what the engine needs for a point read. Repositories hold no
state but their session, and translate nothing: driver errors become vault errors in the session.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import ClauseElement, Table

Value = int | str | bytes
Row = tuple[Value, ...]


class Session(Protocol):
    """One transaction of one engine; used by one thread."""

    @property
    def engine(self) -> str: ...

    def rows(self, statement: ClauseElement, **parameters: object) -> list[Row]:
        """All rows of a query. A parameter for `ids_in` is a sequence of 16-byte ids and must not be empty."""
        ...

    def rows_alone(self, statement: ClauseElement, **parameters: object) -> list[Row]:
        """`rows` for a view's only query, which needs no snapshot in common with others: it may do without a transaction."""
        ...

    def run(self, statement: ClauseElement, **parameters: object) -> int:
        """Runs a change and returns how many rows it touched."""
        ...

    def run_many(self, statement: ClauseElement, parameters: Sequence[dict[str, object]]) -> int:
        """`run` for many; for small numbers of rows."""
        ...

    def insert(
        self, table: Table, columns: tuple[str, ...], rows: Sequence[Sequence[object]], *, skip_twins: bool = False
    ) -> None:
        """The bulk path: rows that differ mainly in their bytes columns go in fastest.

        Raises:
            AlreadyExistsError: a key exists (never with `skip_twins`, which leaves the stored row as it is).
        """
        ...

    def position(self) -> int:
        """The change position of everything that this transaction writes."""
        ...

    def watermark(self) -> int: ...

    def now_us(self) -> int: ...

    def tenant_key(self, tenant: str) -> int | None:
        """The small integer of a tenant, or None if there is no such tenant."""
        ...

    def guard_erasures(self, tenant_key: int) -> None:
        """Keeps erasures of the tenant out until this transaction ends; those before are visible from here on."""
        ...
