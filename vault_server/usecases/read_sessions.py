"""Bulk reads under a purpose: one decision when a session is opened, then streams of rows that resume anywhere.

A session returns the rows that existed when it was opened, each in exactly one stream and in its present version. Every batch
is read in a short snapshot of its own, so a slow reader holds nothing open; the resume token says behind which row it goes on.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from strongroom.api.v1.access_service_pb2 import Grant
from strongroom.api.v1.analysis_service_pb2 import Run, RunState
from strongroom.api.v1.attribute_service_pb2 import RecordKind as ApiKind
from strongroom.api.v1.privacy_service_pb2 import Purpose
from strongroom.api.v1.read_session_service_pb2 import CreateReadSessionRequest, ReadRowsResponse, ReadSession, RowFormat
from vault_server.access.read_decision import ReadDecision, decide_read, matching_grant
from vault_server.errors import (
    ConflictError,
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
    ResourceExhaustedError,
)
from vault_server.ports.access import Identity
from vault_server.ports.access_data import SessionRow
from vault_server.ports.pages import NoHelpers, PageHelpers, Part, Place
from vault_server.ports.records import RecordKind
from vault_server.ports.resources import ResourceKind
from vault_server.ports.runtime import new_ids
from vault_server.ports.store import ReadView, WriteView
from vault_server.usecases import names
from vault_server.usecases.call import Call, timestamp
from vault_server.usecases.pages_ahead import PagesAhead, Progress
from vault_server.usecases.purposes import purpose_id_of, require_usable_purpose
from vault_server.usecases.row_encoding import RowEncoder
from vault_server.usecases.run_leases import leased
from vault_server.usecases.session_pages import PAGE_ROWS, SessionPages, row_encoder
from vault_server.usecases.session_plan import SessionPlan
from vault_server.usecases.standing_corrections import CORRECTIONS, TOTAL, reads_totals, told_fields
from vault_server.usecases.step_fields import require_step_fields
from vault_server.usecases.vault import Vault

SESSION_S = 6 * 3600
MAX_STREAMS = 64
LAST_ID = b"\xff" * 16
MOST_TROUBLES = 3  # with helpers, in one stream


class _Run(NamedTuple):
    run_id: bytes
    pseudonym_key: bytes
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSessions:
    """The use cases of bulk reads."""

    vault: Vault
    helpers: PageHelpers = field(default_factory=NoHelpers)

    def create(self, call: Call, request: CreateReadSessionRequest) -> ReadSession:
        """Decide what the purpose may see and open the streams.

        Raises:
            PermissionDeniedError: no grant, a kind or field outside the purpose, a field that no step declares.
            NotFoundError: no such purpose.
            ResourceExhaustedError: more rows than the purpose or grant may return.
        """
        tenant = call.require_tenant(names.parse_tenant(request.parent))
        kind = RecordKind(_kind(request.kind))
        if not 0 <= request.max_streams <= MAX_STREAMS:
            raise InvalidArgumentError(
                f"max_streams must be 0 to {MAX_STREAMS}", reason="INVALID_STREAMS", metadata={"field": "max_streams"}
            )
        now_us = self.vault.runtime.now_us()
        with self.vault.store.read() as view:
            run, identity = self._run(view, call, request, kind)
            decision = self._decide(view, call, request, kind, identity, now_us)
            told = self._told(view, call, request, decision, identity, now_us, run.steps) if run else ()
            rows, bounds = view.records.count(tenant, kind), view.records.split(tenant, kind, request.max_streams or 1)
            position = view.watermark()
        if decision.row_budget and rows > decision.row_budget:
            raise ResourceExhaustedError(
                f"the read would return about {rows} rows, and {decision.row_budget} are allowed",
                reason="ROW_BUDGET",
                hint="ask for a larger grant",
            )
        plan = SessionPlan(
            purpose=request.purpose,
            purpose_id=purpose_id_of(call, request.purpose),
            kind=kind,
            fields=decision.fields,
            visible=decision.visible if run is None else told,
            arrow=request.format == RowFormat.ROW_FORMAT_ARROW,
            consent_required=decision.consent_required,
            bounds=tuple(bound.hex() for bound in bounds),
            opened_us=now_us,
            run_id=run.run_id.hex() if run else "",
            pseudonym_key=run.pseudonym_key.hex() if run else "",
        )
        if rows > PAGE_ROWS:
            self.helpers.prepare()
        return self._open(call, request, decision, plan, rows, position)

    def rows(self, call: Call, stream: str, resume_token: str) -> Iterator[ReadRowsResponse]:
        """Rows of one stream, from the start or behind a resume token."""
        tenant, session_id, number = names.parse_stream(stream)
        call.require_tenant(tenant)
        with self.vault.store.read() as view:
            session = view.access.session(session_id)
        plan = self._plan(call, tenant, session, number)
        self._require_still_allowed(call, tenant, plan)
        tokens, context = self.vault.keyring.page_tokens(tenant), f"stream:{stream}".encode()
        lower = bytes(16) if number == 0 else bytes.fromhex(plan.bounds[number - 1])
        start = (lower, LAST_ID) if number else (b"", b"")
        after = _position(tokens.open(context, resume_token)) if resume_token else start
        call.audit([stream], records=0, purpose=plan.purpose, fields=plan.fields)
        pages = SessionPages(
            store=self.vault.store,
            keyring=self.vault.keyring,
            tenant=tenant,
            plan=plan,
            encoder=self._encoder(tenant, plan),
        )
        delivered = 0
        for part in self._parts(call, pages, after, (bytes.fromhex(plan.bounds[number]), LAST_ID)):
            part.response.resume_token = tokens.seal(context, b"".join(part.last))
            delivered += part.response.row_count
            yield part.response
            if not call.active():
                break
        call.audit([stream], records=delivered, purpose=plan.purpose)

    def _parts(self, call: Call, pages: SessionPages, after: Place, end: Place) -> Iterator[Part]:
        """All parts of a stream: with a helper as long as one is there and well, else page by page."""
        place: Place | None = after
        troubles = 0
        while place is not None and call.active():
            if troubles < MOST_TROUBLES:
                ahead = yield from self._with_helper(pages, place, end)
                if ahead.finished:
                    return
                place, troubles = ahead.place, troubles + ahead.troubled
            page = pages.page(place, end)
            yield from page.parts
            place = page.behind

    def _with_helper(self, pages: SessionPages, after: Place, end: Place) -> Generator[Part, None, Progress]:
        plan = pages.plan
        run_id, sealed_key = bytes.fromhex(plan.run_id), bytes.fromhex(plan.pseudonym_key)
        with self.helpers.borrow(pages.tenant, plan.encode(), run_id, sealed_key) as helper:
            if helper is None:
                return Progress(after)
            ahead = PagesAhead(
                pages,
                helper,
                fence=lambda: self.vault.store.fence.number(pages.tenant),
                monotonic_s=self.vault.runtime.monotonic_s,
            )
            return (yield from ahead.parts(after, end))

    def _require_still_allowed(self, call: Call, tenant: str, plan: SessionPlan) -> None:
        """A session ends with what allowed it: the grant was revoked or has ended, or the run is over.

        Raises:
            PermissionDeniedError: NOT_GRANTED or GRANT_EXPIRED.
            ConflictError: LEASE_LOST.
        """
        if not plan.run_id:
            require_usable_purpose(self.vault, call, plan.purpose)
            return
        with self.vault.store.read() as view:
            run = view.runs.run(tenant, bytes.fromhex(plan.run_id))
        if run is None or run.state != RunState.RUN_STATE_RUNNING:
            raise ConflictError(
                "the run of this session is over", reason="LEASE_LOST", hint="stop working on it and claim again"
            )

    def _run(
        self, view: ReadView, call: Call, request: CreateReadSessionRequest, kind: RecordKind
    ) -> tuple[_Run | None, Identity]:
        """For a worker: its run, and whose grant counts: that of the principal who started it."""
        if not request.run:
            return None, call.identity
        tenant, run_id = names.parse_uuid_child(request.run, "runs")
        row = leased(view.runs.run(call.require_tenant(tenant), run_id), request.lease_token, view.now_us())
        run = Run.FromString(row.payload)
        steps = tuple(step.step for step in run.steps)
        if run.purpose != request.purpose:
            raise InvalidArgumentError(
                "the purpose is not the run's", reason="NOT_THE_RUNS_PURPOSE", metadata={"field": "purpose"}
            )
        require_step_fields(steps, kind, request.fields)
        owner = names.parse_child(run.principal, "principals")[1]
        return _Run(row.run_id, row.pseudonym_key, steps), Identity(
            tenant=call.identity.tenant, principal=owner, roles=call.identity.roles, credential=call.identity.credential
        )

    def _decide(
        self, view: ReadView, call: Call, request: CreateReadSessionRequest, kind: RecordKind, identity: Identity, now_us: int
    ) -> ReadDecision:
        tenant = identity.tenant
        row = view.resources.get(tenant, ResourceKind.PURPOSE, purpose_id_of(call, request.purpose))
        if row is None:
            raise NotFoundError(
                "there is no such purpose", reason="UNKNOWN_PURPOSE", hint="`strongroom purposes list` shows them"
            )
        grants = [Grant.FromString(item.payload) for item in view.resources.list(tenant, ResourceKind.GRANT)]
        return decide_read(
            purpose=Purpose.FromString(row.payload),
            grant=matching_grant(grants, identity, request.purpose, now_us),
            identity=identity,
            kind=kind,
            requested=list(request.fields),
            allow_withheld=request.allow_withheld,
            dictionary=self.vault.dictionary,
            attributes=self.vault.attributes.of(tenant, refresh=True),
            now_us=now_us,
        )

    def _told(
        self,
        view: ReadView,
        call: Call,
        request: CreateReadSessionRequest,
        decision: ReadDecision,
        identity: Identity,
        now_us: int,
        steps: Sequence[str],
    ) -> tuple[str, ...]:
        """Fields about which a run is told derived data."""
        totals = False
        if CORRECTIONS in decision.fields and reads_totals(steps):
            asked = CreateReadSessionRequest(purpose=request.purpose, fields=[TOTAL])
            with suppress(PermissionDeniedError):
                totals = bool(self._decide(view, call, asked, RecordKind.TRANSACTION, identity, now_us).fields)
        return told_fields(decision.visible, decision.fields, totals=totals)

    def _open(
        self, call: Call, request: CreateReadSessionRequest, decision: ReadDecision, plan: SessionPlan, rows: int, position: int
    ) -> ReadSession:
        tenant, session_id = call.identity.tenant, new_ids(self.vault.runtime, 1)[0]
        name = names.child_name(tenant, "readSessions", names.uuid_text(session_id))
        expires_us = plan.opened_us + SESSION_S * 1_000_000
        if decision.expires_us:
            expires_us = min(expires_us, decision.expires_us)
        schema = self._encoder(tenant, plan).schema_bytes if plan.arrow else b""
        call.audit([name], purpose=request.purpose, fields=decision.fields, records=rows)
        row = SessionRow(session_id, tenant, call.identity.principal, expires_us, plan.encode())

        def work(view: WriteView) -> None:
            view.access.drop_expired_sessions(plan.opened_us)
            view.access.put_session(row)

        self.vault.store.write(work)
        return ReadSession(
            name=name,
            purpose=request.purpose,
            kind=ApiKind.ValueType(plan.kind),
            fields=decision.fields,
            withheld_fields=decision.withheld,
            streams=[f"{name}/streams/{number}" for number in range(len(plan.bounds))],
            position=position,
            estimated_rows=rows,
            expire_time=timestamp(expires_us),
            arrow_schema=schema,
        )

    def _plan(self, call: Call, tenant: str, session: SessionRow | None, number: int) -> SessionPlan:
        if session is None or session.tenant != tenant or session.principal != call.identity.principal:
            raise NotFoundError("there is no such read session", hint="open a new one")
        if session.expires_us <= self.vault.runtime.now_us():
            raise FailedPreconditionError("the read session has ended", reason="SESSION_EXPIRED", hint="open a new one")
        plan = SessionPlan.decode(session.payload)
        if number >= len(plan.bounds):
            raise NotFoundError("the read session has no such stream")
        return plan

    def _encoder(self, tenant: str, plan: SessionPlan) -> RowEncoder:
        pseudonyms = None
        if plan.run_id:
            secrets = self.vault.keyring.run_secrets(tenant)
            pseudonyms = secrets.pseudonyms(bytes.fromhex(plan.run_id), bytes.fromhex(plan.pseudonym_key))
        return row_encoder(self.vault.dictionary, self.vault.attributes.of(tenant), tenant, plan, pseudonyms)


def _kind(kind: int) -> int:
    if kind not in ApiKind.values():
        raise InvalidArgumentError("no such kind of record", reason="INVALID_KIND", metadata={"field": "kind"})
    return kind or ApiKind.RECORD_KIND_CUSTOMER


def _position(payload: bytes) -> tuple[bytes, bytes]:
    return payload[:16], payload[16:32]
