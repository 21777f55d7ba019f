"""Amounts far outside what customers of the same country or currency have: proposals to look, never values.

Method: distance from the median in half-MADs of its own side (Rousseeuw and Croux 1993; a side each, because incomes are
skewed), on the log scale for columns that are positive throughout. Far is not enough: a value must also stand apart from every other
value of its group by a factor, so that the long tail of sound incomes is left alone; and where many stand out, they are another
kind of customer, not slips.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from analysis_worker.steps.correct.proposal import Change, Proposal

_MIN_GROUP = 50
_MIN_DISTINCT = 20
_FAR = 4.0
_APART = 4.0
_MOST_SHARE = 0.03
_MAD_TO_SD = 1.4826
_ATTRIBUTE = "attributes."
INCOME = "income_minor"
INCOME_FIELD = "income.amount_minor"


def outliers(table: pa.Table, groups: Sequence[str | None]) -> Iterator[Proposal]:
    """Yield a proposal for every amount that stands apart.

    Args:
        table: The input; `income_minor` and numeric `attributes.*` are looked at.
        groups: The country of every row, None where unknown; incomes are grouped by their currency as well.
    """
    for field in table.schema:
        if field.name == INCOME or (field.name.startswith(_ATTRIBUTE) and _is_number(field.type)):
            yield from _column(table, field.name, _keys(table, field.name, groups))


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _keys(table: pa.Table, name: str, groups: Sequence[str | None]) -> list[str]:
    if name == INCOME and "income_currency" in table.column_names:
        currencies = table.column("income_currency").to_pylist()
        return [f"{group} {currency}" for group, currency in zip(groups, currencies, strict=True)]
    return [str(group) for group in groups]


def _column(table: pa.Table, name: str, keys: Sequence[str]) -> Iterator[Proposal]:
    column = table.column(name)
    known = np.flatnonzero(column.is_valid().to_numpy(zero_copy_only=False))
    values = column.drop_null().to_numpy(zero_copy_only=False).astype(np.float64)
    finite = np.isfinite(values)
    known, values = known[finite], values[finite]
    _, group_of = np.unique(np.array([keys[row] for row in known], dtype=str), return_inverse=True)
    sizes = np.bincount(group_of) if len(group_of) else np.zeros(0, np.int64)
    # Small groups are judged together: a handful of values shows no spread.
    small = sizes[group_of] < _MIN_GROUP if len(group_of) else np.zeros(0, bool)
    group_of = np.where(small, -1, group_of)
    field = INCOME_FIELD if name == INCOME else name
    for group in np.unique(group_of):
        own = np.flatnonzero(group_of == group)
        for index in own[_standing_apart(values[own])]:
            before = column[int(known[index])].as_py()
            change = Change(rule="outlier.amount", after="", confidence=0.8)
            yield Proposal(position=int(known[index]), field=field, before=str(before), change=change)


def _standing_apart(values: np.ndarray) -> np.ndarray:
    """Return the places of values that are far out and apart from all others, shape (n_found,)."""
    nothing = np.zeros(0, np.int64)
    if len(values) < _MIN_GROUP or len(np.unique(values)) < _MIN_DISTINCT:
        return nothing
    positive = values > 0
    if positive.mean() < 1 - _MOST_SHARE:
        return nothing
    logs = np.log(values[positive])
    middle = float(np.median(logs))
    above, below = logs[logs > middle] - middle, middle - logs[logs < middle]
    if not len(above) or not len(below):
        return nothing
    reach_up, reach_down = (_FAR * _MAD_TO_SD * float(np.median(side)) for side in (above, below))
    all_logs = np.where(positive, np.log(np.where(positive, values, 1.0)), -np.inf)
    far_up, far_down = all_logs > middle + reach_up, all_logs < middle - reach_down
    sound = all_logs[~far_up & ~far_down]
    gap = np.log(_APART)
    found = (far_up & (all_logs > sound.max() + gap)) | (far_down & (all_logs < sound.min() - gap) & (values != 0))
    return np.flatnonzero(found) if found.mean() <= _MOST_SHARE else nothing
