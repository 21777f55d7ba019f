"""The tables of runs, of what they derived and of what several workers share; the rules of `storage.tables` hold."""

from __future__ import annotations

from sqlalchemy import Index

from vault_server.storage.columns import binary, integer, small, table, text

derived = table(
    "derived",
    small("tenant_key"),
    binary("run_id"),
    binary("customer_id"),
    text("step"),
    integer("schema_revision"),
    binary("sealed"),
    integer("position"),
    key=("tenant_key", "run_id", "customer_id", "step"),
    indexes=(Index("ix_derived_customer", "tenant_key", "customer_id"), Index("ix_derived_position", "position")),
)

result_streams = table(
    "result_streams",
    small("tenant_key"),
    binary("run_id"),
    text("step"),
    integer("next_offset"),
    key=("tenant_key", "run_id", "step"),
)

# An empty `run_id` means that no run's results of the step stand any more: a row is never removed.
current_runs = table(
    "current_runs", small("tenant_key"), text("step"), binary("run_id"), integer("position"), key=("tenant_key", "step")
)

# Every commit of a step's results, in order; the newest that is not undone is the one in `current_runs`.
step_commits = table(
    "step_commits",
    small("tenant_key"),
    text("step"),
    integer("sequence"),
    binary("run_id"),
    small("undone"),
    integer("position"),
    key=("tenant_key", "step", "sequence"),
    indexes=(Index("ux_step_commits_run", "tenant_key", "run_id", "step", unique=True),),
)

runs = table(
    "runs",
    small("tenant_key"),
    binary("run_id"),
    small("state"),
    integer("created_us"),
    integer("fence"),
    binary("lease_digest"),
    integer("lease_expires_us"),
    integer("attempts"),
    small("cancel_requested"),
    binary("pseudonym_key"),
    binary("payload"),
    integer("position"),
    key=("tenant_key", "run_id"),
    clustered=False,
)

checkpoints = table(
    "checkpoints",
    small("tenant_key"),
    binary("run_id"),
    text("step"),
    small("piece"),
    small("last"),
    binary("sealed"),
    key=("tenant_key", "run_id", "step", "piece"),
    clustered=False,
)

artifacts = table(
    "artifacts",
    small("tenant_key"),
    binary("run_id"),
    text("name"),
    binary("sealed"),
    integer("position"),
    key=("tenant_key", "run_id", "name"),
    clustered=False,
)

# What several workers share of a run under way. None of it outlives the run, and none of it is backed up.
shared_runs = table(
    "shared_runs", small("tenant_key"), binary("run_id"), text("step"), integer("fence"), key=("tenant_key", "run_id")
)

grids = table(
    "grids",
    small("tenant_key"),
    binary("run_id"),
    text("grid"),
    binary("digest"),
    small("cells"),
    binary("setup"),
    key=("tenant_key", "run_id", "grid"),
    clustered=False,
)

# An empty holder: nobody has taken the cell.
grid_cells = table(
    "grid_cells",
    small("tenant_key"),
    binary("run_id"),
    text("grid"),
    small("cell"),
    small("done"),
    binary("holder"),
    integer("expires_us"),
    binary("task"),
    key=("tenant_key", "run_id", "grid", "cell"),
    clustered=False,
)

grid_results = table(
    "grid_results",
    small("tenant_key"),
    binary("run_id"),
    text("grid"),
    small("cell"),
    binary("sealed"),
    key=("tenant_key", "run_id", "grid", "cell"),
    clustered=False,
)
