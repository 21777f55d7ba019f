"""What the step hands back: a prediction per customer for the vault, and a model card that says how far to trust it.

The card (Mitchell et al. 2019) holds aggregates of at least `SMALLEST_GROUP` customers only; it may be stored, shown, reported.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

SMALLEST_GROUP = 10

REASON = pa.struct([pa.field("field", pa.string()), pa.field("effect", pa.float64()), pa.field("text", pa.string())])
LINES_SCHEMA = pa.schema(
    [
        pa.field("row_id", pa.string(), nullable=False),
        pa.field("label", pa.string()),
        pa.field("probability", pa.float64()),
        pa.field("abstained", pa.bool_(), nullable=False),
        pa.field("reasons", pa.list_(REASON), nullable=False),
    ],
)
"""`label` is the likeliest class and `probability` its calibrated chance, both null where the step abstained. `effect` of a
reason is in probability of the label: 0.12 is twelve points up from the average customer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A column that the model did not see.

    Attributes:
        column: its name.
        reason: "identifies_people", "free_text_or_id", "running_number", "empty", "constant", "unsupported_type", "ignored",
            "time_column", "column_budget", "named_after_target", "gives_target_away" or "level_gives_target_away".
        alone: how well it ranks the outcome by itself (area under the curve), where that was measured.
    """

    column: str
    reason: str
    alone: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure on rows that the model had not seen, with its 90 % bootstrap interval."""

    value: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationBin:
    """Customers of like predictions: how many, what was predicted on average, what came true."""

    customers: int
    predicted: float
    observed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftDecile:
    """A tenth of the customers, the likeliest first: share of the positive class, by the share among all, and found so far."""

    decile: int
    customers: int
    observed: float
    lift: float
    captured: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOff:
    """Calling everybody from this probability on positive: how many that are, the share that is right, the share found."""

    probability: float
    customers: int
    precision: float
    recall: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Influence:
    """How much a column moves a prediction on average, in probability."""

    column: str
    points: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCheck:
    """One group of people: is it predicted as it turns out, and ranked as well as others?"""

    column: str
    group: str
    customers: int
    predicted: float
    observed: float
    auc: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeCheck:
    """One span of a time split, judged by what came before it: first and last day, predicted and observed share."""

    first: str
    last: str
    customers: int
    predicted: float
    observed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifySummary:
    """The model card.

    Attributes:
        target: what is predicted.
        classes: what it can be; with two, the second is the positive one.
        positive: class that the figures are about, "" with more than two.
        class_rows: rows of each class.
        rare_classes: classes of too few rows to be learnt or named.
        rows: rows of the table.
        known: rows of known outcome.
        training_rows: of those, rows that the model learnt from.
        predicted: rows with a prediction.
        abstained_rows: rows without.
        abstained: whether the whole run abstained.
        reason: why, or "": "outcome_unknown", "one_class_only", "too_few_rows", "class_too_rare", "no_predictors",
            "too_few_rows_of_a_time", "no_better_than_base_rate".
        split: "stratified" or "time".
        time_column: column of the time split, "" without.
        judged_rows: rows that the figures are measured on; no model had seen them.
        base_rate: share of the positive class, or of the most frequent one.
        auc: area under the ROC curve; mean over the classes, by size, with more than two.
        brier: mean squared error of the probabilities (half the sum over the classes with more than two).
        base_brier: the same of the base rates.
        calibration_error: mean distance of predicted and observed shares in ten bins of equally many customers.
        linear_auc: of the logistic regression alone.
        trees_auc: of the boosted trees alone.
        trees_weight: the trees' share in the blend of log-odds; the logistic regression has the rest; mean over classes.
        calibrator: "platt", "isotonic" or "identity"; of the positive class.
        used: columns that the model saw.
        left_out: columns that it did not, and why.
        influences: strongest first.
        calibration: table of bins, lowest prediction first.
        lift: deciles; empty with more than two classes.
        cut_offs: empty with more than two classes.
        groups: people the figures were checked for, one by one.
        times: spans of a time split, the oldest first; empty without one, and with more than two classes.
        limits: what the reader must know, in words.
        seed: of everything random.
    """

    target: str
    classes: tuple[str, ...] = ()
    positive: str = ""
    class_rows: tuple[int, ...] = ()
    rare_classes: int = 0
    rows: int = 0
    known: int = 0
    training_rows: int = 0
    predicted: int = 0
    abstained_rows: int = 0
    abstained: bool = True
    reason: str = ""
    split: str = ""
    time_column: str = ""
    judged_rows: int = 0
    base_rate: float | None = None
    auc: Figure | None = None
    brier: Figure | None = None
    base_brier: float | None = None
    calibration_error: float | None = None
    linear_auc: float | None = None
    trees_auc: float | None = None
    trees_weight: float | None = None
    calibrator: str = ""
    used: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    influences: tuple[Influence, ...] = ()
    calibration: tuple[CalibrationBin, ...] = ()
    lift: tuple[LiftDecile, ...] = ()
    cut_offs: tuple[CutOff, ...] = ()
    groups: tuple[GroupCheck, ...] = ()
    times: tuple[TimeCheck, ...] = ()
    limits: tuple[str, ...] = ()
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifyResult:
    """Predictions (schema `LINES_SCHEMA`, in the order of the rows) and the card."""

    lines: pa.Table
    summary: ClassifySummary
