"""Builds the Arrow table of customers that analysis steps read; every name here is invented."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

ADDRESS = pa.struct([(part, pa.string()) for part in ("street", "line2", "city", "region", "postal_code", "country")])
SCHEMA = pa.schema(
    [
        ("row_id", pa.string()),
        ("given_name", pa.string()),
        ("family_name", pa.string()),
        ("full_name", pa.string()),
        ("gender", pa.string()),
        ("birth_date", pa.string()),
        ("stated_age", pa.int64()),
        ("emails", pa.list_(pa.string())),
        ("phones", pa.list_(pa.string())),
        ("addresses", pa.list_(ADDRESS)),
        ("language", pa.string()),
        ("unparsed", pa.map_(pa.string(), pa.string())),
    ]
)

Row = Mapping[str, object]


def customer_table(rows: Sequence[Row]) -> pa.Table:
    """Return a table with every column of the step; rows give only the cells that matter, `row_id` counts by itself."""
    full = [{"row_id": f"r{index:06d}", **row} for index, row in enumerate(rows)]
    return pa.Table.from_pylist([{name: row.get(name) for name in SCHEMA.names} for row in full], schema=SCHEMA)


def address(country: str | None = None, postal_code: str | None = None, region: str | None = None) -> dict[str, str | None]:
    return {
        "street": "12 Elm Row",
        "line2": None,
        "city": "Sampleton",
        "region": region,
        "postal_code": postal_code,
        "country": country,
    }
