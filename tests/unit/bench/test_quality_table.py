"""The quality table tells the truth: what belongs together stands together, a missed limit and a missing step fail."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.quality import __main__ as command
from benchmarks.quality.table import StepFigures, as_json, failures, lines_of, render


def figures(**named: object) -> StepFigures:
    return StepFigures(step="value", figures=named)


def dotted(**named: object) -> StepFigures:
    return StepFigures(step="value", figures={f"value.mae.{name}": one for name, one in named.items()})


@pytest.mark.parametrize(
    "measured",
    [dotted(ours=0.7, peer=0.8, floor=0.79, ok=True), figures(mae=0.7, mae_peer=0.8, mae_floor=0.79, mae_ok=True)],
    ids=["dotted", "flat"],
)
def test_both_ways_of_naming_give_one_line(measured: StepFigures) -> None:
    (line,) = lines_of(measured)
    assert (line.what, line.ours, line.peer, line.limit, line.ok) == ("mae", 0.7, 0.8, "at most 0.79", True)


def test_named_peers_stand_under_their_figure() -> None:
    flat = figures(mine_s=0.1, mine_s_floor=0.5, mine_s_ok=True, mine_s_mlxtend=10.2, same_as_mlxtend=True)
    dots = dotted(ours=0.1, miceforest=0.2, floor=0.5, ok=True)
    assert [dict(line.beside) for line in lines_of(flat)] == [{"mlxtend": 10.2}, {}]
    assert [dict(line.beside) for line in lines_of(dots)] == [{"miceforest": 0.2}]
    assert any(line.split() == ["mlxtend", "10.2"] for line in render([flat]))


def test_the_side_of_a_limit_follows_from_verdict_and_numbers() -> None:
    def limit(ours: float, *, ok: bool) -> str:
        return lines_of(dotted(ours=ours, floor=0.5, ok=ok))[0].limit

    assert limit(0.6, ok=True) == limit(0.4, ok=False) == "at least 0.5"
    assert limit(0.4, ok=True) == limit(0.6, ok=False) == "at most 0.5"
    assert lines_of(dotted(ours=0.9, floor=0.87, ceiling=0.93, ok=True))[0].limit == "0.87 to 0.93"


def test_a_name_that_only_ends_like_a_part_is_a_figure_of_its_own() -> None:
    assert [line.what for line in lines_of(figures(shop_floor=3, same_peer=1))] == ["shop_floor", "same_peer"]


def test_a_missed_limit_and_a_missing_step_are_failures() -> None:
    good, bad = dotted(ours=0.6, floor=0.5, ok=True), dotted(ours=0.4, floor=0.5, ok=False)
    absent = StepFigures(step="enrich", figures={}, problem="no module")
    assert failures([good]) == ()
    assert failures([bad, absent]) == ("enrich: no module", "value: mae")
    assert any(line.endswith("MISSED") for line in render([bad]))
    assert as_json([bad, absent])["failures"] == ["enrich: no module", "value: mae"]


def test_what_is_not_available_is_shown_and_judges_nothing() -> None:
    measured = figures(cdnow="not available")
    assert failures([measured]) == ()
    assert any("not available" in line for line in render([measured]))


def test_the_command_writes_what_it_prints_and_ends_with_its_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "quality.json"
    for ok in (True, False):
        monkeypatch.setattr(command, "measured_apart", lambda *_, ok=ok, **__: dotted(ours=1.0, floor=2.0, ok=ok))
        assert command.main(["value", "--out", str(out)]) == (0 if ok else 1)
        assert json.loads(out.read_text())["lines"][0]["ok"] is ok
    assert "MISSED" in capsys.readouterr().out


def test_a_step_without_a_module_says_so() -> None:
    assert command.measured_here("nonesuch", large=False).problem == "no module"
