"""Reference tables of this worker: what its operator lets runs join, by name, read anew for every run.

Rules: a run names a reference, never a file or an address, so whoever owns a run cannot make the worker open anything; every
cell is text, because a postcode that was read as a number has lost its zeros; an address with a password comes from a file or
the environment. No error says a path, an address or a cell: the run's owner reads it, and the operator knows the name.

The operator's file (`strongroom-worker run --references FILE`), in TOML:

    [postcodes]                                [firms]
    file = "postcodes.csv"                     url_file = "/run/secrets/firms-url"     # or url_env, or url without a password
                                               table = "firms"

A file is CSV (any separator) or Parquet, its path relative to the operator's file. A URL is `sqlite:///PATH` or `postgresql://...`.
"""

from __future__ import annotations

import os
import re
import sqlite3
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa

from analysis_worker.pipeline.column_names import ColumnNames
from analysis_worker.pipeline.errors import RunFailureError
from strongroom.errors import ConfigurationError

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_PLACES = ("file", "url", "url_file", "url_env")
_FILES = (".csv", ".tsv", ".txt", ".parquet")
_SCHEMES = ("sqlite", "postgresql", "postgres")
_MOST_ROWS = 5_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferencePlace:
    """Where one reference lies.

    Attributes:
        file: of CSV or Parquet; None for a database.
        url: of a database, without a password; "" if it comes from `url_file` or `url_env`, or there is none.
        url_file: file that holds the address.
        url_env: environment variable that holds it.
        table: of the database.
    """

    file: Path | None
    url: str
    url_file: Path | None
    url_env: str
    table: str


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """Every reference that runs may name."""

    places: Mapping[str, ReferencePlace]

    def table(self, name: str, columns: Sequence[str]) -> pa.Table:
        """Read the named columns of a reference, all as text.

        Raises:
            RunFailureError: UNKNOWN_REFERENCE, REFERENCE_COLUMN, REFERENCE_TOO_LARGE or REFERENCE_UNREADABLE.
        """
        place = self.places.get(name)
        if place is None:
            raise RunFailureError("UNKNOWN_REFERENCE", f"this worker has no reference {name[:63]!r}")
        try:
            table = _read_file(place.file, columns) if place.file else _read_database(_url(place), place.table, columns)
        except KeyError as error:
            raise RunFailureError("REFERENCE_COLUMN", f"the reference {name!r} has no column {error.args[0]!r}") from None
        except RunFailureError:
            raise
        except Exception as error:  # its words may hold a path, an address or a cell
            kind = type(error).__name__
            check = "whoever runs the worker should check that it is there, whole and in UTF-8"
            raise RunFailureError("REFERENCE_UNREADABLE", f"the reference {name!r} cannot be read ({kind}): {check}") from None
        if table.num_rows > _MOST_ROWS:
            raise RunFailureError("REFERENCE_TOO_LARGE", f"the reference {name!r} has more than {_MOST_ROWS} rows")
        return table


NO_REFERENCES = References(places={})


def load_references(path: Path) -> References:
    """Understand the operator's file; nothing that it names is opened yet.

    Raises:
        ConfigurationError: it cannot be read, or does not say where a reference lies.
    """
    try:
        declared = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"the file of references {path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ConfigurationError(f"the file of references {path} is not TOML in UTF-8: {error}") from None
    return References(places={name: _place(name, said, path.parent) for name, said in declared.items()})


def _place(name: str, said: Any, folder: Path) -> ReferencePlace:
    if not _NAME.fullmatch(name) or not isinstance(said, dict) or not all(isinstance(one, str) for one in said.values()):
        raise _wrong(name, "is a table of texts under a name of small letters, digits, '-' and '_'")
    unknown = sorted(set(said) - {*_PLACES, "table"})
    if unknown or sum(place in said for place in _PLACES) != 1:
        raise _wrong(name, f"says one of {', '.join(_PLACES)}, and `table` for a database")
    file = (folder / said["file"]) if "file" in said else None
    if file is not None and file.suffix.lower() not in _FILES:
        raise _wrong(name, f"is a file of one of {', '.join(_FILES)}")
    if file is None and not said.get("table"):
        raise _wrong(name, "names the `table` to read")
    if "url" in said and urlsplit(said["url"]).password:
        raise _wrong(name, "has an address without a password: put one with it into a file and name that in `url_file`")
    return ReferencePlace(
        file=file,
        url=said.get("url", ""),
        url_file=(folder / said["url_file"]) if "url_file" in said else None,
        url_env=said.get("url_env", ""),
        table=said.get("table", ""),
    )


