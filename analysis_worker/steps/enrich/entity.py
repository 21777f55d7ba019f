"""Gaps filled from other records of the same entity: only where all of them that say something say the same."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pyarrow as pa

from analysis_worker.steps.enrich.columns import Value, cells_of, compared, kind_of, says_nothing
from analysis_worker.steps.enrich.options import ALL_ATTRIBUTES, EnrichOptions
from analysis_worker.steps.enrich.policy import ATTRIBUTE, INCOME, is_open_attribute
from analysis_worker.steps.enrich.result import ENTITY, Cell, FilledField

Found = tuple[list[Cell], FilledField]


def fill_from_entities(table: pa.Table, options: EnrichOptions) -> Iterator[Found]:
    """Yield, per field, the values found and their counts."""
    groups = _groups(cells_of(table, ENTITY), options.max_entity_rows)
    if not groups:
        return
    for field in _fields(table, options):
        if field == "income":
            yield from _incomes(table, groups)
        elif (cells := cells_of(table, field)) is not None:
            yield _field(field, cells, kind_of(table, field), groups)


def _fields(table: pa.Table, options: EnrichOptions) -> list[str]:
    fields: list[str] = []
    for field in options.from_entity:
        if field == ALL_ATTRIBUTES:
            fields += [name for name in table.column_names if name.startswith(ATTRIBUTE) and is_open_attribute(name)]
        else:
            fields.append(field)
    left_out = {name if name.startswith(ATTRIBUTE) else ATTRIBUTE + name for name in options.not_from_entity}
    return [field for field in dict.fromkeys(fields) if field not in left_out]


def _groups(entities: list[Value] | None, most: int) -> list[list[int]]:
    """Return the places of each entity that several records belong to."""
    rows: defaultdict[Value, list[int]] = defaultdict(list)
    for place, entity in enumerate(entities or ()):
        if entity is not None:
            rows[entity].append(place)
    return [places for places in rows.values() if 1 < len(places) <= most]


def _field(field: str, cells: Sequence[Value], kind: str, groups: list[list[int]]) -> Found:
    found: list[Cell] = []
    gaps = ambiguous = 0
    for places in groups:
        empty = [place for place in places if cells[place] is None]
        if not empty:
            continue
        gaps += len(empty)
        known = [cell for place in places if (cell := cells[place]) is not None and not says_nothing(cell)]
        if len({compared(cell) for cell in known}) > 1:
            ambiguous += len(empty)
        elif known:
            value = _written(known)
            found += [_cell(place, field, value, kind) for place in empty]
    return found, FilledField(field=field, source=ENTITY, gaps=gaps, filled=len(found), ambiguous=ambiguous, unreadable=0)


def _incomes(table: pa.Table, groups: list[list[int]]) -> Iterator[Found]:
    """An income is an amount with its currency: the two go together or not at all."""
    columns = [cells_of(table, field) for field in INCOME]
    amounts, currencies = columns
    if amounts is None:
        return
    pairs: list[Value] = [
        None if amount is None else f"{amount} {currency or ''}"
        for amount, currency in zip(amounts, currencies or [None] * len(amounts), strict=True)
    ]
    found, counts = _field("income", pairs, "text", groups)
    cells = []
    for cell in found:
        amount, _, currency = cell.value.partition(" ")
        own = currencies[cell.position] if currencies is not None else None
        if own is not None and own != currency:  # the amount would be read in the wrong currency
            continue
        cells.append(_cell(cell.position, INCOME[0], amount, "int"))
        if currency and own is None:
            cells.append(_cell(cell.position, INCOME[1], currency, "text"))
    yield cells, replace(counts, filled=sum(cell.field == INCOME[0] for cell in cells))


def _written(values: Sequence[Value]) -> str:
    counted = Counter(str(value) for value in values)
    return min(counted, key=lambda text: (-counted[text], text))


def _cell(place: int, field: str, value: str, kind: str) -> Cell:
    return Cell(position=place, field=field, value=value, kind=kind, source=ENTITY, keys=(ENTITY,))
