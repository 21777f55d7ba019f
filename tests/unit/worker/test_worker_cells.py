"""Several workers on one step: the leader waits for nobody for long, a helper does no harm."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from analysis_worker.engines.workers import GridOffer, Help
from analysis_worker.pipeline.errors import LeaseLostError, RunFailureError, StopRequestedError, VaultAwayError
from analysis_worker.pipeline.events import EventLog
from analysis_worker.pipeline.stopping import StopSignal
from analysis_worker.vault_io.handover import ask, pieces_of, taken_over
from analysis_worker.vault_io.helping import Helper
from analysis_worker.vault_io.lease import Lease
from analysis_worker.vault_io.leased_run import LeasedRun
from analysis_worker.vault_io.shared_cells import LeasedGrid, LeasedWorkers
from helpers.fake_cells import FakeCells
from helpers.worker_making import NOW
from strongroom.api.v1.analysis_service_pb2 import RUN_STATE_RUNNING, Run
from strongroom.errors import StrongroomError, UnavailableError, UnimplementedError

RUN = Run(name="tenants/main/runs/0198f3c2-77aa-7d1e-9a55-3b6f3f0c1d20", attempts=1, state=RUN_STATE_RUNNING)
HANDED_OVER = bytes(range(256)) * 20_000  # three pieces
OFFER = GridOffer(name="levels", digest=b"d" * 16, setup=b"setup", cells_max=100)


@dataclass
class Upper:
    """Does a cell by making its task upper case."""

    accepted: bool = True
    done: list[bytes] = field(default_factory=list)
    before: Callable[[], None] = lambda: None

    def accepts(self, setup: bytes) -> bool:
        return self.accepted and setup == b"setup"

    def do(self, grid: str, setup: bytes, task: bytes) -> bytes:
        self.before()
        assert (grid, setup) == ("levels", b"setup")
        self.done.append(task)
        return task.upper()


@dataclass
class FakeRunner:
    """`Runner.helping` with any step."""

    help: Help
    fails: Exception | None = None
    handed_over: list[bytes] = field(default_factory=list)

    def get_ready(self, step: str) -> None:
        assert step == "match"

    @contextmanager
    def helping(self, run: Run, name: str, handed_over: bytes) -> Iterator[Help]:
        assert name == "match"
        assert run.name == RUN.name
        self.handed_over.append(handed_over)
        if self.fails is not None:
            raise self.fails
        yield self.help


class Helping:
    """A helper over cells in memory, and what it says."""

    def __init__(self, cells: FakeCells, upper: Upper | None = None, fails: Exception | None = None) -> None:
        self.upper = upper or Upper()
        self.stop = StopSignal()
        self.stop.wait = self._not_waiting  # type: ignore[method-assign]  # no test sleeps
        self._stream = io.StringIO()
        client: Any = SimpleNamespace(cells=cells)
        self.runner = FakeRunner(self.upper, fails)
        runner: Any = self.runner
        ticks = itertools.count()
        self.helper = Helper(
            client=client,
            runner=runner,
            steps=("match",),
            stop=self.stop,
            log=EventLog(self._stream, lambda: NOW),
            clock=lambda: float(next(ticks)),
        )

    def _not_waiting(self, seconds: float) -> bool:
        del seconds
        return self.stop.requested

    def help(self, other_work: Callable[[], bool] = lambda: False) -> bool:
        return self.helper.help(other_work)

    def said(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._stream.getvalue().splitlines()]


def published(count: int, **changes: Any) -> FakeCells:
    cells = FakeCells(run=RUN, over_after=count, **changes)
    cells.basis = dict(enumerate(pieces_of(HANDED_OVER)))
    cells.publish(
        RUN.name,
        cells.leader,
        grid="levels",
        digest=b"d" * 16,
        cells=count,
        setup=b"setup",
        first=0,
        tasks=[b"task-%d" % cell for cell in range(count)],
    )
    return cells


def test_a_helper_does_cells_until_no_help_is_needed() -> None:
    cells = published(3)
    helping = Helping(cells)
    assert helping.help()
    assert cells.results == {0: b"TASK-0", 1: b"TASK-1", 2: b"TASK-2"}
    assert [line["event"] for line in helping.said()] == ["run_joined", "cells_begun", "help_ended"]
    assert helping.said()[-1]["cells_levels"] == 3
    assert cells.asked
    assert helping.runner.handed_over == [HANDED_OVER]
    assert helping.said()[-1]["reason"] == "HELP_OVER"


def test_nothing_to_join_is_no_help() -> None:
    helping = Helping(FakeCells())
    assert not helping.help()
    assert helping.said() == []


def test_a_run_whose_data_looks_different_is_joined_once_and_again_only_under_another_leader() -> None:
    cells = published(3)
    helping = Helping(cells, Upper(accepted=False))
    assert helping.help()
    assert helping.said()[-1]["reason"] == "OTHER_DATA"
    assert not helping.help()
    cells.run = Run(name=RUN.name, attempts=2)
    assert helping.help()
    assert cells.results == {}


def test_a_run_of_its_own_comes_before_waiting_for_cells() -> None:
    cells, asked = published(2), list[int]()

    def other_work() -> bool:
        asked.append(len(cells.results))
        return len(asked) == 2

    cells.over_after = 99
    helping = Helping(cells)
    assert helping.help(other_work)
    assert asked == [2, 2]
    assert helping.said()[-1]["reason"] == "OTHER_WORK"


def test_a_run_of_its_own_comes_before_waiting_for_what_is_handed_over() -> None:
    cells = published(2)
    cells.basis.clear()
    helping = Helping(cells)
    assert helping.help(lambda: True)
    assert helping.said()[-1]["reason"] == "OTHER_WORK"
    assert cells.asked
    assert helping.runner.handed_over == []


@pytest.mark.parametrize(
    ("fails", "reason"), [(RunFailureError("NOT_SHARED", "no"), "NOT_SHARED"), (ValueError("Dunwoody"), "ValueError")]
)
def test_whatever_keeps_a_helper_from_helping_is_said_without_values_and_not_tried_again(fails: Exception, reason: str) -> None:
    helping = Helping(published(3), fails=fails)
    assert helping.help()
    assert helping.said()[-1]["reason"] == reason
    assert "Dunwoody" not in json.dumps(helping.said())
    assert not helping.help()


def test_a_helper_that_fails_in_a_cell_says_only_the_type() -> None:
    def broken() -> None:
        raise ValueError("Dunwoody")

    cells = published(3)
    helping = Helping(cells, Upper(before=broken))
    assert helping.help()
    assert helping.said()[-1]["reason"] == "ValueError"
    assert cells.results == {}


def test_the_wish_to_end_is_heard_in_the_middle_of_a_cell() -> None:
    helping = Helping(published(3))
    helping.upper.before = helping.stop.request
    with pytest.raises(StopRequestedError):
        helping.help()
    assert helping.said()[-1]["reason"] == "StopRequestedError"


def test_a_vault_that_is_away_is_told_to_the_loop() -> None:
    cells = published(3)

    def away() -> None:
        raise UnavailableError("away", reason="UNAVAILABLE")

    cells.before_claim = away
    with pytest.raises(VaultAwayError):
        Helping(cells).help()


class Leading:
    """The leader's side over cells in memory."""

    def __init__(self, cells: FakeCells) -> None:
        self.now = 0.0
        self.lost = 0
        self.stop = StopSignal()
        self.stop.wait = self._wait  # type: ignore[method-assign]  # a clock that a test moves
        self.stream = io.StringIO()
        client: Any = SimpleNamespace(cells=cells)
        lease = Lease(run=RUN, token=cells.leader, lease_s=30.0)
        self.workers = LeasedWorkers(client, lease, self, self.stop, EventLog(self.stream, lambda: NOW), lambda: self.now)
        self.run = LeasedRun(client, lease, self, lambda: None, self.workers)

    def _wait(self, seconds: float) -> bool:
        self.now += seconds
        return False

    def check(self) -> None:
        if self.lost:
            raise LeaseLostError

    def lose(self) -> None:
        self.lost += 1

    def tell(self, progress: object) -> None:
        del progress


