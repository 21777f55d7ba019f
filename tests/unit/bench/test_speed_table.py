"""The speed table tells the truth: ratios, verdicts, medians and the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.speed import __main__ as command
from benchmarks.speed import vault_lines
from benchmarks.speed.measurement import Measurement, Unavailable, median_of
from benchmarks.speed.rounds import BARE_READ, BARE_WRITE, EMPTY, GET, IMPORT, READ_ARROW, READ_FULL, SEARCH, Samples
from benchmarks.speed.table import TableLine, compare, missing, render, within, write_json


def _rate(name: str, per_second: float) -> Measurement:
    return Measurement(name=name, rows=100, seconds=100 / per_second, per_second=per_second)


def _samples(**per_second: float) -> Samples:
    samples = Samples()
    for name, rate in per_second.items():
        samples.add(name.replace("_", " "), _rate(name, rate))
    return samples


def test_a_line_is_good_when_its_ratio_reaches_what_it_must() -> None:
    assert compare(_rate("a", 30), _rate("b", 100), at_least=0.3).ok is True
    assert compare(_rate("a", 29), _rate("b", 100), at_least=0.3).ok is False
    assert compare(_rate("a", 29), _rate("b", 100)).ok is None


def test_what_must_stay_small_is_good_below_what_is_allowed() -> None:
    assert within("memory", 300, "MB", allowed=300, aimed=200).ok is True
    assert within("memory", 301, "MB", allowed=300, aimed=200).ok is False


def test_the_median_and_not_the_luckiest_run_counts() -> None:
    assert median_of("x", 10, [1.0, 9.0, 2.0]).seconds == 2.0
    with pytest.raises(ValueError, match="at least one run"):
        median_of("x", 10, [])


def test_bulk_lines_stand_beside_the_bare_loop_of_the_same_rounds() -> None:
    samples = _samples(**{
        BARE_WRITE.replace(" ", "_"): 100,
        BARE_READ.replace(" ", "_"): 200,
        IMPORT: 31,
        READ_FULL.replace(" ", "_"): 239,
        READ_ARROW.replace(" ", "_"): 201,
    })  # fmt: skip
    lines = vault_lines.bulk_lines(samples, 20_000)
    assert [round(line.ratio or 0, 3) for line in lines] == [0.31, 1.195, 1.005]
    assert [line.ok for line in lines] == [True, False, True]


def test_a_search_may_take_half_as_long_again_as_a_get() -> None:
    lines = vault_lines.call_lines(_samples(**{EMPTY: 1000, GET: 400, SEARCH: 266}), 200_000)
    assert [line.ok for line in lines] == [True, False]


def test_a_peer_that_is_not_installed_is_named_and_fails_nothing() -> None:
    line = missing(Unavailable(name="peer", reason="not installed"))
    assert line.ok is None
    assert "not installed" in render([line])


def test_a_missed_promise_ends_in_exit_code_1(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def lines_with(*, ok: bool) -> list[TableLine]:
        return [compare(_rate("a", 100 if ok else 1), _rate("b", 100), at_least=0.3)]

    monkeypatch.setattr(command, "speed_records", lambda count: [{}] * count)
    monkeypatch.setattr(command, "postgres_lines", lambda *_: [])
    for ok, code in ((True, 0), (False, 1)):
        monkeypatch.setattr(command, "sqlite_lines", lambda *_, ok=ok: lines_with(ok=ok))
        target = tmp_path / f"{code}.json"
        assert command.main(["--quick", "--no-peers", "--json", str(target)]) == code
        assert json.loads(target.read_text())[0]["ok"] is ok


def test_json_holds_every_line(tmp_path: Path) -> None:
    target = tmp_path / "bench.json"
    write_json([compare(_rate("a", 50), _rate("b", 100))], target)
    (line,) = json.loads(target.read_text())
    assert (line["work"], line["yardstick"], line["ratio"]) == ("a", "b", 0.5)
