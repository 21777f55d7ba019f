"""Churn on the Telco table: the step beside what a library predicts with its defaults, on the same folds.

Usage: python benchmarks/quality/classify.py [DATA_FOLDER] [--seeds N]     (else the folder is in STRONGROOM_DATA)

Five folds: the outcome of a fold is hidden from the step, which predicts it as it predicts any unknown customer. So leak scan,
blend and calibration are all inside the fold; nothing was chosen by what is measured. Calibration error: mean distance of
predicted and observed share over ten bins of equally many customers. Peers: scikit-learn's logistic regression, histogram
gradient boosting and random forest as they come, on indicators of the categories, on one thread like the step.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pcsv
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no stubs

from analysis_worker.steps.classify import ClassifyOptions, classify

FOLDER_VARIABLE = "STRONGROOM_DATA"
AUC_FLOOR, BRIER_CEILING, CALIBRATION_CEILING = 0.848, 0.134, 0.02
OURS = "strongroom"

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


class _Classifier(Protocol):
    def fit(self, features: Floats, truth: Bools) -> object: ...

    def predict_proba(self, features: Floats) -> Floats: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Of one method over all folds of one seed."""

    auc: float
    brier: float
    calibration: float
    seconds: float
    silent: int = 0


def load(folder: Path) -> pa.Table:
    """The public table; blanks of TotalCharges become nulls, the customer's id the row's."""
    convert = pcsv.ConvertOptions(null_values=["", " "], strings_can_be_null=True, column_types={"TotalCharges": pa.float64()})
    table = pcsv.read_csv(folder / "telco_churn" / "Telco-Customer-Churn.csv", convert_options=convert)
    return table.rename_columns(["row_id" if name == "customerID" else name for name in table.column_names])


def scores(table: pa.Table, seed: int) -> dict[str, Score]:
    """Every method on the same five folds."""
    truth = np.array([value == "Yes" for value in table.column("Churn").to_pylist()], np.bool_)
    features = _indicators(table)
    chances: dict[str, Floats] = {name: np.zeros(len(truth)) for name in (OURS, *_peers(seed))}
    seconds = dict.fromkeys(chances, 0.0)
    silent = 0
    for train, test in StratifiedKFold(5, shuffle=True, random_state=seed).split(features, truth):
        started = time.perf_counter()
        chances[OURS][test], unsaid = _ours(table, test, seed)
        seconds[OURS] += time.perf_counter() - started
        silent += unsaid
        for name, peer in _peers(seed).items():
            started = time.perf_counter()
            with warnings.catch_warnings(), threadpool_limits(limits=1):
                warnings.simplefilter("ignore")  # as it comes, logistic regression does not converge on unscaled charges
                peer.fit(features[train], truth[train])
            chances[name][test] = peer.predict_proba(features[test])[:, 1]
            seconds[name] += time.perf_counter() - started
    return {
        name: Score(
            auc=float(roc_auc_score(truth, chance)),
            brier=float(brier_score_loss(truth, chance)),
            calibration=calibration_error(truth, chance),
            seconds=seconds[name],
            silent=silent if name == OURS else 0,
        )
        for name, chance in chances.items()
    }


def calibration_error(truth: Bools, chance: Floats) -> float:
    """See the module; written anew here, so that the step does not measure itself."""
    bins = np.array_split(np.argsort(chance, kind="stable"), 10)
    return float(sum(len(rows) * abs(chance[rows].mean() - truth[rows].mean()) for rows in bins) / len(truth))


def _ours(table: pa.Table, test: npt.NDArray[np.int64], seed: int) -> tuple[Floats, int]:
    hidden = np.zeros(table.num_rows, np.bool_)
    hidden[test] = True
    place = table.column_names.index("Churn")
    outcome = pa.array(table.column("Churn").to_pylist(), pa.string(), mask=hidden)
    result = classify(table.set_column(place, "Churn", outcome), ClassifyOptions(target="Churn", seed=seed))
    base = float(np.mean([value == "Yes" for value in outcome.drop_null().to_pylist()]))
    lines = result.lines.take(pa.array(test)).to_pylist()
    said = [base if one["abstained"] else _of_leaving(one["label"], one["probability"]) for one in lines]
    return np.array(said), sum(one["abstained"] for one in lines)