def _led(cells: FakeCells, *tasks: bytes) -> tuple[Leading, LeasedGrid]:
    leading = Leading(cells)
    grid = leading.workers.open(OFFER)
    grid.add(tasks)
    return leading, grid


def test_a_leader_alone_does_every_cell() -> None:
    cells = FakeCells()
    leading, grid = _led(cells, b"a", b"b", b"c")
    while (cell := grid.take()) is not None:
        grid.finish(cell, b"%d" % cell)
    assert cells.results == {0: b"0", 1: b"1", 2: b"2"}
    assert json.loads(leading.stream.getvalue())["here"] == 3


def test_a_leader_does_a_cell_that_another_has_only_when_that_one_seems_to_be_gone() -> None:
    cells = FakeCells(held={1: "srh_dead"})
    leading, grid = _led(cells, b"a", b"b")
    assert grid.take() == 0
    leading.now += 2.0
    grid.finish(0, b"0")
    before = leading.now
    assert grid.take() == 1
    assert 4.0 < leading.now - before < 4.2
    grid.finish(1, b"1")
    assert grid.take() is None


def test_a_leader_takes_what_another_finished_while_it_waited() -> None:
    cells = FakeCells(held={0: "srh_busy"})
    leading, grid = _led(cells, b"a")

    def finish_later() -> None:
        if leading.now > 0.3:
            cells.results[0] = b"theirs"

    cells.before_claim = finish_later
    assert grid.take() is None
    assert leading.now < 0.5
    assert grid.result(0) == b"theirs"


