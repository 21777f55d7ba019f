"""The review queue over real gRPC on both engines: proposed by a run, decided by people, told to the next run."""

from __future__ import annotations

import pytest
from google.protobuf.json_format import MessageToDict

from helpers.review_making import MatchRun, correction, corrections_of, made_people, proposed
from helpers.running_vault import Tenant
from strongroom import (
    AlreadyExistsError,
    ConflictError,
    Customer,
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
)
from strongroom.api.v1 import analysis_worker_service_pb2 as worker_api
from strongroom.api.v1.access_service_pb2 import Principal
from strongroom.api.v1.analysis_service_pb2 import Run
from strongroom.api.v1.customer_pb2 import (
    PROPOSAL_STATE_ACCEPTED,
    PROPOSAL_STATE_PENDING,
    PROPOSAL_STATE_REJECTED,
    PROPOSAL_STATE_WITHDRAWN,
)
from strongroom.api.v1.review_service_pb2 import (
    FieldWeight,
)
from strongroom.api.v1.rules_pb2 import ROLE_ANALYST


@pytest.fixture
def people(acme: Tenant) -> dict[str, str]:
    """Resource names by family name."""
    return made_people(acme)


def counted(run: Run) -> dict[str, float]:
    """What the run's summary says of the queue."""
    found: dict[str, float] = MessageToDict(run.summary)["match"]["review"]
    return found


def test_pairs_wait_for_the_commit_and_come_the_most_doubtful_first(acme: Tenant, people: dict[str, str]) -> None:
    run = MatchRun(acme)
    assert run.propose(run.pair("Brandt", "Brand", 0.9)) == 1
    assert run.propose(run.pair("Wessel", "Vessel", 0.55), offset=1) == 2
    assert run.propose(run.pair("Wessel", "Vessel", 0.55), offset=1) == 2
    assert list(acme.analyst.review.list()) == []
    kept = run.worker.list_checkpoints(run.run.name, run.token)
    assert dict(kept.next_proposal_offsets) == {"match": 2}
    with pytest.raises(FailedPreconditionError) as refused:
        run.commit(pairs=1)
    assert refused.value.reason == "RESULTS_INCOMPLETE"
    assert counted(run.commit(pairs=2))["waiting"] == 2
    first, second = acme.analyst.review.list()
    assert [one.score for one in (first, second)] == [0.55, 0.9]
    assert {second.customer, second.other_customer} == {people["Brandt"], people["Brand"]}
    assert [(one.field, one.weight) for one in first.weights] == [("family_name", -3.5), ("given_name", 2.0)]
    assert first.run == run.run.name
    assert not first.HasField("accept_probability")
    assert first == acme.analyst.review.page(page_size=1).proposals[0]
    assert list(acme.analyst.review.list(page_size=1)) == [first, second]
    assert list(acme.analyst.review.list(kind="correction")) == []


def test_a_decision_is_told_to_the_next_run_and_not_asked_again(acme: Tenant, people: dict[str, str]) -> None:
    assert people
    first, second = proposed(acme, ("Brandt", "Brand", 0.5), ("Wessel", "Vessel", 0.6))
    review = acme.analyst.review
    accepted = review.accept(first.name, comment="same birth date", etag=first.etag)
    assert accepted.state == PROPOSAL_STATE_ACCEPTED
    assert review.reject(second.name.rpartition("/")[2]).state == PROPOSAL_STATE_REJECTED
    run = MatchRun(acme)
    assert run.decisions() == {("Brand", "Brandt", True), ("Vessel", "Wessel", False)}
    run.propose(run.pair("Brand", "Brandt", 0.51), run.pair("Brand", "Wessel", 0.4))
    assert counted(run.commit(pairs=2))["standing"] == 1
    assert [one.score for one in review.list()] == [0.4]
    (vote,) = review.get(first.name).proposal.votes
    assert (vote.principal, vote.comment) == (f"{acme.name}/principals/analyst", "same birth date")
    assert review.reopen(first.name).state == PROPOSAL_STATE_PENDING
    assert MatchRun(acme).decisions() == {("Vessel", "Wessel", False)}


def test_what_a_later_run_does_not_propose_is_withdrawn(acme: Tenant, people: dict[str, str]) -> None:
    assert people
    (old,) = proposed(acme, ("Brandt", "Brand", 0.5))
    (new,) = proposed(acme, ("Wessel", "Vessel", 0.5))
    assert new.name != old.name
    assert acme.analyst.review.get(old.name).proposal.state == PROPOSAL_STATE_WITHDRAWN
    with pytest.raises(FailedPreconditionError) as refused:
        acme.analyst.review.accept(old.name)
    assert refused.value.reason == "WITHDRAWN"


