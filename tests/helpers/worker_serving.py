"""A vault with customers and a profile for workers, and what their runs found in a form that can be compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from helpers.running_vault import Tenant, running_vault
from helpers.worker_people import small_crm
from strongroom import Client, Customer, ExternalId, PostalAddress, Profile, write_profile
from strongroom.api.v1.analysis_service_pb2 import RUN_STATE_SUCCEEDED, Run
from strongroom.api.v1.customer_pb2 import DerivedData

Served = tuple[Tenant, Path]
"""A tenant with customers, and the folder of the worker's profile."""


@contextmanager
def served_people(template: Path, folder: Path, config: Path, rows: int) -> Iterator[Served]:
    with running_vault(template, folder) as vault:
        tenant = vault.home
        token_file = str(vault.folder / "tokens" / "worker.token")
        write_profile(
            Profile(target=vault.target, tenant=tenant.id, insecure=True, token_file=token_file),
            name="worker",
            directory=config,
        )
        tenant.client().imports.customers(customers_of(rows), source="crm")
        yield tenant, config


def customers_of(rows: int) -> list[Customer]:
    columns = small_crm(rows).customers
    made = []
    for number in range(rows):
        row = {name: cells[number] for name, cells in columns.items()}
        address = {name: text for name, text in row["addresses"][0].items() if text}
        made.append(
            Customer(
                given_name=row["given_name"],
                family_name=row["family_name"],
                birth_date=row["birth_date"],
                stated_age=row["stated_age"],
                emails=row["emails"],
                phones=row["phones"],
                addresses=[PostalAddress(**address)],
                external_ids=[ExternalId(source="crm", id=f"C{number}")],
            )
        )
    return made


def finished(client: Client, run: Run) -> Run:
    ended = client.analysis.get(run.name)
    assert ended.state == RUN_STATE_SUCCEEDED, ended.failure_message
    return ended


def results_of(client: Client, run: Run) -> tuple[dict[str, bytes], set[frozenset[str]]]:
    """What the run found without what differs between any two runs: origins, and the names of entities."""
    found: dict[str, bytes] = {}
    together: dict[str, set[str]] = defaultdict(set)
    for one in client.analysis.results(run.name):
        assert one.customer not in found
        derived = DerivedData.FromString(one.derived.SerializeToString())
        together[derived.entity.entity].add(one.customer)
        derived.entity.entity = ""
        for field, _ in derived.ListFields():
            if field.name.endswith("_origin"):
                derived.ClearField(field.name)  # type: ignore[arg-type]  # a name of the message's own
        found[one.customer] = derived.SerializeToString(deterministic=True)
    return found, {frozenset(customers) for customers in together.values()}
