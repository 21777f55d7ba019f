"""Comparing runs over real gRPC on both engines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest

from helpers.run_making import committed, entity, imputed, people, segment
from helpers.running_vault import Tenant
from strongroom import Customer, DerivedData, FailedPreconditionError, InvalidArgumentError, PermissionDeniedError
from strongroom.api.v1 import analysis_service_pb2 as api
from strongroom.api.v1.analysis_service_pb2 import CHANGE_KIND_ADDED, CHANGE_KIND_CHANGED, CHANGE_KIND_REMOVED


def until(age: int, label: str) -> object:
    """Every customer younger than this is in a segment."""
    return lambda row_id, customer: segment(label)(row_id, customer) if customer.stated_age < age else None


def aged(row_id: bytes, customer: Customer) -> DerivedData | None:
    """Of seven customers one is left out, one is in another segment."""
    if customer.stated_age == 20:
        return None
    return segment("new" if customer.stated_age == 21 else "loyal")(row_id, customer)


def counts(found: Sequence[api.PartCounts]) -> dict[str, tuple[int, int, int, int]]:
    return {one.part: (one.added, one.removed, one.changed, one.same) for one in found}


@pytest.fixture
def runs(acme: Tenant) -> tuple[api.Run, api.Run]:
    people(acme, 7)
    one = committed(acme, {"match": entity, "segment": until(25, "loyal")})  # type: ignore[dict-item]  # a Derive
    return one, committed(acme, {"match": entity, "segment": aged, "impute": imputed})


@pytest.mark.parametrize("page_size", [0, 1, 2, 3, 5])
def test_pages_of_any_size_add_up_to_the_same_comparison(acme: Tenant, runs: tuple[api.Run, api.Run], page_size: int) -> None:
    before, after = runs
    assert counts(acme.analyst.analysis.diff_counts(before.name, after.name, page_size=page_size)) == {
        "entity": (0, 0, 0, 7),
        "segment": (2, 1, 1, 3),
        "imputed": (7, 0, 0, 0),
    }
    changes = list(acme.analyst.analysis.diff(before.name, after.name, page_size=page_size))
    assert [one.customer for one in changes] == sorted(one.customer for one in changes)
    assert len({one.customer for one in changes}) == len(changes) == 7
    kinds = Counter((part.part, part.change) for one in changes for part in one.parts)
    assert kinds == {
        ("imputed", CHANGE_KIND_ADDED): 7,
        ("segment", CHANGE_KIND_ADDED): 2,
        ("segment", CHANGE_KIND_REMOVED): 1,
        ("segment", CHANGE_KIND_CHANGED): 1,
    }


def test_change_shows_both_sides_with_their_origins_and_nothing_that_is_the_same(
    acme: Tenant, runs: tuple[api.Run, api.Run]
) -> None:
    before, after = runs
    changes = list(acme.analyst.analysis.diff(before.name, after.name, parts=["segment"]))
    (changed,) = [one for one in changes if one.parts[0].change == CHANGE_KIND_CHANGED]
    assert (changed.before.segment.label, changed.after.segment.label) == ("loyal", "new")
    assert (changed.before.segment_origin.run, changed.after.segment_origin.run) == (before.name, after.name)
    assert not changed.after.HasField("entity")
    assert not changed.after.imputed
    assert len(changes) == 4


def test_comparing_backwards_swaps_added_and_removed(acme: Tenant, runs: tuple[api.Run, api.Run]) -> None:
    before, after = runs
    assert counts(acme.analyst.analysis.diff_counts(after.name, before.name))["segment"] == (1, 2, 1, 3)
    assert counts(acme.analyst.analysis.diff_counts(after.name, after.name)) == {
        "entity": (0, 0, 0, 7), "segment": (0, 0, 0, 6), "imputed": (0, 0, 0, 7),
    }  # fmt: skip


def test_erased_customers_are_in_no_comparison(acme: Tenant, runs: tuple[api.Run, api.Run]) -> None:
    before, after = runs
    gone = next(iter(acme.analyst.analysis.diff(before.name, after.name))).customer
    acme.admin.customers.erase(gone)
    assert gone not in {one.customer for one in acme.analyst.analysis.diff(before.name, after.name)}
    assert counts(acme.analyst.analysis.diff_counts(before.name, after.name))["entity"] == (0, 0, 0, 6)


def test_what_cannot_be_compared_is_refused(acme: Tenant, other: Tenant, runs: tuple[api.Run, api.Run]) -> None:
    before, after = runs
    waiting = acme.analyst.analysis.start(["match"])
    with pytest.raises(FailedPreconditionError) as refused:
        acme.analyst.analysis.diff_counts(before.name, waiting.name)
    assert refused.value.reason == "RUN_NOT_SUCCEEDED"
    with pytest.raises(InvalidArgumentError) as unknown:
        acme.analyst.analysis.diff_counts(before.name, after.name, parts=["given_name"])
    assert unknown.value.reason == "UNKNOWN_PART"
    for client in (other.analyst, acme.operator, acme.worker):
        with pytest.raises(PermissionDeniedError):
            client.analysis.diff_counts(before.name, after.name)
    request = api.DiffRunsRequest(before=before.name, after=after.name, page_size=1)
    token = acme.analyst.calls.unary(request, api.DiffRunsResponse).next_page_token
    backwards = api.DiffRunsRequest(before=after.name, after=before.name, page_size=1, page_token=token)
    with pytest.raises(InvalidArgumentError):
        acme.analyst.calls.unary(backwards, api.DiffRunsResponse)


def test_comparison_leaves_a_trace(acme: Tenant, runs: tuple[api.Run, api.Run]) -> None:
    before, after = runs
    list(acme.analyst.analysis.diff(before.name, after.name))
    events = [one for one in acme.admin.audit.events() if one.method == "AnalysisService/DiffRuns"]
    assert sum(one.records for one in events) == 7
    assert list(events[-1].resources) == [before.name, after.name]
