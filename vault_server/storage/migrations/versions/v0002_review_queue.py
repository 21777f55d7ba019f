"""The review queue: proposals, and the drafts of runs under way."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

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
    _create_proposals()
    _create_drafts()


def _create_proposals() -> None:
    op.create_table(
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
        sa.PrimaryKeyConstraint("tenant_key", "proposal_id", name="pk_proposals"),
        sqlite_with_rowid=True,
    )
    queue = ["tenant_key", "state", "doubt_ppm", "proposal_id"]
    op.create_index("ix_proposals_queue", "proposals", queue, unique=False)
    op.create_index("ix_proposals_customer", "proposals", ["tenant_key", "customer_id"], unique=False)
    op.create_index("ix_proposals_other", "proposals", ["tenant_key", "other_id"], unique=False)
    op.create_index("ix_proposals_position", "proposals", ["position"], unique=False)


def _create_drafts() -> None:
    op.create_table(
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
        sa.PrimaryKeyConstraint("tenant_key", "run_id", "step", "proposal_id", name="pk_proposal_drafts"),
        sqlite_with_rowid=True,
    )
