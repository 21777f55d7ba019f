from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from helpers.stored_rows import DONE, QUEUED, RUNNING, TENANT, a_result, a_run, an_id, new_customers
from vault_server.errors import AlreadyExistsError, NotFoundError, OutOfRangeError
from vault_server.ports.records import DerivedRow
from vault_server.ports.store import Store, WriteView


def append(store: Store, run_id: bytes, rows: list[DerivedRow], *, offset: int, step: str = "segment") -> None:
    store.write(lambda view: view.runs.append_results(TENANT, run_id, step, offset=offset, rows=rows))


def test_runs_read_back_and_list_newest_first(store: Store) -> None:
    rows = [a_run(an_id()) for _ in range(4)]
    for row in rows:
        store.write(lambda view, row=row: view.runs.insert_run(row))  # type: ignore[misc]  # bound per round
    with pytest.raises(AlreadyExistsError):
        store.write(lambda view: view.runs.insert_run(rows[0]))
    with store.read() as view:
        assert view.runs.run(TENANT, rows[0].run_id) == rows[0]
        assert view.runs.run("globex", rows[0].run_id) is None
        assert view.runs.runs(TENANT, before=b"", limit=2) == rows[:1:-1]
        assert view.runs.runs(TENANT, before=rows[2].run_id, limit=9) == rows[1::-1]


def test_updating_a_run_replaces_all_of_it(store: Store) -> None:
    row = a_run(an_id())
    store.write(lambda view: view.runs.insert_run(row))
    changed = replace(row, state=DONE, fence=3, cancel_requested=True, payload=b"new", lease_digest=b"d")
    store.write(lambda view: view.runs.update_run(changed))
    assert store.write(lambda view: view.runs.lock_run(TENANT, row.run_id)) == changed
    with pytest.raises(NotFoundError):
        store.write(lambda view: view.runs.update_run(a_run(an_id())))


def test_queued_runs_and_runs_with_an_expired_lease_are_claimable_oldest_first(store: Store) -> None:
    held = a_run(an_id(), state=RUNNING, lease_expires_us=101)
    expired = a_run(an_id(), state=RUNNING, lease_expires_us=100)
    done = a_run(an_id(), state=DONE)
    queued = a_run(an_id(), state=QUEUED)
    for row in (held, expired, done, queued):
        store.write(lambda view, row=row: view.runs.insert_run(row))  # type: ignore[misc]  # bound per round
    found = store.write(
        lambda view: view.runs.claimable(TENANT, queued_state=QUEUED, running_state=RUNNING, now_us=100, limit=9)
    )
    assert found == [expired, queued]
    with store.read() as view:
        behind = view.runs.claimable(
            TENANT, queued_state=QUEUED, running_state=RUNNING, now_us=100, limit=1, after=expired.run_id
        )
    assert behind == [queued]


def test_results_are_appended_at_the_end_only(store: Store) -> None:
    run_id, customers = an_id(), new_customers(store, 30)
    rows = [a_result(each, run_id) for each in customers]
    append(store, run_id, rows[:20], offset=0)
    with pytest.raises(AlreadyExistsError) as caught:
        append(store, run_id, rows[20:], offset=10)
    assert caught.value.reason == "OFFSET_EXISTS"
    with pytest.raises(OutOfRangeError):
        append(store, run_id, rows[20:], offset=21)
    with pytest.raises(AlreadyExistsError) as caught:
        append(store, run_id, rows[19:], offset=20)
    assert caught.value.reason == "DUPLICATE_RESULT"
    append(store, run_id, rows[20:], offset=20)
    append(store, run_id, [], offset=0, step="empty")
    with store.read() as view:
        assert view.runs.result_offset(TENANT, run_id, "segment") == 30
        assert view.runs.result_offset(TENANT, run_id, "other") == 0
        assert view.runs.result_offsets(TENANT, run_id) == {"empty": 0, "segment": 30}


