from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from analysis_worker.pipeline.adapters.registry import known_steps
from strongroom.step_option_table import STEP_OPTIONS
from strongroom.step_options import STEPS, option_problems

ROOT = Path(__file__).resolve().parents[3]


def test_table_is_made_of_the_options_that_the_steps_have_now() -> None:
    script = ROOT / "clients/python/make_step_options.py"
    answer = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, f"{answer.stderr}\nclients/python/make_step_options.py writes it anew"


def test_every_step_of_the_worker_is_in_the_table_and_nothing_that_the_runner_decides() -> None:
    assert set(STEP_OPTIONS) == set(known_steps())
    assert set(STEP_OPTIONS) <= set(STEPS)
    assert not {"seed", "threads"} & {name for options in STEP_OPTIONS.values() for name in options}
    assert "as_of" not in STEP_OPTIONS["correct"]


@pytest.mark.parametrize(
    ("step", "option", "value"),
    [
        ("segment", "max_segments", 8.0),
        ("segment", "min_share", 0.1),
        ("segment", "min_share", 1),
        ("segment", "numeric", ["income"]),
        ("segment", "numeric", None),
        ("correct", "default_region", "DE"),
        ("impute", "level", 0.9),
        ("value", "as_of", "1998-06-30"),
        ("value", "as_of", date(1998, 6, 30)),
        ("value", "as_of", None),
    ],
)
def test_options_of_the_right_kind_pass(step: str, option: str, value: object) -> None:
    assert list(option_problems(step, {option: value})) == []


@pytest.mark.parametrize(
    ("step", "option", "value", "words"),
    [
        ("match", "foo", 1, "match has no option 'foo'; it has: accept_probability"),
        ("match", "seed", 1, "no option 'seed'"),
        ("segment", "max_segments", 8.5, "must be a whole number"),
        ("segment", "max_segments", True, "must be a whole number"),
        ("segment", "max_segments", "8", "must be a whole number"),
        ("segment", "max_segments", None, "must be a whole number"),
        ("segment", "max_segments", float("inf"), "must be a whole number"),
        ("segment", "min_share", "much", "must be a number"),
        ("segment", "numeric", "income", "must be a list of texts or null"),
        ("segment", "numeric", ["income", 3], "must be a list of texts or null"),
        ("correct", "default_region", {"a": 1}, "must be a text or null"),
        ("value", "as_of", "30.06.1998", "must be a date such as 2026-01-31 or null"),
        ("value", "as_of", "1998-06-31", "must be a date"),
        ("value", "as_of", datetime(1998, 6, 30, tzinfo=UTC), "must be a date"),
        ("correct", "as_of", "1998-06-30", "no option 'as_of'"),
    ],
)
def test_problem_names_the_option_and_what_it_should_be(step: str, option: str, value: object, words: str) -> None:
    [(place, problem)] = option_problems(step, {option: value})
    assert place == option
    assert words in problem
    assert str(value) not in problem or value in (1, None, "income")
