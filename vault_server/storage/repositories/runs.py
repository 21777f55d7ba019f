"""Runs, their leases, results, checkpoints and artifacts: `ports.runs` on a session."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import Select, and_, bindparam, delete, or_, select, update

from vault_server.errors import AlreadyExistsError, ConflictError, NotFoundError, OutOfRangeError
from vault_server.ports.records import DerivedRow
from vault_server.ports.runs import RunRow
from vault_server.storage.repositories.cells import OF_RUNS
from vault_server.storage.repositories.record_reads import SqlRecordReader
from vault_server.storage.repositories.step_commits import SqlStepCommits
from vault_server.storage.review_tables import proposal_drafts
from vault_server.storage.run_tables import artifacts, checkpoints, derived, result_streams, runs
from vault_server.storage.session import Row, Session
from vault_server.storage.statements import insert_new, upsert

_FIELDS = (
    "run_id",
    "state",
    "created_us",
    "fence",
    "lease_digest",
    "lease_expires_us",
    "attempts",
    "cancel_requested",
    "pseudonym_key",
    "payload",
)
PAIRS_SUFFIX = "/pairs"  # no step's name holds a slash
_LAST_ID = b"\xff" * 17  # behind every 16-byte id


def _of_tenant() -> Select[tuple[object, ...]]:
    return select(*(runs.c[name] for name in _FIELDS)).where(runs.c.tenant_key == bindparam("tenant_key"))


_RUN = _of_tenant().where(runs.c.run_id == bindparam("run_id"))
_LOCK = _RUN.with_for_update()
_RUNS = _of_tenant().where(runs.c.run_id < bindparam("before")).order_by(runs.c.run_id.desc()).limit(bindparam("limit"))
_WAITING = (
    _of_tenant()
    .where(
        or_(
            runs.c.state == bindparam("queued"),
            and_(runs.c.state == bindparam("running"), runs.c.lease_expires_us <= bindparam("now_us")),
        )
    )
    .order_by(runs.c.run_id)
    .limit(bindparam("limit"))
)
_CLAIMABLE = _WAITING.where(runs.c.run_id > bindparam("after"))
_INSERT = insert_new(runs)
_UPDATE = (
    update(runs)
    .where(runs.c.tenant_key == bindparam("of_tenant"), runs.c.run_id == bindparam("of_run"))
    .values({name: bindparam(f"new_{name}") for name in (*_FIELDS[1:], "position")})
)
_OF_RUN = (result_streams.c.tenant_key == bindparam("tenant_key"), result_streams.c.run_id == bindparam("run_id"))
_OFFSETS = select(result_streams.c.step, result_streams.c.next_offset).where(*_OF_RUN).order_by(result_streams.c.step)
_START_STREAM = insert_new(result_streams)
_MOVE_STREAM = (
    update(result_streams)
    .where(
        result_streams.c.tenant_key == bindparam("of_tenant"),
        result_streams.c.run_id == bindparam("of_run"),
        result_streams.c.step == bindparam("of_step"),
        result_streams.c.next_offset == bindparam("at_offset"),
    )
    .values(next_offset=bindparam("new_offset"))
)
_RESULTS_OF = (
    select(derived.c.customer_id, derived.c.run_id, derived.c.step, derived.c.schema_revision, derived.c.sealed)
    .where(
        derived.c.tenant_key == bindparam("tenant_key"),
        derived.c.customer_id == bindparam("customer_id"),
        derived.c.step == bindparam("step"),
    )
    .order_by(derived.c.run_id)
)
_REPLACE_RESULT = (
    update(derived)
    .where(
        derived.c.tenant_key == bindparam("of_tenant"),
        derived.c.run_id == bindparam("of_run"),
        derived.c.customer_id == bindparam("of_customer"),
        derived.c.step == bindparam("of_step"),
        derived.c.sealed == bindparam("old_sealed"),
    )
    .values(sealed=bindparam("new_sealed"), position=bindparam("new_position"))
)
_DROP_RESULTS = delete(derived).where(
    derived.c.tenant_key == bindparam("tenant_key"),
    derived.c.run_id == bindparam("run_id"),
    derived.c.customer_id <= bindparam("customer_id"),
)
_PUT_CHECKPOINT = upsert(checkpoints)
_COMPLETE = select(checkpoints.c.step, checkpoints.c.piece).where(
    checkpoints.c.tenant_key == bindparam("tenant_key"), checkpoints.c.run_id == bindparam("run_id"), checkpoints.c.last == 1
)
_CHECKPOINT = select(checkpoints.c.sealed).where(
    checkpoints.c.tenant_key == bindparam("tenant_key"),
    checkpoints.c.run_id == bindparam("run_id"),
    checkpoints.c.step == bindparam("step"),
    checkpoints.c.piece == bindparam("piece"),
)
_PUT_ARTIFACT = upsert(artifacts)
_ARTIFACT = select(artifacts.c.sealed).where(
    artifacts.c.tenant_key == bindparam("tenant_key"),
    artifacts.c.run_id == bindparam("run_id"),
    artifacts.c.name == bindparam("name"),
)
_DROP_OF_RUN = {
    table: delete(table).where(table.c.tenant_key == bindparam("tenant_key"), table.c.run_id == bindparam("run_id"))
    for table in (checkpoints, *OF_RUNS, derived, result_streams, proposal_drafts)
}

_SCRATCH = frozenset({checkpoints, *OF_RUNS})


class SqlRuns(SqlStepCommits):
    """`ports.runs.RunRepository` on a session."""

    def _query(self, tenant: str, statement: Select[tuple[object, ...]], **parameters: object) -> list[Row]:
        tenant_key = self._session.tenant_key(tenant)
        return [] if tenant_key is None else self._session.rows(statement, tenant_key=tenant_key, **parameters)

    def insert_run(self, row: RunRow) -> None:
        values = _values(row)
        if not self._session.run(_INSERT, tenant_key=self._key(row.tenant), **values, position=self._session.position()):
            raise AlreadyExistsError("this run exists")

    def run(self, tenant: str, run_id: bytes) -> RunRow | None:
        return _first(tenant, self._query(tenant, _RUN, run_id=run_id))

    def lock_run(self, tenant: str, run_id: bytes) -> RunRow | None:
        return _first(tenant, self._query(tenant, _LOCK, run_id=run_id))

    def runs(self, tenant: str, *, before: bytes, limit: int) -> list[RunRow]:
        return [_run_row(tenant, row) for row in self._query(tenant, _RUNS, before=before or _LAST_ID, limit=limit)]

    def claimable(
        self, tenant: str, *, queued_state: int, running_state: int, now_us: int, limit: int, after: bytes = b""
    ) -> list[RunRow]:
        rows = self._query(
            tenant, _CLAIMABLE, queued=queued_state, running=running_state, now_us=now_us, limit=limit, after=after
        )
        return [_run_row(tenant, row) for row in rows]

    def waiting(self, tenant: str, *, queued_state: int, running_state: int, now_us: int) -> bool:
        return bool(self._query(tenant, _WAITING, queued=queued_state, running=running_state, now_us=now_us, limit=1))

    def update_run(self, row: RunRow) -> None:
        changes: dict[str, object] = {f"new_{name}": value for name, value in _values(row).items() if name != "run_id"}
        key = {"of_tenant": self._key(row.tenant), "of_run": row.run_id}
        if not self._session.run(_UPDATE, **key, **changes, new_position=self._session.position()):
            raise NotFoundError("there is no such run")

    def result_offset(self, tenant: str, run_id: bytes, step: str) -> int:
        return self.result_offsets(tenant, run_id).get(step, 0)

    def result_offsets(self, tenant: str, run_id: bytes) -> dict[str, int]:
        offsets = stream_offsets(self._session, tenant, run_id)
        return {stream: end for stream, end in offsets.items() if not stream.endswith(PAIRS_SUFFIX)}

    def append_results(self, tenant: str, run_id: bytes, step: str, *, offset: int, rows: Sequence[DerivedRow]) -> None:
        tenant_key = self._key(tenant)
        move_stream(self._session, tenant_key, run_id, step, offset, offset + len(rows))
        self._session.guard_erasures(tenant_key)
        erased = SqlRecordReader(self._session).erased(tenant, [row.customer_id for row in rows])
        position = self._session.position()
        columns = ("tenant_key", "run_id", "customer_id", "step", "schema_revision", "sealed", "position")
        kept = [
            (tenant_key, run_id, row.customer_id, step, row.schema_revision, row.sealed, position)
            for row in rows
            if row.customer_id not in erased
        ]
        try:
            self._session.insert(derived, columns, kept)
        except AlreadyExistsError:
            raise AlreadyExistsError(
                "the step wrote a result for one of the customers before", reason="DUPLICATE_RESULT"
            ) from None

    def results_of(self, tenant: str, customer_id: bytes, step: str) -> list[DerivedRow]:
        return list(map(DerivedRow._make, self._query(tenant, _RESULTS_OF, customer_id=customer_id, step=step)))

    def replace_results(self, tenant: str, changes: Sequence[tuple[DerivedRow, bytes]]) -> None:
        tenant_key, position = self._key(tenant), self._session.position()
        for row, sealed in changes:
            key = {"of_tenant": tenant_key, "of_run": row.run_id, "of_customer": row.customer_id, "of_step": row.step}
            if not self._session.run(_REPLACE_RESULT, **key, old_sealed=row.sealed, new_sealed=sealed, new_position=position):
                raise ConflictError("the result was changed meanwhile", reason="RESULT_CHANGED", hint="send it again")

    def drop_results(self, tenant: str, run_id: bytes, *, through_customer: bytes) -> None:
        self._session.run(_DROP_RESULTS, tenant_key=self._key(tenant), run_id=run_id, customer_id=through_customer)

    def put_checkpoint(self, tenant: str, run_id: bytes, step: str, piece: int, *, last: bool, sealed: bytes) -> None:
        self._session.run(
            _PUT_CHECKPOINT,
            tenant_key=self._key(tenant),
            run_id=run_id,
            step=step,
            piece=piece,
            last=int(last),
            sealed=sealed,
        )

    def checkpoints(self, tenant: str, run_id: bytes) -> dict[str, int]:
        rows = cast("list[tuple[str, int]]", self._query(tenant, _COMPLETE, run_id=run_id))
        return {step: piece + 1 for step, piece in sorted(rows)}

    def checkpoint(self, tenant: str, run_id: bytes, step: str, piece: int) -> bytes | None:
        rows = self._query(tenant, _CHECKPOINT, run_id=run_id, step=step, piece=piece)
        return cast("bytes", rows[0][0]) if rows else None

    def put_artifact(self, tenant: str, run_id: bytes, name: str, sealed: bytes) -> None:
        position = self._session.position()
        self._session.run(
            _PUT_ARTIFACT, tenant_key=self._key(tenant), run_id=run_id, name=name, sealed=sealed, position=position
        )

    def artifact(self, tenant: str, run_id: bytes, name: str) -> bytes | None:
        rows = self._query(tenant, _ARTIFACT, run_id=run_id, name=name)
        return cast("bytes", rows[0][0]) if rows else None

    def drop_scratch(self, tenant: str, run_id: bytes, *, results: bool) -> None:
        tenant_key = self._key(tenant)
        for table, statement in _DROP_OF_RUN.items():
            if results or table in _SCRATCH:
                self._session.run(statement, tenant_key=tenant_key, run_id=run_id)


def move_stream(session: Session, tenant_key: int, run_id: bytes, stream: str, offset: int, end: int) -> None:
    """Compares and sets in one statement, so that of two writers at one offset exactly one goes on."""
    if offset == 0:
        session.run(_START_STREAM, tenant_key=tenant_key, run_id=run_id, step=stream, next_offset=0)
    moved = session.run(_MOVE_STREAM, of_tenant=tenant_key, of_run=run_id, of_step=stream, at_offset=offset, new_offset=end)
    if not moved:
        offsets = dict(cast("list[tuple[str, int]]", session.rows(_OFFSETS, tenant_key=tenant_key, run_id=run_id)))
        raise _wrong_offset(offset, offsets.get(stream, 0))


def stream_offsets(session: Session, tenant: str, run_id: bytes) -> dict[str, int]:
    """Of every stream of a run: a step's results, and under the name with the suffix its pairs."""
    tenant_key = session.tenant_key(tenant)
    rows = [] if tenant_key is None else session.rows(_OFFSETS, tenant_key=tenant_key, run_id=run_id)
    return dict(cast("list[tuple[str, int]]", rows))


def _values(row: RunRow) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(row, name) for name in _FIELDS}
    return values | {"cancel_requested": int(row.cancel_requested)}


def _run_row(tenant: str, row: Row) -> RunRow:
    values = dict(zip(_FIELDS, row, strict=True))
    return RunRow(tenant=tenant, **(values | {"cancel_requested": bool(values["cancel_requested"])}))  # type: ignore[arg-type]  # columns fix the types


def _first(tenant: str, rows: list[Row]) -> RunRow | None:
    return _run_row(tenant, rows[0]) if rows else None


def _wrong_offset(offset: int, end: int) -> AlreadyExistsError | OutOfRangeError:
    facts = {"offset": str(offset), "end": str(end)}
    if offset < end:
        return AlreadyExistsError("results at this offset were stored before", reason="OFFSET_EXISTS", metadata=facts)
    return OutOfRangeError(
        "results before this offset are missing", hint="continue at the end that was reported", metadata=facts
    )
