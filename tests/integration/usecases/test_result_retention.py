"""Results of old runs are removed on both engines: what is seen never, the newest never, and nothing half."""

from __future__ import annotations

import pytest

from helpers.run_making import committed, entity, imputed, people, segment
from helpers.running_vault import Tenant
from strongroom import FailedPreconditionError, Run
from vault_server.usecases import names
from vault_server.usecases.recurring import RESULT_RETENTION, Occasion
from vault_server.usecases.result_retention import ResultRetention


def prune(tenant: Tenant, keep_runs: int, *, stops_after: int = 1_000) -> int:
    """How many runs were concerned; it is told to end when it has asked so often whether to go on."""
    asked = iter(range(stops_after))
    occasion = Occasion(name=RESULT_RETENTION.name, slot_us=1, active=lambda: next(asked, None) is not None)
    return ResultRetention(store=tenant.vault.store, keep_runs=keep_runs).prune(tenant.id, occasion)


def stored(tenant: Tenant, run: Run) -> int:
    """Rows of results that the vault holds of a run."""
    run_id = names.parse_uuid_child(run.name, "runs")[1]
    with tenant.vault.store.read() as view:
        return len(view.records.derived_scan(tenant.id, run_id, after=b"", limit=10_000))


def reason(tenant: Tenant, run: Run, *, redo: bool = False) -> str:
    with pytest.raises(FailedPreconditionError) as refused:
        tenant.analyst.analysis.undo(run.name, redo=redo)
    return refused.value.reason


def test_of_each_step_the_newest_runs_keep_their_results(acme: Tenant) -> None:
    people(acme, 3)
    runs = [committed(acme, {"segment": segment(label)}) for label in "abcd"]
    assert prune(acme, 2) == 2
    assert [stored(acme, run) for run in runs] == [0, 0, 3, 3]
    assert [acme.analyst.analysis.get(run.name).HasField("prune_time") for run in runs] == [True, True, False, False]
    assert prune(acme, 2) == 0


def test_what_is_seen_is_kept_whatever_its_age_and_counts_by_step(acme: Tenant) -> None:
    (customer,) = people(acme, 1)
    old = committed(acme, {"match": entity, "segment": segment("a")})
    rare = committed(acme, {"impute": imputed})
    newer = [committed(acme, {"segment": segment(label)}) for label in "bcd"]
    assert prune(acme, 1) == 2
    assert [stored(acme, run) for run in (old, rare, *newer)] == [2, 1, 0, 0, 1]
    derived = acme.analyst.customers.get_full(customer).derived
    assert derived.entity.entity
    assert (derived.segment.label, len(derived.imputed)) == ("d", 1)


def test_undone_to_the_last_that_is_kept_and_no_further_with_a_clear_reason(acme: Tenant) -> None:
    (customer,) = people(acme, 1)
    runs = [committed(acme, {"segment": segment(label)}) for label in "abc"]
    prune(acme, 2)
    acme.analyst.analysis.undo(runs[2].name)
    assert acme.analyst.customers.get_full(customer).derived.segment.label == "b"
    assert reason(acme, runs[1]) == "RESULTS_PRUNED"
    assert acme.analyst.customers.get_full(customer).derived.segment.label == "b"
    acme.analyst.analysis.undo(runs[2].name, redo=True)
    assert acme.analyst.customers.get_full(customer).derived.segment.label == "c"


def test_an_undone_run_that_was_removed_is_not_put_back_and_the_seen_one_stays(acme: Tenant) -> None:
    (customer,) = people(acme, 1)
    runs = [committed(acme, {"segment": segment(label)}) for label in "ab"]
    acme.analyst.analysis.undo(runs[1].name)
    third = committed(acme, {"segment": segment("c")})
    acme.analyst.analysis.undo(third.name)
    assert prune(acme, 1) == 1
    assert [stored(acme, run) for run in (*runs, third)] == [1, 0, 1]
    assert acme.analyst.customers.get_full(customer).derived.segment.label == "a"
    assert reason(acme, runs[1], redo=True) == "RESULTS_PRUNED"


def test_removed_results_are_neither_listed_nor_compared_and_the_report_stays(acme: Tenant) -> None:
    people(acme, 1)
    runs = [committed(acme, {"segment": segment(label)}) for label in "ab"]
    prune(acme, 1)
    for look in (
        lambda: list(acme.analyst.analysis.results(runs[0].name)),
        lambda: acme.analyst.analysis.diff_counts(runs[0].name, runs[1].name),
    ):
        with pytest.raises(FailedPreconditionError) as refused:
            look()
        assert refused.value.reason == "RESULTS_PRUNED"
    assert acme.analyst.analysis.report(runs[0].name, format="html")


def test_a_removal_that_was_cut_off_goes_on_the_next_day(acme: Tenant) -> None:
    people(acme, 2)
    runs = [committed(acme, {"segment": segment(label)}) for label in "ab"]
    prune(acme, 1, stops_after=1)
    assert stored(acme, runs[0]) == 2
    assert acme.analyst.analysis.get(runs[0].name).HasField("prune_time")
    assert prune(acme, 1) == 1
    assert stored(acme, runs[0]) == 0


def test_nothing_is_removed_where_all_is_kept(acme: Tenant) -> None:
    people(acme, 1)
    runs = [committed(acme, {"segment": segment(label)}) for label in "ab"]
    occasion = Occasion(name=RESULT_RETENTION.name, slot_us=1, active=lambda: True)
    assert ResultRetention(store=acme.vault.store, keep_runs=0).run(occasion) == ""
    assert [stored(acme, run) for run in runs] == [1, 1]
