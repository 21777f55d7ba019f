"""Every rule of the dictionary finds its breach, names it by path and never repeats the value."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers.records import attribute_definitions, customer, need, transaction
from strongroom.api.v1.customer_pb2 import AttributeValue, Customer, ExternalId
from strongroom.api.v1.transaction_pb2 import Transaction
from vault_server.records.dictionary import Dictionary, Record
from vault_server.records.validation import MAX_RECORD_BYTES, Validator

VALIDATOR = Validator(Dictionary())
ATTRIBUTES = attribute_definitions()
SECRET = "Zzyzx"


def findings(record: Record) -> list[tuple[str, str]]:
    found = VALIDATOR.validate(record, attributes=ATTRIBUTES)
    assert all(SECRET not in violation.message and SECRET not in violation.field for violation in found)
    return [(violation.field, violation.reason) for violation in found]


@pytest.mark.parametrize("make", [customer, transaction, need, Customer])
def test_ordinary_record_is_accepted(make: Callable[[], Record]) -> None:
    assert findings(make()) == []


def changed(change: Callable[[Customer], object]) -> Customer:
    made = customer()
    change(made)
    return made


CASES: list[tuple[str, str, Callable[[Customer], object]]] = [
    ("given_name", "TOO_LONG", lambda c: setattr(c, "given_name", SECRET * 41)),
    ("emails", "TOO_MANY", lambda c: c.emails.extend([SECRET] * 20)),
    ("emails[1]", "TOO_LONG", lambda c: c.emails.append(SECRET * 100)),
    ("addresses[1].postal_code", "TOO_LONG", lambda c: c.addresses.add(postal_code=SECRET * 7)),
    ("addresses", "TOO_MANY", lambda c: [c.addresses.add() for _ in range(20)]),
    ("birth_date", "NOT_A_DATE", lambda c: setattr(c, "birth_date", "1852-00-01")),
    ("birth_date", "NOT_A_DATE", lambda c: setattr(c, "birth_date", "2020-W05-5")),
    ("birth_date", "NOT_A_DATE", lambda c: setattr(c, "birth_date", "20200131")),
    ("birth_date", "NOT_A_DATE", lambda c: setattr(c, "birth_date", SECRET)),
    ("language", "NOT_A_LANGUAGE", lambda c: setattr(c, "language", "de_DE")),
    ("income.currency", "NOT_A_CURRENCY", lambda c: setattr(c.income, "currency", "eur")),
    ("gender", "UNKNOWN_ENUM", lambda c: setattr(c, "gender", 99)),
    ("stated_age", "OUT_OF_BOUNDS", lambda c: setattr(c, "stated_age", 151)),
    ("stated_age", "OUT_OF_BOUNDS", lambda c: setattr(c, "stated_age", -1)),
    ("external_ids[1].source", "NOT_A_SLUG", lambda c: c.external_ids.add(source="Über " + SECRET, id="1")),
    ("external_ids[1].id", "REQUIRED", lambda c: c.external_ids.add(source="crm")),
    ("external_ids[1].source", "REQUIRED", lambda c: c.external_ids.add(id="1")),
    ("provenance.source", "NOT_A_SLUG", lambda c: setattr(c.provenance, "source", "-")),
    ("organisation", "NUL_CHARACTER", lambda c: setattr(c, "organisation", f"{SECRET}\0")),
    ("emails[1]", "NUL_CHARACTER", lambda c: c.emails.append(f"{SECRET}\0")),
    ("addresses[0].city", "NUL_CHARACTER", lambda c: setattr(c.addresses[0], "city", "\0")),
    ("unparsed", "NUL_CHARACTER", lambda c: c.unparsed.update({"a": f"{SECRET}\0"})),
    ("unparsed", "NUL_CHARACTER", lambda c: c.unparsed.update({f"{SECRET}\0": "a"})),
    ("unparsed", "TOO_LONG", lambda c: c.unparsed.update({"a": SECRET * 2001})),
    ("unparsed", "TOO_LONG", lambda c: c.unparsed.update({SECRET * 100: "a"})),
    ("unparsed", "TOO_MANY", lambda c: c.unparsed.update({str(n): "a" for n in range(501)})),
    ("attributes.undefined", "UNKNOWN_ATTRIBUTE", lambda c: c.attributes["undefined"].MergeFrom(AttributeValue(int_value=1))),
    ("attributes", "UNKNOWN_ATTRIBUTE", lambda c: c.attributes[f"{SECRET} was here"].MergeFrom(AttributeValue(int_value=1))),
    ("attributes.basket", "UNKNOWN_ATTRIBUTE", lambda c: c.attributes["basket"].MergeFrom(AttributeValue(string_value="x"))),
    ("attributes.visits", "WRONG_TYPE", lambda c: c.attributes["visits"].MergeFrom(AttributeValue(string_value=SECRET))),
    ("attributes.visits", "EMPTY_ATTRIBUTE", lambda c: c.attributes["visits"].MergeFrom(AttributeValue())),
    ("attributes.score", "NOT_FINITE", lambda c: c.attributes["score"].MergeFrom(AttributeValue(double_value=float("nan")))),
    ("attributes.joined", "NOT_A_DATE", lambda c: c.attributes["joined"].MergeFrom(AttributeValue(date_value=SECRET))),
    (
        "attributes.nickname",
        "TOO_LONG",
        lambda c: c.attributes["nickname"].MergeFrom(AttributeValue(string_value=SECRET * 2001)),
    ),
    ("attributes", "NUL_CHARACTER", lambda c: c.attributes["nickname"].MergeFrom(AttributeValue(string_value="\0"))),
]


@pytest.mark.parametrize(("field", "reason", "change"), CASES, ids=[f"{field}-{reason}" for field, reason, _ in CASES])
def test_breach_is_found(field: str, reason: str, change: Callable[[Customer], object]) -> None:
    assert (field, reason) in findings(changed(change))


def test_right_attribute_of_every_type_is_accepted() -> None:
    made = customer(
        attributes={
            "nickname": AttributeValue(string_value=""),
            "visits": AttributeValue(int_value=0),
            "score": AttributeValue(double_value=0.5),
            "member": AttributeValue(bool_value=False),
            "joined": AttributeValue(date_value="2020-02-29"),
        }
    )
    assert findings(made) == []


def test_zero_age_is_a_value_and_no_nul_character() -> None:
    assert findings(customer(stated_age=0)) == []


def test_all_breaches_are_reported_at_once() -> None:
    assert len(findings(customer(birth_date="?", language="?", emails=["x" * 321]))) == 3


def test_output_only_fields_are_not_looked_at() -> None:
    assert findings(customer(name="x" * 100_000, state=99)) == []


def test_record_over_the_size_limit_is_refused_as_a_whole() -> None:
    made = customer()
    made.unparsed.update({f"c{n}": "x" * 10_000 for n in range(MAX_RECORD_BYTES // 10_000 + 1)})
    assert findings(made) == [("", "RECORD_TOO_LARGE")]


def test_required_time_of_a_transaction() -> None:
    made = transaction()
    made.ClearField("time")
    assert findings(made) == [("time", "REQUIRED")]


@pytest.mark.parametrize(("seconds", "nanos"), [(1 << 40, 0), (-(1 << 40), 0), (0, -1), (0, 1_000_000_000)])
def test_time_out_of_the_calendar_is_refused(seconds: int, nanos: int) -> None:
    made = transaction()
    made.time.seconds, made.time.nanos = seconds, nanos
    assert findings(made) == [("time", "NOT_A_TIME")]


def test_nested_single_message_is_looked_into() -> None:
    made = Transaction(external_id=ExternalId(source="shop"))
    made.time.seconds = 1
    assert findings(made) == [("external_id.id", "REQUIRED")]