def test_results_of_customers_erased_meanwhile_are_dropped_but_counted(store: Store) -> None:
    run_id, (gone, stays) = an_id(), new_customers(store, 2)
    store.write(lambda view: view.records.erase(TENANT, gone, 1))
    append(store, run_id, [a_result(gone, run_id), a_result(stays, run_id)], offset=0)
    with store.read() as view:
        assert view.runs.result_offset(TENANT, run_id, "segment") == 2
        assert [row.customer_id for row in view.records.derived_scan(TENANT, run_id, after=b"", limit=9)] == [stays]


def test_readers_see_only_the_current_run_of_each_step(store: Store) -> None:
    first, second, (customer,) = an_id(), an_id(), new_customers(store, 1)
    append(store, first, [a_result(customer, first, sealed=b"old")], offset=0)
    append(store, first, [a_result(customer, first, "match", sealed=b"kept")], offset=0, step="match")
    with store.read() as view:
        assert view.records.derived(TENANT, [customer]) == []
    store.write(lambda view: view.runs.make_current(TENANT, first, ["segment", "match"]))
    append(store, second, [a_result(customer, second, sealed=b"new")], offset=0)
    with store.read() as view:
        assert [row.sealed for row in view.records.derived(TENANT, [customer])] == [b"kept", b"old"]
    store.write(lambda view: view.runs.make_current(TENANT, second, ["segment"]))
    with store.read() as view:
        assert [row.sealed for row in view.records.derived(TENANT, [customer])] == [b"kept", b"new"]


def shown(store: Store, customer: bytes) -> list[bytes]:
    with store.read() as view:
        return [row.sealed for row in view.records.derived(TENANT, [customer])]


def test_undoing_shows_the_newest_commit_that_is_left_and_redoing_the_same_again(store: Store) -> None:
    (customer,), ids = new_customers(store, 1), [an_id() for _ in range(3)]
    for run_id in (ids[1], ids[0], ids[2]):  # the order of commits counts, not that of ids
        append(store, run_id, [a_result(customer, run_id, sealed=run_id)], offset=0)
        store.write(lambda view, run_id=run_id: view.runs.make_current(TENANT, run_id, ["segment"]))  # type: ignore[misc]  # bound per round

    def mark(run_id: bytes, *, undone: bool) -> None:
        def work(view: WriteView) -> None:
            view.runs.lock_steps(TENANT, ["segment"])
            view.runs.mark_undone(TENANT, run_id, ["segment"], undone=undone)

        store.write(work)

    seen = [shown(store, customer)]
    for run_id, undone in ((ids[2], True), (ids[0], True), (ids[1], True), (ids[1], False), (ids[0], False), (ids[2], False)):
        mark(run_id, undone=undone)
        seen.append(shown(store, customer))
    assert seen == [[ids[2]], [ids[0]], [ids[1]], [], [ids[1]], [ids[0]], [ids[2]]]
    with store.read() as view:
        assert view.runs.standing_commits(TENANT, "segment", limit=9) == [(3, ids[2]), (2, ids[0]), (1, ids[1])]
        assert view.runs.standing_commits("globex", "segment", limit=9) == []
        assert view.runs.commit_of(TENANT, "segment", ids[0]) == (2, ids[0])
        assert view.runs.commit_of(TENANT, "match", ids[0]) is None


def test_of_two_at_once_one_undoes_a_run_and_one_commits_behind_it(store: Store) -> None:
    first, *later = [an_id() for _ in range(9)]
    store.write(lambda view: view.runs.make_current(TENANT, first, ["match", "segment"]))

    def undo(view: WriteView) -> None:
        view.runs.lock_steps(TENANT, ["segment", "match"])
        if view.runs.standing_commits(TENANT, "match", limit=1)[0].run_id == first:
            view.runs.mark_undone(TENANT, first, ["match", "segment"], undone=True)

    def commit(run_id: bytes) -> None:
        store.write(lambda view: view.runs.make_current(TENANT, run_id, ["segment", "match"]))

    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(store.write, undo), *(pool.submit(commit, run_id) for run_id in later)]
    assert [each.exception() for each in done] == [None] * 9
    with store.read() as view:
        standing = {step: view.runs.standing_commits(TENANT, step, limit=99) for step in ("match", "segment")}
    assert standing["match"] == standing["segment"]
    assert {each.run_id for each in standing["match"]} >= set(later)


