"""The review queue: `ports.proposals` on a session."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import (
    BigInteger,
    Integer,
    LargeBinary,
    Select,
    and_,
    bindparam,
    case,
    delete,
    func,
    literal,
    or_,
    select,
    update,
)

from vault_server.errors import ConflictError, ErasedError, NotFoundError
from vault_server.ports.proposals import SCORE_BIN_PPM, DecidedPair, DraftRow, ProposalRow, Published, ScoreBin, StoredState
from vault_server.storage.columns import TEXT
from vault_server.storage.repositories.record_reads import SqlRecordReader
from vault_server.storage.repositories.runs import PAIRS_SUFFIX, move_stream, stream_offsets
from vault_server.storage.review_tables import proposal_drafts, proposals
from vault_server.storage.session import Session
from vault_server.storage.statements import ids_in, insert_new, portable_insert

_p, _d = proposals.c, proposal_drafts.c
_DECIDED = or_(_p.state == int(StoredState.ACCEPTED), _p.state == int(StoredState.REJECTED))
_ROW = select(*(_p[name] for name in ProposalRow._fields)).where(_p.tenant_key == bindparam("tenant_key"))
_GET = _ROW.where(_p.proposal_id == bindparam("proposal_id"))
_STATES = select(_p.proposal_id, _p.state).where(_p.tenant_key == bindparam("tenant_key"), ids_in(_p.proposal_id))
_PAGE = (
    _ROW.where(
        _p.state == bindparam("state"),
        or_(bindparam("any_kind", type_=Integer()) == 1, _p.kind == bindparam("kind")),
        or_(bindparam("any_assignee", type_=Integer()) == 1, _p.assignee == bindparam("assignee")),
        or_(
            _p.doubt_ppm < bindparam("after_doubt"),
            and_(_p.doubt_ppm == bindparam("after_doubt"), _p.proposal_id > bindparam("after_id")),
        ),
    )
    .order_by(_p.doubt_ppm.desc(), _p.proposal_id)
    .limit(bindparam("limit"))
)
_INSERT = insert_new(proposals)
_WRITTEN = tuple(name for name in ProposalRow._fields if name != "proposal_id")
_UPDATE = (
    update(proposals)
    .where(
        _p.tenant_key == bindparam("of_tenant"),
        _p.proposal_id == bindparam("of_proposal"),
        _p.version == bindparam("new_version") - 1,
    )
    .values({name: bindparam(f"new_{name}") for name in (*_WRITTEN, "position")})
)
_PAIRS = (
    select(_p.proposal_id, _p.customer_id, _p.other_id, _p.state)
    .where(
        _p.tenant_key == bindparam("tenant_key"),
        _DECIDED,
        _p.kind == bindparam("kind"),
        _p.proposal_id > bindparam("after"),
    )
    .order_by(_p.proposal_id)
    .limit(bindparam("limit"))
)
_BIN = (_p.score_ppm - _p.score_ppm % SCORE_BIN_PPM).label("score_bin")
_SCORES = (
    select(_BIN, func.sum(case((_p.state == int(StoredState.ACCEPTED), 1), else_=0)), func.count())
    .where(
        _p.tenant_key == bindparam("tenant_key"),
        _DECIDED,
        _p.kind == bindparam("kind"),
        _p.run_id != b"",
    )
    .group_by("score_bin")
    .order_by("score_bin")
)
_OF_STEP = (
    _d.tenant_key == bindparam("tenant_key"),
    _d.run_id == bindparam("run_id"),
    _d.step == bindparam("step"),
)
_STANDING = select(_p.proposal_id).where(_p.tenant_key == bindparam("tenant_key"), _DECIDED)
_DROP_STANDING = delete(proposal_drafts).where(*_OF_STEP, _d.proposal_id.in_(_STANDING))
_FIRST = (
    select(_d.proposal_id)
    .where(*_OF_STEP)
    .order_by(_d.doubt_ppm.desc(), _d.proposal_id)
    .limit(bindparam("most"))
    .correlate(None)
)
_DROP_REST = delete(proposal_drafts).where(*_OF_STEP, _d.proposal_id.not_in(_FIRST))
_COUNT = select(func.count()).select_from(proposal_drafts).where(*_OF_STEP)
_PUBLISHED = {
    "tenant_key": _d.tenant_key,
    "proposal_id": _d.proposal_id,
    "kind": _d.kind,
    "state": literal(int(StoredState.PENDING), Integer()),
    "customer_id": _d.customer_id,
    "other_id": _d.other_id,
    "run_id": _d.run_id,
    "step": _d.step,
    "score_ppm": _d.score_ppm,
    "doubt_ppm": _d.doubt_ppm,
    "assignee": literal("", TEXT),
    "open_votes": literal(0, Integer()),
    "votes": literal(0, Integer()),
    "version": literal(1, BigInteger()),
    "created_us": bindparam("now_us", type_=BigInteger()),
    "updated_us": bindparam("now_us", type_=BigInteger()),
    "schema_revision": _d.schema_revision,
    "evidence": _d.evidence,
    "history": literal(b"", LargeBinary()),
    "position": bindparam("position", type_=BigInteger()),
}
_NEW = portable_insert(proposals).from_select(
    list(_PUBLISHED),
    select(*(value.label(name) for name, value in _PUBLISHED.items())).where(*_OF_STEP),
    include_defaults=False,
)
_REFRESHED = ("run_id", "step", "score_ppm", "doubt_ppm", "updated_us", "evidence", "position", "state")
_PUBLISH = _NEW.on_conflict_do_update(
    index_elements=["tenant_key", "proposal_id"],
    set_={name: _NEW.excluded[name] for name in _REFRESHED} | {"version": _p.version + 1},
    where=or_(_p.state == int(StoredState.PENDING), _p.state == int(StoredState.WITHDRAWN)),
)
_WITHDRAW = (
    update(proposals)
    .where(
        _p.tenant_key == bindparam("tenant_key"),
        _p.state == int(StoredState.PENDING),
        _p.step == bindparam("of_step"),
        _p.open_votes == 0,
        _p.run_id != b"",
        _p.run_id != bindparam("of_run"),
    )
    .values(
        state=int(StoredState.WITHDRAWN),
        version=_p.version + 1,
        updated_us=bindparam("now_us", type_=BigInteger()),
        position=bindparam("new_position"),
    )
)
_OF_RUN = (
    update(proposals)
    .where(
        _p.tenant_key == bindparam("of_tenant"),
        _p.run_id == bindparam("of_run"),
        _p.step == bindparam("of_step"),
        _p.state == bindparam("old_state"),
        _p.open_votes == 0,
    )
    .values(
        state=bindparam("new_state"),
        version=_p.version + 1,
        updated_us=bindparam("now_us"),
        position=bindparam("new_position"),
    )
)
_DROP_STEP = delete(proposal_drafts).where(*_OF_STEP)


class SqlProposals:
    """`ports.proposals.ProposalRepository` on a session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def _key(self, tenant: str) -> int:
        found = self._session.tenant_key(tenant)
        if found is None:
            raise NotFoundError("there is no such tenant", hint="create the tenant first")
        return found

    def _query(self, tenant: str, statement: Select[*tuple[object, ...]], **parameters: object) -> list[tuple[object, ...]]:
        tenant_key = self._session.tenant_key(tenant)
        if tenant_key is None:
            return []
        return cast("list[tuple[object, ...]]", self._session.rows(statement, tenant_key=tenant_key, **parameters))

    def append_drafts(
        self, tenant: str, run_id: bytes, step: str, *, offset: int | None, count: int, rows: Sequence[DraftRow]
    ) -> None:
        tenant_key = self._key(tenant)
        if offset is not None:
            move_stream(self._session, tenant_key, run_id, step + PAIRS_SUFFIX, offset, offset + count)
        gone = self._erased(tenant, tenant_key, rows)
        columns = ("tenant_key", "run_id", "step", *DraftRow._fields)
        kept = [(tenant_key, run_id, step, *row) for row in rows if row.customer_id not in gone and row.other_id not in gone]
        self._session.insert(proposal_drafts, columns, kept, skip_twins=True)

    def _erased(self, tenant: str, tenant_key: int, rows: Sequence[DraftRow] | Sequence[ProposalRow]) -> frozenset[bytes]:
        """Those of the rows' customers who were erased; no more can be until this transaction ends."""
        self._session.guard_erasures(tenant_key)
        people = {row.customer_id for row in rows} | {row.other_id for row in rows if row.other_id}
        return SqlRecordReader(self._session).erased(tenant, list(people)) if people else frozenset()

    def draft_offsets(self, tenant: str, run_id: bytes) -> dict[str, int]:
        offsets = stream_offsets(self._session, tenant, run_id)
        return {name.removesuffix(PAIRS_SUFFIX): end for name, end in offsets.items() if name.endswith(PAIRS_SUFFIX)}

    def publish(self, tenant: str, run_id: bytes, step: str, *, most: int, withdraw: bool, now_us: int) -> Published:
        tenant_key, position = self._key(tenant), self._session.position()
        self._session.guard_erasures(tenant_key)
        drafts = {"tenant_key": tenant_key, "run_id": run_id, "step": step}
        standing = self._session.run(_DROP_STANDING, **drafts)
        waiting = cast("int", self._session.rows(_COUNT, **drafts)[0][0])
        left_out = self._session.run(_DROP_REST, **drafts, most=most) if waiting > most else 0
        self._session.run(_PUBLISH, **drafts, now_us=now_us, position=position)
        old = {"of_step": step, "of_run": run_id, "now_us": now_us, "new_position": position}
        withdrawn = self._session.run(_WITHDRAW, tenant_key=tenant_key, **old) if withdraw else 0
        self._session.run(_DROP_STEP, **drafts)
        return Published(waiting=waiting - left_out, standing=standing, left_out=left_out, withdrawn=withdrawn)

    def swap_runs(self, tenant: str, step: str, *, hidden: bytes, seen: bytes, now_us: int) -> None:
        key = {"of_tenant": self._key(tenant), "of_step": step, "now_us": now_us, "new_position": self._session.position()}
        moves = ((hidden, StoredState.PENDING, StoredState.WITHDRAWN), (seen, StoredState.WITHDRAWN, StoredState.PENDING))
        for run_id, before, after in moves:
            if run_id:
                self._session.run(_OF_RUN, **key, of_run=run_id, old_state=int(before), new_state=int(after))

    def get(self, tenant: str, proposal_id: bytes) -> ProposalRow | None:
        rows = self._query(tenant, _GET, proposal_id=proposal_id)
        return ProposalRow._make(rows[0]) if rows else None

    def states(self, tenant: str, proposal_ids: Sequence[bytes]) -> dict[bytes, int]:
        rows = self._query(tenant, _STATES, ids=proposal_ids) if proposal_ids else []
        return dict(cast("list[tuple[bytes, int]]", rows))

    def page(
        self, tenant: str, state: int, *, kind: int, assignee: str, after: tuple[int, bytes] | None, limit: int
    ) -> list[ProposalRow]:
        after_doubt, after_id = after or (1 << 62, b"")
        rows = self._query(
            tenant,
            _PAGE,
            state=state,
            any_kind=int(kind == 0),
            kind=kind,
            any_assignee=int(not assignee),
            assignee=assignee,
            after_doubt=after_doubt,
            after_id=after_id,
            limit=limit,
        )
        return [ProposalRow._make(row) for row in rows]

    def put(self, tenant: str, row: ProposalRow) -> None:
        tenant_key, position = self._key(tenant), self._session.position()
        if self._erased(tenant, tenant_key, [row]):
            raise ErasedError("the customer was erased", hint="there is nothing to decide any more")
        if row.version == 1:
            written = self._session.run(_INSERT, tenant_key=tenant_key, **row._asdict(), position=position)
        else:
            values = {f"new_{name}": getattr(row, name) for name in _WRITTEN}
            written = self._session.run(
                _UPDATE, of_tenant=tenant_key, of_proposal=row.proposal_id, **values, new_position=position
            )
        if not written:
            raise ConflictError(
                "the proposal was changed meanwhile", reason="ETAG_MISMATCH", hint="look at it again, then decide"
            )

    def decided_pairs(self, tenant: str, *, kind: int, after: bytes, limit: int) -> list[DecidedPair]:
        rows = cast("list[tuple[bytes, bytes, bytes, int]]", self._query(tenant, _PAIRS, kind=kind, after=after, limit=limit))
        return [DecidedPair(row[0], row[1], row[2], row[3] == StoredState.ACCEPTED) for row in rows]

    def decided_scores(self, tenant: str, *, kind: int) -> list[ScoreBin]:
        return [ScoreBin(*map(int, row)) for row in cast("list[tuple[int, int, int]]", self._query(tenant, _SCORES, kind=kind))]
