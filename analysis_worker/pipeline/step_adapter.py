"""The shape of an adapter: what one step declares, how it is fed, and how its lines become derived data.

Rules: a step is handed the columns of its declared fields and no others, whatever was read for its neighbours; `apply` says
what the steps after it see, and only those that name the step in `sees`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, Protocol, runtime_checkable

import pyarrow as pa

from analysis_worker.engines.workers import Help, Workers
from analysis_worker.pipeline.customers import ROW_ID
from analysis_worker.pipeline.ports import JsonObject, ResultRow

_SLICE_ROWS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StepInputs:
    """What a step is fed.

    Attributes:
        customers: `row_id` (place, int64) and the step's own columns.
        transactions: `row_id` (the customer's place) and the step's own columns; None if the run has none.
        options: as given for the step.
        seed: of everything random.
        as_of: the moment that the run counts back from, with time zone.
        threads: how many the step may use.
        decisions: what people have decided about pairs of rows: `row_id`, `other_row_id` (places, int64), `same` (bool);
            None if nobody has decided anything.
        workers: others that may help; None if nobody may. The result is the same bits with and without them.
    """

    customers: pa.Table
    transactions: pa.Table | None
    options: Mapping[str, object]
    seed: int
    as_of: datetime
    threads: int
    decisions: pa.Table | None = None
    workers: Workers | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """What a step found.

    Attributes:
        table: lines ordered by `row_id` (place).
        summary: aggregates for the summary.
        report: aggregates for the report.
        proposals: pairs of rows that wait for a person, ordered by (`row_id`, `other_row_id`): both places (int64), `score`
            (float64, how likely they are the same, 0 to 1), `weights` (list of structs of `field`, string, and `weight`,
            float64); None if the step proposes none.
    """

    table: pa.Table
    summary: JsonObject
    report: JsonObject
    proposals: pa.Table | None = None


class StepAdapter(Protocol):
    """One step as the runner knows it."""

    @property
    def name(self) -> str: ...

    @property
    def customer_fields(self) -> frozenset[str]: ...

    @property
    def transaction_fields(self) -> frozenset[str]: ...

    @property
    def sees(self) -> frozenset[str]:
        """Steps whose results this one sees in its columns, if they ran before; corrections every step sees (`corrected`)."""
        ...

    def compute(self, inputs: StepInputs) -> Computed:
        """Run the step: no vault, no clock, no disk.

        Raises:
            RunFailureError: the options or the columns are refused.
        """
        ...

    def apply(self, customers: pa.Table, lines: pa.Table) -> pa.Table:
        """`customers` (all columns that were read) as later steps see them, given this step's lines by place."""
        ...

    def derive(self, lines: pa.Table) -> Iterator[ResultRow]:
        """One row of results per customer, in the order of the lines."""
        ...


@runtime_checkable
class NamesTransactions(Protocol):
    """A step whose results point at single transactions: it is handed their row ids (pseudonyms) as `transaction_row_id`."""

    @property
    def names_transactions(self) -> bool: ...


@runtime_checkable
class SharesCells(Protocol):
    """A step that several workers can do together, in cells."""

    def shares_from_rows(self, options: Mapping[str, object]) -> int:
        """Fewer customers than this are done by one worker.

        Raises:
            RunFailureError: the options are refused.
        """
        ...

    def get_ready(self) -> None:
        """Load what the step needs, while somebody else is still at work for it."""
        ...

    def help(
        self, handed_over: bytes, options: Mapping[str, object], *, seed: int, threads: int
    ) -> AbstractContextManager[Help]:
        """The helper's side, for as long as the block lasts.

        Raises:
            RunFailureError: the options, or what was handed over, are refused.
        """
        ...


def lines_by_row(lines: pa.Table) -> Iterator[tuple[bytes, list[dict[str, Any]]]]:
    """The lines of each customer; lines of one customer stand together."""
    for row_id, group in groupby(_lines(lines), key=itemgetter(ROW_ID)):
        yield row_id, list(group)


def _lines(lines: pa.Table) -> Iterator[dict[str, Any]]:
    for start in range(0, lines.num_rows, _SLICE_ROWS):
        yield from lines.slice(start, _SLICE_ROWS).to_pylist()
