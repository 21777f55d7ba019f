"""What `make bench` measures of the vault itself: one server process, over the network, with everything switched on.

Requests are built before the clock starts, as the records of the bare loops are: what is measured is the vault, its wire and
its clients' waiting, not the making of test data. The client runs beside the server on the same cores.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from grpc_health.v1 import health_pb2, health_pb2_grpc

from benchmarks.speed.measurement import Measurement, median_of
from benchmarks.speed.vault_process import RunningServer
from strongroom.api.v1 import customer_service_pb2, import_service_pb2, read_session_service_pb2
from strongroom.api.v1.attribute_service_pb2 import RECORD_KIND_CUSTOMER
from strongroom.api.v1.customer_pb2 import Customer, ExternalId, Gender, Money, PostalAddress
from strongroom.api.v1.customer_service_pb2_grpc import CustomerServiceStub
from strongroom.api.v1.import_service_pb2_grpc import ImportServiceStub
from strongroom.api.v1.read_session_service_pb2_grpc import ReadSessionServiceStub

TENANT = "tenants/main"
SOURCE = "bench"
CHUNK_ROWS = 1000
IN_FLIGHT = 32
_GENDERS = {"female": Gender.GENDER_FEMALE, "male": Gender.GENDER_MALE, "diverse": Gender.GENDER_DIVERSE}
ARROW_FIELDS = ("given_name", "family_name", "birth_date", "emails")


def as_customer(record: Mapping[str, str], number: int) -> Customer:
    """The record of eleven fields as the vault takes it; e-mail, phone and external id are searchable."""
    return Customer(
        given_name=record["first_name"],
        family_name=record["last_name"],
        birth_date=record["birth_date"],
        emails=[record["email"]] if record["email"] else [],
        phones=[record["phone"]] if record["phone"] else [],
        addresses=[
            PostalAddress(
                street=record["street"], city=record["city"], postal_code=record["postcode"], country=record["country"]
            )
        ],
        gender=_GENDERS.get(record["gender"], Gender.GENDER_UNSPECIFIED),
        income=Money(amount_minor=round(float(record["income"] or 0) * 100), currency="EUR"),
        external_ids=[ExternalId(source=SOURCE, id=str(number))],
    )


def import_chunks(records: Sequence[Mapping[str, str]], name: str) -> list[import_service_pb2.ImportRowsRequest]:
    """The whole import, ready to send."""
    return [
        import_service_pb2.ImportRowsRequest(
            name=name,
            chunk=chunk,
            rows=[
                import_service_pb2.ImportRow(line=start + offset + 1, customer=as_customer(record, start + offset))
                for offset, record in enumerate(records[start : start + CHUNK_ROWS])
            ],
        )
        for chunk, start in enumerate(range(0, len(records), CHUNK_ROWS))
    ]


def measure_import(server: RunningServer, records: Sequence[Mapping[str, str]], import_id: str, label: str) -> Measurement:
    """Import stream: rows acknowledged as durable per second."""
    stub = ImportServiceStub(server.channel)
    name = f"{TENANT}/imports/{import_id}"
    create = import_service_pb2.CreateImportRequest(
        parent=TENANT, import_id=import_id, source=SOURCE, kind=RECORD_KIND_CUSTOMER
    )
    stub.CreateImport(create, metadata=server.metadata)
    chunks = import_chunks(records, name)
    started = time.perf_counter()
    accepted = sum(
        sum(outcome != import_service_pb2.ROW_OUTCOME_REJECTED for outcome in reply.outcomes)
        for reply in stub.ImportRows(iter(chunks), metadata=server.metadata)
    )
    seconds = time.perf_counter() - started
    if accepted != len(records):
        raise RuntimeError(f"only {accepted} of {len(records)} rows were accepted")
    return median_of(f"import stream, {label}", len(records), [seconds])


def measure_read(server: RunningServer, expected: int, *, arrow: bool, runs: int) -> Measurement:
    """Read session over all customers: full records, or four fields as Arrow."""
    name = "read session, 4 fields as Arrow" if arrow else "read session, full records"
    return median_of(name, expected, [_read_all(server, expected, arrow=arrow) for _ in range(runs)])


def _read_all(server: RunningServer, expected: int, *, arrow: bool) -> float:
    stub = ReadSessionServiceStub(server.channel)
    formats = read_session_service_pb2.RowFormat
    request = read_session_service_pb2.CreateReadSessionRequest(
        parent=TENANT,
        purpose=f"{TENANT}/purposes/export",
        kind=RECORD_KIND_CUSTOMER,
        fields=ARROW_FIELDS if arrow else _every_own_field(),
        format=formats.ROW_FORMAT_ARROW if arrow else formats.ROW_FORMAT_RECORDS,
    )
    started = time.perf_counter()
    session = stub.CreateReadSession(request, metadata=server.metadata).session
    rows = 0
    for stream in session.streams:
        read = read_session_service_pb2.ReadRowsRequest(stream=stream)
        rows += sum(reply.row_count for reply in stub.ReadRows(read, metadata=server.metadata))
    if rows != expected:
        raise RuntimeError(f"{rows} rows were read, {expected} are there")
    return time.perf_counter() - started


def _every_own_field() -> list[str]:
    """The whole record as it was stored; derived data is another read."""
    outside = {"name", "etag", "version", "state", "create_time", "update_time", "attributes"}
    return [field.name for field in Customer.DESCRIPTOR.fields if field.name not in outside]


def measure_calls(name: str, calls: Sequence[Callable[[], object]], runs: int) -> Measurement:
    """Unary calls, 32 in flight."""
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        list(pool.map(lambda call: call(), calls[: IN_FLIGHT * 4]))  # connections and caches are warm
        return median_of(name, len(calls), [_timed(pool, calls) for _ in range(runs)])


def _timed(pool: ThreadPoolExecutor, calls: Sequence[Callable[[], object]]) -> float:
    started = time.perf_counter()
    for _ in pool.map(lambda call: call(), calls):
        pass
    return time.perf_counter() - started


def some_names(server: RunningServer, count: int) -> list[str]:
    """Names of customers, spread over the whole tenant's beginning."""
    return [customer.name for customer in _pages(server, count)]


