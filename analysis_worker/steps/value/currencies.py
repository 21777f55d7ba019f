"""What is spent, one currency at a time: a model where there is enough to fit one, else the reason why there is none."""

from collections.abc import Mapping

import numpy as np

from analysis_worker.steps.value.occasions import Histories, Occasions
from analysis_worker.steps.value.options import ValueOptions
from analysis_worker.steps.value.spending import Spending, fit_spending

Fitted = tuple[Spending | None, str]


def fit_currencies(found: Occasions, known: Histories, options: ValueOptions) -> dict[int, Fitted]:
    """Return per currency the model and, if its amounts are not to be estimated, the reason."""
    fitted: dict[int, Fitted] = {}
    for code in range(len(found.currencies)):
        mine = (known.currency == code) & (known.paid > 0)
        paid, mean_paid = known.paid[mine], known.mean_paid[mine]
        if not (known.currency == code).any():
            continue
        if len(paid) < options.min_repeat_customers:
            fitted[code] = (None, "too few customers who paid again")
            continue
        if paid.max() < 2 or np.ptp(mean_paid) == 0:  # noqa: PLR2004 - a spread within a customer needs two purchases
            fitted[code] = (None, "amounts do not vary enough")
            continue
        one = fit_spending(paid, mean_paid)
        fitted[code] = (one, "" if one.converged else "the likelihood of the amounts has no clear maximum")
    return fitted


def modelled(fitted: Mapping[int, Fitted]) -> dict[int, Spending]:
    """Return the models of the currencies whose amounts are to be estimated."""
    return {code: one for code, (one, reason) in fitted.items() if one is not None and not reason}