def _of_leaving(label: str, probability: float) -> float:
    return probability if label == "Yes" else 1.0 - probability


def _peers(seed: int) -> Mapping[str, _Classifier]:
    return {
        "logistic regression": LogisticRegression(),
        "hist gradient boosting": HistGradientBoostingClassifier(random_state=seed),
        "random forest": RandomForestClassifier(random_state=seed),
    }


def _indicators(table: pa.Table) -> Floats:
    parts: list[Floats] = []
    for name in table.column_names:
        column = table.column(name)
        if name in ("row_id", "Churn"):
            continue
        if pa.types.is_string(column.type):
            values = np.array(column.to_pylist())
            parts.append((values[:, None] == np.unique(values)).astype(np.float64))
        else:
            parts.append(np.nan_to_num(column.to_numpy().astype(np.float64))[:, None])
    return np.concatenate(parts, axis=1)


def _mean(found: list[dict[str, Score]], method: str, figure: str) -> float:
    return float(np.mean([getattr(one[method], figure) for one in found]))


def measure(folder: Path | None = None, seeds: int = 1) -> dict[str, object]:
    """Flat figures for `quality.json`; without the data, one that says so."""
    given = folder or Path(os.environ.get(FOLDER_VARIABLE, ""))
    if not (given / "telco_churn").is_dir():
        return {"classify.telco": "not available"}
    table = load(given)
    found = [scores(table, seed) for seed in range(seeds)]
    peers = [name for name in found[0] if name != OURS]
    auc, brier, calibration = (_mean(found, OURS, figure) for figure in ("auc", "brier", "calibration"))
    figures: dict[str, object] = {
        "classify.telco.auc.ours": round(auc, 4),
        "classify.telco.auc.peer": round(max(_mean(found, name, "auc") for name in peers), 4),
        "classify.telco.auc.floor": AUC_FLOOR,
        "classify.telco.auc.ok": auc >= AUC_FLOOR,
        "classify.telco.brier.ours": round(brier, 4),
        "classify.telco.brier.peer": round(min(_mean(found, name, "brier") for name in peers), 4),
        "classify.telco.brier.floor": BRIER_CEILING,
        "classify.telco.brier.ok": brier <= BRIER_CEILING,
        "classify.telco.calibration_error.ours": round(calibration, 4),
        "classify.telco.calibration_error.peer": round(min(_mean(found, name, "calibration") for name in peers), 4),
        "classify.telco.calibration_error.floor": CALIBRATION_CEILING,
        "classify.telco.calibration_error.ok": calibration <= CALIBRATION_CEILING,
        "classify.telco.seconds.ours": round(_mean(found, OURS, "seconds"), 1),
    }
    for name in peers:
        for figure in ("auc", "brier", "calibration", "seconds"):
            figures[f"classify.telco.{figure}.{name.replace(' ', '_')}"] = round(_mean(found, name, figure), 4)
    return figures


def lines(found: list[dict[str, Score]]) -> Iterator[str]:
    """A table of all methods."""
    yield f"{'Telco churn, 5 folds':<26}{'AUC':>8}{'Brier':>8}{'cal. error':>12}{'seconds':>9}{'abstained':>11}"
    for name in found[0]:
        auc, brier, calibration, seconds = (_mean(found, name, one) for one in ("auc", "brier", "calibration", "seconds"))
        yield f"{name:<26}{auc:>8.4f}{brier:>8.4f}{calibration:>12.4f}{seconds:>9.1f}{_mean(found, name, 'silent'):>11.0f}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=Path(os.environ.get(FOLDER_VARIABLE, "")))
    parser.add_argument("--seeds", type=int, default=2)
    arguments = parser.parse_args()
    if not (arguments.folder / "telco_churn").is_dir():
        print(f"Telco: not available; name its folder, or set {FOLDER_VARIABLE}")
        return 0
    table = load(arguments.folder)
    for line in lines([scores(table, seed) for seed in range(arguments.seeds)]):
        print(line)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