def test_values_are_masked_unless_a_granted_purpose_shows_them(acme: Tenant, people: dict[str, str]) -> None:
    assert people
    (one,) = proposed(acme, ("Brandt", "Brand", 0.5))
    masked = acme.analyst.review.get(one.name)
    text = str(masked.records)
    assert not any(value in text for value in ("Ilse", "Brandt", "02-03", "Brand@"))
    assert not masked.records[0].shown_fields
    shown = acme.analyst.review.get(one.name, purpose="analysis")
    assert {record.customer.family_name for record in shown.records} == {"Brandt", "Brand"}
    assert "family_name" in shown.records[0].shown_fields
    with pytest.raises(PermissionDeniedError) as refused:
        acme.admin.review.get(one.name, purpose="analysis")
    assert refused.value.reason == "NOT_GRANTED"


def test_reading_and_deciding_leave_a_trace_of_both_customers(acme: Tenant, people: dict[str, str]) -> None:
    (one,) = proposed(acme, ("Brandt", "Brand", 0.5))
    acme.analyst.review.get(one.name, purpose="analysis")
    acme.analyst.review.accept(one.name)
    for family in ("Brandt", "Brand"):
        methods = [event.method for event in acme.auditor.audit.events(resource=people[family])]
        assert {"ReviewService/GetProposal", "ReviewService/DecideProposal"} <= set(methods)


def test_people_link_and_split_what_no_run_proposed(acme: Tenant, people: dict[str, str]) -> None:
    review = acme.analyst.review
    linked = review.link(people["Brandt"], people["Wessel"], comment="moved", request_id="l1")
    assert (linked.state, linked.run) == (PROPOSAL_STATE_ACCEPTED, "")
    assert review.link(people["Wessel"], people["Brandt"]) == linked
    assert review.link(people["Brandt"], people["Wessel"], comment="moved", request_id="l1") == linked
    with pytest.raises(FailedPreconditionError):
        review.split(people["Brandt"], people["Wessel"])
    review.split(people["Brand"], people["Vessel"])
    run = MatchRun(acme)
    assert run.decisions() == {("Brandt", "Wessel", True), ("Brand", "Vessel", False)}
    run.propose(run.pair("Brandt", "Wessel"))
    run.commit(pairs=1)
    assert list(review.list()) == []
    with pytest.raises(InvalidArgumentError):
        review.link(people["Brand"], people["Brand"])
    with pytest.raises(NotFoundError):
        review.link(people["Brand"], f"{acme.name}/customers/{'0' * 8}-0000-0000-0000-{'0' * 12}")


def test_an_accepted_correction_is_shown_as_accepted_and_stands_for_later_runs(acme: Tenant, people: dict[str, str]) -> None:
    run = MatchRun(acme)
    run.correct("Brandt", correction())
    run.commit(corrections=1)
    (one,) = acme.analyst.review.list(kind="correction")
    assert (one.field, one.rule, one.score, one.other_customer) == ("family_name", "name_case", 0.8, "")
    masked, shown = (acme.analyst.review.get(one.name, purpose=purpose) for purpose in ("", "analysis"))
    assert "Brandl" not in str(masked)
    assert (shown.before, shown.after) == ("Brandt", "Brandl")
    acme.analyst.review.accept(one.name)
    assert [each.state for each in corrections_of(acme, people["Brandt"])] == [PROPOSAL_STATE_ACCEPTED]
    later = MatchRun(acme)
    later.correct("Brandt", correction(confidence=0.7))
    later.commit(corrections=1)
    assert [each.state for each in corrections_of(acme, people["Brandt"])] == [PROPOSAL_STATE_ACCEPTED]
    assert list(acme.analyst.review.list()) == []
    acme.analyst.review.reopen(one.name)
    assert [each.state for each in corrections_of(acme, people["Brandt"])] == [PROPOSAL_STATE_PENDING]


def test_a_rejected_correction_stays_rejected_even_when_a_rule_grows_sure(acme: Tenant, people: dict[str, str]) -> None:
    run = MatchRun(acme)
    run.correct("Brandt", correction())
    run.commit(corrections=1)
    (one,) = acme.analyst.review.list()
    later = MatchRun(acme)
    acme.analyst.review.reject(one.name)
    later.correct("Brandt", correction(confidence=0.99, state=PROPOSAL_STATE_ACCEPTED))
    later.commit(corrections=1)
    assert [each.state for each in corrections_of(acme, people["Brandt"])] == [PROPOSAL_STATE_REJECTED]
    other = MatchRun(acme)
    other.correct("Brandt", correction(after="Brandauer"))
    other.commit(corrections=1)
    assert len(list(acme.analyst.review.list())) == 1


def test_a_decision_reaches_the_results_of_a_run_under_way(acme: Tenant, people: dict[str, str]) -> None:
    run = MatchRun(acme)
    run.correct("Brandt", correction())
    run.commit(corrections=1)
    (one,) = acme.analyst.review.list()
    later = MatchRun(acme)
    later.correct("Brandt", correction())
    acme.analyst.review.accept(one.name)
    later.commit(corrections=1)
    assert [each.state for each in corrections_of(acme, people["Brandt"])] == [PROPOSAL_STATE_ACCEPTED]


