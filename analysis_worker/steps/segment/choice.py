"""How many segments there are, if any: silhouette, stability under resampling, and a test against shuffled columns.

Rules: a number of segments counts only when every segment is big enough and the same segments come back from bootstrap
resamples (mean adjusted Rand index). Its silhouette is compared with that of tables whose columns were shuffled one by one,
which keeps every column as it is and destroys what links them. The score is the gain over them, times the stability, times
the bits that a segment's name tells (the entropy of the sizes), since a bare silhouette nearly always prefers two. Of the
numbers whose score is nearly the best the largest is taken; a gain that chance could give is no structure.
Rousseeuw 1987; Hennig 2007; Tibshirani, Walther, Hastie 2001.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score

from analysis_worker.steps.segment.encoding import Feature, Matrix
from analysis_worker.steps.segment.options import SegmentOptions

Labels = NDArray[np.int64]

# A score within this part of the best one counts as equal.
_NEARLY_BEST = 0.93
# How far above the shuffled tables' silhouettes: absolute, and in their standard deviations.
_CLEARLY, _DEVIATIONS = 0.02, 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One number of segments: silhouettes -1..1, stability (mean adjusted Rand index) 0..1, smallest share 0..1.

    `shuffled` and `deviation` are mean and standard deviation of the silhouettes of shuffled tables; `bits` is the entropy
    of the segment sizes.
    """

    segments: int
    silhouette: float
    shuffled: float
    deviation: float
    stability: float
    smallest_share: float
    bits: float
    eligible: bool

    @property
    def gain(self) -> float:
        return self.silhouette - self.shuffled

    @property
    def score(self) -> float:
        return self.gain * self.stability * self.bits

    @property
    def beyond_chance(self) -> bool:
        return self.gain > max(_CLEARLY, _DEVIATIONS * self.deviation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The number chosen (1 = no structure), what it was chosen from, and why."""

    segments: int
    candidates: tuple[Candidate, ...]
    reason: str


def nearest(matrix: Matrix, centres: Matrix, rows_at_once: int = 65_536) -> tuple[Labels, Matrix]:
    """Return each row's nearest centre and its distances to the nearest two, shape (rows, 2)."""
    labels = np.empty(len(matrix), np.int64)
    distances = np.empty((len(matrix), 2))
    norms = (centres**2).sum(axis=1)
    for start in range(0, len(matrix), rows_at_once):
        part = matrix[start : start + rows_at_once]
        squared = np.maximum((part**2).sum(axis=1)[:, None] - 2 * part @ centres.T + norms[None, :], 0.0)
        labels[start : start + len(part)] = squared.argmin(axis=1)
        two = np.sort(squared, axis=1)[:, :2] if len(centres) > 1 else np.column_stack([squared[:, 0], squared[:, 0]])
        distances[start : start + len(part)] = np.sqrt(two)
    return labels, distances


def fit(matrix: Matrix, segments: int, seed: int, starts: int) -> Matrix:
    """Return the centres of k-means, shape (segments, columns)."""
    model = KMeans(n_clusters=segments, n_init=starts, random_state=seed, max_iter=100).fit(matrix)
    return np.asarray(model.cluster_centers_, np.float64)


def choose(sample: Matrix, features: Sequence[Feature], options: SegmentOptions) -> Choice:
    """Choose the number of segments on `sample`."""
    distinct = len(np.unique(sample, axis=0))
    numbers = range(options.min_segments, min(options.max_segments, distinct - 1, len(sample) - 1) + 1)
    shuffled = _shuffled_tables(sample, features, options)
    candidates = tuple(_candidate(sample, shuffled, number, options) for number in numbers)
    stable = [candidate for candidate in candidates if candidate.eligible]
    if not stable:
        return Choice(segments=1, candidates=candidates, reason="no stable segmentation")
    beyond = [candidate for candidate in stable if candidate.beyond_chance]
    if not beyond:
        return Choice(segments=1, candidates=candidates, reason="no more structure than in shuffled columns")
    best = max(candidate.score for candidate in beyond)
    chosen = max(candidate.segments for candidate in beyond if candidate.score >= _NEARLY_BEST * best)
    return Choice(segments=chosen, candidates=candidates, reason="structure")


def _silhouette(sample: Matrix, labels: Labels, options: SegmentOptions, seed: int) -> float:
    rows = np.sort(np.random.default_rng(seed).permutation(len(sample))[: options.silhouette_rows])
    if len(np.unique(labels[rows])) < 2:  # noqa: PLR2004 - a silhouette compares segments
        return 0.0
    return float(silhouette_score(sample[rows], labels[rows]))


def _candidate(sample: Matrix, shuffled: Sequence[Matrix], segments: int, options: SegmentOptions) -> Candidate:
    labels, _ = nearest(sample, fit(sample, segments, options.seed, starts=4))
    silhouette = _silhouette(sample, labels, options, options.seed)
    shares = np.bincount(labels, minlength=segments) / len(labels)
    smallest = float(shares.min())
    stability = 0.0 if smallest < options.min_share else _stability(sample, labels, segments, options)
    by_chance = _shuffled_silhouettes(shuffled, segments, options) if stability >= options.min_stability else np.zeros(1)
    return Candidate(
        segments=segments,
        silhouette=silhouette,
        shuffled=float(by_chance.mean()),
        deviation=float(by_chance.std()),
        stability=stability,
        smallest_share=smallest,
        bits=float(-(shares[shares > 0] * np.log2(shares[shares > 0])).sum()),
        eligible=stability >= options.min_stability and silhouette > 0,
    )


def _stability(sample: Matrix, labels: Labels, segments: int, options: SegmentOptions) -> float:
    random = np.random.default_rng([options.seed, segments])
    agreements = []
    for again in range(options.resamples):
        rows = random.integers(0, len(sample), len(sample))
        centres = fit(sample[rows], segments, options.seed + 1 + again, starts=2)
        agreements.append(adjusted_rand_score(labels, nearest(sample, centres)[0]))
    return max(0.0, float(np.mean(agreements)))


def _shuffled_tables(sample: Matrix, features: Sequence[Feature], options: SegmentOptions) -> list[Matrix]:
    random = np.random.default_rng([options.seed, 0])
    # The null tables need no more rows than the silhouette sees.
    part = sample[: options.silhouette_rows]
    one = len(features) == 1
    return [_smooth(part, random) if one else _shuffled(part, features, random) for _ in range(options.resamples)]


def _shuffled_silhouettes(tables: Sequence[Matrix], segments: int, options: SegmentOptions) -> Matrix:
    found = []
    for again, table in enumerate(tables):
        labels, _ = nearest(table, fit(table, segments, options.seed + 1 + again, starts=2))
        found.append(_silhouette(table, labels, options, options.seed + 1 + again))
    return np.array(found)


def _shuffled(sample: Matrix, features: Sequence[Feature], random: np.random.Generator) -> Matrix:
    table = np.empty_like(sample)
    for feature in features:
        table[:, feature.start : feature.stop] = sample[random.permutation(len(sample)), feature.start : feature.stop]
    return table


def _smooth(sample: Matrix, random: np.random.Generator) -> Matrix:
    """Return even noise over the range: shuffling one column alone would leave it as it is."""
    return random.uniform(sample.min(axis=0), sample.max(axis=0), sample.shape)
