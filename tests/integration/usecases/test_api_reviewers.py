"""Several people at one review queue: who must agree, and what happens when they decide at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from helpers.review_making import MatchRun, correction, corrections_of, made_people, proposed
from helpers.running_vault import Tenant
from strongroom import (
    ConflictError,
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
)
from strongroom.api.v1.customer_pb2 import (
    PROPOSAL_STATE_ACCEPTED,
    PROPOSAL_STATE_PENDING,
)
from strongroom.api.v1.review_service_pb2 import (
    PROPOSAL_KIND_CORRECTION,
    PROPOSAL_KIND_MATCH,
    PROPOSAL_KIND_UNSPECIFIED,
    ReviewSettings,
)


@pytest.fixture
def people(acme: Tenant) -> dict[str, str]:
    """Resource names by family name."""
    return made_people(acme)


def test_etags_and_request_ids_keep_two_reviewers_apart(acme: Tenant, people: dict[str, str]) -> None:
    assert people
    (one,) = proposed(acme, ("Brandt", "Brand", 0.5))
    review = acme.analyst.review
    assigned = review.assign(one.name, "analyst", etag=one.etag)
    assert assigned.assignee == f"{acme.name}/principals/analyst"
    assert [found.name for found in review.list(assignee="analyst")] == [one.name]
    assert list(review.list(assignee="admin")) == []
    with pytest.raises(NotFoundError):
        review.assign(one.name, "nobody")
    with pytest.raises(ConflictError) as stale:
        review.accept(one.name, etag=one.etag)
    assert stale.value.reason == "ETAG_MISMATCH"
    accepted = review.accept(one.name, etag=assigned.etag, request_id="r1")
    assert review.accept(one.name, etag=assigned.etag, request_id="r1") == accepted
    with pytest.raises(FailedPreconditionError) as again:
        review.reject(one.name)
    assert again.value.reason == "ALREADY_DECIDED"
    with pytest.raises(InvalidArgumentError):
        review.reopen(one.name, comment="x" * 501)


def test_two_people_must_agree_where_the_tenant_says_so(acme: Tenant, people: dict[str, str]) -> None:
    assert people
    (one,) = proposed(acme, ("Brandt", "Brand", 0.5))
    ada, bob = acme.analyst.review, acme.admin.review
    with pytest.raises(PermissionDeniedError):
        ada.update_settings(ReviewSettings(two_person=True))
    assert bob.update_settings(ReviewSettings(two_person=True)).two_person
    assert ada.settings().two_person
    waiting = ada.accept(one.name)
    assert (waiting.state, waiting.open_votes) == (PROPOSAL_STATE_PENDING, 1)
    with pytest.raises(FailedPreconditionError) as refused:
        ada.accept(one.name)
    assert refused.value.reason == "SAME_PRINCIPAL"
    assert MatchRun(acme).decisions() == set()
    differ = bob.reject(one.name)
    assert (differ.state, differ.open_votes, len(differ.votes)) == (PROPOSAL_STATE_PENDING, 0, 2)
    bob.accept(one.name)
    assert ada.accept(one.name).state == PROPOSAL_STATE_ACCEPTED


def test_two_people_may_be_needed_for_one_kind_of_proposal_only(acme: Tenant, people: dict[str, str]) -> None:
    run = MatchRun(acme)
    run.correct("Brandt", correction())
    run.propose(run.pair("Brandt", "Brand"))
    run.commit(corrections=1, pairs=1)
    kinds = {one.kind: one.name for one in acme.analyst.review.list()}
    ada, bob = acme.analyst.review, acme.admin.review
    found = bob.update_settings(ReviewSettings(two_person_kinds=[PROPOSAL_KIND_MATCH, PROPOSAL_KIND_MATCH]))
    assert (found.two_person, list(found.two_person_kinds)) == (False, [PROPOSAL_KIND_MATCH])
    assert ada.accept(kinds[PROPOSAL_KIND_CORRECTION]).state == PROPOSAL_STATE_ACCEPTED
    assert ada.accept(kinds[PROPOSAL_KIND_MATCH]).open_votes == 1
    assert ada.link(people["Wessel"], people["Vessel"]).open_votes == 1
    assert bob.accept(kinds[PROPOSAL_KIND_MATCH]).state == PROPOSAL_STATE_ACCEPTED
    every = bob.update_settings(ReviewSettings(two_person_kinds=[PROPOSAL_KIND_MATCH, PROPOSAL_KIND_CORRECTION]))
    assert (every.two_person, len(every.two_person_kinds)) == (True, 0)
    with pytest.raises(InvalidArgumentError):
        bob.update_settings(ReviewSettings(two_person_kinds=[PROPOSAL_KIND_UNSPECIFIED]))


def test_of_two_reviewers_at_once_one_decides(acme: Tenant, people: dict[str, str]) -> None:
    assert people
    (one,) = proposed(acme, ("Brandt", "Brand", 0.5))

    def decide(principal: str) -> str:
        review = acme.client(principal).review
        try:
            (review.accept if principal == "admin" else review.reject)(one.name)
        except (ConflictError, FailedPreconditionError) as error:
            return error.reason
        return principal

    acme.client("admin"), acme.client("analyst")  # connected before they race
    with ThreadPoolExecutor(2) as pool:
        ended = set(pool.map(decide, ("admin", "analyst")))
    assert len(ended & {"admin", "analyst"}) == 1
    assert ended - {"admin", "analyst"} <= {"ETAG_MISMATCH", "ALREADY_DECIDED"}
    assert len(acme.analyst.review.get(one.name).proposal.votes) == 1


def test_corrections_of_one_customer_are_decided_by_several_people_at_once(acme: Tenant, people: dict[str, str]) -> None:
    run = MatchRun(acme)
    run.correct("Brandt", *(correction(after=f"Brandt{n}") for n in range(12)))
    run.commit(corrections=1)
    waiting = [one.name for one in acme.analyst.review.list()]
    reviews = (acme.client("admin").review, acme.client("analyst").review)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda place: reviews[place % 2].accept(waiting[place]), range(len(waiting))))
    assert [one.state for one in corrections_of(acme, people["Brandt"])] == [PROPOSAL_STATE_ACCEPTED] * 12
