"""What is prepared for speed draws number for number what the library draws, and writes what the library writes."""

import json
import random
from dataclasses import asdict
from pathlib import Path

import pytest

from benchmarks.generator import GeneratorOptions, generate, write_truth
from benchmarks.generator.draw import Skewed, Weighted, fill


def test_weighted_choice_draws_as_the_library_does() -> None:
    ours, theirs = random.Random(3), random.Random(3)
    items, weights = ("a", "b", "c", "d"), (5, 0.5, 0, 2)
    drawn = Weighted(items, weights)
    assert [drawn.draw(ours) for _ in range(500)] == [theirs.choices(items, weights)[0] for _ in range(500)]


def test_skewed_choice_prefers_the_first() -> None:
    rng = random.Random(3)
    drawn = [Skewed(range(50)).draw(rng) for _ in range(2_000)]
    assert drawn.count(0) > drawn.count(10) > drawn.count(49)


def test_pattern_is_filled_as_the_library_chooses() -> None:
    signs = {"#": "0123456789", "%": "23456789", "@": "ABCDEFGHJKLMNPRSTUVWXYZ"}
    ours, theirs = random.Random(3), random.Random(3)
    for pattern in ("SW%# %@@", "100##", "", "30-###") * 100:
        assert fill(pattern, ours) == "".join(theirs.choice(signs[mark]) if mark in signs else mark for mark in pattern)


@pytest.mark.parametrize("clean", [False, True])
def test_truth_is_written_as_the_library_would(tmp_path: Path, *, clean: bool) -> None:
    options = GeneratorOptions(customers=60, transactions=0, needs=0, seed=5)
    truth = generate(options.clean() if clean else options).truth
    write_truth(truth, tmp_path / "truth.json")
    assert (tmp_path / "truth.json").read_text("utf-8") == json.dumps(asdict(truth), ensure_ascii=False, indent=1) + "\n"
