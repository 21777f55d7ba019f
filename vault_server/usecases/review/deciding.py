"""Deciding: votes, second votes, taking back, giving away, and constraints that no analysis asked for.

Every change is one write over the version that was read, with the sealed history of all that was said. A decision about a
correction changes the results that show it in the same transaction; one about a pair is told to later runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from google.protobuf.message import Message

from strongroom.api.v1.review_service_pb2 import (
    PROPOSAL_KIND_CORRECTION,
    PROPOSAL_KIND_MATCH,
    VERDICT_ACCEPT,
    VERDICT_REJECT,
    VERDICT_REOPEN,
    AssignProposalRequest,
    ConstrainPairRequest,
    DecideProposalRequest,
    Proposal,
    ProposalEvidence,
    ReopenProposalRequest,
    ReviewHistory,
    ReviewVote,
    Verdict,
)
from vault_server.errors import ConflictError, InvalidArgumentError, NotFoundError
from vault_server.ports.proposals import ProposalRow, StoredState
from vault_server.ports.records import DerivedRow, RecordKind, RowState
from vault_server.ports.resources import ResourceKind
from vault_server.ports.store import WriteView
from vault_server.records.sealing import etag
from vault_server.usecases import names
from vault_server.usecases.call import Call, timestamp
from vault_server.usecases.replay import Replay, replay_of
from vault_server.usecases.review.corrections import CORRECTION_STEP, with_state
from vault_server.usecases.review.queue import ReviewQueue, parse_principal
from vault_server.usecases.review.review_settings import needs_two_people, settings_of
from vault_server.usecases.review.rounds import Round, after_reopening, after_vote, require_verdict
from vault_server.usecases.review.sealed_proposals import (
    OpenedProposal,
    Pair,
    as_proposal,
    people_of,
    proposal_name,
    seal,
)
from vault_server.usecases.sealed_rows import SCHEMA_REVISION
from vault_server.usecases.vault import Vault

MAX_COMMENT_CHARS = 500
MAX_ATTEMPTS = 8
RESULT_CHANGED = "RESULT_CHANGED"
Next = Callable[[OpenedProposal], Round]
Changes = Sequence[tuple[DerivedRow, bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deciding:
    """The reviewer's side of the queue."""

    queue: ReviewQueue

    @property
    def vault(self) -> Vault:
        return self.queue.vault

    def decide(self, call: Call, request: DecideProposalRequest) -> Proposal:
        """Vote on a proposal; with two-person review the first vote waits for another person's.

        Raises:
            FailedPreconditionError: it was decided, was withdrawn, or the same person voted twice.
            ConflictError: it is not at the etag, or somebody was faster.
        """
        vote = self._vote(call, require_verdict(request.verdict), request.comment)
        with self.vault.store.read() as view:
            settings = settings_of(view, call.identity.tenant)

        def after(opened: OpenedProposal) -> Round:
            two_person = needs_two_people(settings, opened.row.kind)
            return after_vote(_round(opened), opened.history.votes, vote, two_person=two_person)

        return self._say(call, request, vote, after)

    def reopen(self, call: Call, request: ReopenProposalRequest) -> Proposal:
        """Take a decision back, or one's own vote that waits.

        Raises:
            FailedPreconditionError: nothing was decided, or the vote is another person's.
            ConflictError: it is not at the etag, or somebody was faster.
        """
        vote = self._vote(call, VERDICT_REOPEN, request.comment)
        return self._say(
            call, request, vote, lambda opened: after_reopening(_round(opened), opened.history.votes, vote.principal)
        )

    def assign(self, call: Call, request: AssignProposalRequest) -> Proposal:
        """Give a proposal to a principal of the tenant, or to nobody."""
        assignee = parse_principal(call, request.assignee)
        replay = self._replay(call, request, request.request_id)
        tenant, opened = self.queue.opened(call, request.name)
        if replay.done:
            call.audit([request.name])
            return as_proposal(tenant, opened)
        self._require_version(opened, request.etag)
        with self.vault.store.read() as view:
            if assignee and view.resources.get(tenant, ResourceKind.PRINCIPAL, assignee) is None:
                raise NotFoundError("there is no such principal", hint="`strongroom tokens` works with principals by name")
        row = opened.row._replace(assignee=assignee, version=opened.row.version + 1, updated_us=self.vault.runtime.now_us())
        call.audit([request.name, *_customer_names(tenant, row)])
        return self._write(tenant, OpenedProposal(row=row, evidence=opened.evidence, history=opened.history), replay)

    def constrain(self, call: Call, request: ConstrainPairRequest) -> Proposal:
        """Decide about two customers; a proposal about them is decided by it, if there is one.

        Saying again what stands changes nothing.

        Raises:
            InvalidArgumentError: the two are one customer.
            NotFoundError: one of them does not exist.
            FailedPreconditionError: the opposite was decided.
        """
        tenant = call.require_tenant(names.parse_tenant(request.parent))
        pair = self._pair(call, request)
        vote = self._vote(call, VERDICT_ACCEPT if request.same else VERDICT_REJECT, request.comment)
        replay = self._replay(call, request, request.request_id)
        proposal_id = pair.proposal_id(tenant)
        with self.vault.store.read() as view:
            known = view.proposals.get(tenant, proposal_id)
            two_person = needs_two_people(settings_of(view, tenant), PROPOSAL_KIND_MATCH)
            live = [row for row in view.records.get(tenant, RecordKind.CUSTOMER, pair) if row.state == RowState.LIVE]
        if len(live) < len(pair):
            raise NotFoundError("there is no such customer")
        if known is not None:
            _, opened = self.queue.opened(call, proposal_name(tenant, proposal_id))
            wanted = StoredState.ACCEPTED if request.same else StoredState.REJECTED
            if replay.done or known.state == wanted:
                call.audit([proposal_name(tenant, proposal_id)])
                return as_proposal(tenant, opened)
        else:
            opened = self._asked_by_a_person(tenant, pair)
        before = _round(opened)
        waiting = before._replace(state=StoredState.PENDING) if before.state == StoredState.WITHDRAWN else before
        return self._add(
            call, tenant, opened, vote, after_vote(waiting, opened.history.votes, vote, two_person=two_person), replay
        )

    def _pair(self, call: Call, request: ConstrainPairRequest) -> Pair:
        ids = []
        for name in (request.customer, request.other_customer):
            found = names.parse_customer(name)
            call.require_tenant(found.tenant)
            ids.append(found.customer_id)
        if ids[0] == ids[1]:
            raise InvalidArgumentError("a pair is two customers", reason="SAME_CUSTOMER", metadata={"field": "other_customer"})
        return Pair.of(*ids)

    def _asked_by_a_person(self, tenant: str, pair: Pair) -> OpenedProposal:
        now_us, proposal_id = self.vault.runtime.now_us(), pair.proposal_id(tenant)
        with self.vault.store.read() as view:
            deks = view.records.deks(tenant, pair)
        with self.vault.keyring.batch(tenant) as cipher:
            cipher.load_deks(deks)
            evidence = seal(cipher, proposal_id, pair, 0, SCHEMA_REVISION, b"")
        row = ProposalRow(
            proposal_id=proposal_id,
            kind=PROPOSAL_KIND_MATCH,
            state=StoredState.PENDING,
            customer_id=pair.customer_id,
            other_id=pair.other_id,
            run_id=b"",
            step="",
            score_ppm=0,
            doubt_ppm=0,
            assignee="",
            open_votes=0,
            votes=0,
            version=0,
            created_us=now_us,
            updated_us=now_us,
            schema_revision=SCHEMA_REVISION,
            evidence=evidence,
            history=b"",
        )
        return OpenedProposal(row=row, evidence=ProposalEvidence(), history=ReviewHistory())

    def _vote(self, call: Call, verdict: Verdict.ValueType, comment: str) -> ReviewVote:
        if len(comment) > MAX_COMMENT_CHARS or not comment.isprintable():
            raise InvalidArgumentError(
                f"a comment is printable and has at most {MAX_COMMENT_CHARS} characters",
                reason="INVALID_COMMENT",
                metadata={"field": "comment"},
            )
        principal = names.child_name(call.identity.tenant, "principals", call.identity.principal)
        time = timestamp(self.vault.runtime.now_us())
        return ReviewVote(principal=principal, verdict=verdict, time=time, comment=comment)

    def _replay(self, call: Call, request: Message, request_id: str) -> Replay:
        return replay_of(self.vault, call, request_id, request.SerializeToString(deterministic=True))

    def _say(
        self, call: Call, request: DecideProposalRequest | ReopenProposalRequest, vote: ReviewVote, after: Next
    ) -> Proposal:
        replay = self._replay(call, request, request.request_id)
        tenant, opened = self.queue.opened(call, request.name)
        if replay.done:
            call.audit([request.name])
            return as_proposal(tenant, opened)
        self._require_version(opened, request.etag)
        return self._add(call, tenant, opened, vote, after(opened), replay)

    @staticmethod
    def _require_version(opened: OpenedProposal, wanted: str) -> None:
        if wanted and wanted != etag(opened.row.proposal_id, opened.row.version):
            raise ConflictError(
                "the proposal was changed meanwhile", reason="ETAG_MISMATCH", hint="look at it again, then decide"
            )

    def _add(self, call: Call, tenant: str, opened: OpenedProposal, vote: ReviewVote, after: Round, replay: Replay) -> Proposal:
        """Write a vote; again where somebody decided about another correction of the same customer at the same moment."""
        call.audit([proposal_name(tenant, opened.row.proposal_id), *_customer_names(tenant, opened.row)])
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                return self._add_once(tenant, opened, vote, after, replay)
            except ConflictError as error:
                if error.reason != RESULT_CHANGED or attempt == MAX_ATTEMPTS:
                    raise
        raise AssertionError("the last attempt returned or raised")

    def _add_once(self, tenant: str, opened: OpenedProposal, vote: ReviewVote, after: Round, replay: Replay) -> Proposal:
        """Seal the history with one more vote and write the round that it leads to."""
        before, people = opened.row, people_of([opened.row])
        history = ReviewHistory(votes=[*opened.history.votes, vote], state=after.state)  # type: ignore[arg-type]  # the API's number
        with self.vault.store.read() as view:
            deks = view.records.deks(tenant, people)
            corrects = before.kind == PROPOSAL_KIND_CORRECTION and (after.state != before.state)
            results = view.runs.results_of(tenant, before.customer_id, CORRECTION_STEP) if corrects else []
        with self.vault.keyring.batch(tenant) as cipher:
            cipher.load_deks(deks)
            sealed = seal(
                cipher,
                before.proposal_id,
                (before.customer_id, before.other_id),
                len(history.votes),
                before.schema_revision,
                history.SerializeToString(deterministic=True),
            )
            changes = with_state(self.vault, cipher, results, opened.evidence, after.state)  # type: ignore[arg-type]  # as above
        row = before._replace(
            state=after.state,
            open_votes=after.open_votes,
            votes=len(history.votes),
            version=before.version + 1,
            updated_us=self.vault.runtime.now_us(),
            history=sealed,
        )
        decided = OpenedProposal(row=row, evidence=opened.evidence, history=history)
        return self._write(tenant, decided, replay, results, changes)

    def _write(
        self,
        tenant: str,
        opened: OpenedProposal,
        replay: Replay,
        results: Sequence[DerivedRow] = (),
        changes: Changes = (),
    ) -> Proposal:
        row, name = opened.row, proposal_name(tenant, opened.row.proposal_id)

        def work(view: WriteView) -> None:
            replay.record(view, name, row.updated_us)
            view.proposals.put(tenant, row)
            if results and view.runs.results_of(tenant, row.customer_id, CORRECTION_STEP) != results:
                raise ConflictError("the results were changed meanwhile", reason=RESULT_CHANGED, hint="send it again")
            view.runs.replace_results(tenant, changes)

        self.vault.store.write(work)
        return as_proposal(tenant, opened)


def _customer_names(tenant: str, row: ProposalRow) -> list[str]:
    return [names.customer_name(tenant, one) for one in people_of([row])]


def _round(opened: OpenedProposal) -> Round:
    return Round(StoredState(opened.row.state), opened.row.open_votes)
