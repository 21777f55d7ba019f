from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from helpers.stored_rows import RUNNING, TENANT, a_run, an_id
from vault_server.ports.cells import GridRow, SharedRun, TakenCell
from vault_server.ports.store import Store, WriteView


def a_grid(grid: str = "levels", *, digest: bytes = b"d" * 16, cells: int = 3) -> GridRow:
    return GridRow(grid=grid, digest=digest, cells=cells, setup=b"setup-" + grid.encode())


def published(store: Store, row: GridRow | None = None, *, run_id: bytes = b"") -> bytes:
    """A run with a grid, all of its cells to take."""
    grid, run = row or a_grid(), run_id or an_id()

    def work(view: WriteView) -> None:
        view.cells.put_grid(TENANT, run, grid)
        view.cells.put_tasks(TENANT, run, grid.grid, 0, [b"task-%d" % cell for cell in range(grid.cells)])

    store.write(work)
    return run


def take(store: Store, run_id: bytes, holder: bytes, *, now_us: int = 100, grid: str = "levels") -> TakenCell | None:
    return store.write(lambda view: view.cells.take(TENANT, run_id, grid, holder=holder, now_us=now_us, expires_us=now_us + 50))


def finish(store: Store, run_id: bytes, cell: int, result: bytes = b"r") -> bool:
    return store.write(lambda view: view.cells.put_result(TENANT, run_id, "levels", cell, result))


def finished(store: Store, run_id: bytes) -> list[int]:
    with store.read() as view:
        return view.cells.finished(TENANT, run_id, "levels")


def test_who_takes_helpers_is_known_until_it_takes_none(store: Store) -> None:
    one, two = an_id(), an_id()
    for run_id, fence in ((two, 4), (one, 2), (two, 5)):
        store.write(lambda view, run=run_id, fence=fence: view.cells.share(TENANT, run, "match", fence))  # type: ignore[misc]  # bound per round
    with store.read() as view:
        assert view.cells.all_shared(TENANT) == [SharedRun(one, "match", 2), SharedRun(two, "match", 5)]
        assert view.cells.shared(TENANT, two) == SharedRun(two, "match", 5)
        assert view.cells.all_shared("globex") == []
    store.write(lambda view: view.cells.share(TENANT, two, "", 5))
    with store.read() as view:
        assert view.cells.shared(TENANT, two) is None


def test_each_cell_is_taken_by_one_and_a_holder_gets_its_unfinished_cell_again(store: Store) -> None:
    run_id = published(store)
    assert take(store, run_id, b"a") == TakenCell("levels", 0, b"task-0")
    assert take(store, run_id, b"b") == TakenCell("levels", 1, b"task-1")
    assert take(store, run_id, b"a") == TakenCell("levels", 0, b"task-0")
    assert finish(store, run_id, 0)
    assert take(store, run_id, b"a") == TakenCell("levels", 2, b"task-2")
    assert take(store, run_id, b"c") is None
    with store.read() as view:
        assert not view.cells.free(TENANT, run_id, "levels", holder=b"c", now_us=100)
        assert view.cells.free(TENANT, run_id, "levels", holder=b"b", now_us=100)
        assert not view.cells.free("globex", run_id, "levels", holder=b"b", now_us=100)


def test_a_claim_that_ran_out_keeps_nobody_off(store: Store) -> None:
    run_id = published(store, a_grid(cells=1))
    assert take(store, run_id, b"dead", now_us=100) is not None
    assert take(store, run_id, b"next", now_us=149) is None
    with store.read() as view:
        assert view.cells.free(TENANT, run_id, "levels", holder=b"next", now_us=150)
    assert take(store, run_id, b"next", now_us=150) == TakenCell("levels", 0, b"task-0")


def test_the_first_result_of_a_cell_stays(store: Store) -> None:
    run_id = published(store)
    assert finish(store, run_id, 1, b"first")
    assert not finish(store, run_id, 1, b"second")
    assert not finish(store, run_id, 9)
    with store.read() as view:
        assert view.cells.result(TENANT, run_id, "levels", 1) == b"first"
        assert view.cells.result(TENANT, run_id, "levels", 0) is None
    assert finished(store, run_id) == [1]


