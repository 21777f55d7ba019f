from __future__ import annotations

from hashlib import sha256

import pytest

from helpers.stored_rows import TENANT, a_result, an_id, new_customers
from vault_server.errors import AlreadyExistsError, ConflictError, ErasedError, OutOfRangeError
from vault_server.ports.proposals import DraftRow, ProposalRow, Published, StoredState
from vault_server.ports.store import Store

MATCH, CORRECTION = 1, 2


def a_draft(
    customer: bytes, other: bytes = b"", *, score: int = 500_000, doubt: int = 1_000_000, evidence: bytes = b"e"
) -> DraftRow:
    proposal_id = sha256(customer + other).digest()[:16]
    return DraftRow(proposal_id, MATCH if other else CORRECTION, customer, other, score, doubt, 1, evidence)


def append(store: Store, run_id: bytes, rows: list[DraftRow], *, offset: int | None = 0, step: str = "match") -> None:
    store.write(lambda view: view.proposals.append_drafts(TENANT, run_id, step, offset=offset, count=len(rows), rows=rows))


def publish(
    store: Store, run_id: bytes, *, most: int = 100, now_us: int = 9, step: str = "match", withdraw: bool = True
) -> Published:
    return store.write(lambda view: view.proposals.publish(TENANT, run_id, step, most=most, withdraw=withdraw, now_us=now_us))


def page(store: Store, state: int = StoredState.PENDING, **options: object) -> list[ProposalRow]:
    given: dict[str, object] = {"kind": 0, "assignee": "", "after": None, "limit": 99, **options}
    with store.read() as view:
        return view.proposals.page(TENANT, state, **given)  # type: ignore[arg-type]  # options of a test


def decide(store: Store, row: ProposalRow, state: int, **changes: object) -> ProposalRow:
    changed = row._replace(state=state, version=row.version + 1, **changes)  # type: ignore[arg-type]  # fields of a test
    store.write(lambda view: view.proposals.put(TENANT, changed))
    return changed


def test_drafts_are_appended_at_the_end_only_and_seen_by_nobody(store: Store) -> None:
    run_id, people = an_id(), new_customers(store, 12)
    drafts = [a_draft(people[0], each) for each in people[1:]]
    append(store, run_id, drafts[:8])
    with pytest.raises(AlreadyExistsError) as caught:
        append(store, run_id, drafts[8:], offset=4)
    assert caught.value.reason == "OFFSET_EXISTS"
    with pytest.raises(OutOfRangeError):
        append(store, run_id, drafts[8:], offset=9)
    append(store, run_id, [*drafts[8:], drafts[0]._replace(evidence=b"twin")], offset=8)
    assert page(store) == []
    with store.read() as view:
        assert view.proposals.draft_offsets(TENANT, run_id) == {"match": 12}
        assert view.runs.result_offsets(TENANT, run_id) == {}
    assert publish(store, run_id) == Published(waiting=11, standing=0, left_out=0, withdrawn=0)
    assert {row.evidence for row in page(store)} == {b"e"}
    assert publish(store, run_id).waiting == 0


