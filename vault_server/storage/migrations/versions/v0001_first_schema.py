"""The first schema: every table of the vault."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _column(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[object]:
    return sa.Column(name, kind, autoincrement=False, nullable=False)


def _text(name: str) -> sa.Column[object]:
    return _column(name, TEXT)


def _bytes(name: str) -> sa.Column[object]:
    return _column(name, sa.LargeBinary())


def _integer(name: str) -> sa.Column[object]:
    return _column(name, sa.BigInteger())


def _small(name: str) -> sa.Column[object]:
    return _column(name, sa.Integer())


def upgrade() -> None:
    _create_keys_and_tenants()
    _create_records()
    _create_tokens()
    _create_runs()
    _create_access()
    _create_audit()
    _create_scheduling()


def _create_keys_and_tenants() -> None:
    op.create_table(
        "vault",
        _small("id"),
        _text("vault_id"),
        _integer("created_us"),
        sa.PrimaryKeyConstraint("id", name="pk_vault"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "change_epoch",
        _small("id"),
        _text("epoch"),
        _integer("counter"),
        sa.PrimaryKeyConstraint("id", name="pk_change_epoch"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tenants",
        _small("tenant_key"),
        _text("id"),
        _integer("fence"),
        _integer("position"),
        sa.PrimaryKeyConstraint("tenant_key", name="pk_tenants"),
        sqlite_with_rowid=False,
    )
    op.create_index("ux_tenants_id", "tenants", ["id"], unique=True)
    op.create_table(
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
        sa.PrimaryKeyConstraint("id", name="pk_keks"),
        sqlite_with_rowid=True,
    )
    op.create_index("ix_keks_root_key", "keks", ["root_key_id", "id"], unique=False)
    op.create_index("ux_keks_epoch", "keks", ["tenant", "key_use", "epoch"], unique=True)
    op.create_table(
        "deks",
        _small("tenant_key"),
        _bytes("customer_id"),
        _small("dek_version"),
        _small("kek_epoch"),
        _bytes("wrapped"),
        _integer("position"),
        sa.PrimaryKeyConstraint("tenant_key", "customer_id", "dek_version", name="pk_deks"),
        sqlite_with_rowid=False,
    )


def _create_records() -> None:
    op.create_table(
        "customers",
        _small("tenant_key"),
        _bytes("customer_id"),
        _integer("version"),
        _small("state"),
        _integer("created_us"),
        _integer("updated_us"),
        _integer("schema_revision"),
        _integer("position"),
        _bytes("sealed"),
        sa.PrimaryKeyConstraint("tenant_key", "customer_id", name="pk_customers"),
        sqlite_with_rowid=True,
    )
    op.create_index("ix_customers_position", "customers", ["position"], unique=False)
    op.create_table(
        "transactions",
        _small("tenant_key"),
        _bytes("customer_id"),
        _bytes("record_id"),
        _integer("version"),
        _small("state"),
        _integer("created_us"),
        _integer("updated_us"),
        _integer("schema_revision"),
        _integer("position"),
        _bytes("sealed"),
        sa.PrimaryKeyConstraint("tenant_key", "customer_id", "record_id", name="pk_transactions"),
        sqlite_with_rowid=True,
    )
    op.create_index("ix_transactions_position", "transactions", ["position"], unique=False)
    op.create_index("ux_transactions_record", "transactions", ["tenant_key", "record_id"], unique=True)
    op.create_table(
        "needs",
        _small("tenant_key"),
        _bytes("customer_id"),
        _bytes("record_id"),
        _integer("version"),
        _small("state"),
        _integer("created_us"),
        _integer("updated_us"),
        _integer("schema_revision"),
        _integer("position"),
        _bytes("sealed"),
        sa.PrimaryKeyConstraint("tenant_key", "customer_id", "record_id", name="pk_needs"),
        sqlite_with_rowid=True,
    )
    op.create_index("ix_needs_position", "needs", ["position"], unique=False)
    op.create_index("ux_needs_record", "needs", ["tenant_key", "record_id"], unique=True)
    op.create_table(
        "consents",
        _small("tenant_key"),
        _bytes("customer_id"),
        _text("purpose"),
        _small("given"),
        _integer("time_us"),
        _integer("position"),
        sa.PrimaryKeyConstraint("tenant_key", "customer_id", "purpose", name="pk_consents"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "erasures",
        _small("tenant_key"),
        _bytes("customer_id"),
        _integer("fence"),
        _integer("erased_us"),
        _integer("position"),
        sa.PrimaryKeyConstraint("tenant_key", "customer_id", name="pk_erasures"),
        sqlite_with_rowid=False,
    )
    op.create_index("ux_erasures_fence", "erasures", ["tenant_key", "fence"], unique=True)


def _create_tokens() -> None:
    op.create_table(
        "search_tokens",
        _small("tenant_key"),
        _small("field"),
        _bytes("token"),
        _bytes("record_id"),
        _small("kind"),
        _small("index_version"),
        _bytes("customer_id"),
        sa.PrimaryKeyConstraint("tenant_key", "field", "token", "record_id", name="pk_search_tokens"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "unique_tokens",
        _small("tenant_key"),
        _small("field"),
        _bytes("token"),
        _bytes("record_id"),
        _small("kind"),
        _small("index_version"),
        _bytes("customer_id"),
        sa.PrimaryKeyConstraint("tenant_key", "field", "token", name="pk_unique_tokens"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "token_owners",
        _small("tenant_key"),
        _bytes("record_id"),
        _bytes("packed"),
        sa.PrimaryKeyConstraint("tenant_key", "record_id", "packed", name="pk_token_owners"),
        sqlite_with_rowid=False,
    )


def _create_runs() -> None:
    op.create_table(
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
        sa.PrimaryKeyConstraint("tenant_key", "run_id", name="pk_runs"),
        sqlite_with_rowid=True,
    )
    op.create_table(
        "derived",
        _small("tenant_key"),
        _bytes("run_id"),
        _bytes("customer_id"),
        _text("step"),
        _integer("schema_revision"),
        _bytes("sealed"),
        _integer("position"),
        sa.PrimaryKeyConstraint("tenant_key", "run_id", "customer_id", "step", name="pk_derived"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_derived_customer", "derived", ["tenant_key", "customer_id"], unique=False)
    op.create_index("ix_derived_position", "derived", ["position"], unique=False)
    op.create_table(
        "result_streams",
        _small("tenant_key"),
        _bytes("run_id"),
        _text("step"),
        _integer("next_offset"),
        sa.PrimaryKeyConstraint("tenant_key", "run_id", "step", name="pk_result_streams"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "current_runs",
        _small("tenant_key"),
        _text("step"),
        _bytes("run_id"),
        _integer("position"),
        sa.PrimaryKeyConstraint("tenant_key", "step", name="pk_current_runs"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "checkpoints",
        _small("tenant_key"),
        _bytes("run_id"),
        _text("step"),
        _small("piece"),
        _small("last"),
        _bytes("sealed"),
        sa.PrimaryKeyConstraint("tenant_key", "run_id", "step", "piece", name="pk_checkpoints"),
        sqlite_with_rowid=True,
    )
    op.create_table(
        "artifacts",
        _small("tenant_key"),
        _bytes("run_id"),
        _text("name"),
        _bytes("sealed"),
        _integer("position"),
        sa.PrimaryKeyConstraint("tenant_key", "run_id", "name", name="pk_artifacts"),
        sqlite_with_rowid=True,
    )


def _create_access() -> None:
    op.create_table(
        "resources",
        _text("tenant"),
        _small("kind"),
        _text("id"),
        _integer("version"),
        _small("removed"),
        _bytes("payload"),
        _integer("position"),
        sa.PrimaryKeyConstraint("tenant", "kind", "id", name="pk_resources"),
        sqlite_with_rowid=True,
    )
    op.create_table(
        "api_tokens",
        _text("token_id"),
        _text("tenant"),
        _text("principal"),
        _bytes("digest"),
        _integer("created_us"),
        _integer("expires_us"),
        _small("revoked"),
        _integer("position"),
        sa.PrimaryKeyConstraint("token_id", name="pk_api_tokens"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_api_tokens_tenant", "api_tokens", ["tenant"], unique=False)
    op.create_table(
        "certificates",
        _text("name"),
        _text("tenant"),
        _text("principal"),
        _integer("position"),
        sa.PrimaryKeyConstraint("name", name="pk_certificates"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_certificates_principal", "certificates", ["tenant", "principal"], unique=False)
    op.create_table(
        "read_sessions",
        _bytes("session_id"),
        _text("tenant"),
        _text("principal"),
        _integer("expires_us"),
        _bytes("payload"),
        sa.PrimaryKeyConstraint("session_id", name="pk_read_sessions"),
        sqlite_with_rowid=True,
    )
    op.create_index("ix_read_sessions_expires", "read_sessions", ["expires_us"], unique=False)
    op.create_table(
        "requests",
        _text("tenant"),
        _text("principal"),
        _text("request_id"),
        _bytes("digest"),
        _text("name"),
        _integer("time_us"),
        sa.PrimaryKeyConstraint("tenant", "principal", "request_id", name="pk_requests"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_requests_time", "requests", ["time_us"], unique=False)
    op.create_table(
        "import_chunks",
        _text("tenant"),
        _text("import_id"),
        _integer("chunk"),
        _bytes("digest"),
        _bytes("response"),
        sa.PrimaryKeyConstraint("tenant", "import_id", "chunk", name="pk_import_chunks"),
        sqlite_with_rowid=True,
    )


def _create_audit() -> None:
    op.create_table(
        "audit_events",
        _text("writer"),
        _integer("sequence"),
        _integer("time_us"),
        _text("tenant"),
        _bytes("previous"),
        _bytes("hash"),
        _bytes("payload"),
        _text("resources"),
        sa.PrimaryKeyConstraint("writer", "sequence", name="pk_audit_events"),
        sqlite_with_rowid=True,
    )
    op.create_index("ix_audit_events_time", "audit_events", ["tenant", "time_us", "writer", "sequence"], unique=False)
    op.create_table(
        "audit_resources",
        _text("tenant"),
        _text("resource"),
        _integer("time_us"),
        _text("writer"),
        _integer("sequence"),
        sa.PrimaryKeyConstraint("tenant", "resource", "time_us", "writer", "sequence", name="pk_audit_resources"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_heads",
        _text("writer"),
        _integer("sequence"),
        _bytes("hash"),
        _integer("time_us"),
        _bytes("links"),
        _text("key_id"),
        _bytes("signature"),
        sa.PrimaryKeyConstraint("writer", "sequence", name="pk_audit_heads"),
        sqlite_with_rowid=True,
    )


def _create_scheduling() -> None:
    op.create_table(
        "leases",
        _text("name"),
        _text("holder"),
        _integer("fence"),
        _integer("expires_us"),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "schedule_slots",
        _text("schedule"),
        _integer("slot_us"),
        _integer("fence"),
        _text("outcome"),
        sa.PrimaryKeyConstraint("schedule", "slot_us", name="pk_schedule_slots"),
        sqlite_with_rowid=False,
    )
