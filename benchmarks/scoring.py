"""Score what an analysis found against what is true.

Pure functions over plain sequences and mappings, so the same score serves generated data and published data sets. Every ratio
with an empty denominator is 0.0; NaN never appears.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.generator.truth import CellError, ErrorKind


@dataclass(frozen=True, slots=True, kw_only=True)
class PairScore:
    """Pairwise agreement of an entity labelling with the truth: counts of pairs of rows."""

    true_positive: int
    found: int
    actual: int

    @property
    def precision(self) -> float:
        return _ratio(self.true_positive, self.found)

    @property
    def recall(self) -> float:
        return _ratio(self.true_positive, self.actual)

    @property
    def f1(self) -> float:
        return _ratio(2 * self.true_positive, self.found + self.actual)


@dataclass(frozen=True, slots=True, kw_only=True)
class NumericImputationScore:
    """Root mean squared error over the standard deviation of the true values: 1.0 is what guessing their mean scores.

    `baseline` is the same for filling in `mean` of the cells that were present; `error` below it is skill.
    """

    cells: int
    error: float
    baseline: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoricalImputationScore:
    """Share of cells filled rightly, beside the share that the most frequent present value gets right."""

    cells: int
    accuracy: float
    baseline: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionScore:
    """How the corrections of one field fared.

    Precision: of the cells changed, how many now say the clean value. Recall: of the wrong cells of this kind, how many do.
    """

    right: int
    changed: int
    wrong_cells: int

    @property
    def precision(self) -> float:
        return _ratio(self.right, self.changed)

    @property
    def recall(self) -> float:
        return _ratio(self.right, self.wrong_cells)


def score_pairs(entity_of: Mapping[str, Hashable], truth: Mapping[str, Hashable]) -> PairScore:
    """Compare two labellings of rows by the pairs they put together; a row without a found label stands alone.

    Counting by group sizes keeps this linear in rows, however large a group is.
    """
    found = {row: entity_of.get(row, ("alone", row)) for row in truth}
    return PairScore(
        true_positive=_pairs(Counter((found[row], truth[row]) for row in truth).values()),
        found=_pairs(Counter(found.values()).values()),
        actual=_pairs(Counter(truth.values()).values()),
    )


def adjusted_rand(found: Sequence[Hashable], truth: Sequence[Hashable]) -> float:
    """Return the adjusted Rand index of two labellings of the same items: 1 is equal, 0 is chance (Hubert and Arabie 1985).

    Raises:
        ValueError: the labellings differ in length.
    """
    both = _pairs(Counter(zip(found, truth, strict=True)).values())
    first, second = _pairs(Counter(found).values()), _pairs(Counter(truth).values())
    total = len(found) * (len(found) - 1) // 2
    if total == 0:
        return 1.0
    chance = first * second / total
    best = (first + second) / 2
    return 1.0 if best == chance else (both - chance) / (best - chance)


def score_numeric(imputed: Mapping[str, float], truth: Mapping[str, float], present: Sequence[float]) -> NumericImputationScore:
    """Score imputed numbers by row id; a true missing cell without an imputed value counts as filled with the mean."""
    mean = math.fsum(present) / len(present) if present else 0.0
    values = list(truth.values())
    spread = math.sqrt(_mean_square(values, math.fsum(values) / len(values))) if values else 0.0
    squares = [(imputed.get(row, mean) - value) ** 2 for row, value in truth.items()]
    error = math.sqrt(math.fsum(squares) / len(squares)) if squares else 0.0
    return NumericImputationScore(
        cells=len(values),
        error=_ratio(error, spread),
        baseline=_ratio(math.sqrt(_mean_square(values, mean)), spread),
    )


def score_categorical(
    imputed: Mapping[str, Hashable],
    truth: Mapping[str, Hashable],
    present: Sequence[Hashable],
) -> CategoricalImputationScore:
    """Score imputed categories by row id; a missing cell without an imputed value counts as wrong."""
    mode = Counter(present).most_common(1)[0][0] if present else None
    right = sum(row in imputed and imputed[row] == value for row, value in truth.items())
    return CategoricalImputationScore(
        cells=len(truth),
        accuracy=_ratio(right, len(truth)),
        baseline=_ratio(sum(value == mode for value in truth.values()), len(truth)),
    )


def score_corrections(
    corrected: Mapping[tuple[str, str], str],
    errors: Iterable[CellError],
    kinds: Iterable[ErrorKind],
    fields: Iterable[str],
) -> CorrectionScore:
    """Score one rule: `corrected` maps (row id, column) to the value the rule proposes.

    Args:
        corrected: only cells that the rule changed.
        errors: all errors of the truth; a proposal that restores the clean value is right whatever kind of error it met.
        kinds: the kinds that the rule promises to repair; they alone count for recall.
        fields: the columns that the rule works on.
    """
    wanted, columns = frozenset(kinds), frozenset(fields)
    clean = {(error.row, error.field): error for error in errors if error.field in columns}
    mine = {cell: value for cell, value in corrected.items() if cell[1] in columns}
    restored = [clean[cell] for cell, value in mine.items() if cell in clean and clean[cell].clean == value]
    targets = sum(error.kind in wanted for error in clean.values())
    repaired = sum(error.kind in wanted for error in restored)
    # Repairs beyond the promised kinds are no mistakes; they leave the count of changes so both ratios share one numerator.
    return CorrectionScore(right=repaired, changed=len(mine) - (len(restored) - repaired), wrong_cells=targets)


def recall_by_kind(corrected: Mapping[tuple[str, str], str], errors: Iterable[CellError]) -> dict[ErrorKind, tuple[int, int]]:
    """Return (cells restored to the clean value, cells in all) for every kind of error."""
    counts: defaultdict[ErrorKind, list[int]] = defaultdict(lambda: [0, 0])
    for error in errors:
        counts[error.kind][0] += corrected.get((error.row, error.field)) == error.clean
        counts[error.kind][1] += 1
    return {kind: (restored, total) for kind, (restored, total) in counts.items()}


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)


def _mean_square(values: Sequence[float], centre: float) -> float:
    return math.fsum((value - centre) ** 2 for value in values) / len(values) if values else 0.0


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
