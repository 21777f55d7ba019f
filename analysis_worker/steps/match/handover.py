"""Features as one worker hands them over to another: compressed Arrow, of one row that holds every column as a list.

What is handed over are comparable values and codes, as `features.py` made them, and no row id and no name of a source column:
a helper compares rows by number. Rule: whoever takes it over compares the digest (`basis.basis_digest`) before using it.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analysis_worker.steps.match.cells import Cells, ListCells
from analysis_worker.steps.match.errors import MatchInputError
from analysis_worker.steps.match.features import Features

Codes = npt.NDArray[np.int64]

_ROWS, _SCALAR, _LIST = "rows", "scalar/", "list/"
_OPTIONS = pa.ipc.IpcWriteOptions(compression="zstd")


def encode_features(features: Features) -> bytes:
    """Of 200,000 customers 18 MB, in 0.2 s of processor time."""
    columns: dict[str, pa.Array] = {_ROWS: pa.array([features.rows], pa.int64())}
    for name, cells in features.scalars.items():
        columns |= _columns(_SCALAR + name, cells)
    for name, several in features.lists.items():
        columns |= {**_columns(_LIST + name, several.cells), f"{_LIST}{name}/rows": _numbers(several.rows)}
    table = pa.record_batch(columns)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=_OPTIONS) as writer:
        writer.write_batch(table)
    encoded: bytes = sink.getvalue().to_pybytes()
    return encoded


def decode_features(encoded: bytes) -> Features:
    """Undo `encode_features`, but for ids and source columns.

    Raises:
        MatchInputError: these are no features.
    """
    try:
        with pa.ipc.open_stream(encoded) as reader:
            table = reader.read_all()
        table.validate(full=True)
        rows = int(table[_ROWS][0].as_py())
        found = {name: table[name].combine_chunks().flatten() for name in table.column_names if name != _ROWS}
        return _features(rows, found)
    except (pa.ArrowException, OSError, LookupError, ValueError, TypeError, AttributeError):
        raise MatchInputError("what was handed over are no features") from None


def _features(rows: int, found: dict[str, pa.Array]) -> Features:
    values = {name: _texts(column) for name, column in found.items() if name.endswith("/values")}
    codes = {name: _codes(column) for name, column in found.items() if name not in values}

    def cells(key: str, count: int) -> Cells:
        made = Cells(values=values[f"{key}/values"], codes=_bounded(codes[f"{key}/codes"], -1, len(values[f"{key}/values"])))
        if len(made) != count:
            raise ValueError(key)
        return made

    keys = [name.removesuffix("/values") for name in values]
    if not codes.keys() <= {f"{key}/{part}" for key in keys for part in ("codes", "rows")}:
        raise ValueError("codes of no values")
    lists = {}
    for key in (key for key in keys if key.startswith(_LIST)):
        at = _bounded(codes[f"{key}/rows"], 0, rows)
        lists[key.removeprefix(_LIST)] = ListCells(rows=at, cells=cells(key, len(at)), count=rows)
    scalars = {key.removeprefix(_SCALAR): cells(key, rows) for key in keys if key.startswith(_SCALAR)}
    return Features(scalars=scalars, lists=lists, source_positions=np.broadcast_to(np.int64(0), rows), origin={})


def _bounded(codes: Codes, least: int, below: int) -> Codes:
    if len(codes) and not least <= codes.min() <= codes.max() < below:
        raise ValueError("out of bounds")
    return codes


def _columns(key: str, cells: Cells) -> dict[str, pa.Array]:
    return {f"{key}/values": _listed(pa.array(cells.values, pa.string())), f"{key}/codes": _numbers(cells.codes)}


def _numbers(codes: Codes) -> pa.Array:
    return _listed(pa.array(codes.astype(np.int32)))


def _listed(column: pa.Array) -> pa.Array:
    return pa.ListArray.from_arrays(pa.array([0, len(column)], pa.int32()), column)


def _texts(column: pa.Array) -> tuple[str, ...]:
    return tuple(column.cast(pa.string()).to_pylist())


def _codes(column: pa.Array) -> Codes:
    if column.null_count:
        raise ValueError("a code is missing")
    codes: Codes = column.to_numpy(zero_copy_only=False).astype(np.int64)
    return codes