def test_a_scan_of_results_never_splits_a_customer(store: Store) -> None:
    run_id, customers = an_id(), new_customers(store, 5)
    steps = ("correct", "impute", "segment")
    for step in steps:
        append(store, run_id, [a_result(each, run_id, step) for each in customers], offset=0, step=step)
    seen: list[tuple[bytes, str]] = []
    with store.read() as view:
        while rows := view.records.derived_scan(TENANT, run_id, after=seen[-1][0] if seen else b"", limit=4):
            assert len(rows) == 3
            seen += [(row.customer_id, row.step) for row in rows]
        small = view.records.derived_scan(TENANT, run_id, after=b"", limit=2)
    assert seen == [(each, step) for each in customers for step in steps]
    assert len(small) == 3


def test_results_are_dropped_customer_by_customer_and_those_of_other_runs_stay(store: Store) -> None:
    run_id, other, customers = an_id(), an_id(), sorted(new_customers(store, 3))
    for one in (run_id, other):
        append(store, one, [a_result(each, one, "segment") for each in customers], offset=0, step="segment")
    store.write(lambda view: view.runs.drop_results(TENANT, run_id, through_customer=customers[1]))
    store.write(lambda view: view.runs.drop_results(TENANT, run_id, through_customer=customers[1]))
    with store.read() as view:
        left = [
            [row.customer_id for row in view.records.derived_scan(TENANT, one, after=b"", limit=10)] for one in (run_id, other)
        ]
        assert view.runs.result_offset(TENANT, run_id, "segment") == 3
    assert left == [customers[2:], customers]


def test_a_checkpoint_counts_when_its_last_piece_is_there(store: Store) -> None:
    run_id = an_id()

    def put(piece: int, *, last: bool, sealed: bytes) -> None:
        store.write(lambda view: view.runs.put_checkpoint(TENANT, run_id, "match", piece, last=last, sealed=sealed))

    put(0, last=False, sealed=b"a")
    with store.read() as view:
        assert view.runs.checkpoints(TENANT, run_id) == {}
    put(1, last=True, sealed=b"b")
    put(0, last=False, sealed=b"again")
    with store.read() as view:
        assert view.runs.checkpoints(TENANT, run_id) == {"match": 2}
        assert [view.runs.checkpoint(TENANT, run_id, "match", piece) for piece in range(3)] == [b"again", b"b", None]


def test_dropping_scratch_keeps_artifacts_and_unless_asked_results(store: Store) -> None:
    run_id, (customer,) = an_id(), new_customers(store, 1)
    append(store, run_id, [a_result(customer, run_id)], offset=0)
    store.write(lambda view: view.runs.put_checkpoint(TENANT, run_id, "match", 0, last=True, sealed=b"c"))
    store.write(lambda view: view.runs.put_artifact(TENANT, run_id, "report", b"r"))
    store.write(lambda view: view.runs.drop_scratch(TENANT, run_id, results=False))
    with store.read() as view:
        assert view.runs.checkpoints(TENANT, run_id) == {}
        assert view.runs.result_offset(TENANT, run_id, "segment") == 1
    store.write(lambda view: view.runs.drop_scratch(TENANT, run_id, results=True))
    with store.read() as view:
        assert view.runs.result_offset(TENANT, run_id, "segment") == 0
        assert view.records.derived_scan(TENANT, run_id, after=b"", limit=9) == []
        assert view.runs.artifact(TENANT, run_id, "report") == b"r"
        assert view.runs.artifact(TENANT, run_id, "other") is None
