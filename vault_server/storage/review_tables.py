"""The tables of the review queue; the rules of `storage.tables` hold."""

from __future__ import annotations

from sqlalchemy import Index

from vault_server.storage.columns import binary, integer, small, table, text

# A proposal's id is made of what it asks: the same question of a later run is the same row. An empty `other_id`: no pair.
proposals = table(
    "proposals",
    small("tenant_key"),
    binary("proposal_id"),
    small("kind"),
    small("state"),
    binary("customer_id"),
    binary("other_id"),
    binary("run_id"),
    text("step"),
    integer("score_ppm"),
    integer("doubt_ppm"),
    text("assignee"),
    small("open_votes"),
    small("votes"),
    integer("version"),
    integer("created_us"),
    integer("updated_us"),
    integer("schema_revision"),
    binary("evidence"),
    binary("history"),
    integer("position"),
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
proposal_drafts = table(
    "proposal_drafts",
    small("tenant_key"),
    binary("run_id"),
    text("step"),
    binary("proposal_id"),
    small("kind"),
    binary("customer_id"),
    binary("other_id"),
    integer("score_ppm"),
    integer("doubt_ppm"),
    integer("schema_revision"),
    binary("evidence"),
    key=("tenant_key", "run_id", "step", "proposal_id"),
    clustered=False,
)
