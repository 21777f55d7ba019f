"""Amounts far outside what customers of the same country or currency have: proposals to look, never values.

Method: distance from the median in half-MADs of its own side (Rousseeuw and Croux 1993; a side each, because incomes are
skewed), on the log scale for columns that are positive throughout. Far is not enough: a value must also stand apart from every
other value of its group by a factor, so that the long tail of sound incomes is left alone; and where many stand out, they are
another kind of customer, not slips.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis_worker.steps.correct.proposal import Change, Proposal

_MIN_GROUP = 50
# Smaller groups are judged together, each value by its distance from the median of its group, if that has so many.
_MIN_CENTRED = 8
_MIN_DISTINCT = 20
_FAR = 4.0
_APART = 4.0
# Small amounts are what columns of amounts are full of; only a mistaken unit lies this far below all others.
_APART_BELOW = 50.0
_MOST_SHARE = 0.03
_FEW = 3
_MOST_LEVELS = 12
_WORTH_NARROWING = 0.85
_MAD_TO_SD = 1.4826
_ATTRIBUTE = "attributes."
INCOME = "income_minor"
INCOME_FIELD = "income.amount_minor"


def outliers(table: pa.Table, groups: Sequence[str | None]) -> Iterator[Proposal]:
    """Yield a proposal for every amount that stands apart.

    Args:
        table: The input; `income_minor` and numeric `attributes.*` are looked at.
        groups: The country of every row, None where unknown; incomes are grouped by their currency as well, and each column
            by the attribute with few values that narrows it most, if one does (a tariff, a tier, a segment).
    """
    levels = _few_levels(table)
    for field in table.schema:
        if field.name == INCOME or (field.name.startswith(_ATTRIBUTE) and _is_number(field.type)):
            keys = _keys(table, field.name, groups)
            yield from _column(table, field.name, keys, _narrowing(table, field.name, keys, levels))


def _few_levels(table: pa.Table) -> dict[str, np.ndarray]:
    """Text attributes with few values, as texts, None as a value of its own."""
    found = {}
    for field in table.schema:
        if field.name.startswith(_ATTRIBUTE) and pa.types.is_string(field.type):
            column = table.column(field.name)
            if 1 < pc.count_distinct(column).as_py() <= _MOST_LEVELS:
                found[field.name] = np.array(pc.fill_null(column, "").to_pylist(), dtype=str)
    return found


def _narrowing(table: pa.Table, name: str, keys: Sequence[str], levels: dict[str, np.ndarray]) -> np.ndarray | None:
    """Return the values of the attribute within whose groups the column spreads least, None where none helps much."""
    column = table.column(name)
    known = column.is_valid().to_numpy(zero_copy_only=False)
    values = pc.fill_null(column, 0).to_numpy().astype(np.float64)
    sound = known & np.isfinite(values) & (values > 0)
    if sound.sum() < _MIN_GROUP:
        return None
    logs, countries = np.log(np.where(sound, values, 1.0))[sound], np.array(keys, dtype=str)[sound]
    best, least = None, _WORTH_NARROWING * _spread(logs, countries)
    for texts in levels.values():
        spread = _spread(logs, np.char.add(np.char.add(countries, "|"), texts[sound]))
        if spread < least:
            best, least = texts, spread
    return best


def _spread(logs: np.ndarray, groups: np.ndarray) -> float:
    """The mean over rows of the distance from their group's median."""
    _, group_of = np.unique(groups, return_inverse=True)
    order = np.argsort(group_of, kind="stable")
    parts = np.split(logs[order], np.cumsum(np.bincount(group_of))[:-1])
    return float(sum(np.abs(part - np.median(part)).sum() for part in parts) / len(logs))


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _keys(table: pa.Table, name: str, groups: Sequence[str | None]) -> list[str]:
    if name == INCOME and "income_currency" in table.column_names:
        currencies = table.column("income_currency").to_pylist()
        return [f"{group} {currency}" for group, currency in zip(groups, currencies, strict=True)]
    return [str(group) for group in groups]


def _column(table: pa.Table, name: str, keys: Sequence[str], narrow: np.ndarray | None) -> Iterator[Proposal]:
    column = table.column(name)
    known = np.flatnonzero(column.is_valid().to_numpy(zero_copy_only=False))
    values = column.drop_null().to_numpy(zero_copy_only=False).astype(np.float64)
    finite = np.isfinite(values)
    known, values = known[finite], values[finite]
    if not len(known):
        return
    coarse = np.array(keys, dtype=str)[known]
    fine = coarse if narrow is None else np.char.add(np.char.add(coarse, "|"), narrow[known])
    group_of = _groups(coarse, fine)
    field = INCOME_FIELD if name == INCOME else name
    values = _centred(values, fine, coarse, group_of)
    for group in np.unique(group_of):
        own = np.flatnonzero(group_of == group)
        for index in own[_standing_apart(values[own])]:
            before = column[int(known[index])].as_py()
            change = Change(rule="outlier.amount", after="", confidence=0.8)
            yield Proposal(position=int(known[index]), field=field, before=str(before), change=change)


def _groups(coarse: np.ndarray, fine: np.ndarray) -> np.ndarray:
    """Return a group per row: the finest that is large enough to show a spread; -1 for what is judged together.

    That is what is left over, and fine groups that are too small alone and large enough for a median.
    """
    group_of = np.full(len(coarse), -1)
    together = np.zeros(len(coarse), bool)
    for offset, names in ((0, coarse), (len(coarse), fine)):
        _, found, sizes = np.unique(names, return_inverse=True, return_counts=True)
        group_of = np.where(sizes[found] >= _MIN_GROUP, offset + found, group_of)
        together = (sizes[found] >= _MIN_CENTRED) & (sizes[found] < _MIN_GROUP)
    return np.where(together, -1, group_of) if (together | (group_of < 0)).sum() >= _MIN_GROUP else group_of


def _centred(values: np.ndarray, fine: np.ndarray, coarse: np.ndarray, group_of: np.ndarray) -> np.ndarray:
    """Return the values, those left over as multiples of a median: of their fine group, else their coarse one, else of all.

    So amounts of a currency or a tariff are compared, not of all together.
    """
    found, left = values.copy(), group_of < 0
    if not left.any() or (middle := float(np.median(values[left]))) <= 0:
        return found
    found[left] = values[left] / middle
    for names in (coarse, fine):
        for name in np.unique(names[left]):
            own = left & (names == name)
            if own.sum() >= _MIN_CENTRED and (middle := float(np.median(values[own]))) > 0:
                found[own] = values[own] / middle
    return found


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
    found = (far_up & (all_logs > sound.max() + np.log(_APART))) | (
        far_down & (all_logs < sound.min() - np.log(_APART_BELOW)) & (values != 0)
    )
    return np.flatnonzero(found) if found.sum() <= max(_FEW, _MOST_SHARE * len(found)) else nothing
