"""What two workers must agree on before one does cells of the other, and how cells are written down.

A cell is named by row numbers, so both sides must have the same rows in the same order, made comparable the same way, by the
same code on the same engine: a digest says so. Layouts (little-endian): masks = digest (32) | rows (8) | active, kept (one
bit a row each); a rules task = number, of (4 each): every `of`-th combination from `number` on; a levels task = left rows,
then right rows (4 each); a result = digest of its task (16) | counts (8 each), or zlib of the levels, one byte each,
comparison by comparison. Rule: what another worker wrote is taken only if it has exactly the form that its cell asks for.
"""

import hashlib
import zlib
from dataclasses import astuple, dataclass, replace
from importlib.metadata import version

import numpy as np
import numpy.typing as npt

from analysis_worker.steps.match.comparisons import Comparison
from analysis_worker.steps.match.evidence import ABSENT
from analysis_worker.steps.match.features import Features
from analysis_worker.steps.match.options import MatchOptions

Codes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Levels = npt.NDArray[np.int8]

RULES, LESSONS, LEVELS = "rules", "lessons", "levels"
"""Helpers take grids in the order of their names: whoever waits for lessons waits for nothing else."""
ROWS_MAX = 2**31 - 1
DIGEST_BYTES, _TASK_DIGEST_BYTES = 32, 16
_ENGINES = ("strongroom", "numpy", "pyarrow", "duckdb")
_FASTEST = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Masks:
    """Attributes: active: rows that stand for themselves; kept: rows of which no two are compared; both bool, shape (n,)."""

    active: Flags
    kept: Flags


def basis_digest(features: Features, comparisons: tuple[Comparison, ...], options: MatchOptions) -> bytes:
    """Of data, options and code. About a quarter of a second for a million rows."""
    running = hashlib.blake2b(digest_size=DIGEST_BYTES)
    bounds = replace(options, threads=1, memory_limit_mb=1)  # neither changes a bit
    running.update(repr(([version(name) for name in _ENGINES], astuple(bounds), comparisons, features.rows)).encode())
    for name, cells in features.scalars.items():
        _add(running, name, cells.values, cells.codes)
    for name, several in features.lists.items():
        _add(running, name, several.cells.values, several.cells.codes)
        running.update(several.rows.tobytes())
    return running.digest()


def _add(running: "hashlib.blake2b", name: str, values: tuple[str, ...], codes: Codes) -> None:
    text = "\0".join(values).encode("utf-8", "surrogatepass")
    running.update(f"\n{name}\n{len(values)}\n{len(text)}\n{len(codes)}\n".encode())
    running.update(text)
    running.update(codes.tobytes())


def encode_masks(digest: bytes, masks: Masks) -> bytes:
    bits = (np.packbits(mask).tobytes() for mask in (masks.active, masks.kept))
    return b"".join([digest, len(masks.active).to_bytes(8, "little"), *bits])


def decode_masks(setup: bytes) -> Masks:
    rows = int.from_bytes(setup[DIGEST_BYTES : DIGEST_BYTES + 8], "little")
    bits = np.frombuffer(setup, dtype=np.uint8, offset=DIGEST_BYTES + 8)
    active, kept = (np.unpackbits(half, count=rows).astype(np.bool_) for half in np.split(bits, 2))
    return Masks(active=active, kept=kept)


def encode_rules(number: int, of: int) -> bytes:
    return np.array([number, of], dtype="<i4").tobytes()


def decode_rules(task: bytes) -> tuple[int, int]:
    number, of = np.frombuffer(task, dtype="<i4").tolist()
    return number, of


def encode_pairs(left: Codes, right: Codes) -> bytes:
    return np.concatenate([left, right]).astype("<i4").tobytes()


def decode_pairs(task: bytes) -> tuple[Codes, Codes]:
    left, right = np.split(np.frombuffer(task, dtype="<i4").astype(np.int64), 2)
    return left, right


def encode_counts(task: bytes, counts: Codes) -> bytes:
    return _task_digest(task) + counts.astype("<i8").tobytes()


def decode_counts(task: bytes, result: bytes, *, count: int) -> Codes | None:
    """None where the result is not one of this cell."""
    body = result[_TASK_DIGEST_BYTES:]
    if result[:_TASK_DIGEST_BYTES] != _task_digest(task) or len(body) != 8 * count:
        return None
    counts = np.frombuffer(body, dtype="<i8").astype(np.int64)
    return counts if (counts >= 0).all() else None


def encode_levels(task: bytes, levels: Levels) -> bytes:
    return _task_digest(task) + zlib.compress(levels.tobytes(order="F"), _FASTEST)


def decode_levels(task: bytes, result: bytes, *, most: tuple[int, ...]) -> Levels | None:
    """None where the result is not one of this cell; `most` is the highest level of every comparison."""
    size = len(task) // 8 * len(most)
    if result[:_TASK_DIGEST_BYTES] != _task_digest(task):
        return None
    unpacking = zlib.decompressobj()
    try:
        body = unpacking.decompress(result[_TASK_DIGEST_BYTES:], size + 1)  # a packed lie must not fill the memory
    except zlib.error:
        return None
    if len(body) != size:
        return None
    levels = np.frombuffer(body, dtype=np.int8).reshape((-1, len(most)), order="F")
    return levels if size == 0 or bool((levels.min() >= ABSENT) and (levels.max(axis=0) <= most).all()) else None


def _task_digest(task: bytes) -> bytes:
    return hashlib.blake2b(task, digest_size=_TASK_DIGEST_BYTES).digest()