def test_what_others_finished_is_told_once_and_never_what_was_finished_here() -> None:
    cells = FakeCells()
    _, grid = _led(cells, b"a", b"b", b"c")
    assert grid.take() == 0
    grid.finish(0, b"0")
    cells.results[2] = b"theirs"
    assert grid.finished_elsewhere() == [2]
    assert grid.finished_elsewhere() == []


def test_tasks_travel_in_calls_of_at_most_two_mebibytes() -> None:
    cells = FakeCells()
    _led(cells, *[bytes(900_000)] * 5, bytes(2 << 20), b"x")
    assert cells.batches == [0, 1_800_000, 1_800_000, 900_000, 2 << 20, 1]
    assert len(cells.tasks) == 7


@pytest.mark.parametrize("size", [0, 1, (2 << 20) - 16, 5 << 20])
def test_what_is_handed_over_is_made_once_somebody_asks_and_comes_whole(size: int) -> None:
    cells, made = FakeCells(run=RUN), list[bytes]()
    payload = bytes(range(256)) * (size // 256) + bytes(size % 256)
    leading = Leading(cells)

    def make() -> bytes:
        made.append(payload)
        return payload

    leading.workers.invite("match")
    leading.workers.hand_over(b"d" * 16, make)
    assert (made, cells.basis) == ([], {})
    ask(leading.workers.client, RUN.name, "srh_1")
    for _ in range(2):
        leading.workers.hand_over(b"d" * 16, make)
    assert len(made) == 1
    assert list(cells.basis)[-1] == 0  # who finds the first piece finds all
    assert max(map(len, cells.basis.values())) <= 2 << 20
    assert taken_over(leading.workers.client, RUN.name, "srh_1", lambda: None) == payload


def test_helpers_are_invited_once_for_a_step_and_dismissed() -> None:
    cells = FakeCells()
    leading = Leading(cells)
    assert leading.run.workers("match") is leading.run.workers("match") is leading.workers
    assert cells.announced
    leading.workers.dismiss()
    assert cells.shared == ["match", ""]


def test_a_vault_that_knows_no_cells_means_that_nobody_helps() -> None:
    leading = Leading(FakeCells(refuses=UnimplementedError("no such method", reason="UNIMPLEMENTED")))
    assert leading.run.workers("match") is None


@pytest.mark.parametrize("fails", [None, UnavailableError("away", reason="UNAVAILABLE")])
def test_a_leader_whose_lease_is_lost_learns_it_from_any_call(fails: StrongroomError | None) -> None:
    cells = FakeCells(refuses=fails)
    leading = Leading(cells)
    cells.leader = "srl_30_somebody_else"
    with pytest.raises(VaultAwayError if fails else LeaseLostError):
        leading.workers.open(OFFER)
    assert leading.lost == (0 if fails else 1)


def test_a_call_in_the_middle_of_a_step_is_ended_before_a_wish_to_end_is_heard() -> None:
    stop, ended = StopSignal(), list[str]()

    def step() -> None:
        with stop.interruptible():
            with stop.deferred():
                stop.request()
                ended.append("call")
            ended.append("never")

    with pytest.raises(StopRequestedError):
        step()
    assert ended == ["call"]
