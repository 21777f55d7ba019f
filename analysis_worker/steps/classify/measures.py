"""The figures: how well probabilities rank, how far they are off, whether shares come true, and how sure all that is.

Sources: area under the curve by ranks (Hanley and McNeil 1982); Brier 1950; expected calibration error in bins of equally many
rows (Naeini et al. 2015; Nixon et al. 2019); percentile bootstrap (Efron 1979).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analysis_worker.steps.classify.card import SMALLEST_GROUP, CalibrationBin, CutOff, Figure, LiftDecile
from analysis_worker.steps.classify.columns import Bools, Floats, Ints

_BINS = 10
_INTERVAL = (5.0, 95.0)


def auc(truth: Bools, score: Floats) -> float:
    """Chance that a positive row is ranked above a negative one, ties counting half; 0.5 with one class only."""
    positives = int(truth.sum())
    negatives = len(truth) - positives
    if not positives or not negatives:
        return 0.5
    _, place, counts = np.unique(score, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return float((ranks[truth].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def mean_auc(codes: Ints, chances: Floats) -> float:
    """Area under the curve of each class against the rest, weighted by its size; of two classes both are the same.

    Args:
        codes: int64, shape (n,).
        chances: float64, shape (n, n_classes).
    """
    sizes = np.bincount(codes, minlength=chances.shape[1])
    areas = [auc(codes == k, chances[:, k]) for k in range(chances.shape[1])]
    return float(np.average(areas, weights=np.maximum(sizes, 1e-9)))


def brier_losses(codes: Ints, chances: Floats) -> Floats:
    """Half the squared distance of the probabilities from what came true, shape (n,); with two classes the usual score."""
    truth = codes[:, None] == np.arange(chances.shape[1])
    losses: Floats = ((chances - truth) ** 2).sum(axis=1) / 2
    return losses


def calibration_bins(truth: Bools, chance: Floats, bins: int = _BINS) -> tuple[CalibrationBin, ...]:
    """Ten bins of equally many rows, fewer if a bin would be too small to show."""
    parts = np.array_split(np.argsort(chance, kind="stable"), max(1, min(bins, len(chance) // SMALLEST_GROUP)))
    return tuple(
        CalibrationBin(customers=len(rows), predicted=float(chance[rows].mean()), observed=float(truth[rows].mean()))
        for rows in parts
        if len(rows)
    )


def calibration_error(truth: Bools, chance: Floats) -> float:
    """Mean distance of predicted and observed share over the bins, weighted by rows."""
    bins = calibration_bins(truth, chance)
    return sum(b.customers * abs(b.predicted - b.observed) for b in bins) / max(1, len(truth))


def lift_deciles(truth: Bools, chance: Floats) -> tuple[LiftDecile, ...]:
    """Tenths of the rows, the likeliest first."""
    base, found, lines = float(truth.mean()), 0, []
    if len(truth) < 10 * SMALLEST_GROUP or base == 0:
        return ()
    for number, rows in enumerate(np.array_split(np.argsort(-chance, kind="stable"), 10), start=1):
        hits = int(truth[rows].sum())
        found += hits
        share = hits / len(rows)
        lines.append(
            LiftDecile(
                decile=number, customers=len(rows), observed=share, lift=share / base, captured=found / float(truth.sum())
            )
        )
    return tuple(lines)


def cut_offs(truth: Bools, chance: Floats) -> tuple[CutOff, ...]:
    """What calling everybody above a probability positive would mean; not for handfuls of people."""
    lines = []
    for probability in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        called = chance >= probability
        count = int(called.sum())
        if SMALLEST_GROUP <= count <= len(truth) - SMALLEST_GROUP:
            hits = float(truth[called].sum())
            recall = hits / max(1.0, float(truth.sum()))
            lines.append(CutOff(probability=probability, customers=count, precision=hits / count, recall=recall))
    return tuple(lines)


def bootstrap(figure: Callable[[Ints], float], n_rows: int, resamples: int, seed: int) -> Figure:
    """A figure of all rows with its percentile interval over resampled rows."""
    rng = np.random.default_rng([seed, 5])
    drawn = [figure(rng.integers(0, n_rows, n_rows)) for _ in range(resamples)]
    lower, upper = np.percentile(drawn, _INTERVAL)
    return Figure(value=figure(np.arange(n_rows)), lower=float(lower), upper=float(upper))
