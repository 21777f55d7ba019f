"""Imputation on the Telco table: 15 % of cells masked at random, against mean and mode, and beside other imputers.

Usage: python -m benchmarks.quality.impute DATA_FOLDER [SEEDS]     (miceforest: see `impute_peers`)

`customerID` (an id) and `Churn` (the outcome) are left out. Errors are over masked cells: RMSE over the standard deviation and
over the range for numbers, share of right cells for categories. Where the step abstains, the cell stays empty; "with baseline"
counts such cells as the baseline's guess so that both sides answer for every masked cell, "filled only" leaves them out.
"""

from __future__ import annotations

import math
import os
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pcsv

from analysis_worker.steps.impute import ImputeOptions, ImputeResult, impute
from benchmarks.quality.impute_peers import PeerScore, peer_scores

FOLDER_VARIABLE = "STRONGROOM_DATA"
ERROR_CEILING, ACCURACY_FLOOR, COVERAGE = 0.22, 0.785, (0.87, 0.93)
NUMBERS = ("tenure", "MonthlyCharges", "TotalCharges")
MASKED_SHARE = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnScore:
    """One column under one seed; NaN where a figure does not apply."""

    column: str
    error: float
    baseline: float
    filled_only: float
    error_of_range: float = math.nan
    coverage: float = math.nan
    seed: int = 0
    method: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """The masked cells of one column beside what the step made of them (None where it abstained), and all known values."""

    truth: list[Any]
    cells: list[dict[str, Any] | None]
    known: list[Any]


def load(folder: Path) -> pa.Table:
    """The public table without id and outcome; blanks of TotalCharges become nulls."""
    convert = pcsv.ConvertOptions(null_values=["", " "], strings_can_be_null=True, column_types={"TotalCharges": pa.float64()})
    table = pcsv.read_csv(folder / "telco_churn" / "Telco-Customer-Churn.csv", convert_options=convert)
    return table.drop_columns(["customerID", "Churn"])


def masked(table: pa.Table, seed: int) -> tuple[pa.Table, dict[str, npt.NDArray[np.bool_]]]:
    """The table with cells hidden, and which were hidden though known."""
    rng = np.random.default_rng(seed)
    hidden: dict[str, npt.NDArray[np.bool_]] = {}
    arrays = [pa.array([f"r{i}" for i in range(table.num_rows)])]
    for name in table.column_names:
        column = table.column(name).combine_chunks()
        known = np.asarray(column.is_valid().to_numpy(zero_copy_only=False), dtype=np.bool_)
        hidden[name] = (rng.random(table.num_rows) < MASKED_SHARE) & known
        arrays.append(pa.array(column.to_pylist(), column.type, mask=hidden[name] | ~known))
    return pa.table(arrays, names=["row_id", *table.column_names]), hidden


def score(table: pa.Table, result: ImputeResult, hidden: dict[str, npt.NDArray[np.bool_]], seed: int) -> list[ColumnScore]:
    """Compare imputed cells with the truth."""
    scores = []
    for summary in result.summary.columns:
        name = summary.column
        cells = result.cells.filter(pa.compute.equal(result.cells.column("column"), name)).to_pylist()
        by_row = {int(cell["row_id"][1:]): cell for cell in cells}
        rows = np.flatnonzero(hidden[name])
        truth = table.column(name).to_pylist()
        known = [truth[i] for i in range(len(truth)) if truth[i] is not None and not hidden[name][i]]
        one = _number_score if name in NUMBERS else _category_score
        masked_cells = Masked(truth=[truth[i] for i in rows], cells=[by_row.get(int(i)) for i in rows], known=known)
        scores.append(replace(one(name, masked_cells), seed=seed, method=summary.method or "(empty)"))
    return scores


def _number_score(name: str, masked_cells: Masked) -> ColumnScore:
    mean = float(np.mean(masked_cells.known))
    right = np.array(masked_cells.truth, dtype=np.float64)
    guess = np.array([mean if c is None else c["value_number"] for c in masked_cells.cells], dtype=np.float64)
    inside = [c["lower"] <= t <= c["upper"] for c, t in zip(masked_cells.cells, right, strict=True) if c is not None]
    rmse, base = float(np.sqrt(np.mean((guess - right) ** 2))), float(np.sqrt(np.mean((mean - right) ** 2)))
    spread, reach = float(np.std(masked_cells.known)), float(np.ptp(masked_cells.known))
    return ColumnScore(
        column=name,
        error=rmse / spread,
        error_of_range=rmse / reach,
        baseline=base / spread,
        filled_only=rmse / spread if inside else math.nan,
        coverage=float(np.mean(inside)) if inside else math.nan,
    )


def _category_score(name: str, masked_cells: Masked) -> ColumnScore:
    values, counts = np.unique([str(k) for k in masked_cells.known], return_counts=True)
    mode = str(values[counts.argmax()])
    right = [str(t) for t in masked_cells.truth]
    guess = [mode if c is None else c["value"] for c in masked_cells.cells]
    accuracy = float(np.mean([g == t for g, t in zip(guess, right, strict=True)]))
    filled = any(c is not None for c in masked_cells.cells)
    return ColumnScore(
        column=name,
        error=accuracy,
        baseline=float(np.mean([t == mode for t in right])),
        filled_only=accuracy if filled else math.nan,
    )