def _wrong(name: str, what: str) -> ConfigurationError:
    return ConfigurationError(f"each reference {what}; {name[:63]!r} does not")


def _url(place: ReferencePlace) -> str:
    if place.url_file is not None:
        return place.url_file.read_text(encoding="utf-8").strip()
    return os.environ.get(place.url_env, place.url)


def _read_file(path: Path, columns: Sequence[str]) -> pa.Table:
    import duckdb

    # Without a place to spill: a reference must fit into memory, and nothing of it reaches the disk.
    connection = duckdb.connect(":memory:", config={"temp_directory": "", "threads": 1})
    try:
        source = "read_parquet(?)" if path.suffix.lower() == ".parquet" else "read_csv(?, all_varchar = true, header = true)"
        # A name that is no pattern: DuckDB would take `*` and `[` for one.
        literal = re.sub(r"([*?\[])", r"[\1]", str(path))
        known = [row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {source}", [literal]).fetchall()]
        chosen = ", ".join(f"CAST({_quoted(_known(name, known))} AS VARCHAR) AS {_quoted(name)}" for name in columns)
        query = f"SELECT {chosen} FROM {source} LIMIT {_MOST_ROWS + 1}"
        rows = connection.execute(query, [literal]).fetchall()
        return _text_table(rows, columns)
    finally:
        connection.close()


def _read_database(url: str, table: str, columns: Sequence[str]) -> pa.Table:
    scheme = urlsplit(url).scheme.partition("+")[0]
    if scheme not in _SCHEMES:
        raise RunFailureError("REFERENCE_UNREADABLE", "a reference's address begins with sqlite:/// or postgresql://")
    rows = _sqlite_rows(url, table, columns) if scheme == "sqlite" else _postgresql_rows(url, table, columns)
    return _text_table(rows, columns)


def _sqlite_rows(url: str, table: str, columns: Sequence[str]) -> list[Any]:
    path = Path(url.partition(":///")[2])
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        known = [row[1] for row in connection.execute(f"PRAGMA table_info({_quoted(table)})").fetchall()]
        return connection.execute(_select(table, columns, known)).fetchall()
    finally:
        connection.close()


def _postgresql_rows(url: str, table: str, columns: Sequence[str]) -> list[Any]:
    try:
        import psycopg
    except ImportError:
        raise RunFailureError(
            "REFERENCE_UNREADABLE", "a reference lies in PostgreSQL, and this worker was installed without psycopg"
        ) from None
    plain = re.sub(r"^postgres(ql)?(\+\w+)?:", "postgresql:", url)
    with psycopg.connect(plain, autocommit=False) as connection:
        connection.read_only = True
        described = connection.execute(f"SELECT * FROM {_quoted(table)} LIMIT 0")
        known = [column.name for column in described.description or ()]
        return connection.execute(_select(table, columns, known)).fetchall()


def _select(table: str, columns: Sequence[str], known: Sequence[str]) -> str:
    chosen = ", ".join(_quoted(_known(name, known)) for name in columns)
    return f"SELECT {chosen} FROM {_quoted(table)} LIMIT {_MOST_ROWS + 1}"


def _known(name: str, known: Sequence[str]) -> str:
    found = ColumnNames(known).find("joins", name)
    if found is None:
        raise KeyError(name[:200])
    return found


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _text_table(rows: Sequence[Sequence[Any]], columns: Sequence[str]) -> pa.Table:
    texts = {name: [None if row[at] is None else str(row[at]) for row in rows] for at, name in enumerate(columns)}
    return pa.Table.from_pydict(texts, schema=pa.schema([(name, pa.string()) for name in columns]))
