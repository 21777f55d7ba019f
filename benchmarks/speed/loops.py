"""The in-process loops: no network, no access check, no search tokens, no audit. What is left is the least a vault must do.

Batches of 1,000, one durable transaction each; reading goes by primary key in batches of the same size and parses every record.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from benchmarks.speed.records import FIELDS
from benchmarks.speed.sealers import Sealer

Record = Mapping[str, str]
BATCH = 1_000
_TENANT = b"tenants/yardstick/"


class SealedLoop:
    """Records as sealed JSON: one row of id, wrapped key and ciphertext."""

    def __init__(self, engine: sa.Engine, sealer: Sealer) -> None:
        self._engine = engine
        self._sealer = sealer
        self._table = sa.Table(
            "sealed",
            sa.MetaData(),
            sa.Column("id", sa.LargeBinary(16), primary_key=True),
            sa.Column("wrapped", sa.LargeBinary, nullable=False),
            sa.Column("payload", sa.LargeBinary, nullable=False),
        )
        _recreate(engine, self._table)

    def write(self, records: Sequence[Record]) -> None:
        insert = self._table.insert()
        for start, batch in _batches(records):
            rows = [self._sealed(start + index, record) for index, record in enumerate(batch)]
            with self._engine.begin() as connection:
                connection.execute(insert, rows)

    def read(self) -> int:
        """Open and parse every record; return how many there were."""
        columns = self._table.c
        query = sa.select(columns.id, columns.wrapped, columns.payload).where(columns.id > sa.bindparam("last"))
        query = query.order_by(columns.id).limit(BATCH)
        last, count, unseal = b"", 0, self._sealer.unseal
        with self._engine.connect() as connection:
            while rows := connection.execute(query, {"last": last}).all():
                parsed = [json.loads(unseal(wrapped, payload, _TENANT + key)) for key, wrapped, payload in rows]
                count += len(parsed)
                last = rows[-1][0]
        return count

    def _sealed(self, number: int, record: Record) -> dict[str, bytes]:
        key = number.to_bytes(8, "big") + os.urandom(8)
        wrapped, payload = self._sealer.seal(json.dumps(record).encode(), _TENANT + key)
        return {"id": key, "wrapped": wrapped, "payload": payload}


class ColumnLoop:
    """Records as eleven columns that a column type encrypts and decrypts one by one."""

    def __init__(self, engine: sa.Engine, encrypted: sa.types.TypeEngine[Any]) -> None:
        self._engine = engine
        columns: list[sa.Column[Any]] = [sa.Column(name, encrypted) for name in FIELDS]
        self._table = sa.Table("columns", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), *columns)
        _recreate(engine, self._table)

    def write(self, records: Sequence[Record]) -> None:
        insert = self._table.insert()
        for start, batch in _batches(records):
            with self._engine.begin() as connection:
                connection.execute(insert, [{"id": start + index + 1, **record} for index, record in enumerate(batch)])

    def read(self) -> int:
        columns = self._table.c
        query = sa.select(self._table).where(columns.id > sa.bindparam("last")).order_by(columns.id).limit(BATCH)
        last = count = 0
        with self._engine.connect() as connection:
            while rows := connection.execute(query, {"last": last}).all():
                count += len(rows)
                last = rows[-1][0]
        return count


class PgcryptoLoop:
    """Records as JSON that the database server encrypts by password (pgp_sym_encrypt, AES-256); it sees key and plaintext."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._password = os.urandom(32).hex()
        with engine.begin() as connection:
            connection.execute(sa.text("CREATE EXTENSION IF NOT EXISTS pgcrypto"))
            connection.execute(sa.text("DROP TABLE IF EXISTS pgcrypto_sealed"))
            connection.execute(sa.text("CREATE TABLE pgcrypto_sealed (id integer PRIMARY KEY, payload bytea NOT NULL)"))

    def write(self, records: Sequence[Record]) -> None:
        insert = sa.text(
            "INSERT INTO pgcrypto_sealed VALUES (:id, pgp_sym_encrypt(CAST(:body AS text), :password, 'cipher-algo=aes256'))",
        )
        for start, batch in _batches(records):
            rows = [
                {"id": start + index + 1, "body": json.dumps(record), "password": self._password}
                for index, record in enumerate(batch)
            ]
            with self._engine.begin() as connection:
                connection.execute(insert, rows)

    def read(self) -> int:
        query = sa.text(
            "SELECT id, pgp_sym_decrypt(payload, :password) FROM pgcrypto_sealed WHERE id > :last ORDER BY id LIMIT :batch",
        )
        last = count = 0
        with self._engine.connect() as connection:
            while rows := connection.execute(query, {"last": last, "batch": BATCH, "password": self._password}).all():
                count += len([json.loads(body) for _, body in rows])
                last = rows[-1][0]
        return count


def _batches(records: Sequence[Record]) -> Iterator[tuple[int, Sequence[Record]]]:
    for start in range(0, len(records), BATCH):
        yield start, records[start : start + BATCH]


def _recreate(engine: sa.Engine, table: sa.Table) -> None:
    table.drop(engine, checkfirst=True)
    table.create(engine)