def test_the_most_doubtful_are_asked_and_the_queue_runs_by_falling_doubt(store: Store) -> None:
    run_id, people = an_id(), new_customers(store, 7)
    append(store, run_id, [a_draft(people[0], each, doubt=number // 2) for number, each in enumerate(people[1:])])
    assert publish(store, run_id, most=4) == Published(waiting=4, standing=0, left_out=2, withdrawn=0)
    rows = page(store)
    assert [row.doubt_ppm for row in rows] == [2, 2, 1, 1]
    assert rows == sorted(rows, key=lambda row: (-row.doubt_ppm, row.proposal_id))
    assert page(store, after=(rows[1].doubt_ppm, rows[1].proposal_id)) == rows[2:]
    assert page(store, limit=1) == rows[:1]
    assert page(store, kind=CORRECTION) == []


def test_what_was_decided_is_not_asked_again_and_what_nobody_proposes_is_withdrawn(store: Store) -> None:
    first, second, people = an_id(), an_id(), new_customers(store, 5)
    drafts = [a_draft(people[0], each, score=10 * number) for number, each in enumerate(people[1:])]
    append(store, first, drafts)
    publish(store, first)
    by_id = {row.proposal_id: row for row in page(store)}
    decided = decide(store, by_id[drafts[0].proposal_id], StoredState.REJECTED)
    voted = decide(store, by_id[drafts[1].proposal_id], StoredState.PENDING, open_votes=1)
    append(store, second, [drafts[0]._replace(score_ppm=999), drafts[2]._replace(evidence=b"new")])
    assert publish(store, second, now_us=20) == Published(waiting=1, standing=1, left_out=0, withdrawn=1)
    waiting = {row.proposal_id: row for row in page(store)}
    assert waiting.keys() == {voted.proposal_id, drafts[2].proposal_id}
    again = waiting[drafts[2].proposal_id]
    assert (again.run_id, again.evidence, again.version, again.created_us, again.updated_us) == (second, b"new", 2, 9, 20)
    assert page(store, StoredState.REJECTED) == [decided]
    assert [row.proposal_id for row in page(store, StoredState.WITHDRAWN)] == [drafts[3].proposal_id]
    third = an_id()
    append(store, third, [drafts[3]])
    assert publish(store, third, withdraw=False).withdrawn == 0
    assert drafts[2].proposal_id in {row.proposal_id for row in page(store)}
    assert drafts[3].proposal_id in {row.proposal_id for row in page(store)}


def test_steps_do_not_withdraw_each_others_proposals(store: Store) -> None:
    first, second, (one, two) = an_id(), an_id(), new_customers(store, 2)
    append(store, first, [a_draft(one)], offset=None, step="correct")
    publish(store, first, step="correct")
    append(store, second, [a_draft(one, two)])
    assert publish(store, second).withdrawn == 0
    assert len(page(store)) == 2


def test_a_proposal_is_written_over_the_version_that_was_read_only(store: Store) -> None:
    (one, two), proposal_id = new_customers(store, 2), an_id()
    row = ProposalRow(proposal_id, MATCH, 2, one, two, b"", "", 0, 0, "", 0, 1, 1, 5, 5, 1, b"ev", b"hi")
    store.write(lambda view: view.proposals.put(TENANT, row))
    with pytest.raises(ConflictError):
        store.write(lambda view: view.proposals.put(TENANT, row))
    changed = decide(store, row, StoredState.REJECTED, assignee="ada")
    with pytest.raises(ConflictError) as caught:
        decide(store, row, StoredState.ACCEPTED)
    assert caught.value.reason == "ETAG_MISMATCH"
    with store.read() as view:
        assert view.proposals.get(TENANT, proposal_id) == changed
        assert view.proposals.get("globex", proposal_id) is None
        assert view.proposals.states(TENANT, [proposal_id, an_id()]) == {proposal_id: StoredState.REJECTED}
    assert page(store, StoredState.REJECTED, assignee="ada") == [changed]
    assert page(store, StoredState.REJECTED, assignee="bob") == []


def test_decided_pairs_and_scores_are_those_of_standing_decisions(store: Store) -> None:
    run_id, people = an_id(), new_customers(store, 5)
    drafts = [a_draft(people[0], each, score=score) for each, score in zip(people[1:], (150, 199, 500, 800), strict=True)]
    append(store, run_id, drafts)
    publish(store, run_id)
    by_id = {row.proposal_id: row for row in page(store)}
    for draft, state in zip(drafts[:3], (2, 3, 2), strict=True):
        decide(store, by_id[draft.proposal_id], state)
    with store.read() as view:
        pairs = view.proposals.decided_pairs(TENANT, kind=MATCH, after=b"", limit=9)
        assert {(pair.customer_id, pair.other_id, pair.same) for pair in pairs} == {
            (people[0], people[1], True), (people[0], people[2], False), (people[0], people[3], True)
        }  # fmt: skip
        assert view.proposals.decided_pairs(TENANT, kind=MATCH, after=pairs[0].proposal_id, limit=1) == pairs[1:2]
        assert view.proposals.decided_scores(TENANT, kind=MATCH) == [(100, 1, 2), (500, 1, 1)]


def test_erasing_either_customer_removes_what_speaks_of_both(store: Store) -> None:
    done, running, people = an_id(), an_id(), new_customers(store, 4)
    drafts = [a_draft(people[0], people[1]), a_draft(people[2], people[3]), a_draft(people[1])]
    append(store, done, drafts)
    publish(store, done)
    append(store, running, drafts)
    row = next(row for row in page(store) if row.other_id == people[1])
    store.write(lambda view: view.records.erase(TENANT, people[1], 1))
    assert [row.customer_id for row in page(store)] == [people[2]]
    assert publish(store, running) == Published(waiting=1, standing=0, left_out=0, withdrawn=0)
    with pytest.raises(ErasedError):
        decide(store, row, StoredState.ACCEPTED)
    late = an_id()
    append(store, late, drafts)
    assert publish(store, late).waiting == 1


def test_drafts_go_with_the_results_of_a_run_that_ends_without_a_commit(store: Store) -> None:
    run_id, (one, two) = an_id(), new_customers(store, 2)
    append(store, run_id, [a_draft(one, two)])
    store.write(lambda view: view.runs.drop_scratch(TENANT, run_id, results=True))
    with store.read() as view:
        assert view.proposals.draft_offsets(TENANT, run_id) == {}
    assert publish(store, run_id).waiting == 0


def test_a_result_is_replaced_if_it_is_still_as_it_was_read(store: Store) -> None:
    run_id, (one, two) = an_id(), new_customers(store, 2)
    rows = [a_result(each, run_id, "correct") for each in (one, two)]
    store.write(lambda view: view.runs.append_results(TENANT, run_id, "correct", offset=0, rows=rows))
    store.write(lambda view: view.runs.replace_results(TENANT, [(rows[0], b"changed")]))
    with store.read() as view:
        assert view.runs.results_of(TENANT, one, "correct") == [rows[0]._replace(sealed=b"changed")]
        assert view.runs.results_of(TENANT, two, "match") == []
    with pytest.raises(ConflictError):
        store.write(lambda view: view.runs.replace_results(TENANT, [(rows[0], b"again")]))
