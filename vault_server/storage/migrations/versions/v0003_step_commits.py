"""Keeps the order in which runs were committed, so that a run can be undone.

Of runs that were committed before, the one that is current comes last, the others in the order in which they were queued.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

# 3 is the state of a run that succeeded.
_KNOWN = """
INSERT INTO step_commits (tenant_key, step, sequence, run_id, undone, position)
SELECT s.tenant_key, s.step,
    row_number() OVER (
        PARTITION BY s.tenant_key, s.step ORDER BY CASE WHEN c.run_id = s.run_id THEN 1 ELSE 0 END, s.run_id
    ),
    s.run_id, 0, r.position
FROM (
    SELECT tenant_key, step, run_id FROM result_streams
    UNION SELECT tenant_key, step, run_id FROM current_runs
) AS s
JOIN runs AS r ON r.tenant_key = s.tenant_key AND r.run_id = s.run_id AND r.state = 3
LEFT JOIN current_runs AS c ON c.tenant_key = s.tenant_key AND c.step = s.step
"""


def upgrade() -> None:
    op.create_table(
        "step_commits",
        sa.Column("tenant_key", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("step", TEXT, autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("undone", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("tenant_key", "step", "sequence", name="pk_step_commits"),
        sqlite_with_rowid=False,
    )
    op.create_index("ux_step_commits_run", "step_commits", ["tenant_key", "run_id", "step"], unique=True)
    op.execute(_KNOWN)