def _pages(server: RunningServer, count: int) -> Iterator[Customer]:
    stub, token, left = CustomerServiceStub(server.channel), "", count
    while left > 0:
        request = customer_service_pb2.ListCustomersRequest(parent=TENANT, page_size=min(1000, left), page_token=token)
        page = stub.ListCustomers(request, metadata=server.metadata)
        yield from page.customers
        token, left = page.next_page_token, left - len(page.customers)
        if not token:
            return


def get_calls(server: RunningServer, names: Sequence[str]) -> list[Callable[[], object]]:
    stub = CustomerServiceStub(server.channel)
    requests = [customer_service_pb2.GetCustomerRequest(name=name) for name in names]
    return [lambda request=request: stub.GetCustomer(request, metadata=server.metadata) for request in requests]  # type: ignore[misc]


def search_calls(server: RunningServer, emails: Sequence[str]) -> list[Callable[[], object]]:
    stub = CustomerServiceStub(server.channel)
    requests = [customer_service_pb2.SearchCustomersRequest(parent=TENANT, email=email) for email in emails]
    return [lambda request=request: stub.SearchCustomers(request, metadata=server.metadata) for request in requests]  # type: ignore[misc]


def empty_calls(server: RunningServer, count: int) -> list[Callable[[], object]]:
    """The health check: the same port, TLS, limits and threads as every other call, and a handler that does nothing."""
    stub = health_pb2_grpc.HealthStub(server.channel)
    request = health_pb2.HealthCheckRequest()
    return [lambda: stub.Check(request, metadata=server.metadata)] * count
