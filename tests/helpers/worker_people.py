"""A small CRM with invented people for the worker's tests: repeats, typos, gaps, purchases."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from helpers.fake_worker_vault import FakeWorkerVault

_GIVEN = ("Agnetha", "Bertil", "Cordula", "Dieter", "Elspeth", "Fergus", "Greta", "Hamish", "Ilse", "Jorik")
_FAMILY = ("Abernathy", "Birkeland", "Castellan", "Dunwoody", "Eichholz", "Farquhar", "Gilfoyle", "Holmström", "Inverarity")
_STREETS = ("Mill Lane", "Quarry Road", "Harbour Street", "Orchard Close")
_CITIES = ("Leeds", "Bristol", "York")
_NOW = datetime(2026, 10, 1, tzinfo=UTC)
ADDRESS = pa.struct([(name, pa.string()) for name in ("street", "line2", "city", "region", "postal_code", "country")])
TYPES = {
    "addresses": pa.list_(ADDRESS),
    "emails": pa.list_(pa.string()),
    "phones": pa.list_(pa.string()),
    "national_ids": pa.list_(pa.string()),
    "unparsed": pa.map_(pa.string(), pa.string()),
    "stated_age": pa.int32(),
    "income_minor": pa.int64(),
    "time": pa.timestamp("us", tz="UTC"),
    "total_minor": pa.int64(),
    "attributes.visits": pa.int64(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallCrm:
    """Columns of customers and of transactions, and the person behind every customer."""

    customers: dict[str, list[Any]]
    transactions: dict[str, list[Any]]
    person: list[int]


def small_crm(rows: int = 240, *, seed: int = 5) -> SmallCrm:
    """`rows` customers, a sixth of them repeats; ages and incomes with gaps, two groups of buyers."""
    rng = random.Random(seed)
    people = [_person(rng, number) for number in range(rows - rows // 6)]
    person = [*range(len(people)), *(rng.randrange(len(people)) for _ in range(rows // 6))]
    lines = [_row(people[index], rng, repeat=place >= len(people)) for place, index in enumerate(person)]
    customers = {name: [line[name] for line in lines] for name in lines[0]}
    return SmallCrm(customers=customers, transactions=_purchases(people, person, rng), person=person)


def vault_of(crm: SmallCrm, **changes: Any) -> FakeWorkerVault:
    return FakeWorkerVault(customers=crm.customers, transactions=crm.transactions, types=TYPES, **changes)


def _person(rng: random.Random, number: int) -> dict[str, Any]:
    given, family = rng.choice(_GIVEN), rng.choice(_FAMILY)
    age = rng.randint(19, 80)
    return {
        "given_name": given,
        "family_name": family,
        "birth_date": f"{2026 - age - 1:04}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
        "stated_age": age,
        "email": f"{given}.{family}{number}@example.org".lower().replace("ö", "o"),
        "phone": f"0113 {4960000 + number}",
        "address": {
            "street": f"{rng.randint(1, 200)} {rng.choice(_STREETS)}",
            "line2": None,
            "city": rng.choice(_CITIES),
            "region": None,
            "postal_code": f"LS{number % 20 + 1} {number % 9 + 1}AB",
            "country": "GB",
        },
        "gender": rng.choice(("female", "male", None)),
        "tier": "gold" if number % 2 else "basic",
        "visits": (40 if number % 2 else 4) + rng.randint(0, 3),
        "income": 100 * (age * 60_000 + rng.randint(0, 90_000)) // 100,
    }


def _row(person: dict[str, Any], rng: random.Random, *, repeat: bool) -> dict[str, Any]:
    family = person["family_name"]
    email = person["email"].replace("example.org", "gmial.com") if rng.random() < 0.1 else person["email"]
    return {
        "given_name": person["given_name"],
        "family_name": family[:-1] if repeat and rng.random() < 0.3 else family,
        "gender": person["gender"],
        "birth_date": person["birth_date"],
        "stated_age": person["stated_age"] if rng.random() < 0.85 else None,
        "emails": [email] if not repeat or rng.random() < 0.7 else [],
        "phones": [person["phone"]],
        "addresses": [person["address"]],
        "unparsed": [("fax", "n/a")] if rng.random() < 0.05 else [],
        "income_minor": person["income"] if rng.random() < 0.8 else None,
        "income_currency": "GBP",
        "attributes.tier": person["tier"] if rng.random() < 0.8 else None,
        "attributes.visits": person["visits"],
    }


def _purchases(people: list[dict[str, Any]], person: list[int], rng: random.Random) -> dict[str, list[Any]]:
    lines: list[tuple[Any, ...]] = []
    for place, index in enumerate(person):
        often = people[index]["tier"] == "gold"
        for _ in range(rng.randint(6, 9) if often else rng.randint(0, 2)):
            time = _NOW - timedelta(days=rng.randint(1, 60 if often else 600))
            lines.append((place, "purchase", time, rng.randint(8_000, 9_000) if often else rng.randint(500, 900), "GBP"))
    names = ("customer", "kind", "time", "total_minor", "currency")
    return {name: list(column) for name, column in zip(names, zip(*lines, strict=True), strict=True)}
