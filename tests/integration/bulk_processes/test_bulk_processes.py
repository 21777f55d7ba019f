"""Real bulk processes beside a real vault: the same bytes, through whatever happens to them."""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from google.protobuf.struct_pb2 import Struct

from helpers.bulk import helpers_of, ready, without_helper
from helpers.running_vault import Tenant, VaultUnderTest, running_vault
from strongroom import Client, Customer, ExternalId, Transaction
from strongroom.api.v1 import analysis_worker_service_pb2 as worker_api
from strongroom.api.v1 import read_session_service_pb2 as api
from strongroom.api.v1.access_service_pb2 import Grant
from strongroom.api.v1.attribute_service_pb2 import RECORD_KIND_CUSTOMER, RECORD_KIND_TRANSACTION
from strongroom.api.v1.customer_pb2 import DerivedData, EntityAssignment
from strongroom.api.v1.import_service_pb2 import ImportRow
from strongroom.api.v1.privacy_service_pb2 import LEGAL_BASIS_CONSENT, Purpose
from strongroom.api.v1.read_session_service_pb2 import RowFormat
from strongroom.api.v1.rules_pb2 import CATEGORY_CONTACT
from strongroom.api.v1.transaction_pb2 import TRANSACTION_KIND_PURCHASE
from vault_server.bulk_processes.process import BulkProcess
from vault_server.bulk_processes.processes import BulkProcesses
from vault_server.ports.pages import NoHelpers
from vault_server.ports.secret import Secret

PEOPLE = 3300
SALES = 2300
ARROW, RECORDS = RowFormat.ROW_FORMAT_ARROW, RowFormat.ROW_FORMAT_RECORDS


@pytest.fixture(scope="module")
def people(vault: VaultUnderTest) -> Tenant:
    """A tenant with more customers and transactions than fit two pages; some have derived data, some consented."""
    tenant = vault.tenant()
    rows = [
        Customer(
            given_name=f"Ada{n}",
            family_name="Example",
            emails=[f"a{n}@example.com"],
            external_ids=[ExternalId(source="crm", id=str(n))],
        )
        for n in range(PEOPLE)
    ]
    tenant.admin.imports.customers(rows, source="crm", import_id="people")
    names = [one.name for one in tenant.admin.customers.list(page_size=1000)]
    add_sales(tenant)
    add_consent(tenant, names[5:2500:25])
    add_entities(tenant)
    return tenant


def add_sales(tenant: Tenant) -> None:
    rows = []
    for n in range(SALES):
        sale = Transaction(
            kind=TRANSACTION_KIND_PURCHASE, currency="EUR", total_minor=n, external_id=ExternalId(source="crm", id=f"s{n}")
        )
        sale.time.seconds = 1_700_000_000
        rows.append(ImportRow(line=n + 1, transaction=sale, customer_key=ExternalId(source="crm", id=str(n % 7))))
    tenant.admin.imports.transactions(rows, source="crm", import_id="sales")


def add_consent(tenant: Tenant, names: list[str]) -> None:
    purpose = Purpose(legal_basis=LEGAL_BASIS_CONSENT, categories=[CATEGORY_CONTACT], kinds=[RECORD_KIND_CUSTOMER])
    made = tenant.admin.privacy.create_purpose("news", purpose).name
    tenant.admin.access.create_grant(Grant(principal=f"{tenant.name}/principals/analyst", purpose=made))
    for name in names:
        tenant.admin.privacy.set_consent(name, made, given=True)


def add_entities(tenant: Tenant) -> None:
    tenant.analyst.analysis.start(["match"])
    lease = tenant.worker.worker.claim(["match"], lease_s=60)
    rows = tenant.worker.read("analysis", fields=["given_name"], run=lease.run.name, lease_token=lease.lease_token)
    ids = [bytes.fromhex(row.customer.name.removeprefix("rows/")) for row in rows][::10]
    results = [worker_api.RowResult(row_id=one, derived=DerivedData(entity=EntityAssignment(entity=one.hex()))) for one in ids]
    request = worker_api.WriteResultsRequest(
        name=lease.run.name, lease_token=lease.lease_token, step="match", offset=0, results=results
    )
    tenant.worker.calls.unary(request, worker_api.WriteResultsResponse)
    tenant.worker.worker.commit(
        lease.run.name,
        lease.lease_token,
        summary=Struct(),
        expected_offsets={"match": len(ids)},
        report_html=b"<p>",
        report_json=b"{}",
    )


def rows_of(client: Client, stream: str) -> list[api.ReadRowsResponse]:
    answers = list(client.read.rows(stream))
    assert all(one.resume_token for one in answers)
    for one in answers:
        one.resume_token = ""
    return answers


def open_session(client: Client, tenant: Tenant, **options: object) -> api.ReadSession:
    given = {"purpose": f"{tenant.name}/purposes/analysis", "kind": RECORD_KIND_CUSTOMER, **options}
    return client.read.open_session(api.CreateReadSessionRequest(parent=tenant.name, **given))  # type: ignore[arg-type]  # by name


SESSIONS: Mapping[str, dict[str, object]] = {
    "records": {},
    "cut records": {"fields": ["given_name", "emails"]},
    "arrow": {"format": ARROW, "fields": ["given_name", "family_name", "birth_date", "emails"]},
    "derived": {"fields": ["given_name", "entity"]},
    "derived as arrow": {"format": ARROW, "fields": ["given_name", "entity", "customer_id"]},
    "consent": {"purpose": "news", "fields": ["emails"]},
    "transactions": {"kind": RECORD_KIND_TRANSACTION, "fields": ["total_minor", "currency"]},
    "transactions as arrow": {"kind": RECORD_KIND_TRANSACTION, "format": ARROW, "fields": ["total_minor", "customer_id"]},
}


