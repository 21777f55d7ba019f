"""Customers whose every value is found nowhere else go through every method, well and badly formed; then they are searched for.

They must be in no log line, no error, no audit event, no file name, no stored byte and no backup.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from helpers.raw_calls import api_methods, bearer, call, call_method
from helpers.running_vault import copy_vault, write_config
from helpers.server_processes import ServerProcess, run, served
from strongroom import Client, Customer, ExternalId, Need, StrongroomError, Transaction
from strongroom.api.v1 import customer_service_pb2
from strongroom.api.v1.access_service_pb2 import Grant, Principal
from strongroom.api.v1.attribute_service_pb2 import ATTRIBUTE_TYPE_STRING
from strongroom.api.v1.backup_service_pb2 import BACKUP_STATE_CREATING
from strongroom.api.v1.customer_pb2 import AttributeValue, PostalAddress
from strongroom.api.v1.need_pb2 import NEED_KIND_SERVICE
from strongroom.api.v1.rules_pb2 import CATEGORY_BEHAVIOUR
from strongroom.api.v1.transaction_pb2 import TRANSACTION_KIND_PURCHASE, TransactionLine

SQL_WORDS = ("SELECT ", "INSERT ", "UPDATE ", "DELETE ", "sqlite", "psycopg", "sqlalchemy", "Traceback", '.py"')


class Canaries:
    """Makes values and remembers them."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def text(self) -> str:
        self.made.append(f"Cnry{secrets.token_hex(8)}")
        return self.made[-1]

    def no_id(self) -> str:
        """A value where an id belongs. Ids of the caller's choice may be audited; this has not the form of one."""
        return f"{self.text()}@x"

    def digits(self) -> str:
        self.made.append("".join(secrets.choice("123456789") for _ in range(14)))
        return self.made[-1]

    def customer(self) -> Customer:
        return Customer(
            given_name=self.text(),
            family_name=self.text(),
            full_name=self.text(),
            birth_date="1980-02-03",
            emails=[f"{self.text()}@example.com"],
            phones=[f"+{self.digits()}"],
            addresses=[PostalAddress(street=self.text(), city=self.text(), postal_code=self.digits())],
            organisation=self.text(),
            job_title=self.text(),
            tags=[self.text()],
            external_ids=[ExternalId(source="crm", id=self.text())],
            national_ids=[self.text()],
            attributes={"colour": AttributeValue(string_value=self.text())},
            unparsed={"age": self.text()},
        )

    def found_in(self, content: bytes) -> list[str]:
        lowered = content.lower()
        return [value for value in self.made if value.lower().encode() in lowered]


class Hunt:
    """A running vault, the values that were sent to it, and every error that came back."""

    def __init__(self, server: ServerProcess, client: Client) -> None:
        self.server = server
        self.client = client
        self.canaries = Canaries()
        self.errors: list[str] = []

    def refused(self, *calls: Callable[[], object]) -> None:
        """Each call fails; what it says is kept."""
        for one in calls:
            with pytest.raises(StrongroomError) as error:
                one()
            self.errors.append(f"{error.value!r} {error.value} {error.value.metadata} {error.value.hint}")


@pytest.fixture(scope="module")
def hunt(vault_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hunt]:
    folder = tmp_path_factory.mktemp("canaries")
    copy_vault(vault_template, folder)
    write_config(folder)
    assert run("init", "--data", folder).returncode == 0
    with served(folder) as server, server.client("admin") as client:
        made = Hunt(server, client)
        prepare(client)
        well_formed(made)
        badly_formed(made)
        raw_bytes(made)
        back_up(made)
        yield made


def prepare(client: Client) -> None:
    client.attributes.create("colour", type=ATTRIBUTE_TYPE_STRING, category=CATEGORY_BEHAVIOUR)
    for purpose in ("analysis", "export"):
        grant = Grant(principal="tenants/main/principals/admin", purpose=f"tenants/main/purposes/{purpose}")
        client.access.create_grant(grant)


