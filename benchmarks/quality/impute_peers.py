"""What others make of the same gaps: scikit-learn's IterativeImputer and KNNImputer, and miceforest, each as it comes.

Categories go in as codes (none of them reads text), numbers standardised for the neighbours, and what comes back is rounded to
a code that exists. miceforest runs in the Python that STRONGROOM_PEERS names, in a process of its own, without mean matching,
which draws a donor on purpose and so errs more (and does not run with LightGBM 4.7).
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sklearn.experimental import enable_iterative_imputer  # noqa: F401 - its import is what enables the next one
from sklearn.impute import IterativeImputer, KNNImputer

Floats = npt.NDArray[np.float64]

PEERS_VARIABLE = "STRONGROOM_PEERS"
_MICEFOREST = """
import json, sys, warnings
import numpy as np, pandas as pd
warnings.simplefilter("ignore")
import miceforest
given = json.load(sys.stdin)
frame = pd.DataFrame({name: pd.Series(values, dtype="float64") for name, values in given["columns"].items()})
for name in given["categories"]:
    frame[name] = frame[name].astype("Int64").astype("category")
kernel = miceforest.ImputationKernel(frame, num_datasets=1, mean_match_candidates=0, random_state=given["seed"])
kernel.mice(5, num_threads=1)
done = kernel.complete_data(0)
json.dump({name: done[name].astype("float64").tolist() for name in frame.columns}, sys.stdout)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerScore:
    """Mean over numbers of RMSE by standard deviation, mean over categories of the share right, and the time it took."""

    error: float
    right: float
    seconds: float


def peer_scores(
    truth: pa.Table, gappy: pa.Table, hidden: Mapping[str, npt.NDArray[np.bool_]], numbers: tuple[str, ...], seed: int
) -> dict[str, PeerScore]:
    """Scores of every peer that is there, on the hidden cells.

    Args:
        truth: the table without added gaps.
        gappy: the same with them, and `row_id`.
        hidden: bool per column, shape (n_rows,): cells to judge.
        numbers: columns that are numbers.
        seed: of what is random in the peers.
    """
    names = truth.column_names
    coded = {name: _codes(truth.column(name), number=name in numbers) for name in names}
    known = {name: np.where(_gaps(gappy.column(name)), np.nan, coded[name]) for name in names}
    matrix = np.column_stack([known[name] for name in names])
    found: dict[str, PeerScore] = {}
    for peer, fill in (("iterative_imputer", _iterative), ("knn_imputer", _neighbours), ("miceforest", _miceforest)):
        started = time.perf_counter()
        filled = fill(matrix, names, numbers, seed)
        seconds = time.perf_counter() - started
        if filled is not None:
            found[peer] = _score(dict(zip(names, filled.T, strict=True)), coded, known, hidden, numbers, seconds)
    return found


def _score(
    filled: dict[str, Floats],
    truth: dict[str, Floats],
    known: dict[str, Floats],
    hidden: Mapping[str, npt.NDArray[np.bool_]],
    numbers: tuple[str, ...],
    seconds: float,
) -> PeerScore:
    errors, right = [], []
    for name, guesses in filled.items():
        rows = hidden[name]
        if name in numbers:
            spread = float(np.nanstd(known[name]))
            errors.append(float(np.sqrt(np.mean((guesses[rows] - truth[name][rows]) ** 2))) / spread)
        else:
            codes = np.clip(np.rint(guesses[rows]), 0, np.nanmax(truth[name]))
            right.append(float(np.mean(codes == truth[name][rows])))
    return PeerScore(error=float(np.mean(errors)), right=float(np.mean(right)), seconds=seconds)


def _iterative(matrix: Floats, names: list[str], numbers: tuple[str, ...], seed: int) -> Floats | None:
    del names, numbers
    return np.asarray(IterativeImputer(random_state=seed).fit_transform(matrix), np.float64)


def _neighbours(matrix: Floats, names: list[str], numbers: tuple[str, ...], seed: int) -> Floats | None:
    del names, numbers, seed
    centre, scale = np.nanmean(matrix, axis=0), np.nanstd(matrix, axis=0)
    filled: Floats = np.asarray(KNNImputer().fit_transform((matrix - centre) / scale), np.float64) * scale + centre
    return filled


def _miceforest(matrix: Floats, names: list[str], numbers: tuple[str, ...], seed: int) -> Floats | None:
    python = os.environ.get(PEERS_VARIABLE)
    if not python:
        return None
    columns: dict[str, Any] = {
        name: [None if np.isnan(value) else value for value in matrix[:, place]] for place, name in enumerate(names)
    }
    given = json.dumps({"columns": columns, "categories": [name for name in names if name not in numbers], "seed": seed})
    # The program is a constant of this file, the interpreter is named by whoever runs the benchmark.
    done = subprocess.run([python, "-c", _MICEFOREST], input=given, capture_output=True, text=True, check=False)
    if done.returncode:
        return None
    filled = json.loads(done.stdout)
    return np.column_stack([np.asarray(filled[name], np.float64) for name in names])


def _gaps(column: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    return np.asarray(column.is_null().to_numpy(), np.bool_)


def _codes(column: pa.ChunkedArray, *, number: bool) -> Floats:
    values = column.to_pylist()
    if number:
        return np.array([np.nan if value is None else float(value) for value in values], np.float64)
    place = {text: float(code) for code, text in enumerate(sorted({str(value) for value in values}))}
    return np.array([place[str(value)] for value in values], np.float64)
