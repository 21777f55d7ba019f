"""The value step: what a customer will still buy, and what that is worth; see docs/methods/value.md."""

from analysis_worker.steps.value.options import ValueOptions
from analysis_worker.steps.value.purchasing import Patterns, Purchasing, fit_purchasing
from analysis_worker.steps.value.spending import Spending, fit_spending
from analysis_worker.steps.value.step import ValueResult, value
from analysis_worker.steps.value.summary import Backtest, CurrencyValue, Decile, ValueSummary

__all__ = [
    "Backtest",
    "CurrencyValue",
    "Decile",
    "Patterns",
    "Purchasing",
    "Spending",
    "ValueOptions",
    "ValueResult",
    "ValueSummary",
    "fit_purchasing",
    "fit_spending",
    "value",
]
