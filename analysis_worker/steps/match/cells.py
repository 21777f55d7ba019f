"""From Arrow columns to comparable cells: distinct values once, and a code per row.

Names and cities repeat: on 50,000 rows, normalising distinct values only costs a fifth of normalising every cell, and
everything after that is arithmetic on codes, whatever the number of rows.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from analysis_worker.steps.match.errors import MatchInputError

Normaliser = Callable[[str], str | None]
Codes = npt.NDArray[np.int64]

UNPARSED = "unparsed"
ABSENT_CODE = -1
_VALUES_PER_ROW_MAX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """One normalised cell per row.

    Attributes:
        values: the distinct values, each once.
        codes: int64, shape (n,), place of the row's value; ABSENT_CODE where there is none.
    """

    values: tuple[str, ...]
    codes: Codes

    @classmethod
    def of(cls, cells: Iterable[str | None]) -> "Cells":
        values, codes = _distinct(list(cells))
        return cls(values=values, codes=codes)

    @classmethod
    def absent(cls, rows: int) -> "Cells":
        return cls(values=(), codes=np.full(rows, ABSENT_CODE, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def filled(self) -> npt.NDArray[np.bool_]:
        return self.codes >= 0

    def mapped(self, change: Normaliser) -> "Cells":
        """Every value changed; values that become equal become one."""
        return _recoded([change(value) for value in self.values], self.codes)

    def or_else(self, other: "Cells") -> "Cells":
        """The other's cell where this has none."""
        if not other.filled.any():
            return self
        shifted = np.where(other.filled, other.codes + len(self.values), ABSENT_CODE)
        return _recoded([*self.values, *other.values], np.where(self.filled, self.codes, shifted))

    def where(self, mask: npt.NDArray[np.bool_]) -> "Cells":
        """Absent where the mask is false."""
        return Cells(values=self.values, codes=np.where(mask, self.codes, ABSENT_CODE))

    def texts(self) -> pa.Array:
        """As Arrow text, null where absent."""
        indices = pa.array(self.codes.astype(np.int32), mask=~self.filled)
        return pa.array(self.values, pa.string()).take(indices)

    def per_row(self, values: npt.NDArray[np.float64], absent: float) -> npt.NDArray[np.float64]:
        """A number per row from a number per distinct value."""
        return np.append(values, absent)[self.codes]  # ABSENT_CODE is the last place


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCells:
    """The distinct normalised values of every row, in source order.

    Attributes:
        rows: int64, ascending, shape (n_values,), the row of each value.
        cells: the values.
        count: how many rows there are.
    """

    rows: Codes
    cells: Cells
    count: int

    def firsts(self) -> Cells:
        """The first value of every row."""
        codes = np.full(self.count, ABSENT_CODE, dtype=np.int64)
        codes[self.rows[::-1]] = self.cells.codes[::-1]
        return Cells(values=self.cells.values, codes=codes)

    def or_else(self, other: Cells) -> "ListCells":
        """One value of the other where a row has none."""
        empty = np.ones(self.count, dtype=np.bool_)
        empty[self.rows] = False
        spare = np.flatnonzero(empty & other.filled)
        if not len(spare):
            return self
        codes = np.concatenate([self.cells.codes, other.codes[spare] + len(self.cells.values)])
        rows = np.concatenate([self.rows, spare])
        order = np.argsort(rows, kind="stable")
        return ListCells(rows=rows[order], cells=_recoded([*self.cells.values, *other.values], codes[order]), count=self.count)

    def texts(self) -> pa.Array:
        """As Arrow lists of text, empty where a row has none."""
        offsets = np.concatenate([[0], np.cumsum(np.bincount(self.rows, minlength=self.count))]).astype(np.int32)
        return pa.ListArray.from_arrays(pa.array(offsets), self.cells.texts())

    def sets(self) -> Cells:
        """Each row's values as one cell, so that rows with equal lists have equal cells."""
        joined = Cells.absent(self.count)
        places = np.arange(len(self.rows)) - np.searchsorted(self.rows, self.rows)
        for place in range(int(places.max(initial=-1)) + 1):
            at = places == place
            level = np.full(self.count, ABSENT_CODE, dtype=np.int64)
            level[self.rows[at]] = self.cells.codes[at]
            _, codes = np.unique(joined.codes * (len(self.cells.values) + 1) + level, return_inverse=True)
            joined = Cells(values=(), codes=codes.astype(np.int64))
        return joined


def scalar_cells(column: pa.ChunkedArray, normaliser: Normaliser) -> Cells:
    """One normalised cell per row; the first usable value where the column holds lists."""
    if _is_list(column):
        return list_cells(column, normaliser).firsts()
    return _encoded(_as_text(column), normaliser)


