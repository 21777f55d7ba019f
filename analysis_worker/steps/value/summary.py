"""What the value step says about itself: aggregates only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Decile:
    """A tenth of the customers of the back-test by what was expected: means of what was expected and made."""

    customers: int
    expected: float
    made: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyBacktest:
    """One currency in the back-test: customers, value expected and made in minor units, share inside the 90 % interval."""

    currency: str
    customers: int
    expected_minor: float
    made_minor: float
    coverage: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """The last part of the time, predicted from what came before.

    Attributes:
        days: how long the predicted part is.
        customers: how many were predicted.
        mean_absolute_error: of their purchases; `naive_error` is that of "as many as before, per day".
        expected, made: purchases of all of them together.
        coverage: share of them whose purchases lay in the 90 % interval.
        deciles: purchases expected and made, by tenths.
        returning: the share of customers who would buy at all, expected and true, by tenths.
        calibration_error: how far apart these two are on average.
        money: by currency, where amounts were modelled.
    """

    days: int
    customers: int
    mean_absolute_error: float
    naive_error: float
    expected: float
    made: float
    coverage: float
    deciles: tuple[Decile, ...]
    returning: tuple[Decile, ...]
    calibration_error: float
    money: tuple[MoneyBacktest, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrencyValue:
    """One currency.

    Attributes:
        currency: ISO code, "" for none.
        customers: who have it.
        repeat_customers: of these, with a repeat purchase of a positive amount.
        modelled: whether amounts are estimated; `reason` says why not.
        p, q, gamma: of the Gamma-Gamma model, gamma in minor units; 0 if not modelled.
        mean_purchase_minor: of the population by the model.
        correlation: rank correlation of frequency and mean amount; `independent` if it is small enough for the model.
        expected_value_minor: of all customers within the horizon.
    """

    currency: str
    customers: int
    repeat_customers: int
    modelled: bool
    reason: str
    p: float
    q: float
    gamma: float
    mean_purchase_minor: float
    correlation: float
    independent: bool
    expected_value_minor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueSummary:
    """How the estimates came to be.

    Attributes:
        customers: rows given.
        buyers: with a purchase.
        repeat_customers: with purchases on more than one day.
        estimated: False if the step abstains; `reason` says why.
        horizon_days: how far it looks.
        r, alpha, a, b: parameters by week, and their standard errors; 0 if it abstains.
        log_likelihood: at the maximum.
        expected_purchases: of all buyers within the horizon.
        expected_alive: how many buyers have not stopped for good by the model, the sum of the probabilities.
        expected_returning: how many will buy within the horizon at all, the sum of the probabilities.
        currencies: by name.
        backtest: None if there was not enough to look back on.
    """

    customers: int
    buyers: int
    repeat_customers: int
    estimated: bool
    reason: str
    horizon_days: int
    r: float = 0.0
    alpha: float = 0.0
    a: float = 0.0
    b: float = 0.0
    errors: tuple[float, ...] = ()
    log_likelihood: float = 0.0
    expected_purchases: float = 0.0
    expected_alive: float = 0.0
    expected_returning: float = 0.0
    currencies: tuple[CurrencyValue, ...] = ()
    backtest: Backtest | None = None