def well_formed(hunt: Hunt) -> None:
    client, canaries = hunt.client, hunt.canaries
    made = client.customers.create(canaries.customer())
    client.customers.get_full(made.name)
    client.customers.batch_get([made.name], full=True)
    made.job_title = canaries.text()
    made = client.customers.update(made, fields=["job_title"])
    client.customers.undelete(client.customers.delete(made.name).name)
    assert client.customers.search(email=made.emails[0])
    assert client.customers.search(phone=made.phones[0])
    assert client.customers.search(national_id=made.national_ids[0])
    assert client.customers.search(external_id=("crm", made.external_ids[0].id))
    line = TransactionLine(sku=canaries.text(), description=canaries.text(), quantity_milli=1000, unit_price_minor=1)
    sale = Transaction(kind=TRANSACTION_KIND_PURCHASE, lines=[line], channel=canaries.text(), currency="EUR")
    sale.time.seconds = 1_700_000_000
    client.transactions.create(made.name, sale)
    client.needs.create(made.name, Need(kind=NEED_KIND_SERVICE, text=canaries.text(), topic=canaries.text()))
    imported = [canaries.customer() for _ in range(20)]
    client.imports.customers(imported, source="crm", import_id="i1")
    for one in imported:
        one.job_title = canaries.text()
    client.imports.customers(imported, source="crm", import_id="i2")
    assert sum(1 for _ in client.customers.list()) == 21
    assert sum(1 for _ in client.read("export")) == 21
    assert client.read.arrow("export").read_all().num_rows == 21
    client.analysis.cancel(client.analysis.start(["match"]).name)
    linked = client.review.link(made.name, client.customers.create(canaries.customer()).name, comment=canaries.text())
    client.review.get(client.review.reopen(linked.name, comment=canaries.text()).name, purpose="analysis")
    client.customers.erase(client.customers.create(canaries.customer()).name)


def badly_formed(hunt: Hunt) -> None:
    client, canaries, text, no_id = hunt.client, hunt.canaries, hunt.canaries.text, hunt.canaries.no_id
    stored = client.customers.create(canaries.customer())
    twin = canaries.customer()
    twin.external_ids.append(stored.external_ids[0])
    hunt.refused(lambda: client.customers.create(twin), lambda: client.customers.create(twin, validate_only=True))
    for field in Customer.DESCRIPTOR.fields:
        if field.type == field.TYPE_STRING and field.number > 6 and not field.message_type:
            broken = Customer()
            value = text() * 600
            if field.is_repeated:
                getattr(broken, field.name).append(value)
            else:
                setattr(broken, field.name, value)
            hunt.refused(lambda broken=broken: client.customers.create(broken))  # type: ignore[misc]  # bound now
    undefined = Customer(attributes={"shoe": AttributeValue(string_value=text())})
    wrong_type = Customer(attributes={"colour": AttributeValue(date_value=text())})
    too_long = Customer(attributes={"colour": AttributeValue(string_value=text() * 1000)})
    bad_id = Customer(external_ids=[ExternalId(source=text(), id=text())])
    bad_unparsed = Customer(unparsed={"cell": text() * 1000})
    hunt.refused(
        *[lambda one=one: client.customers.create(one) for one in (undefined, wrong_type, too_long, bad_id, bad_unparsed)]
    )
    client.imports.customers([undefined, wrong_type, bad_id, too_long, twin], source="crm", import_id="i3")
    changed = Customer(name=stored.name, etag="x", given_name=text())
    hunt.refused(
        lambda: client.customers.update(changed),
        lambda: client.customers.get(f"tenants/main/customers/{text()}"),
        lambda: client.customers.get(text()),
        lambda: client.customers.update(stored, fields=[text()]),
        lambda: client.calls.unary(
            customer_service_pb2.UpdateCustomerRequest(
                customer=stored, update_mask=FieldMask(paths=[f"attributes.{text()}", text()])
            ),
            customer_service_pb2.UpdateCustomerResponse,
        ),
        lambda: client.calls.unary(
            customer_service_pb2.ListCustomersRequest(parent="tenants/main", page_token=text()),
            customer_service_pb2.ListCustomersResponse,
        ),
        lambda: client.customers.create(stored, request_id=text() * 20),
        lambda: client.imports.customers([], source=no_id(), import_id=no_id()),
        lambda: client.imports.customers([], source="crm", import_id=no_id()),
        lambda: client.imports.get(no_id()),
        lambda: client.read(no_id()),
        lambda: client.read("export", fields=[text()]),
        lambda: list(client.audit.events(resource=no_id())),
        lambda: list(client.audit.events(resource=f"tenants/main/customers/{text()}@x")),
        lambda: client.attributes.create(no_id(), type=ATTRIBUTE_TYPE_STRING, category=CATEGORY_BEHAVIOUR),
        lambda: client.access.issue_token(no_id()),
        lambda: client.access.revoke_token(no_id()),
        lambda: client.access.revoke_grant(no_id()),
        lambda: client.access.put_principal(Principal(name=text())),
        lambda: client.analysis.start([no_id()]),
        lambda: client.analysis.start(["match"], purpose=no_id()),
        lambda: client.analysis.get(no_id()),
        lambda: client.privacy.set_consent(stored.name, no_id(), given=True),
        lambda: client.backups.get(no_id()),
    )


