"""What the step hands back: imputed cells for the vault, and per column the evidence for (or against) filling it.

The summary holds aggregates only; it may be stored, shown and put in a report.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

CELLS_SCHEMA = pa.schema(
    [
        pa.field("row_id", pa.string(), nullable=False),
        pa.field("column", pa.string(), nullable=False),
        pa.field("value", pa.string(), nullable=False),
        pa.field("value_number", pa.float64()),
        pa.field("value_boolean", pa.bool_()),
        pa.field("value_date", pa.date32()),
        pa.field("lower", pa.float64()),
        pa.field("upper", pa.float64()),
        pa.field("confidence", pa.float64(), nullable=False),
        pa.field("method", pa.string(), nullable=False),
        pa.field("draws", pa.list_(pa.string()), nullable=False),
    ],
)
"""`value` is canonical text; exactly one typed column is set for numbers, booleans and dates, none for categories. `lower` and
`upper` are in the column's unit (dates: days since 1970-01-01), null for categories. `confidence` is the interval's level for
numbers and the calibrated chance of being right for categories. `draws` are plausible values, texts as `value`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateError:
    """One candidate's hold-out error: RMSE in the column's unit for numbers and dates (days), error rate for categories."""

    method: str
    error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnImputation:
    """One column's verdict.

    Attributes:
        column: its name.
        kind: "number", "integer", "date", "boolean" or "category".
        missing: gaps found.
        imputed: gaps filled; 0 or `missing`.
        abstained: the gaps were left empty.
        reason: why it abstained ("" when it did not): "no_gaps", "no_observed_values", "constant", "high_cardinality",
            "unsupported_type", "no_predictors", "too_few_observed", "column_budget", "not_asked_for",
            "no_better_than_baseline".
        method: the chosen candidate, "" when abstained.
        baseline_error: hold-out error of the best constant guess; None when nothing was measured.
        chosen_error: hold-out error of the chosen method; None when abstained.
        candidates: every candidate measured, baseline included.
        holdout_cells: masked cells that the errors were measured on.
        coverage: share of masked true values inside intervals calibrated on other masked cells; None for categories.
        mean_width: mean width of the intervals given out, in the column's unit; None for categories.
        mean_confidence: mean confidence of the cells given out; None when abstained.
    """

    column: str
    kind: str
    missing: int
    imputed: int = 0
    abstained: bool = True
    reason: str = ""
    method: str = ""
    baseline_error: float | None = None
    chosen_error: float | None = None
    candidates: tuple[CandidateError, ...] = ()
    holdout_cells: int = 0
    coverage: float | None = None
    mean_width: float | None = None
    mean_confidence: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImputeSummary:
    """The step in figures."""

    rows: int
    training_rows: int
    missing_cells: int
    imputed_cells: int
    level: float
    seed: int
    columns: tuple[ColumnImputation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImputeResult:
    """Imputed cells (schema `CELLS_SCHEMA`, ordered by column then row) and the summary."""

    cells: pa.Table
    summary: ImputeSummary
