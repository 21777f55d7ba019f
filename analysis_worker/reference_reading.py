"""How a reference table is read: batch by batch, so that a file of gigabytes costs what is kept of it and no more.

Rules: every cell is text; a cell longer than `CELL_BYTES_MAX` says nothing (no key and no value is that long, and a small
Parquet file can unpack into cells of gigabytes); reading stops as soon as a reference is too large; nothing of it reaches
the disk.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from analysis_worker.pipeline.column_names import ColumnNames
from analysis_worker.pipeline.errors import RunFailureError

ROWS_MAX = 5_000_000
TEXT_BYTES_MAX = 512_000_000
CELL_BYTES_MAX = 4_096
_BATCH_ROWS = 8_192
_ENGINE_MEMORY = "400MB"
_CONNECT_TIMEOUT_S = 10
_SCHEMES = ("sqlite", "postgresql", "postgres")


class ReferenceTooLargeError(Exception):
    """More rows or text than a worker keeps in memory; the words say which, and no value."""


def kept(batches: Iterable[pa.RecordBatch], columns: Sequence[str]) -> pa.Table:
    """All batches as one table.

    Raises:
        ReferenceTooLargeError: there are more rows, or there is more text, than is kept.
    """
    found: list[pa.RecordBatch] = []
    rows = size_bytes = 0
    for batch in batches:
        rows, size_bytes = rows + batch.num_rows, size_bytes + batch.nbytes
        if rows > ROWS_MAX:
            raise ReferenceTooLargeError(f"has more than {ROWS_MAX} rows")
        if size_bytes > TEXT_BYTES_MAX:
            raise ReferenceTooLargeError(
                f"has more than {TEXT_BYTES_MAX // 1_000_000} MB of text in the columns that are needed"
            )
        found.append(batch)
    return pa.Table.from_batches(found, schema=_schema(columns))


def file_batches(path: Path, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Read a CSV or Parquet file.

    Raises:
        KeyError: it has no such column.
    """
    import duckdb

    # Without a place to spill: nothing of a reference reaches the disk.
    connection = duckdb.connect(":memory:", config={"temp_directory": "", "threads": 1, "memory_limit": _ENGINE_MEMORY})
    try:
        source = "read_parquet(?)" if path.suffix.lower() == ".parquet" else "read_csv(?, all_varchar = true, header = true)"
        # A name that is no pattern: DuckDB would take `*` and `[` for one.
        literal = re.sub(r"([*?\[])", r"[\1]", str(path))
        known = [row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {source}", [literal]).fetchall()]
        texts = [(f"CAST({quoted(known_name(name, known))} AS VARCHAR)", name) for name in columns]
        chosen = ", ".join(f"{_short(text, f'strlen({text})')} AS {quoted(name)}" for text, name in texts)
        # a relation, which hands rows over as it reads; a result of `execute` is whole before its first row is seen
        for batch in connection.sql(f"SELECT {chosen} FROM {source}", params=[literal]).to_arrow_reader(_BATCH_ROWS):
            yield batch.cast(_schema(columns))
    finally:
        connection.close()


def database_batches(url: str, table: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Read a table of a database.

    Raises:
        KeyError: it has no such column.
        RunFailureError: the address is of no known kind, or the driver is not installed.
    """
    scheme = url.partition(":")[0].partition("+")[0]
    if scheme not in _SCHEMES:
        raise RunFailureError("REFERENCE_UNREADABLE", "a reference's address begins with sqlite:/// or postgresql://")
    return _sqlite_batches(url, table, columns) if scheme == "sqlite" else _postgresql_batches(url, table, columns)


def _sqlite_batches(url: str, table: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    path = Path(url.partition(":///")[2])
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        known = [row[1] for row in connection.execute(f"PRAGMA table_info({quoted(table)})").fetchall()]
        names = [quoted(known_name(name, known)) for name in columns]
        chosen = ", ".join(_short(name, f"length(CAST({name} AS BLOB))") for name in names)
        cursor = connection.execute(f"SELECT {chosen} FROM {quoted(table)}")
        while rows := cursor.fetchmany(_BATCH_ROWS):
            yield _text_batch(rows, columns)
    finally:
        connection.close()


def _postgresql_batches(url: str, table: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    try:
        import psycopg
    except ImportError:
        raise RunFailureError(
            "REFERENCE_UNREADABLE", "a reference lies in PostgreSQL, and this worker was installed without psycopg"
        ) from None
    plain = re.sub(r"^postgres(ql)?(\+\w+)?:", "postgresql:", url)
    with psycopg.connect(plain, autocommit=False, connect_timeout=_CONNECT_TIMEOUT_S) as connection:
        connection.read_only = True
        described = connection.execute(f"SELECT * FROM {quoted(table)} LIMIT 0")
        known = [column.name for column in described.description or ()]
        texts = [f"CAST({quoted(known_name(name, known))} AS text)" for name in columns]
        chosen = ", ".join(_short(text, f"octet_length({text})") for text in texts)
        with connection.cursor(name="reference") as cursor:  # a named one: the server keeps what was not fetched
            cursor.execute(f"SELECT {chosen} FROM {quoted(table)}")
            while rows := cursor.fetchmany(_BATCH_ROWS):
                yield _text_batch(rows, columns)


def known_name(name: str, known: Sequence[str]) -> str:
    """The column as the reference writes it.

    Raises:
        KeyError: it has none.
    """
    found = ColumnNames(known).find("joins", name)
    if found is None:
        raise KeyError(name[:200])
    return found


def quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _short(text: str, length: str) -> str:
    return f"CASE WHEN {length} <= {CELL_BYTES_MAX} THEN {text} END"


def _schema(columns: Sequence[str]) -> pa.Schema:
    return pa.schema([(name, pa.string()) for name in columns])


def _text_batch(rows: Sequence[Sequence[Any]], columns: Sequence[str]) -> pa.RecordBatch:
    texts = [pa.array([None if row[at] is None else str(row[at]) for row in rows], pa.string()) for at in range(len(columns))]
    return pa.RecordBatch.from_arrays(texts, schema=_schema(columns))