def test_erasing_one_of_two_removes_the_question_about_both(acme: Tenant, people: dict[str, str]) -> None:
    first, _ = proposed(acme, ("Brandt", "Brand", 0.5), ("Wessel", "Vessel", 0.6))
    acme.analyst.review.accept(first.name)
    acme.admin.privacy.erase(people["Brand"])
    with pytest.raises(NotFoundError):
        acme.analyst.review.get(first.name)
    assert MatchRun(acme).decisions() == set()
    assert len(list(acme.analyst.review.list())) == 1


def test_a_worker_proposes_pairs_of_its_run_only(acme: Tenant, people: dict[str, str]) -> None:
    assert people
    run = MatchRun(acme)
    good = run.pair("Brandt", "Brand")
    bad = [
        run.pair("Brandt", "Brandt"),
        run.pair("Brandt", "Brand", 1.5),
        run.pair("Brandt", "Brand", float("nan")),
        worker_api.PairProposal(row_id=good.row_id, other_row_id=b"\x01" * 16, score=0.5),
        worker_api.PairProposal(row_id=good.row_id, other_row_id=b"short", score=0.5),
        worker_api.PairProposal(
            row_id=good.row_id, other_row_id=good.other_row_id, score=0.5, weights=[FieldWeight(field="x", weight=float("inf"))]
        ),
    ]
    for pair in bad:
        with pytest.raises(InvalidArgumentError):
            run.propose(pair)
    with pytest.raises(InvalidArgumentError) as refused:
        run.worker.write_proposals(run.run.name, run.token, step="correct", offset=0, proposals=[good])
    assert refused.value.reason == "STEP_NOT_OF_RUN"
    with pytest.raises(ConflictError):
        run.worker.write_proposals(run.run.name, "srl_30_x", step="match", offset=0, proposals=[good])
    run.propose(good)
    twice = worker_api.WriteProposalsRequest(name=run.run.name, lease_token=run.token, step="match", proposals=[good])
    with pytest.raises(AlreadyExistsError):
        acme.worker.calls.unary(twice, worker_api.WriteProposalsResponse)


def test_another_tenant_sees_no_proposal(acme: Tenant, other: Tenant, people: dict[str, str]) -> None:
    assert people
    (one,) = proposed(acme, ("Brandt", "Brand", 0.5))
    with pytest.raises(PermissionDeniedError):
        other.admin.review.get(one.name)
    with pytest.raises(PermissionDeniedError):
        other.admin.review.link(people["Brand"], people["Brandt"])
    acme.admin.access.put_principal(Principal(name=f"{acme.name}/principals/carla", roles=[ROLE_ANALYST]))
    assert acme.admin.review.assign(one.name, "carla").assignee.endswith("/carla")


def test_from_two_hundred_decisions_on_scores_are_calibrated(acme: Tenant) -> None:
    count = 21  # 210 pairs
    rows = [Customer(family_name=f"P{number}") for number in range(count)]
    for row in rows:
        acme.admin.customers.create(row)
    run = MatchRun(acme)
    pairs = [(f"P{one}", f"P{two}") for one in range(count) for two in range(one)]
    run.propose(*(run.pair(*pair, score=0.3 + number / 1000) for number, pair in enumerate(pairs)))
    run.commit(pairs=len(pairs))
    review = acme.analyst.review
    waiting = list(review.list(page_size=500))
    for one in waiting[:199]:
        (review.accept if one.score > 0.4 else review.reject)(one.name)
    assert not review.page().HasField("calibration")
    review.accept(waiting[199].name)
    page = review.page()
    assert page.calibration.decisions == 200
    assert all(one.HasField("accept_probability") for one in page.proposals)
    assert [point.probability for point in page.calibration.points] == sorted(
        point.probability for point in page.calibration.points
    )


def test_an_incremental_run_withdraws_nothing(acme: Tenant, people: dict[str, str]) -> None:
    assert people
    (old,) = proposed(acme, ("Brandt", "Brand", 0.5))
    run = MatchRun(acme, incremental=True)
    run.propose(run.pair("Wessel", "Vessel"))
    assert counted(run.commit(pairs=1)) == {"waiting": 1, "standing": 0, "left_out": 0, "withdrawn": 0}
    assert old.name in {one.name for one in acme.analyst.review.list()}


def test_the_queue_follows_an_undo_and_decisions_stand(acme: Tenant, people: dict[str, str]) -> None:
    assert people
    first, second = proposed(acme, ("Brandt", "Brand", 0.5), ("Brandt", "Wessel", 0.6))
    (other,) = proposed(acme, ("Wessel", "Vessel", 0.5))
    review, run = acme.analyst.review, other.run
    review.link(people["Brandt"], people["Vessel"])
    acme.analyst.analysis.undo(run)
    assert [one.name for one in review.list()] == [first.name, second.name]
    review.accept(first.name)
    acme.analyst.analysis.undo(run, redo=True)
    assert [one.name for one in review.list()] == [other.name]
    assert len(list(review.list(state="accepted"))) == 2
