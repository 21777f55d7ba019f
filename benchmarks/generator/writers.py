"""Write a generated CRM the way other systems hand one over: CSV, JSON lines, Parquet, and the truth as JSON.

JSON lines and Parquet use the vault's field names and nested lines with minor units. The CSV of transactions looks like a shop
export: one row per line of the basket, prices with a decimal point.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Literal

from benchmarks.generator.activity import Line, NeedRow, TransactionRow
from benchmarks.generator.crm import GeneratedCrm
from benchmarks.generator.rows import CUSTOMER_COLUMNS
from benchmarks.generator.truth import write_truth

RecordFormat = Literal["csv", "jsonl", "parquet"]
TRANSACTION_CSV_COLUMNS: tuple[str, ...] = (
    "id", "customer_id", "kind", "time", "channel", "currency", "refunded_purchase",
    "line", "sku", "description", "quantity", "unit_price",
)  # fmt: skip
NEED_COLUMNS: tuple[str, ...] = tuple(field.name for field in fields(NeedRow))
_TRANSACTION_PARTS: tuple[str, ...] = tuple(field.name for field in fields(TransactionRow))
_LINE_PARTS: tuple[str, ...] = tuple(field.name for field in fields(Line))


def write_crm(crm: GeneratedCrm, folder: Path, record_format: RecordFormat = "jsonl") -> dict[str, Path]:
    """Write customers (always CSV), transactions, needs and truth into `folder`; return the path of each by kind."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {
        "customers": folder / "customers.csv",
        "transactions": folder / f"transactions.{record_format}",
        "needs": folder / f"needs.{record_format}",
        "truth": folder / "truth.json",
    }
    write_csv(paths["customers"], CUSTOMER_COLUMNS, ([row[name] for name in CUSTOMER_COLUMNS] for row in crm.customers))
    if record_format == "csv":
        write_csv(paths["transactions"], TRANSACTION_CSV_COLUMNS, _transaction_cells(crm.transactions))
        write_csv(paths["needs"], NEED_COLUMNS, (list(map(str, need_json(row).values())) for row in crm.needs))
    else:
        write = _write_jsonl if record_format == "jsonl" else _write_parquet
        write(paths["transactions"], [transaction_json(row) for row in crm.transactions])
        write(paths["needs"], [need_json(row) for row in crm.needs])
    write_truth(crm.truth, paths["truth"])
    return paths


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def transaction_json(row: TransactionRow) -> dict[str, object]:
    """Return one transaction as the plain values of a JSON line; an absent reference is left out."""
    lines = [_plain(line, _LINE_PARTS) for line in row.lines]
    plain = {**_plain(row, _TRANSACTION_PARTS), "time": row.time.isoformat(), "lines": lines}
    return {name: value for name, value in plain.items() if name != "refunded_purchase" or value}


def need_json(row: NeedRow) -> dict[str, object]:
    return {**_plain(row, NEED_COLUMNS), "time": row.time.isoformat()}


def _plain(row: object, parts: Sequence[str]) -> dict[str, object]:
    return {name: getattr(row, name) for name in parts}


def _transaction_cells(rows: Iterable[TransactionRow]) -> Iterator[list[str]]:
    for row in rows:
        head = [row.id, row.customer_id, row.kind, row.time.isoformat(), row.channel, row.currency, row.refunded_purchase]
        for number, line in enumerate(row.lines, start=1):
            price = f"{line.unit_price_minor // 100}.{line.unit_price_minor % 100:02d}"
            yield [*head, str(number), line.sku, line.description, str(line.quantity), price]


def _write_jsonl(path: Path, rows: Iterable[dict[str, object]]) -> None:
    encode = json.JSONEncoder(ensure_ascii=False).encode
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(encode(row) + "\n")


def _write_parquet(path: Path, rows: list[dict[str, object]]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist(rows), path)
