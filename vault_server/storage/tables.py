"""The tables of both engines: records, keys, access, audit. Runs and the review queue have rooms beside this one.

Rules. Every column is an integer, a text or bytes, and none is NULL, so that a row looks the same from either engine and a
backup of one loads into the other. Text sorts by code point ("C" in PostgreSQL), so primary keys sort alike. Tenants are small
integers inside the large tables (a text id would be repeated in every index entry). `position` is the change position of the
row's last write. Small-row tables are clustered by their key (WITHOUT ROWID); tables of sealed records are not, because
SQLite keeps whole rows in the inner pages of a clustered table (measured: 17 % slower import at 550-byte rows).
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Table

from vault_server.storage.columns import binary, integer, small, table, text

vault = table("vault", small("id"), text("vault_id"), integer("created_us"), key=("id",))

# `counter` is the change position of SQLite's single writer; PostgreSQL counts by transaction ids. Not backed up.
change_epoch = table("change_epoch", small("id"), text("epoch"), integer("counter"), key=("id",))

tenants = table(
    "tenants",
    small("tenant_key"),
    text("id"),
    integer("fence"),
    integer("position"),
    key=("tenant_key",),
    indexes=(Index("ux_tenants_id", "id", unique=True),),
)


def _sealed_columns() -> tuple[Column[object], ...]:
    return (
        integer("version"),
        small("state"),
        integer("created_us"),
        integer("updated_us"),
        integer("schema_revision"),
        integer("position"),
        binary("sealed"),
    )


customers = table(
    "customers",
    small("tenant_key"),
    binary("customer_id"),
    *_sealed_columns(),
    key=("tenant_key", "customer_id"),
    indexes=(Index("ix_customers_position", "position"),),
    clustered=False,
)


def _child_table(name: str) -> Table:
    return table(
        name,
        small("tenant_key"),
        binary("customer_id"),
        binary("record_id"),
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

deks = table(
    "deks",
    small("tenant_key"),
    binary("customer_id"),
    small("dek_version"),
    small("kek_epoch"),
    binary("wrapped"),
    integer("position"),
    key=("tenant_key", "customer_id", "dek_version"),
)

# An empty `customer_id` means that it equals `record_id`: 16 bytes less in a table whose pages are written at random.
search_tokens = table(
    "search_tokens",
    small("tenant_key"),
    small("field"),
    binary("token"),
    binary("record_id"),
    small("kind"),
    small("index_version"),
    binary("customer_id"),
    key=("tenant_key", "field", "token", "record_id"),
)

unique_tokens = table(
    "unique_tokens",
    small("tenant_key"),
    small("field"),
    binary("token"),
    binary("record_id"),
    small("kind"),
    small("index_version"),
    binary("customer_id"),
    key=("tenant_key", "field", "token"),
)

# Which tokens a record has, packed (see repositories.tokens): one row in the place of an index entry per token.
token_owners = table(
    "token_owners", small("tenant_key"), binary("record_id"), binary("packed"), key=("tenant_key", "record_id", "packed")
)

# Tombstones and the ledger of erasures in one: `fence` orders a tenant's erasures.
erasures = table(
    "erasures",
    small("tenant_key"),
    binary("customer_id"),
    integer("fence"),
    integer("erased_us"),
    integer("position"),
    key=("tenant_key", "customer_id"),
    indexes=(Index("ux_erasures_fence", "tenant_key", "fence", unique=True),),
)

consents = table(
    "consents",
    small("tenant_key"),
    binary("customer_id"),
    text("purpose"),
    small("given"),
    integer("time_us"),
    integer("position"),
    key=("tenant_key", "customer_id", "purpose"),
)

# A removed resource stays as its own tombstone, and its version goes on growing when the id is used again.
resources = table(
    "resources",
    text("tenant"),
    small("kind"),
    text("id"),
    integer("version"),
    small("removed"),
    binary("payload"),
    integer("position"),
    key=("tenant", "kind", "id"),
    clustered=False,
)

api_tokens = table(
    "api_tokens",
    text("token_id"),
    text("tenant"),
    text("principal"),
    binary("digest"),
    integer("created_us"),
    integer("expires_us"),
    small("revoked"),
    integer("position"),
    key=("token_id",),
    indexes=(Index("ix_api_tokens_tenant", "tenant"),),
)

certificates = table(
    "certificates",
    text("name"),
    text("tenant"),
    text("principal"),
    integer("position"),
    key=("name",),
    indexes=(Index("ix_certificates_principal", "tenant", "principal"),),
)

read_sessions = table(
    "read_sessions",
    binary("session_id"),
    text("tenant"),
    text("principal"),
    integer("expires_us"),
    binary("payload"),
    key=("session_id",),
    indexes=(Index("ix_read_sessions_expires", "expires_us"),),
    clustered=False,
)

requests = table(
    "requests",
    text("tenant"),
    text("principal"),
    text("request_id"),
    binary("digest"),
    text("name"),
    integer("time_us"),
    key=("tenant", "principal", "request_id"),
    indexes=(Index("ix_requests_time", "time_us"),),
)

import_chunks = table(
    "import_chunks",
    text("tenant"),
    text("import_id"),
    integer("chunk"),
    binary("digest"),
    binary("response"),
    key=("tenant", "import_id", "chunk"),
    clustered=False,
)

audit_events = table(
    "audit_events",
    text("writer"),
    integer("sequence"),
    integer("time_us"),
    text("tenant"),
    binary("previous"),
    binary("hash"),
    binary("payload"),
    text("resources"),
    key=("writer", "sequence"),
    indexes=(Index("ix_audit_events_time", "tenant", "time_us", "writer", "sequence"),),
    clustered=False,
)

audit_resources = table(
    "audit_resources",
    text("tenant"),
    text("resource"),
    integer("time_us"),
    text("writer"),
    integer("sequence"),
    key=("tenant", "resource", "time_us", "writer", "sequence"),
)

audit_heads = table(
    "audit_heads",
    text("writer"),
    integer("sequence"),
    binary("hash"),
    integer("time_us"),
    binary("links"),
    text("key_id"),
    binary("signature"),
    key=("writer", "sequence"),
    clustered=False,
)

leases = table("leases", text("name"), text("holder"), integer("fence"), integer("expires_us"), key=("name",))

schedule_slots = table(
    "schedule_slots",
    text("schedule"),
    integer("slot_us"),
    integer("fence"),
    text("outcome"),
    key=("schedule", "slot_us"),
)

keks = table(
    "keks",
    binary("id"),
    text("tenant"),
    text("key_use"),
    integer("epoch"),
    text("root_key_id"),
    binary("wrapped"),
    text("state"),
    integer("created_us"),
    integer("wraps"),
    integer("position"),
    key=("id",),
    indexes=(
        Index("ux_keks_epoch", "tenant", "key_use", "epoch", unique=True),
        Index("ix_keks_root_key", "root_key_id", "id"),
    ),
    clustered=False,
)