def list_cells(column: pa.ChunkedArray, normaliser: Normaliser) -> ListCells:
    """The distinct normalised values of every row; a scalar column gives lists of at most one."""
    if not _is_list(column):
        cells = _encoded(_as_text(column), normaliser)
        rows = np.flatnonzero(cells.filled)
        return ListCells(rows=rows, cells=Cells(values=cells.values, codes=cells.codes[rows]), count=len(column))
    flat = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    rows = pc.list_parent_indices(flat).to_numpy(zero_copy_only=False).astype(np.int64)
    cells = _encoded(_as_text(pc.list_flatten(flat)), normaliser)
    kept = np.flatnonzero(cells.filled)
    _, first = np.unique(rows[kept] * max(len(cells.values), 1) + cells.codes[kept], return_index=True)
    kept = np.sort(kept[first])
    kept = kept[np.arange(len(kept)) - np.searchsorted(rows[kept], rows[kept]) < _VALUES_PER_ROW_MAX]
    return ListCells(rows=rows[kept], cells=Cells(values=cells.values, codes=cells.codes[kept]), count=len(flat))


def struct_column(column: pa.ChunkedArray, part: str) -> pa.ChunkedArray | None:
    """One part of a column of structs, or of the first struct of every list; None when there is no such part."""
    if _is_list(column):
        column = pc.list_element(_at_least_one(column), 0)
    if not pa.types.is_struct(column.type) or column.type.get_field_index(part) < 0:
        return None
    return pc.struct_field(column, part)


def unparsed_cells(table: pa.Table, field: str, normaliser: Normaliser) -> Cells:
    """What the source wrote in `field` where the vault could not parse it; None elsewhere."""
    if UNPARSED not in table.column_names or not pa.types.is_map(table[UNPARSED].type):
        return Cells.absent(table.num_rows)
    return _encoded(_as_text(pc.map_lookup(table[UNPARSED], field, "first")), normaliser)


def joint_codes(parts: list[Codes]) -> Codes:
    """One code per combination of codes, absent where any part is absent."""
    joint = parts[0]
    for part in parts[1:]:
        joint = np.where((joint >= 0) & (part >= 0), joint * (int(part.max(initial=0)) + 1) + part, ABSENT_CODE)
    return joint


def distinct_codes(codes: Codes) -> Codes:
    """Ascending, each once; sorts the given array. NumPy's `unique` hashes first: four times as long on two million codes."""
    codes.sort()
    return codes[np.concatenate(([True], codes[1:] != codes[:-1]))] if len(codes) else codes


def _is_list(column: pa.ChunkedArray) -> bool:
    return bool(pa.types.is_list(column.type) or pa.types.is_large_list(column.type))


def _at_least_one(column: pa.ChunkedArray) -> pa.ChunkedArray:
    lengths = pc.fill_null(pc.list_value_length(column), 0)
    empty = pc.equal(lengths, 0)
    one = pa.array([[None]], type=column.type)
    return pc.if_else(empty, one[0], column)


def _as_text(column: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return column
    if pa.types.is_null(column.type):
        return column.cast(pa.string())
    if pa.types.is_dictionary(column.type):
        return _as_text(column.cast(column.type.value_type))
    try:
        return column.cast(pa.string())
    except pa.ArrowException:
        raise MatchInputError(f"a column of type {column.type} cannot be read as text") from None


def _encoded(column: pa.ChunkedArray | pa.Array, normaliser: Normaliser) -> Cells:
    encoded = column.dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.unify_dictionaries().combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):  # no chunk at all: an empty column
        return Cells.absent(len(encoded))
    codes = encoded.indices.fill_null(ABSENT_CODE).to_numpy(zero_copy_only=False).astype(np.int64)
    return _recoded([None if value is None else normaliser(value) for value in encoded.dictionary.to_pylist()], codes)


def _recoded(values: list[str | None], codes: Codes) -> Cells:
    """Cells whose values are distinct and in use or not, from values that may repeat or be absent."""
    distinct, new = _distinct(values)
    return Cells(values=distinct, codes=np.append(new, ABSENT_CODE)[codes])


def _distinct(cells: list[str | None]) -> tuple[tuple[str, ...], Codes]:
    """The values, each once, in the order in which they come, and the place of every cell's; the engine's hashing is faster."""
    encoded = pa.array(cells, pa.string()).dictionary_encode()
    codes: Codes = encoded.indices.fill_null(ABSENT_CODE).to_numpy(zero_copy_only=False).astype(np.int64)
    return tuple(encoded.dictionary.to_pylist()), codes
