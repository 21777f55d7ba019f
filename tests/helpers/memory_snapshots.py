"""Snapshots in memory: a source with made-up rows, a sink that fills a source again, and a logical digest over both."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from vault_server.ports.snapshot import SnapshotSource, SnapshotTable

Row = tuple[object, ...]

TABLES = [
    SnapshotTable("tenants", ("tenant_key", "id", "fence", "position"), keys=False),
    SnapshotTable("customers", ("tenant_key", "customer_id", "version", "position", "sealed"), keys=False),
    SnapshotTable("deks", ("tenant_key", "customer_id", "dek_version", "wrapped"), keys=True),
    SnapshotTable("erasures", ("tenant_key", "customer_id", "fence", "erased_us", "position"), keys=False),
    SnapshotTable("empty", ("id",), keys=False),
]


def customer_id(number: int) -> bytes:
    return number.to_bytes(16, "big")


@dataclass(kw_only=True)
class MemorySource:
    """The `SnapshotSource` of ports/snapshot.py over lists of rows."""

    vault_id: str = "vault-1"
    schema_version: str = "0001"
    position: int = 7
    content: dict[str, list[Row]] = field(default_factory=dict)

    def watermark(self) -> int:
        return self.position

    def tables(self) -> list[SnapshotTable]:
        return TABLES

    def rows(self, table: str, *, batch: int) -> Iterator[list[Row]]:
        rows = self.content.get(table, [])
        for start in range(0, len(rows), batch):
            yield rows[start : start + batch]


class MemorySink:
    """The `SnapshotSink` of ports/snapshot.py into lists of rows."""

    def __init__(self) -> None:
        self.content: dict[str, list[Row]] = {}
        self.finished = False
        self.abandoned = False

    def load(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        assert tuple(columns) == next(one.columns for one in TABLES if one.name == table)
        self.content.setdefault(table, []).extend(rows)

    def finish(self) -> None:
        self.finished = True

    def abandon(self) -> None:
        self.abandoned = True


def a_source(
    customers: int = 20,
    *,
    sealed_bytes: int = 50,
    erased: Sequence[int] = (),
    vault_id: str = "vault-1",
    schema_version: str = "0001",
) -> MemorySource:
    """A vault of one tenant; erased customers have a tombstone and nothing else."""
    there = [number for number in range(customers) if number not in erased]
    return MemorySource(
        vault_id=vault_id,
        schema_version=schema_version,
        content={
            "tenants": [(1, "acme", len(erased), 1)],
            "customers": [(1, customer_id(one), 1, one, bytes((one % 251,)) * sealed_bytes) for one in there],
            "deks": [(1, customer_id(one), 1, customer_id(one) * 4) for one in there],
            "erasures": [(1, customer_id(one), at, 1000 + one, 9) for at, one in enumerate(sorted(erased), start=1)],
        },
    )


def digest_of(source: SnapshotSource) -> str:
    """SHA-256 over the rows without positions; leaves the table of erasures to `check_unread`."""
    total = hashlib.sha256()
    for table in source.tables():
        if table.name == "erasures":
            continue
        kept = [at for at, column in enumerate(table.columns) if column != "position"]
        for batch in source.rows(table.name, batch=1000):
            for row in batch:
                total.update(repr([row[at] for at in kept]).encode())
    return total.hexdigest()
