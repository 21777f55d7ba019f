"""Units of the numbers that customers are grouped by, so that people read days, money and gigabytes and no bare numbers.

Rules: days are days, counts say what they count, money is in whole units of the currency that it was counted in, an attribute
has the unit that its definition declares, which comes with its column. What has no unit is shown as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from analysis_worker.currencies import minor_per_major
from analysis_worker.pipeline.customers import ATTRIBUTE_PREFIX, INCOME_AMOUNT
from analysis_worker.pipeline.features import income_currencies, main_income_currency, plain_transactions
from analysis_worker.pipeline.step_adapter import StepInputs

UNIT = b"unit"
DAYS_SINCE = "days since "
_PLAIN = {"recency_days": "days", "tenure_days": "days", "frequency": "purchases", "stated_age": "years"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """What stands behind a number, and by what the number is divided before it is shown."""

    text: str
    divisor: float = 1.0

    def shown(self, value: float | None) -> float | None:
        return None if value is None else value / self.divisor


BARE = Unit(text="")


def units_of(inputs: StepInputs, features: pa.Table) -> Mapping[str, Unit]:
    """The units of the features that have one, by name; attributes go by their key or by their field's name."""
    found = {name: Unit(text=unit) for name, unit in _PLAIN.items()}
    found |= {name: Unit(text="days") for name in features.column_names if name.startswith(DAYS_SINCE)}
    found["monetary"] = _money(_purchase_currency(inputs))
    found["income"] = _money(main_income_currency(inputs.customers) or "")
    for field in inputs.customers.schema:
        declared = (field.metadata or {}).get(UNIT)
        if declared and field.name.startswith(ATTRIBUTE_PREFIX):
            unit = Unit(text=declared.decode(errors="replace"))
            key = field.name.removeprefix(ATTRIBUTE_PREFIX)
            found[field.name] = unit
            if ATTRIBUTE_PREFIX + key not in features.column_names:  # else another feature has the plain name
                found[key] = unit
    return {name: unit for name, unit in found.items() if name in features.column_names}


def income_unit(customers: pa.Table) -> Unit:
    """Of incomes as one column: whole units of their currency; of several the most frequent one's, which is said."""
    main = main_income_currency(customers)
    if main is None:
        return BARE
    unit = _money(main)
    stated = pc.is_valid(customers.column(INCOME_AMOUNT))
    one = pc.count_distinct(income_currencies(customers).filter(stated)).as_py() == 1
    return unit if one else Unit(text=f"several currencies, mostly {main or 'unnamed'}", divisor=unit.divisor)


def _money(currency: str) -> Unit:
    return Unit(text=currency, divisor=float(minor_per_major(currency)))


def _purchase_currency(inputs: StepInputs) -> str:
    """The currency that purchases up to the moment of the run are counted in; "" is the tenant's own."""
    from analysis_worker.steps.segment.rfm import main_currency

    plain = plain_transactions(inputs)
    if plain is None:
        return ""
    times = plain.column("time").cast(pa.timestamp("us"), safe=False)
    now = pa.scalar(inputs.as_of.replace(tzinfo=None), pa.timestamp("us"))
    return main_currency(plain.filter(pc.less_equal(times, now))) or ""
