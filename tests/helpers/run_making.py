"""Runs with results, made the way a worker makes them, for tests of what happens to results afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from google.protobuf.struct_pb2 import Struct

from helpers.running_vault import Tenant
from strongroom import Customer, DerivedData, Run
from strongroom.api.v1 import analysis_worker_service_pb2 as api
from strongroom.api.v1.customer_pb2 import AttributeValue, EntityAssignment, ImputedValue, SegmentAssignment

Derive = Callable[[bytes, Customer], DerivedData | None]


def people(tenant: Tenant, count: int) -> list[str]:
    """Names of new customers, in the order of their ids."""
    return sorted(tenant.admin.customers.create(Customer(given_name=f"Ada{n}", stated_age=20 + n)).name for n in range(count))


def segment(label: str) -> Derive:
    return lambda _id, _customer: DerivedData(segment=SegmentAssignment(segment=1, label=label, confidence=0.5))


def entity(row_id: bytes, _customer: Customer) -> DerivedData:
    return DerivedData(entity=EntityAssignment(entity=row_id.hex(), size=1, probability=1.0, leads=True))


def imputed(_id: bytes, customer: Customer) -> DerivedData:
    value = AttributeValue(int_value=customer.stated_age)
    return DerivedData(imputed=[ImputedValue(field="stated_age", value=value, confidence=0.5, method="ridge")])


def committed(tenant: Tenant, steps: Mapping[str, Derive], *, started: Run | None = None) -> Run:
    """A run that succeeded; each step derives something for every customer, or nothing where it gives None."""
    run = started or tenant.analyst.analysis.start(list(steps))
    worker = tenant.worker.worker
    claimed = worker.claim([step.step for step in run.steps], lease_s=60)
    assert claimed.run.name == run.name
    reader = tenant.worker.read(run.purpose, fields=["stated_age"], run=run.name, lease_token=claimed.lease_token)
    rows = [(bytes.fromhex(row.customer.name.removeprefix("rows/")), row.customer) for row in reader]
    offsets = {}
    for step, derive in steps.items():
        results = _results(rows, derive)
        offsets[step] = len(results)
        request = api.WriteResultsRequest(name=run.name, lease_token=claimed.lease_token, step=step, results=results)
        tenant.worker.calls.unary(request, api.WriteResultsResponse)
    return worker.commit(
        run.name, claimed.lease_token, summary=Struct(), expected_offsets=offsets, report_html=b"<p>", report_json=b"{}"
    )


def _results(rows: Sequence[tuple[bytes, Customer]], derive: Derive) -> list[api.RowResult]:
    found = ((row_id, derive(row_id, customer)) for row_id, customer in rows)
    return [api.RowResult(row_id=row_id, derived=derived) for row_id, derived in found if derived is not None]
