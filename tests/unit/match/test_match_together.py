"""A match that several workers do is the match of one worker, bit for bit, whoever does which cell and however badly."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pytest

from analysis_worker.steps.match import MatchHelp, MatchInputError, MatchOptions, MatchResult, basis, match, match_help
from analysis_worker.steps.match.features import build_features
from analysis_worker.steps.match.handover import encode_features
from analysis_worker.steps.match.roles import decide_roles
from helpers.match_tables import messy_people
from helpers.match_workers import CellsInMemory, SharedCells, doing

OPTIONS = MatchOptions(share_rows_min=10, cell_pairs=512)


@pytest.fixture(scope="module")
def table() -> pa.Table:
    return messy_people(people=160, repeats=80)[0]


@pytest.fixture(scope="module")
def alone(table: pa.Table) -> MatchResult:
    return match(table, OPTIONS)


def handed_over(table: pa.Table) -> bytes:
    return encode_features(build_features(table, decide_roles(table)))


@pytest.fixture
def helper(table: pa.Table) -> Iterator[MatchHelp]:
    with match_help(handed_over(table), OPTIONS) as made:
        yield made


def assert_same(found: MatchResult, expected: MatchResult) -> None:
    assert found.pairs.equals(expected.pairs)
    assert found.entity.tobytes() == expected.entity.tobytes()
    assert found.leader.tobytes() == expected.leader.tobytes()
    assert found.summary == expected.summary


def first(grid: SharedCells) -> Sequence[int]:
    return list(grid.open_cells())[:1]


def every(grid: SharedCells) -> Sequence[int]:
    return list(grid.open_cells())


def test_cells_of_a_helper_change_no_bit(table: pa.Table, alone: MatchResult, helper: MatchHelp) -> None:
    workers = CellsInMemory(doing(helper, first))
    assert_same(match(table, OPTIONS, workers=workers), alone)
    assert workers.dismissed
    assert workers.made[0]() == handed_over(table)
    for grid in workers.grids.values():
        assert helper.accepts(grid.offer.setup)
        assert 0 < len(grid.led) < len(grid.tasks) <= grid.offer.cells_max
        assert sorted(grid.results) == list(range(len(grid.tasks)))


def test_a_helper_that_does_everything_or_nothing_changes_no_bit(
    table: pa.Table, alone: MatchResult, helper: MatchHelp, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy, decode, taken = CellsInMemory(doing(helper, every)), basis.decode_levels, list[bool]()

    def watched(task: bytes, result: bytes, *, most: tuple[int, ...]) -> basis.Levels | None:
        found = decode(task, result, most=most)
        taken.append(found is not None)
        return found

    monkeypatch.setattr(basis, "decode_levels", watched)
    assert_same(match(table, OPTIONS, workers=busy), alone)
    assert all(grid.led == [] for grid in busy.grids.values())
    assert len(taken) == sum(len(busy.grids[name].tasks) for name in (basis.LESSONS, basis.LEVELS))
    assert all(taken)
    assert_same(match(table, OPTIONS, workers=CellsInMemory()), alone)


def test_decisions_and_kept_rows_change_no_bit_either(table: pa.Table) -> None:
    earlier = match(table, OPTIONS)
    names = pa.array([str(entity) if place % 5 else None for place, entity in enumerate(earlier.entity.tolist())])
    again = table.append_column("entity", names)
    ids = table["row_id"]
    decisions = pa.table({"row_id": ids.slice(0, 2), "other_row_id": ids.slice(9, 2), "same": [True, False]})
    options = MatchOptions(share_rows_min=10, cell_pairs=512, incremental=True)
    with match_help(handed_over(again), options) as helper:
        found = match(again, options, decisions, CellsInMemory(doing(helper, first)))
    assert_same(found, match(again, options, decisions))


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"x" * 40,
        zlib.compress(bytes(10_000_000)),
        lambda right: right[:-1],
        lambda right: right[:16] + zlib.compress(bytes([100]) * len(zlib.decompress(right[16:]))),
        lambda right: right[:16] + zlib.compress(zlib.decompress(right[16:]) + b"\0"),
        lambda right: bytes(16) + right[16:],
    ],
)
def test_a_result_of_another_form_is_found_again_by_the_leader(
    table: pa.Table, alone: MatchResult, helper: MatchHelp, wrong: object
) -> None:
    def lie(grid: SharedCells) -> None:
        for cell in first(grid):
            right = helper.do(grid.offer.name, grid.offer.setup, grid.tasks[cell])
            if grid.offer.name == basis.RULES:
                grid.results[cell] = right[:-1] + b"\x80"
            else:
                grid.results[cell] = wrong(right) if callable(wrong) else wrong  # type: ignore[assignment]  # bytes either way

    assert_same(match(table, OPTIONS, workers=CellsInMemory(lie)), alone)


def test_small_tables_are_not_shared(table: pa.Table) -> None:
    workers = CellsInMemory()
    match(table, MatchOptions(cell_pairs=512), workers=workers)
    assert workers.grids == {}


@pytest.mark.parametrize("change", ["a row less", "a cell changed", "another order", "other options"])
def test_a_helper_with_other_data_or_options_does_not_help(table: pa.Table, change: str) -> None:
    workers = CellsInMemory()
    match(table, OPTIONS, workers=workers)
    names = table["family_name"].to_pylist()
    other = {
        "a row less": table.slice(1),
        "a cell changed": table.set_column(
            table.column_names.index("family_name"), "family_name", pa.array(["Zz", *names[1:]])
        ),
        "another order": table.set_column(0, "row_id", table["row_id"].take(pa.array(range(table.num_rows)[::-1]))),
        "other options": table,
    }[change]
    options = MatchOptions(share_rows_min=10, cell_pairs=512, value_rows_max=100) if other is table else OPTIONS
    with match_help(handed_over(other), options) as helper:
        assert not any(helper.accepts(grid.offer.setup) for grid in workers.grids.values())


def test_threads_and_memory_do_not_keep_a_helper_away(table: pa.Table) -> None:
    workers = CellsInMemory()
    match(table, OPTIONS, workers=workers)
    options = MatchOptions(share_rows_min=10, cell_pairs=512, threads=2, memory_limit_mb=500)
    with match_help(handed_over(table), options) as helper:
        assert all(helper.accepts(grid.offer.setup) for grid in workers.grids.values())


def test_a_helper_refuses_a_grid_that_it_does_not_know(helper: MatchHelp) -> None:
    with pytest.raises(MatchInputError):
        helper.do("other", b"", b"")


def test_nothing_that_is_shared_holds_a_value_of_a_record(table: pa.Table, helper: MatchHelp) -> None:
    workers = CellsInMemory(doing(helper, first))
    match(table, OPTIONS, workers=workers)
    shared = b"".join(
        part
        for grid in workers.grids.values()
        for part in (grid.offer.setup, *grid.tasks, *(result[16:] for result in grid.results.values()))
    )
    values = {name for column in ("family_name", "given_name") for name in table[column].to_pylist() if name and len(name) > 4}
    assert values
    assert not [name for name in values if name.encode() in shared or name.lower().encode() in shared]


def test_levels_and_counts_read_back() -> None:
    levels = np.array([[0, 2, -1], [1, 0, 4]], dtype=np.int8)
    task = basis.encode_pairs(np.array([1, 5]), np.array([7, 8]))
    again = basis.decode_levels(task, basis.encode_levels(task, levels), most=(1, 2, 4))
    assert again is not None
    assert again.tolist() == levels.tolist()
    assert basis.decode_levels(task, basis.encode_levels(task, levels), most=(1, 2, 3)) is None
    counts = basis.decode_counts(task, basis.encode_counts(task, np.array([3, 2**40])), count=2)
    assert counts is not None
    assert counts.tolist() == [3, 2**40]


def test_masks_and_pairs_read_back() -> None:
    masks = basis.Masks(active=np.arange(13) % 3 == 0, kept=np.arange(13) % 2 == 0)
    again = basis.decode_masks(basis.encode_masks(b"d" * 32, masks))
    assert again.active.tolist() == masks.active.tolist()
    assert again.kept.tolist() == masks.kept.tolist()
    left, right = basis.decode_pairs(basis.encode_pairs(np.array([1, 5]), np.array([7, 2**31 - 1])))
    assert (left.tolist(), right.tolist()) == ([1, 5], [7, 2**31 - 1])