def run(table: pa.Table, seed: int) -> tuple[list[ColumnScore], float]:
    """Scores of all columns under one seed, and the seconds it took."""
    gappy, hidden = masked(table, seed)
    started = time.perf_counter()
    result = impute(gappy, ImputeOptions(seed=seed))
    seconds = time.perf_counter() - started
    return score(table, result, hidden, seed), seconds


def noise_filled(table: pa.Table, seeds: int) -> int:
    """How many gaps of a column that follows nothing are filled all the same, over all seeds."""
    found = 0
    for seed in range(seeds):
        noise = np.random.default_rng(1_000 + seed).normal(size=table.num_rows)
        gappy, _ = masked(table.append_column("noise", pa.array(noise)), seed)
        found += impute(gappy, ImputeOptions(seed=seed, columns=("noise",))).cells.num_rows
    return found


def beside(table: pa.Table, seed: int) -> dict[str, PeerScore]:
    """The peers on the same masked cells."""
    gappy, hidden = masked(table, seed)
    return peer_scores(table, gappy, hidden, NUMBERS, seed)


def measure(folder: Path | None = None, seeds: int = 5) -> dict[str, object]:
    """Flat figures for `quality.json`; without the data, one that says so. Peers are run under the first seed."""
    given = folder or Path(os.environ.get(FOLDER_VARIABLE, ""))
    if not (given / "telco_churn").is_dir():
        return {"impute.telco": "not available"}
    table = load(given)
    runs = [run(table, seed) for seed in range(seeds)]
    scores = [one for found, _ in runs for one in found]
    numbers = [one for one in scores if one.column in NUMBERS]
    categories = [one for one in scores if one.column not in NUMBERS]
    error, right = _mean(numbers, "error"), _mean(categories, "error")
    coverage, peers, noise = _mean(numbers, "coverage"), beside(table, 0), noise_filled(table, seeds)
    figures: dict[str, object] = {
        "impute.telco.nrmse.ours": round(error, 4),
        "impute.telco.nrmse.peer": round(min(one.error for one in peers.values()), 4),
        "impute.telco.nrmse.floor": ERROR_CEILING,
        "impute.telco.nrmse.ok": error <= ERROR_CEILING,
        "impute.telco.accuracy.ours": round(right, 4),
        "impute.telco.accuracy.peer": round(max(one.right for one in peers.values()), 4),
        "impute.telco.accuracy.floor": ACCURACY_FLOOR,
        "impute.telco.accuracy.ok": right >= ACCURACY_FLOOR,
        "impute.telco.coverage.ours": round(coverage, 4),
        "impute.telco.coverage.floor": COVERAGE[0],
        "impute.telco.coverage.ceiling": COVERAGE[1],
        "impute.telco.coverage.ok": COVERAGE[0] <= coverage <= COVERAGE[1],
        "impute.noise_cells_filled.ours": noise,
        "impute.noise_cells_filled.ceiling": 0,
        "impute.noise_cells_filled.ok": noise == 0,
        "impute.telco.seconds.ours": round(float(np.mean([seconds for _, seconds in runs])), 1),
    }
    for name in ("iterative_imputer", "knn_imputer", "miceforest"):
        one = peers.get(name)
        figures |= (
            {f"impute.telco.{name}": "not available"}
            if one is None
            else {
                f"impute.telco.nrmse.{name}": round(one.error, 4),
                f"impute.telco.accuracy.{name}": round(one.right, 4),
                f"impute.telco.seconds.{name}": round(one.seconds, 1),
            }
        )
    return figures


def main(arguments: list[str]) -> int:
    """Print one table over all seeds, and the peers under the first."""
    table = load(Path(arguments[0]))
    seeds = int(arguments[1]) if len(arguments) > 1 else 5
    scores: list[ColumnScore] = []
    for seed in range(seeds):
        found, seconds = run(table, seed)
        print(f"seed {seed}: {seconds:.1f} s", flush=True)
        scores += found
    print(f"{'column':<18}{'ours':>8}{'baseline':>10}{'coverage':>10}  methods over seeds")
    for name in table.column_names:
        own = [s for s in scores if s.column == name]
        methods = ", ".join(sorted({s.method for s in own}))
        print(f"{name:<18}{_mean(own, 'error'):>8.3f}{_mean(own, 'baseline'):>10.3f}{_mean(own, 'coverage'):>10.3f}  {methods}")
    numbers = [s for s in scores if s.column in NUMBERS]
    categories = [s for s in scores if s.column not in NUMBERS]
    print(
        f"numbers: RMSE/std {_mean(numbers, 'error'):.4f} (mean: {_mean(numbers, 'baseline'):.4f}), "
        f"RMSE/range {_mean(numbers, 'error_of_range'):.4f}, coverage of 90 % intervals {_mean(numbers, 'coverage'):.4f}"
    )
    print(
        f"categories: accuracy with baseline {_mean(categories, 'error'):.4f} (mode: {_mean(categories, 'baseline'):.4f}), "
        f"filled only {_mean(categories, 'filled_only'):.4f}"
    )
    for peer, one in beside(table, 0).items():
        print(f"{peer}: RMSE/std {one.error:.4f}, categories right {one.right:.4f}, {one.seconds:.1f} s (seed 0)")
    return 0


def _mean(scores: list[ColumnScore], attribute: str) -> float:
    values = np.array([getattr(s, attribute) for s in scores], dtype=np.float64)
    return float(np.nanmean(values)) if not np.isnan(values).all() else float("nan")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
