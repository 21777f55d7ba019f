"""What the report is made of: figures that the runner copies from the steps' summaries.

Rule: no row, no value of one customer, ever. Counts here are exact; `figures` decides which of them may be shown.
"""

from __future__ import annotations

from dataclasses import dataclass

from analysis_worker.report.model_insight import EnrichedField, Observed, Prediction, Previous, ProductRules, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDuration:
    """How long one step took, measured by the runner."""

    step: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where the figures come from; enough to run it again.

    Attributes:
        run: resource name of the run.
        tenant: whose data.
        purpose: why the data was used.
        legal_basis: of that purpose, "" when not stated.
        pipeline: name of the declared pipeline, "" without one.
        settings: per step, in order: its name and its options as text, "" for its defaults.
        as_of: moment that the run was asked for, as text.
        data_position: change position that the run read up to.
        seed: what all randomness follows from.
        created: when, as text; the report has no clock.
        versions: program and library versions, name and version.
        durations: per step, in order.
    """

    run: str
    tenant: str
    purpose: str
    legal_basis: str = ""
    pipeline: str = ""
    settings: tuple[tuple[str, str], ...] = ()
    data_position: str = ""
    as_of: str = ""
    seed: int = 0
    created: str = ""
    versions: tuple[tuple[str, str], ...] = ()
    durations: tuple[StepDuration, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityColumn:
    """One column: rows looked at, rows that hold a value, and cells kept verbatim because they did not parse."""

    column: str
    rows: int
    present: int
    unparsed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionRule:
    """One correction rule: proposals made, applied by rule, left for a person; `customers` they belong to, None if unknown."""

    rule: str
    proposals: int
    applied: int = 0
    waiting: int = 0
    customers: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreBin:
    """Pairs whose match probability lies in [lower, upper), and customers in them; None if unknown."""

    lower: float
    upper: float
    pairs: int
    customers: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BandCount:
    """One of the three bands ("auto", "review", "no"): where it starts and ends on the score, its pairs, customers in them."""

    band: str
    lower: float
    upper: float
    pairs: int
    customers: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSize:
    """How many entities consist of `size` customer records."""

    size: int
    entities: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicates:
    """What matching found."""

    rows: int
    entities: int
    histogram: tuple[ScoreBin, ...] = ()
    bands: tuple[BandCount, ...] = ()
    cluster_sizes: tuple[ClusterSize, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImputedColumn:
    """One column of the impute step; same names as the step's own summary, and the unit of its errors."""

    column: str
    kind: str
    missing: int
    imputed: int
    abstained: bool
    reason: str = ""
    method: str = ""
    baseline_error: float | None = None
    chosen_error: float | None = None
    coverage: float | None = None
    mean_width: float | None = None
    unit: str = ""
    mean_confidence: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileLine:
    """One feature of one segment beside all customers.

    Attributes:
        feature: name of the feature.
        level: category the share is about, "" for a number.
        value: the segment's median, or share 0..1.
        overall: the same for all customers.
        difference: how far apart, in scaled units; sorts the lines.
        unit: of a number, "" without one.
        missing: share of the segment's customers without the feature, 0..1.
    """

    feature: str
    level: str = ""
    value: float | None
    overall: float | None
    difference: float = 0.0
    unit: str = ""
    missing: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentEntry:
    """One segment."""

    name: str
    customers: int
    profile: tuple[ProfileLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """What segmentation found; `structured` False means that the data shows no groups, and `reason` says why."""

    customers: int
    structured: bool
    reason: str = ""
    silhouette: float | None = None
    stability: float | None = None
    entries: tuple[SegmentEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewQueue:
    """Things that wait for a person: what, how many, where to look, and customers they are about; None if unknown."""

    what: str
    waiting: int
    where: str = ""
    customers: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoStep:
    """One way back: in words, and the command if there is one."""

    text: str
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportInput:
    """Everything the report may say. A part is None or empty when its step was not in the run."""

    provenance: Provenance
    customers: int
    transactions: int = 0
    needs: int = 0
    quality: tuple[QualityColumn, ...] = ()
    corrections: tuple[CorrectionRule, ...] | None = None
    duplicates: Duplicates | None = None
    imputation: tuple[ImputedColumn, ...] | None = None
    segments: Segments | None = None
    enrichment: tuple[EnrichedField, ...] | None = None
    value: Value | None = None
    prediction: Prediction | None = None
    rules: ProductRules | None = None
    observed: tuple[Observed, ...] = ()
    previous: Previous | None = None
    review: tuple[ReviewQueue, ...] = ()
    undo: tuple[UndoStep, ...] = ()
