"""What a run needs of the outside: the vault as it is seen under one lease, and the end of the process.

Rules: every method may raise `LeaseLostError` (nothing of it was done), `VaultAwayError` (it may have been done; all of them
may be repeated) or `RunFailureError`. None of them is called by a step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import pyarrow as pa

from analysis_worker.engines.workers import Workers
from strongroom.api.v1.customer_pb2 import DerivedData

JsonValue = str | int | float | bool | None | Sequence["JsonValue"] | Mapping[str, "JsonValue"]
JsonObject = Mapping[str, JsonValue]
ResultRow = tuple[bytes, DerivedData]


class Kind(Enum):
    """Kinds of record that steps read."""

    CUSTOMER = "customer"
    TRANSACTION = "transaction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Rows of one kind: `row_id` (the run's pseudonyms, 16 bytes) and columns; and the vault's change position."""

    rows: pa.Table
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What the vault holds of a run: steps with a complete checkpoint, result rows and pairs written by step."""

    checkpoints: frozenset[str]
    offsets: Mapping[str, int]
    pairs: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """The end of a run: what each step found, the report, how many rows and how many pairs each step wrote.

    Attributes:
        figures: by which runs of the same data are compared, by name.
    """

    summary: JsonObject
    report_html: bytes
    report_json: bytes
    offsets: Mapping[str, int]
    pairs: Mapping[str, int]
    position: int
    figures: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierRun:
    """A run that was committed before, and its figures by name."""

    run: str
    ended: str
    figures: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedPair:
    """Two rows that may be one person: how likely, 0 to 1, and how much each field speaks for it."""

    row_id: bytes
    other_row_id: bytes
    score: float
    weights: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedPair:
    """What people decided about two rows: the same person, or never."""

    row_id: bytes
    other_row_id: bytes
    same: bool


class RunVault(Protocol):
    """The vault, for one run and one lease."""

    def check(self) -> None:
        """Return if the lease still holds, as far as the heartbeats know; costs nothing."""
        ...

    def tell(self, step: str, *, fraction: float, rows: int) -> None:
        """Say how far the run is; arrives with the next heartbeat."""
        ...

    def read(self, kind: Kind, fields: Sequence[str], opened: Callable[[int], None] | None = None) -> Reading | None:
        """All rows of a kind with those of the fields that the purpose may see; None if it may see none of them.

        `opened` is told about how many rows there will be, before the first is read.
        """
        ...

    def workers(self, step: str) -> Workers | None:
        """Others that may help with a step: they are invited from now on. None if there can be none."""
        ...

    def previous(self) -> EarlierRun | None:
        """The run to compare with, if there was one."""
        ...

    def kept(self) -> Kept: ...

    def load(self, step: str) -> bytes:
        """The bytes of a complete checkpoint that `kept` named."""
        ...

    def keep(self, step: str, data: bytes) -> None:
        """Store a checkpoint; it is complete or absent."""
        ...

    def append(self, step: str, offset: int, rows: Iterator[ResultRow]) -> int:
        """Write rows behind `offset` in batches, each whole or not at all; returns the offset behind the last."""
        ...

    def decisions(self) -> list[DecidedPair]:
        """What people have decided about pairs of rows."""
        ...

    def ask(self, step: str, offset: int, pairs: Iterator[AskedPair]) -> int:
        """Write pairs that wait for a person, like `append`."""
        ...

    def commit(self, conclusion: Conclusion) -> None:
        """Make all results visible together; repeating it after success changes nothing."""
        ...


class Stop(Protocol):
    """Whether the process shall end."""

    def check(self) -> None:
        """Raise StopRequestedError if it shall."""
        ...

    def interruptible(self) -> AbstractContextManager[None]:
        """Inside, the request interrupts at once: for pure computing only."""
        ...