def test_publishing_the_same_grid_again_keeps_results_and_frees_claims(store: Store) -> None:
    run_id = published(store)
    take(store, run_id, b"dead")
    finish(store, run_id, 2)
    published(store, run_id=run_id)
    assert finished(store, run_id) == [2]
    assert take(store, run_id, b"next") == TakenCell("levels", 0, b"task-0")


def test_another_grid_of_the_name_removes_the_one_before(store: Store) -> None:
    run_id = published(store)
    finish(store, run_id, 2)
    published(store, a_grid(digest=b"e" * 16, cells=2), run_id=run_id)
    assert finished(store, run_id) == []
    assert [take(store, run_id, holder) for holder in (b"a", b"b", b"c")] == [
        TakenCell("levels", 0, b"task-0"),
        TakenCell("levels", 1, b"task-1"),
        None,
    ]
    with store.read() as view:
        assert view.cells.grid(TENANT, run_id, "levels") == a_grid(digest=b"e" * 16, cells=2)


def test_any_grid_means_the_first_by_name_with_something_to_do(store: Store) -> None:
    run_id = published(store, a_grid("rules", cells=1))
    published(store, run_id=run_id)
    taken = [take(store, run_id, holder, grid="") for holder in (b"a", b"b", b"c", b"d", b"e")]
    assert [(each.grid, each.cell) if each else None for each in taken] == [
        ("levels", 0),
        ("levels", 1),
        ("levels", 2),
        ("rules", 0),
        None,
    ]


def test_of_many_that_take_at_once_no_two_get_one_cell(store: Store) -> None:
    run_id = published(store, a_grid(cells=12))
    store.write(lambda view: view.runs.insert_run(a_run(run_id, state=RUNNING)))

    def locked(holder: bytes) -> TakenCell | None:
        def work(view: WriteView) -> TakenCell | None:
            view.runs.lock_run(TENANT, run_id)
            return view.cells.take(TENANT, run_id, "levels", holder=holder, now_us=1, expires_us=9)

        return store.write(work)

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(locked, [b"holder-%d" % n for n in range(12)]))
    assert sorted(each.cell for each in taken if each) == list(range(12))


def test_cells_go_with_the_scratch_of_their_run_and_of_no_other(store: Store) -> None:
    run_id, other = published(store), published(store)
    for each in (run_id, other):
        finish(store, each, 0)
        store.write(lambda view, each=each: view.cells.share(TENANT, each, "match", 1))  # type: ignore[misc]  # bound per round
    store.write(lambda view: view.runs.drop_scratch(TENANT, run_id, results=False))
    assert (finished(store, run_id), finished(store, other)) == ([], [0])
    with store.read() as view:
        assert view.cells.grid(TENANT, run_id, "levels") is None
        assert [shared.run_id for shared in view.cells.all_shared(TENANT)] == [other]
    assert take(store, run_id, b"a") is None


def test_dropped_cells_are_gone_of_one_run_or_of_all_runs_of_the_tenant_and_no_other_grid(store: Store) -> None:
    one, two = published(store), published(store)
    for run_id in (one, two):
        published(store, a_grid("rules"), run_id=run_id)
        finish(store, run_id, 0)
        store.write(lambda view, run_id=run_id: view.cells.put_result(TENANT, run_id, "rules", 0, b"r"))  # type: ignore[misc]  # bound per round
    store.write(lambda view: view.cells.drop_cells(TENANT, "levels", run_id=one))
    assert (finished(store, one), finished(store, two)) == ([], [0])
    assert not finish(store, one, 0)
    store.write(lambda view: view.cells.drop_cells(TENANT, "levels"))
    assert finished(store, two) == []
    with store.read() as view:
        assert [view.cells.finished(TENANT, run_id, "rules") for run_id in (one, two)] == [[0], [0]]
