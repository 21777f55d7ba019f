"""The columns that describe a customer to steps that count and predict: profile, attributes, purchases.

Rules: money of different currencies is never compared; a date written as text counts as a date only if every cell is one;
a transaction that does not say what it is counts as a purchase, or as a refund if its total is negative.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from analysis_worker.pipeline.customers import ATTRIBUTE_PREFIX, INCOME_AMOUNT, INCOME_CURRENCY, ROW_ID
from analysis_worker.pipeline.step_adapter import StepInputs

PROFILE_FIELDS = frozenset({"kind", "gender", "stated_age", "income", "language", "attributes"})
PURCHASE_COLUMNS = ("recency_days", "frequency", "monetary", "tenure_days")
PURCHASE_FIELDS = frozenset({"customer_id", "kind", "time", "total_minor", "currency"})
CURRENCY_ATTRIBUTE = "attributes.currency"
"""Where an import keeps the currency of a customer without an income."""
_NEEDED = ("kind", "time", "total_minor", "currency")
_ISO_DATE = r"^\d{4}-\d{2}-\d{2}$"


def purchase_features(inputs: StepInputs) -> pa.Table | None:
    """`row_id` and RFM columns of every customer; None without transactions or without the columns they need."""
    from analysis_worker.steps.segment import rfm_features

    plain = plain_transactions(inputs)
    return None if plain is None else rfm_features(inputs.customers.column(ROW_ID), plain, inputs.as_of)


def plain_transactions(inputs: StepInputs) -> pa.Table | None:
    """row_id, time, amount_minor, currency, kind (PURCHASE or REFUND); None without transactions or the columns they need."""
    table = inputs.transactions
    if table is None or not table.num_rows or any(name not in table.column_names for name in _NEEDED):
        return None
    negative = pc.less(pc.fill_null(table.column("total_minor"), 0), 0)
    unsaid = pc.if_else(negative, "REFUND", "PURCHASE")
    kinds = pc.coalesce(pc.utf8_upper(table.column("kind")), unsaid)
    return pa.table(
        {
            ROW_ID: table.column(ROW_ID),
            "time": table.column("time"),
            "amount_minor": table.column("total_minor"),
            "currency": table.column("currency"),
            "kind": kinds,
        }
    )


def with_purchases(customers: pa.Table, inputs: StepInputs) -> pa.Table:
    features = purchase_features(inputs)
    if features is None:
        return customers
    for name in PURCHASE_COLUMNS:
        customers = customers.append_column(name, features.column(name))
    return customers


def with_dates(customers: pa.Table) -> pa.Table:
    """Attributes whose every cell is an ISO date, as dates."""
    for index, name in enumerate(customers.column_names):
        column = customers.column(name)
        if name.startswith(ATTRIBUTE_PREFIX) and pa.types.is_string(column.type) and column.null_count < len(column):
            dates = _dates(column)
            if dates is not None:
                customers = customers.set_column(index, name, dates)
    return customers


def _dates(column: pa.ChunkedArray) -> pa.ChunkedArray | None:
    if not pc.all(pc.match_substring_regex(column, _ISO_DATE)).as_py():
        return None
    try:
        return column.cast(pa.date32())
    except pa.ArrowInvalid:  # such as the 31st of February: it stays what the tenant wrote
        return None


def with_income_currency(customers: pa.Table) -> pa.Table:
    """`income_currency` also where there is no income, if the tenant keeps that in its attribute `currency`, which goes."""
    if INCOME_AMOUNT not in customers.column_names or CURRENCY_ATTRIBUTE not in customers.column_names:
        return customers
    if not pa.types.is_string(customers.schema.field(CURRENCY_ATTRIBUTE).type):
        return customers
    nothing = pa.nulls(customers.num_rows, pa.string())
    said = customers.column(INCOME_CURRENCY) if INCOME_CURRENCY in customers.column_names else nothing
    known = pc.coalesce(
        said, pc.if_else(pc.is_valid(customers.column(INCOME_AMOUNT)), "", customers.column(CURRENCY_ATTRIBUTE))
    )
    kept = [name for name in customers.column_names if name not in (INCOME_CURRENCY, CURRENCY_ATTRIBUTE)]
    return customers.select(kept).append_column(INCOME_CURRENCY, known)


def main_income_currency(customers: pa.Table) -> str | None:
    """The currency of most incomes, of equals the first by name; "" is the tenant's own, None that nobody has an income."""
    if INCOME_AMOUNT not in customers.column_names:
        return None
    currencies = income_currencies(customers).filter(pc.is_valid(customers.column(INCOME_AMOUNT)))
    counted = currencies.value_counts()
    pairs = zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True)
    ranked = sorted((-count, currency) for currency, count in pairs)
    return str(ranked[0][1]) if ranked else None


def income_currencies(customers: pa.Table) -> pa.ChunkedArray:
    """The currency of every income, "" where none is named."""
    if INCOME_CURRENCY not in customers.column_names:
        return pa.chunked_array([pa.array([""] * customers.num_rows, pa.string())])
    return pc.fill_null(customers.column(INCOME_CURRENCY), "")
