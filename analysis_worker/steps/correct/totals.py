"""Totals of transactions that do not follow from their lines.

Rules: a difference needs an explanation that hands and programs produce (money in major units, one digit mistyped, two
exchanged, a line counted twice or left out), or a file in which totals otherwise follow from their lines to the unit. Files
with taxes, postage or discounts beside the lines show it by many or repeated differences, and stay silent. Signs mean nothing:
refunds are written either way. What is proposed is the sum of the lines; nothing of it is ever applied by itself.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis_worker.steps.correct.proposal import Change, Proposal

TRANSACTION = "transaction"
TRANSACTION_FIELDS = ("total_minor", "lines")
_MOST_SHARE = 0.05
_REPEATED = 3
_HUNDRED = 100
_THOUSANDTHS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """One transaction whose total is not the sum of its lines; minor units, without sign."""

    row: int
    stated: int
    summed: int
    lines: tuple[int, ...]


def total_field(transaction: int | str) -> str:
    """Return the path that names a transaction's total: `transactions[ID].total_minor`."""
    return f"transactions[{transaction}].total_minor"


def wrong_totals(transactions: pa.Table, row_ids: pa.ChunkedArray) -> Iterator[Proposal]:
    """Yield a proposal for every total that is certainly not what its lines come to.

    Args:
        transactions: `row_id` (of the customer), `transaction` (its own name), `total_minor` and `lines`, a list of structs
            with `quantity_milli` and `unit_price_minor`.
        row_ids: The customers' row ids; transactions of others are passed over.
    """
    if any(name not in transactions.column_names for name in (*TRANSACTION_FIELDS, TRANSACTION, "row_id")):
        return
    with_lines, found = _mismatches(transactions)
    if not found or len(found) > _MOST_SHARE * with_lines:
        return
    places = pc.index_in(transactions.column("row_id"), value_set=row_ids.combine_chunks()).to_pylist()
    stated, names = transactions.column("total_minor"), transactions.column(TRANSACTION)
    differences = Counter(one.stated - one.summed for one in found)
    for one in found:
        rule = _explained(one) or ("total.lines" if differences[one.stated - one.summed] < _REPEATED else None)
        if rule is None or places[one.row] is None:
            continue
        before = stated[one.row].as_py()
        after = -one.summed if before < 0 else one.summed
        confidence = 0.93 if rule != "total.lines" else 0.8
        change = Change(rule=rule, after=str(after), confidence=confidence)
        yield Proposal(position=places[one.row], field=total_field(names[one.row].as_py()), before=str(before), change=change)


def _mismatches(transactions: pa.Table) -> tuple[int, list[Mismatch]]:
    """Return how many transactions have lines, and those whose total is another than their sum."""
    lists = transactions.column("lines").combine_chunks()
    totals = pc.fill_null(transactions.column("total_minor"), 0).to_numpy()
    flat, owners = lists.flatten(), pc.list_parent_indices(lists).to_numpy()
    if not len(flat):
        return 0, []
    quantity = pc.fill_null(pc.struct_field(flat, "quantity_milli"), 0).to_numpy(zero_copy_only=False).astype(np.float64)
    price = pc.fill_null(pc.struct_field(flat, "unit_price_minor"), 0).to_numpy(zero_copy_only=False).astype(np.float64)
    amounts = np.rint(quantity * price / _THOUSANDTHS)
    sums = np.bincount(owners, weights=amounts, minlength=len(totals))
    counts = np.bincount(owners, minlength=len(totals))
    # Fractions of a unit are rounded per line or in the end: as many units as lines may be missing.
    fractions = np.bincount(owners, weights=quantity % _THOUSANDTHS != 0, minlength=len(totals))
    odd = np.flatnonzero((counts > 0) & (np.abs(np.abs(totals) - np.abs(sums)) > fractions))
    starts = np.concatenate([[0], np.cumsum(counts)])
    found = [
        Mismatch(
            row=int(row),
            stated=abs(int(totals[row])),
            summed=abs(int(sums[row])),
            lines=tuple(abs(int(amount)) for amount in amounts[starts[row] : starts[row + 1]]),
        )
        for row in odd
    ]
    return int((counts > 0).sum()), found


def _explained(one: Mismatch) -> str | None:
    if one.stated == one.summed * _HUNDRED or one.stated * _HUNDRED == one.summed:
        return "total.major_units"
    if _digits_slipped(str(one.stated), str(one.summed)):
        return "total.digits"
    if abs(one.stated - one.summed) in one.lines:
        return "total.line_count"
    return None


def _digits_slipped(stated: str, summed: str) -> bool:
    if len(stated) != len(summed):
        return False
    odd = [index for index, (left, right) in enumerate(zip(stated, summed, strict=True)) if left != right]
    exchanged = len(odd) == 2 and odd[1] == odd[0] + 1 and stated[odd[0]] == summed[odd[1]] and stated[odd[1]] == summed[odd[0]]  # noqa: PLR2004 - a pair
    return len(odd) == 1 or exchanged
