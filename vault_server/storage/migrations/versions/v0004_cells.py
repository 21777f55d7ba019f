"""What several workers share of a run under way: grids, their cells, and who takes helpers."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _column(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[object]:
    return sa.Column(name, kind, autoincrement=False, nullable=False)


def _run(*more: sa.Column[object]) -> tuple[sa.Column[object], ...]:
    return (_column("tenant_key", sa.Integer()), _column("run_id", sa.LargeBinary()), *more)


def upgrade() -> None:
    op.create_table(
        "shared_runs",
        *_run(_column("step", TEXT), _column("fence", sa.BigInteger())),
        sa.PrimaryKeyConstraint("tenant_key", "run_id", name="pk_shared_runs"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "grids",
        *_run(_column("grid", TEXT), _column("digest", sa.LargeBinary())),
        _column("cells", sa.Integer()),
        _column("setup", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("tenant_key", "run_id", "grid", name="pk_grids"),
        sqlite_with_rowid=True,
    )
    op.create_table(
        "grid_cells",
        *_run(_column("grid", TEXT), _column("cell", sa.Integer()), _column("done", sa.Integer())),
        _column("holder", sa.LargeBinary()),
        _column("expires_us", sa.BigInteger()),
        _column("task", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("tenant_key", "run_id", "grid", "cell", name="pk_grid_cells"),
        sqlite_with_rowid=True,
    )
    op.create_table(
        "grid_results",
        *_run(_column("grid", TEXT), _column("cell", sa.Integer())),
        _column("sealed", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("tenant_key", "run_id", "grid", "cell", name="pk_grid_results"),
        sqlite_with_rowid=True,
    )