@pytest.mark.parametrize("name", list(SESSIONS))
def test_page_process_makes_the_same_bytes(people: Tenant, name: str) -> None:
    options = dict(SESSIONS[name])
    if "purpose" in options:
        options["purpose"] = f"{people.name}/purposes/{options['purpose']}"
    session = open_session(people.analyst, people, **options)
    with without_helper(people):
        alone = rows_of(people.analyst, session.streams[0])
    helpers = ready(people)
    before = helpers.pages_made
    together = rows_of(people.analyst, session.streams[0])
    assert helpers.pages_made > before
    assert together == alone
    assert sum(one.row_count for one in alone) in {PEOPLE, SALES, len(range(5, 2500, 25))}


def test_page_process_shows_the_pseudonyms_of_the_run(people: Tenant) -> None:
    people.analyst.analysis.start(["match"])
    lease = people.worker.worker.claim(["match"], lease_s=60)
    for options in ({}, {"format": ARROW}):
        given = {"fields": ["given_name"], **options}
        session = open_session(people.worker, people, run=lease.run.name, lease_token=lease.lease_token, **given)
        with without_helper(people):
            alone = rows_of(people.worker, session.streams[0])
        helpers = ready(people)
        before = helpers.pages_made
        assert rows_of(people.worker, session.streams[0]) == alone
        assert helpers.pages_made > before
    people.analyst.analysis.cancel(lease.run.name)


def test_rows_of_several_streams_at_once_come_once(people: Tenant) -> None:
    ready(people)
    session = open_session(people.analyst, people, max_streams=3)
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda stream: rows_of(people.analyst, stream), session.streams))
    names = [Customer.FromString(raw).name for each in answers for answer in each for raw in answer.records]
    assert len(names) == len(set(names)) == PEOPLE


def test_process_killed_in_the_middle_of_a_stream_loses_and_repeats_nothing(people: Tenant) -> None:
    session = open_session(people.analyst, people)
    with without_helper(people):
        alone = rows_of(people.analyst, session.streams[0])
    [pid] = ready(people).pids()
    os.kill(pid, signal.SIGSTOP)  # it is asked for pages, and does not answer any more
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(rows_of, people.analyst, session.streams[0])
        wait_until_borrowed(people)
        os.kill(pid, signal.SIGKILL)
        answers = reading.result(60)
    assert [raw for one in answers for raw in one.records] == [raw for one in alone for raw in one.records]
    assert helpers_of(people).pids() == []
    helpers_of(people)._not_before_s = 0.0  # the pause is over
    assert ready(people).pids() != [pid]


def test_customer_erased_while_pages_are_made_ahead_is_not_delivered(people: Tenant) -> None:
    made = people.admin.customers.create(Customer(given_name="Gone"))
    session = open_session(people.analyst, people)
    [pid] = ready(people).pids()
    os.kill(pid, signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(rows_of, people.analyst, session.streams[0])
            wait_until_borrowed(people)
            people.admin.customers.erase(made.name)
            os.kill(pid, signal.SIGCONT)
            answers = reading.result(60)
    finally:
        os.kill(pid, signal.SIGCONT)
    names = [Customer.FromString(raw).name for answer in answers for raw in answer.records]
    assert made.name not in names
    assert len(names) == len(set(names)) == PEOPLE


def wait_until_borrowed(tenant: Tenant) -> None:
    helpers = helpers_of(tenant)
    pause = threading.Event()
    while helpers.pids():
        pause.wait(0.005)


def test_bulk_processes_0_means_none(vault_template: Path, tmp_path: Path) -> None:
    with running_vault(vault_template, tmp_path / "vault", bulk_processes=0) as made:
        assert isinstance(made.running.helpers, NoHelpers)
        tenant = made.tenant()
        tenant.admin.imports.customers(
            [Customer(external_ids=[ExternalId(source="crm", id=str(n))]) for n in range(2100)],
            source="crm",
            import_id="people",
        )
        session = open_session(tenant.analyst, tenant)
        assert sum(one.row_count for one in rows_of(tenant.analyst, session.streams[0])) == 2100


def test_process_ends_with_its_socket_and_leaves_no_zombie(people: Tenant) -> None:
    process = BulkProcess(people.vault.settings.storage.url, "")
    assert b"bulk_processes" in Path(f"/proc/{process.pid}/cmdline").read_bytes()
    assert "vault.db" not in Path(f"/proc/{process.pid}/cmdline").read_text()
    with suppress(PermissionError):  # who is not root cannot even look
        assert "STRONGROOM" not in Path(f"/proc/{process.pid}/environ").read_text()
    assert re.search("Max core file size +0 +0", Path(f"/proc/{process.pid}/limits").read_text())
    process.end()
    assert not Path(f"/proc/{process.pid}").exists()


def test_process_that_does_not_start_is_one_event_and_a_pause(tmp_path: Path) -> None:
    events: list[str] = []
    now = [0.0]
    helpers = BulkProcesses(
        1,
        url=Secret.of_text(f"sqlite:///{tmp_path}/none.db"),
        default_region="",
        lender=None,  # type: ignore[arg-type]  # nothing is ever lent
        monotonic_s=lambda: now[0],
        emit=lambda event, **_: events.append(event),
    )
    for expected in (1, 1, 2):
        helpers.prepare()
        for thread in threading.enumerate():
            if thread.name == "bulk-process-start":
                thread.join(60)
        assert events == ["bulk_process_not_started"] * expected
        now[0] += 0.6
    helpers.close()
