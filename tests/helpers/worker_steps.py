"""Steps that cost nothing, under the names of real ones: for tests about the run, not about the analysis."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pyarrow as pa

from analysis_worker.pipeline.ports import JsonObject, ResultRow
from analysis_worker.pipeline.step_adapter import Computed, StepAdapter, StepInputs, lines_by_row
from strongroom.api.v1.customer_pb2 import Correction, DerivedData, EntityAssignment, SegmentAssignment


@dataclass
class RecordingStep:
    """A real step that remembers what it was handed."""

    inner: StepAdapter
    handed: list[StepInputs] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def customer_fields(self) -> frozenset[str]:
        return self.inner.customer_fields

    @property
    def transaction_fields(self) -> frozenset[str]:
        return self.inner.transaction_fields

    @property
    def sees(self) -> frozenset[str]:
        return self.inner.sees

    def compute(self, inputs: StepInputs) -> Computed:
        self.handed.append(inputs)
        return self.inner.compute(inputs)

    def apply(self, customers: pa.Table, lines: pa.Table) -> pa.Table:
        return self.inner.apply(customers, lines)

    def derive(self, lines: pa.Table) -> Iterator[ResultRow]:
        return self.inner.derive(lines)


@dataclass
class CheapCorrect:
    """Says of every second customer, twice, that the family name should be longer."""

    name: str = "correct"
    customer_fields: frozenset[str] = frozenset({"family_name"})
    transaction_fields: frozenset[str] = frozenset()
    sees: frozenset[str] = frozenset()
    computed: int = 0
    before: Callable[[], None] = lambda: None

    def compute(self, inputs: StepInputs) -> Computed:
        self.before()
        self.computed += 1
        half = inputs.customers.filter(pa.array([place % 2 == 0 for place in range(inputs.customers.num_rows)]))
        rows = [
            {"row_id": row, "rule": rule, "after": f"{name}{rule}"}
            for row, name in zip(half.column("row_id").to_pylist(), half.column("family_name").to_pylist(), strict=True)
            for rule in ("a", "b")
        ]
        table = pa.Table.from_pylist(rows)
        return Computed(table=table, summary={"proposals": len(rows)}, report={"rules": []})

    def apply(self, customers: pa.Table, lines: pa.Table) -> pa.Table:
        longer = dict(zip(lines.column("row_id").to_pylist(), lines.column("after").to_pylist(), strict=True))
        names = [
            longer.get(row, name)
            for row, name in zip(
                customers.column("row_id").to_pylist(), customers.column("family_name").to_pylist(), strict=True
            )
        ]
        return customers.set_column(customers.column_names.index("family_name"), "family_name", pa.array(names))

    def derive(self, lines: pa.Table) -> Iterator[ResultRow]:
        for row_id, found in lines_by_row(lines):
            yield row_id, DerivedData(corrections=[Correction(rule=one["rule"], after=one["after"]) for one in found])


@dataclass
class CheapSegment:
    """Puts customers into segments by the length of the name that they have by now."""

    name: str = "segment"
    customer_fields: frozenset[str] = frozenset({"family_name"})
    transaction_fields: frozenset[str] = frozenset()
    sees: frozenset[str] = frozenset({"correct"})
    computed: int = 0

    def compute(self, inputs: StepInputs) -> Computed:
        self.computed += 1
        sizes = [len(name) for name in inputs.customers.column("family_name").to_pylist()]
        table = pa.table({"row_id": inputs.customers.column("row_id"), "segment": pa.array(sizes, pa.int32())})
        report: JsonObject = {
            "customers": len(sizes),
            "structured": False,
            "reason": "",
            "silhouette": 0.0,
            "stability": 0.0,
            "entries": [],
        }
        return Computed(table=table, summary={"seed": inputs.seed, "longest": max(sizes)}, report=report)

    def apply(self, customers: pa.Table, lines: pa.Table) -> pa.Table:
        del lines
        return customers

    def derive(self, lines: pa.Table) -> Iterator[ResultRow]:
        for row_id, (line,) in lines_by_row(lines):
            yield row_id, DerivedData(segment=SegmentAssignment(segment=line["segment"]))


@dataclass
class CheapMatch:
    """Proposes every row with the next one."""

    name: str = "match"
    customer_fields: frozenset[str] = frozenset({"family_name"})
    transaction_fields: frozenset[str] = frozenset()
    sees: frozenset[str] = frozenset()
    told: list[pa.Table | None] = field(default_factory=list)

    def compute(self, inputs: StepInputs) -> Computed:
        self.told.append(inputs.decisions)
        rows = inputs.customers.num_rows
        one = range(0, rows, 2)
        weights = [[{"field": "family_name", "weight": float(place)}] for place in one]
        struct = pa.list_(pa.struct([("field", pa.string()), ("weight", pa.float64())]))
        return Computed(
            table=pa.table({"row_id": inputs.customers.column("row_id")}),
            summary={"entities": rows},
            report={"rows": rows, "entities": rows, "histogram": [], "bands": [], "cluster_sizes": []},
            proposals=pa.table(
                {
                    "row_id": pa.array(one, pa.int64()),
                    "other_row_id": pa.array([place + 1 for place in one], pa.int64()),
                    "score": pa.array([place / rows for place in one]),
                    "weights": pa.array(weights, struct),
                }
            ),
        )

    def apply(self, customers: pa.Table, lines: pa.Table) -> pa.Table:
        del lines
        return customers

    def derive(self, lines: pa.Table) -> Iterator[ResultRow]:
        for row_id, _ in lines_by_row(lines):
            yield row_id, DerivedData(entity=EntityAssignment(entity=row_id.hex(), size=1))


def cheap_steps() -> dict[str, StepAdapter]:
    return {"correct": CheapCorrect(), "segment": CheapSegment()}
