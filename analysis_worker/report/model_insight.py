"""What the later steps and earlier runs add to the report's input: enrichment, value, predictions, rules, figures to compare.

Rules: as in `model`: aggregates only, exact counts. Every field has a default, so that a step that says less than it could
leaves a chart out and never a run without its report.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Last day that a step looked at, ISO 8601, and how that was decided: `asked`, `run` or `newest_transaction`."""

    step: str = ""
    as_of: str = ""
    as_of_from: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrichedField:
    """One field filled from one source: gaps before, gaps filled, cells left empty because several values were found."""

    source: str = ""
    field: str = ""
    gaps: int = 0
    filled: int = 0
    ambiguous: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AliveBin:
    """Customers whose chance (to be still active, to buy again) lies in [lower, upper)."""

    lower: float = 0.0
    upper: float = 0.0
    customers: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueTenth:
    """A tenth of the customers of one currency, the most valuable first; `share` of the expected value of all, 0..1."""

    currency: str = ""
    tenth: int = 0
    customers: int = 0
    mean_value_minor: float = 0.0
    share: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrencyTotal:
    """What customers of one currency are expected to spend within the horizon; `reason` says why nothing is."""

    currency: str = ""
    customers: int = 0
    modelled: bool = False
    reason: str = ""
    mean_purchase_minor: float = 0.0
    expected_value_minor: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestTenth:
    """A tenth of the customers of the back-test: means of what was expected and made."""

    customers: int = 0
    expected: float = 0.0
    made: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """The last days, predicted from the days before them: same names as the value step's own summary."""

    days: int = 0
    customers: int = 0
    mean_absolute_error: float | None = None
    naive_error: float | None = None
    expected: float | None = None
    made: float | None = None
    coverage: float | None = None
    deciles: tuple[BacktestTenth, ...] = ()
    returning: tuple[BacktestTenth, ...] = ()
    calibration_error: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """What customers are expected to buy; `estimated` False means that the step abstained, and `reason` says why."""

    customers: int = 0
    buyers: int = 0
    repeat_customers: int = 0
    estimated: bool = False
    reason: str = ""
    horizon_days: int = 0
    expected_purchases: float | None = None
    expected_alive: float | None = None
    expected_returning: float | None = None
    alive: tuple[AliveBin, ...] = ()
    returning: tuple[AliveBin, ...] = ()
    currencies: tuple[CurrencyTotal, ...] = ()
    tenths: tuple[ValueTenth, ...] = ()
    backtest: Backtest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A figure with its 90 % interval."""

    value: float = 0.0
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationBin:
    """Customers of like predictions: predicted on average, and what came true; shares 0..1."""

    customers: int = 0
    predicted: float = 0.0
    observed: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftTenth:
    """A tenth of the customers, the likeliest first: share that came true, by the share among all, and found so far."""

    decile: int = 0
    customers: int = 0
    observed: float = 0.0
    lift: float = 0.0
    captured: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOff:
    """Everybody from this probability on: how many, the share that is right, the share found."""

    probability: float = 0.0
    customers: int = 0
    precision: float = 0.0
    recall: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Influence:
    """How much a column moves a prediction on average, in probability."""

    column: str = ""
    points: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A column that the model did not see, and why."""

    column: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCheck:
    """One group of people: predicted and observed shares."""

    column: str = ""
    group: str = ""
    customers: int = 0
    predicted: float = 0.0
    observed: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeCheck:
    """One span of time, judged by what came before it: first and last day, predicted and observed share."""

    first: str = ""
    last: str = ""
    customers: int = 0
    predicted: float = 0.0
    observed: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """The model card of one declared target: same names as the classify step's own summary."""

    target: str = ""
    positive: str = ""
    horizon_days: int = 0
    rows: int = 0
    known: int = 0
    predicted: int = 0
    abstained_rows: int = 0
    abstained: bool = False
    reason: str = ""
    split: str = ""
    judged_rows: int = 0
    base_rate: float | None = None
    auc: Estimate | None = None
    brier: Estimate | None = None
    base_brier: float | None = None
    calibration_error: float | None = None
    linear_auc: float | None = None
    trees_auc: float | None = None
    calibration: tuple[CalibrationBin, ...] = ()
    lift: tuple[LiftTenth, ...] = ()
    cut_offs: tuple[CutOff, ...] = ()
    influences: tuple[Influence, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    groups: tuple[GroupCheck, ...] = ()
    times: tuple[TimeCheck, ...] = ()
    limits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRule:
    """Who buys `body` also buys `head`: customers behind it, shares 0..1, lift in the learning part and in the rest."""

    body: tuple[str, ...] = ()
    head: str = ""
    customers: int = 0
    support: float = 0.0
    confidence: float = 0.0
    lift: float = 0.0
    holdout_lift: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRules:
    """Products that go together, and how many candidates did not stand."""

    customers: int = 0
    buyers: int = 0
    baskets: int = 0
    products: int = 0
    reason: str = ""
    tests: int = 0
    learned: int = 0
    confirmed: int = 0
    redundant: int = 0
    rules: int = 0
    recommended: int = 0
    entries: tuple[ProductRule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Previous:
    """An earlier run to compare with: the object `comparable` of its JSON twin, figure by name."""

    run: str
    created: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)
