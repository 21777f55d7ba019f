"""The tables of both engines: the one place where a column is declared.

Rules. Every column is an integer, a text or bytes, and none is NULL, so that a row looks the same from either engine and a
backup of one loads into the other. Text sorts by code point ("C" in PostgreSQL), so primary keys sort alike. Tenants are small
integers inside the large tables (a text id would be repeated in every index entry). `position` is the change position of the
row's last write. Small-row tables are clustered by their key (WITHOUT ROWID); tables of sealed records are not, because
SQLite keeps whole rows in the inner pages of a clustered table (measured: 17 % slower import at 550-byte rows).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, PrimaryKeyConstraint, Table, Text
from sqlalchemy.types import TypeEngine

metadata = MetaData()

TEXT = Text().with_variant(Text(collation="C"), "postgresql")


def _column(name: str, kind: TypeEngine[Any]) -> Column[object]:
    return Column(name, kind, nullable=False, autoincrement=False)


def _integer(name: str) -> Column[object]:
    return _column(name, BigInteger())


def _small(name: str) -> Column[object]:
    return _column(name, Integer())


def _bytes(name: str) -> Column[object]:
    return _column(name, LargeBinary())


def _text(name: str) -> Column[object]:
    return _column(name, TEXT)


def _table(
    name: str, *columns: Column[object], key: tuple[str, ...], indexes: tuple[Index, ...] = (), clustered: bool = True
) -> Table:
    constraint = PrimaryKeyConstraint(*key, name=f"pk_{name}")
    return Table(name, metadata, *columns, constraint, *indexes, sqlite_with_rowid=not clustered)


vault = _table("vault", _small("id"), _text("vault_id"), _integer("created_us"), key=("id",))

# `counter` is the change position of SQLite's single writer; PostgreSQL counts by transaction ids. Not backed up.
change_epoch = _table("change_epoch", _small("id"), _text("epoch"), _integer("counter"), key=("id",))

tenants = _table(
    "tenants",
    _small("tenant_key"),
    _text("id"),
    _integer("fence"),
    _integer("position"),
    key=("tenant_key",),
    indexes=(Index("ux_tenants_id", "id", unique=True),),
)


def _sealed_columns() -> tuple[Column[object], ...]:
    return (
        _integer("version"),
        _small("state"),
        _integer("created_us"),
        _integer("updated_us"),
        _integer("schema_revision"),
        _integer("position"),
        _bytes("sealed"),
    )


customers = _table(
    "customers",
    _small("tenant_key"),
    _bytes("customer_id"),
    *_sealed_columns(),
    key=("tenant_key", "customer_id"),
    indexes=(Index("ix_customers_position", "position"),),
    clustered=False,
)


def _child_table(name: str) -> Table:
    return _table(
        name,
        _small("tenant_key"),
        _bytes("customer_id"),
        _bytes("record_id"),
        *_sealed_columns(),
        key=("tenant_key", "customer_id", "record_id"),
        indexes=(
            Index(f"ux_{name}_record", "tenant_key", "record_id", unique=True),
            Index(f"ix_{name}_position", "position"),
        ),
        clustered=False,
    )


transactions = _child_table("transactions")
needs = _child_table("needs")

deks = _table(
    "deks",
    _small("tenant_key"),
    _bytes("customer_id"),
    _small("dek_version"),
    _small("kek_epoch"),
    _bytes("wrapped"),
    _integer("position"),
    key=("tenant_key", "customer_id", "dek_version"),
)

# An empty `customer_id` means that it equals `record_id`: 16 bytes less in a table whose pages are written at random.
search_tokens = _table(
    "search_tokens",
    _small("tenant_key"),
    _small("field"),
    _bytes("token"),
    _bytes("record_id"),
    _small("kind"),
    _small("index_version"),
    _bytes("customer_id"),
    key=("tenant_key", "field", "token", "record_id"),
)

unique_tokens = _table(
    "unique_tokens",
    _small("tenant_key"),
    _small("field"),
    _bytes("token"),
    _bytes("record_id"),
    _small("kind"),
    _small("index_version"),
    _bytes("customer_id"),
    key=("tenant_key", "field", "token"),
)

# Which tokens a record has, packed (see repositories.tokens): one row in the place of an index entry per token.
token_owners = _table(
    "token_owners", _small("tenant_key"), _bytes("record_id"), _bytes("packed"), key=("tenant_key", "record_id", "packed")
)

# Tombstones and the ledger of erasures in one: `fence` orders a tenant's erasures.
erasures = _table(
    "erasures",
    _small("tenant_key"),
    _bytes("customer_id"),
    _integer("fence"),
    _integer("erased_us"),
    _integer("position"),
    key=("tenant_key", "customer_id"),
    indexes=(Index("ux_erasures_fence", "tenant_key", "fence", unique=True),),
)

consents = _table(
    "consents",
    _small("tenant_key"),
    _bytes("customer_id"),
    _text("purpose"),
    _small("given"),
    _integer("time_us"),
    _integer("position"),
    key=("tenant_key", "customer_id", "purpose"),
)

derived = _table(
    "derived",
    _small("tenant_key"),
    _bytes("run_id"),
    _bytes("customer_id"),
    _text("step"),
    _integer("schema_revision"),
    _bytes("sealed"),
    _integer("position"),
    key=("tenant_key", "run_id", "customer_id", "step"),
    indexes=(Index("ix_derived_customer", "tenant_key", "customer_id"), Index("ix_derived_position", "position")),
)

result_streams = _table(
    "result_streams",
    _small("tenant_key"),
    _bytes("run_id"),
    _text("step"),
    _integer("next_offset"),
    key=("tenant_key", "run_id", "step"),
)

# An empty `run_id` means that no run's results of the step stand any more: a row is never removed.
current_runs = _table(
    "current_runs", _small("tenant_key"), _text("step"), _bytes("run_id"), _integer("position"), key=("tenant_key", "step")
)

# Every commit of a step's results, in order; the newest that is not undone is the one in `current_runs`.
step_commits = _table(
    "step_commits",
    _small("tenant_key"),
    _text("step"),
    _integer("sequence"),
    _bytes("run_id"),
    _small("undone"),
    _integer("position"),
    key=("tenant_key", "step", "sequence"),
    indexes=(Index("ux_step_commits_run", "tenant_key", "run_id", "step", unique=True),),
)

runs = _table(
    "runs",
    _small("tenant_key"),
    _bytes("run_id"),
    _small("state"),
    _integer("created_us"),
    _integer("fence"),
    _bytes("lease_digest"),
    _integer("lease_expires_us"),
    _integer("attempts"),
    _small("cancel_requested"),
    _bytes("pseudonym_key"),
    _bytes("payload"),
    _integer("position"),
    key=("tenant_key", "run_id"),
    clustered=False,
)

checkpoints = _table(
    "checkpoints",
    _small("tenant_key"),
    _bytes("run_id"),
    _text("step"),
    _small("piece"),
    _small("last"),
    _bytes("sealed"),
    key=("tenant_key", "run_id", "step", "piece"),
    clustered=False,
)

artifacts = _table(
    "artifacts",
    _small("tenant_key"),
    _bytes("run_id"),
    _text("name"),
    _bytes("sealed"),
    _integer("position"),
    key=("tenant_key", "run_id", "name"),
    clustered=False,
)

# A proposal's id is made of what it asks: the same question of a later run is the same row. An empty `other_id`: no pair.
proposals = _table(
    "proposals",
    _small("tenant_key"),
    _bytes("proposal_id"),
    _small("kind"),
    _small("state"),
    _bytes("customer_id"),
    _bytes("other_id"),
    _bytes("run_id"),
    _text("step"),
    _integer("score_ppm"),
    _integer("doubt_ppm"),
    _text("assignee"),
    _small("open_votes"),
    _small("votes"),
    _integer("version"),
    _integer("created_us"),
    _integer("updated_us"),
    _integer("schema_revision"),
    _bytes("evidence"),
    _bytes("history"),
    _integer("position"),
    key=("tenant_key", "proposal_id"),
    indexes=(
        Index("ix_proposals_queue", "tenant_key", "state", "doubt_ppm", "proposal_id"),
        Index("ix_proposals_customer", "tenant_key", "customer_id"),
        Index("ix_proposals_other", "tenant_key", "other_id"),
        Index("ix_proposals_position", "position"),
    ),
    clustered=False,
)

# What runs under way propose; their commit turns it into proposals.
proposal_drafts = _table(
    "proposal_drafts",
    _small("tenant_key"),
    _bytes("run_id"),
    _text("step"),
    _bytes("proposal_id"),
    _small("kind"),
    _bytes("customer_id"),
    _bytes("other_id"),
    _integer("score_ppm"),
    _integer("doubt_ppm"),
    _integer("schema_revision"),
    _bytes("evidence"),
    key=("tenant_key", "run_id", "step", "proposal_id"),
    clustered=False,
)

# A removed resource stays as its own tombstone, and its version goes on growing when the id is used again.
resources = _table(
    "resources",
    _text("tenant"),
    _small("kind"),
    _text("id"),
    _integer("version"),
    _small("removed"),
    _bytes("payload"),
    _integer("position"),
    key=("tenant", "kind", "id"),
    clustered=False,
)

api_tokens = _table(
    "api_tokens",
    _text("token_id"),
    _text("tenant"),
    _text("principal"),
    _bytes("digest"),
    _integer("created_us"),
    _integer("expires_us"),
    _small("revoked"),
    _integer("position"),
    key=("token_id",),
    indexes=(Index("ix_api_tokens_tenant", "tenant"),),
)

certificates = _table(
    "certificates",
    _text("name"),
    _text("tenant"),
    _text("principal"),
    _integer("position"),
    key=("name",),
    indexes=(Index("ix_certificates_principal", "tenant", "principal"),),
)

read_sessions = _table(
    "read_sessions",
    _bytes("session_id"),
    _text("tenant"),
    _text("principal"),
    _integer("expires_us"),
    _bytes("payload"),
    key=("session_id",),
    indexes=(Index("ix_read_sessions_expires", "expires_us"),),
    clustered=False,
)

requests = _table(
    "requests",
    _text("tenant"),
    _text("principal"),
    _text("request_id"),
    _bytes("digest"),
    _text("name"),
    _integer("time_us"),
    key=("tenant", "principal", "request_id"),
    indexes=(Index("ix_requests_time", "time_us"),),
)

import_chunks = _table(
    "import_chunks",
    _text("tenant"),
    _text("import_id"),
    _integer("chunk"),
    _bytes("digest"),
    _bytes("response"),
    key=("tenant", "import_id", "chunk"),
    clustered=False,
)

audit_events = _table(
    "audit_events",
    _text("writer"),
    _integer("sequence"),
    _integer("time_us"),
    _text("tenant"),
    _bytes("previous"),
    _bytes("hash"),
    _bytes("payload"),
    _text("resources"),
    key=("writer", "sequence"),
    indexes=(Index("ix_audit_events_time", "tenant", "time_us", "writer", "sequence"),),
    clustered=False,
)

audit_resources = _table(
    "audit_resources",
    _text("tenant"),
    _text("resource"),
    _integer("time_us"),
    _text("writer"),
    _integer("sequence"),
    key=("tenant", "resource", "time_us", "writer", "sequence"),
)

audit_heads = _table(
    "audit_heads",
    _text("writer"),
    _integer("sequence"),
    _bytes("hash"),
    _integer("time_us"),
    _bytes("links"),
    _text("key_id"),
    _bytes("signature"),
    key=("writer", "sequence"),
    clustered=False,
)

leases = _table("leases", _text("name"), _text("holder"), _integer("fence"), _integer("expires_us"), key=("name",))

schedule_slots = _table(
    "schedule_slots",
    _text("schedule"),
    _integer("slot_us"),
    _integer("fence"),
    _text("outcome"),
    key=("schedule", "slot_us"),
)

keks = _table(
    "keks",
    _bytes("id"),
    _text("tenant"),
    _text("key_use"),
    _integer("epoch"),
    _text("root_key_id"),
    _bytes("wrapped"),
    _text("state"),
    _integer("created_us"),
    _integer("wraps"),
    _integer("position"),
    key=("id",),
    indexes=(
        Index("ux_keks_epoch", "tenant", "key_use", "epoch", unique=True),
        Index("ix_keks_root_key", "root_key_id", "id"),
    ),
    clustered=False,
)