def raw_bytes(hunt: Hunt) -> None:
    """Requests that are none: a value where a number or a message belongs, text that is no UTF-8, values in path and token."""
    token = (hunt.server.folder / "tokens" / "admin.token").read_text().strip()
    with grpc.insecure_channel(f"127.0.0.1:{hunt.server.port}") as channel:
        for path, method in api_methods():
            if "request_id" in [field.name for field in method.input_type.fields if field.number == 1]:
                continue  # the caller's own id, kept in the ledger by design
            value = hunt.canaries.text().encode()
            for content in (
                b"\x0a" + bytes([len(value)]) + value,
                b"\x12" + bytes([len(value)]) + value,
                b"\x0a" + bytes([len(value) + 1]) + value + b"\xff",
            ):
                answer = call_method(channel, path, method, content, token=token)
                hunt.errors.append(f"{answer}")
        word = hunt.canaries.text()
        who = "/strongroom.api.v1.AccessService/WhoAmI"
        for metadata in (bearer(word), [("authorization", word)], [("x-note", word), *bearer("srt_x")]):
            hunt.errors.append(f"{call(channel, who, metadata=metadata)}")
        hunt.errors.append(f"{call(channel, f'/{word}/{word}', metadata=bearer(token))}")


def back_up(hunt: Hunt) -> None:
    name = hunt.client.backups.create().name
    while hunt.client.backups.get(name).state == BACKUP_STATE_CREATING:
        pass
    assert hunt.client.backups.verify(name).verify_time.seconds


def test_no_error_carries_a_value_or_a_statement(hunt: Hunt) -> None:
    assert hunt.errors
    for error in hunt.errors:
        assert hunt.canaries.found_in(error.encode()) == [], error
        assert not [word for word in SQL_WORDS if word in error], error


def test_no_log_line_carries_a_value(hunt: Hunt) -> None:
    lines = "".join(hunt.server.stderr)
    assert "call_refused" in lines
    assert hunt.canaries.found_in(lines.encode()) == []


def test_no_audit_event_carries_a_value(hunt: Hunt) -> None:
    events = list(hunt.client.audit.events(page_size=1000))
    assert len(events) > 100
    for event in events:
        assert hunt.canaries.found_in(event.SerializeToString()) == [], (
            event.method,
            list(event.resources),
            event.purpose,
            list(event.fields),
            event.reason,
        )


def test_no_report_of_an_import_carries_a_value(hunt: Hunt) -> None:
    broken = [Customer(given_name=hunt.canaries.text() * 100, external_ids=[ExternalId(source="crm", id=hunt.canaries.text())])]
    result = hunt.client.imports.customers(broken, source="crm", import_id="i4")
    assert result.rejected
    for row in result:
        assert hunt.canaries.found_in("".join(map(str, row.issues)).encode()) == []


def test_no_stored_byte_and_no_backup_carries_a_value(hunt: Hunt) -> None:
    files = [path for path in hunt.server.folder.rglob("*") if path.is_file()]
    assert {"vault.db", "vault.db-wal"} <= {path.name for path in files}
    assert [path for path in files if "backups" in path.parts]
    for path in files:
        assert hunt.canaries.found_in(str(path).encode()) == []
        assert hunt.canaries.found_in(path.read_bytes()) == [], path


def test_no_process_argument_carries_a_value_or_a_secret(hunt: Hunt) -> None:
    command = Path(f"/proc/{hunt.server.process.pid}/cmdline").read_bytes()
    environment = b""
    with suppress(PermissionError):  # who is not root cannot even look
        environment = Path(f"/proc/{hunt.server.process.pid}/environ").read_bytes()
    for secret in [*(hunt.server.folder / "tokens").iterdir(), *(hunt.server.folder / "secrets").iterdir()]:
        assert secret.read_bytes().strip() not in command + environment
    assert hunt.canaries.found_in(command + environment) == []


def test_the_hunt_finds_what_it_looks_for(hunt: Hunt) -> None:
    stored = next(one for one in hunt.client.customers.list() if one.given_name)
    assert hunt.canaries.found_in(stored.SerializeToString())
    assert hunt.canaries.found_in(stored.given_name.lower().encode())
