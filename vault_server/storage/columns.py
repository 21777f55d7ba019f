"""How a table is declared: columns that are never NULL, keys with a name, one metadata for all of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, PrimaryKeyConstraint, Table, Text
from sqlalchemy.types import TypeEngine

metadata = MetaData()

TEXT = Text().with_variant(Text(collation="C"), "postgresql")


def column(name: str, kind: TypeEngine[Any]) -> Column[object]:
    return Column(name, kind, nullable=False, autoincrement=False)


def integer(name: str) -> Column[object]:
    return column(name, BigInteger())


def small(name: str) -> Column[object]:
    return column(name, Integer())


def binary(name: str) -> Column[object]:
    return column(name, LargeBinary())


def text(name: str) -> Column[object]:
    return column(name, TEXT)


def table(
    name: str, *columns: Column[object], key: tuple[str, ...], indexes: tuple[Index, ...] = (), clustered: bool = True
) -> Table:
    constraint = PrimaryKeyConstraint(*key, name=f"pk_{name}")
    return Table(name, metadata, *columns, constraint, *indexes, sqlite_with_rowid=not clustered)
