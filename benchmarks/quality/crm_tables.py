"""The generated CRM as the tables that the steps read: what does not parse into its field stands in `unparsed`."""

from collections.abc import Iterable, Mapping
from datetime import date

import pyarrow as pa

from benchmarks.generator import TransactionRow, stated_totals

ADDRESS = pa.struct([(part, pa.string()) for part in ("street", "line2", "city", "region", "postal_code", "country")])
SCHEMA = pa.schema(
    {
        "row_id": pa.string(),
        "given_name": pa.string(),
        "family_name": pa.string(),
        "birth_date": pa.string(),
        "stated_age": pa.int64(),
        "emails": pa.list_(pa.string()),
        "phones": pa.list_(pa.string()),
        "addresses": pa.list_(ADDRESS),
        "language": pa.string(),
        "income_minor": pa.int64(),
        "income_currency": pa.string(),
        "attributes.monthly_spend": pa.float64(),
        "attributes.loyalty_tier": pa.string(),
        "attributes.signup_channel": pa.string(),
        "unparsed": pa.map_(pa.string(), pa.string()),
    }
)
LINE = pa.struct([("quantity_milli", pa.int64()), ("unit_price_minor", pa.int64())])
TRANSACTIONS = pa.schema(
    {"row_id": pa.string(), "transaction": pa.string(), "total_minor": pa.int64(), "lines": pa.list_(LINE)}
)


def iso(text: str) -> str | None:
    try:
        return date.fromisoformat(text).isoformat() if len(text) == 10 else None
    except ValueError:
        return None


def number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def row(cells: Mapping[str, str]) -> dict[str, object]:
    """Return the row as the vault would hold it: what does not parse is `unparsed`."""
    unparsed = []
    if cells["birth_date"] and not iso(cells["birth_date"]):
        unparsed.append(("birth_date", cells["birth_date"]))
    if cells["age"] and not cells["age"].isdigit():
        unparsed.append(("stated_age", cells["age"]))
    if cells["gender"]:
        unparsed.append(("gender", cells["gender"]))
    address = {part: cells[part] for part in ("street", "city", "region", "country")} | {
        "postal_code": cells["postcode"],
        "line2": None,
    }
    income = number(cells["income"])
    return {
        "row_id": cells["id"],
        "given_name": cells["first_name"],
        "family_name": cells["last_name"],
        "birth_date": iso(cells["birth_date"]),
        "stated_age": int(cells["age"]) if cells["age"].isdigit() else None,
        "emails": [cells["email"]],
        "phones": [cells["phone"], cells["mobile"]],
        "addresses": [address],
        "language": cells["language"] or None,
        "income_minor": round(income * 100) if income is not None else None,
        "income_currency": cells["currency"] or None,
        "attributes.monthly_spend": number(cells["monthly_spend"]),
        "attributes.loyalty_tier": cells["loyalty_tier"] or None,
        "attributes.signup_channel": cells["signup_channel"] or None,
        "unparsed": unparsed,
    }


def transaction_table(rows: Iterable[TransactionRow], seed: int, *, mess: float) -> tuple[pa.Table, dict[str, str]]:
    """The transactions with stated totals, and the right total of those that are wrong, by transaction."""
    rows = list(rows)
    totals = stated_totals(rows, seed, mess=mess)
    lines = [
        [{"quantity_milli": line.quantity * 1000, "unit_price_minor": line.unit_price_minor} for line in one.lines]
        for one in rows
    ]
    table = pa.table(
        {
            "row_id": [one.customer_id for one in rows],
            "transaction": [one.id for one in rows],
            "total_minor": [one.stated_minor for one in totals],
            "lines": lines,
        },
        schema=TRANSACTIONS,
    )
    return table, {one.transaction: str(one.right_minor) for one in totals if one.stated_minor != one.right_minor}


def customer_table(customers: Iterable[Mapping[str, str]]) -> pa.Table:
    return pa.Table.from_pylist([row(cells) for cells in customers], schema=SCHEMA)
