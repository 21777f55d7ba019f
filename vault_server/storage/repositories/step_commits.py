"""Which run's results of a step are seen, and which were before: `ports.runs.StepCommits` on a session.

Rules. The rows of `current_runs` are the locks: whoever commits or undoes a run writes or locks those of its steps, by name,
before it looks at the commits; so the newest commit that stands and the row always agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import bindparam, func, select, update

from vault_server.errors import NotFoundError
from vault_server.ports.runs import StepCommit
from vault_server.storage.run_tables import current_runs, step_commits
from vault_server.storage.session import Session
from vault_server.storage.statements import insert_new, upsert

NO_RUN = b""

_MAKE_CURRENT = upsert(current_runs)
_LOCK = (
    select(current_runs.c.run_id)
    .where(current_runs.c.tenant_key == bindparam("tenant_key"), current_runs.c.step == bindparam("step"))
    .with_for_update()
)
_OF_STEP = (step_commits.c.tenant_key == bindparam("tenant_key"), step_commits.c.step == bindparam("step"))
_NEWEST = select(func.coalesce(func.max(step_commits.c.sequence), 0)).where(*_OF_STEP)
_INSERT = insert_new(step_commits)
_STANDING = (
    select(step_commits.c.sequence, step_commits.c.run_id)
    .where(*_OF_STEP, step_commits.c.undone == 0)
    .order_by(step_commits.c.sequence.desc())
    .limit(bindparam("limit"))
)
_OF_RUN = select(step_commits.c.sequence).where(*_OF_STEP, step_commits.c.run_id == bindparam("run_id"))
_MARK = (
    update(step_commits)
    .where(
        step_commits.c.tenant_key == bindparam("of_tenant"),
        step_commits.c.step == bindparam("of_step"),
        step_commits.c.run_id == bindparam("of_run"),
    )
    .values(undone=bindparam("new_undone"), position=bindparam("new_position"))
)


class SqlStepCommits:
    """`ports.runs.StepCommits` on a session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def _key(self, tenant: str) -> int:
        found = self._session.tenant_key(tenant)
        if found is None:
            raise NotFoundError("there is no such tenant", hint="create the tenant first")
        return found

    def make_current(self, tenant: str, run_id: bytes, steps: Sequence[str]) -> None:
        tenant_key, position = self._key(tenant), self._session.position()
        for step in sorted(steps):
            self._point_to(tenant_key, step, run_id)
            newest = cast("int", self._session.rows(_NEWEST, tenant_key=tenant_key, step=step)[0][0])
            self._session.run(
                _INSERT, tenant_key=tenant_key, step=step, sequence=newest + 1, run_id=run_id, undone=0, position=position
            )

    def lock_steps(self, tenant: str, steps: Sequence[str]) -> None:
        for step in sorted(steps):
            self._session.rows(_LOCK, tenant_key=self._key(tenant), step=step)

    def standing_commits(self, tenant: str, step: str, *, limit: int) -> list[StepCommit]:
        tenant_key = self._session.tenant_key(tenant)
        rows = [] if tenant_key is None else self._session.rows(_STANDING, tenant_key=tenant_key, step=step, limit=limit)
        return [StepCommit(cast("int", row[0]), cast("bytes", row[1])) for row in rows]

    def commit_of(self, tenant: str, step: str, run_id: bytes) -> StepCommit | None:
        tenant_key = self._session.tenant_key(tenant)
        rows = [] if tenant_key is None else self._session.rows(_OF_RUN, tenant_key=tenant_key, step=step, run_id=run_id)
        return StepCommit(cast("int", rows[0][0]), run_id) if rows else None

    def mark_undone(self, tenant: str, run_id: bytes, steps: Sequence[str], *, undone: bool) -> None:
        tenant_key, position = self._key(tenant), self._session.position()
        for step in sorted(steps):
            self._session.run(
                _MARK,
                of_tenant=tenant_key,
                of_step=step,
                of_run=run_id,
                new_undone=int(undone),
                new_position=position,
            )
            standing = self.standing_commits(tenant, step, limit=1)
            self._point_to(tenant_key, step, standing[0].run_id if standing else NO_RUN)

    def _point_to(self, tenant_key: int, step: str, run_id: bytes) -> None:
        self._session.run(_MAKE_CURRENT, tenant_key=tenant_key, step=step, run_id=run_id, position=self._session.position())
