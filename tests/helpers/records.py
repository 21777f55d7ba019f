"""Builders of records and attribute definitions with invented people."""

from __future__ import annotations

from strongroom.api.v1 import attribute_service_pb2 as definitions
from strongroom.api.v1 import rules_pb2
from strongroom.api.v1.attribute_service_pb2 import AttributeDefinition
from strongroom.api.v1.customer_pb2 import GENDER_FEMALE, Customer, ExternalId, PostalAddress, Provenance
from strongroom.api.v1.need_pb2 import NEED_KIND_SERVICE, Need
from strongroom.api.v1.transaction_pb2 import TRANSACTION_KIND_PURCHASE, Transaction, TransactionLine


def customer(**changes: object) -> Customer:
    """An ordinary customer of eleven fields."""
    made = Customer(
        given_name="Anna",
        family_name="Bergmann",
        gender=GENDER_FEMALE,
        birth_date="1980-02-03",
        emails=["Anna.Bergmann@example.org"],
        phones=["+49 30 1234567"],
        addresses=[PostalAddress(street="Lange Str. 5", city="Berlin", postal_code="10115", country="DE")],
        organisation="Beispiel GmbH",
        language="de",
        external_ids=[ExternalId(source="crm", id="C-12345")],
        provenance=Provenance(source="crm", import_batch="b1", line=4),
    )
    made.MergeFrom(Customer(**changes))  # type: ignore[arg-type]  # fields by name, as the test needs them
    return made


def transaction() -> Transaction:
    made = Transaction(
        kind=TRANSACTION_KIND_PURCHASE,
        lines=[TransactionLine(sku="sku-1", description="Garden hose", quantity_milli=1500, unit_price_minor=1999)],
        total_minor=2999,
        currency="EUR",
        channel="web",
        external_id=ExternalId(source="shop", id="T-1"),
    )
    made.time.seconds = 1_700_000_000
    return made


def need() -> Need:
    return Need(kind=NEED_KIND_SERVICE, text="A second line, please", external_id=ExternalId(source="desk", id="N-1"))


def attribute_definitions() -> dict[str, AttributeDefinition]:
    """One attribute of each type for customers, and `basket` for transactions."""
    types = {
        "nickname": definitions.ATTRIBUTE_TYPE_STRING,
        "visits": definitions.ATTRIBUTE_TYPE_INT,
        "score": definitions.ATTRIBUTE_TYPE_DOUBLE,
        "member": definitions.ATTRIBUTE_TYPE_BOOL,
        "joined": definitions.ATTRIBUTE_TYPE_DATE,
    }
    made = {
        key: AttributeDefinition(key=key, type=number, category=rules_pb2.CATEGORY_BEHAVIOUR) for key, number in types.items()
    }
    made["basket"] = AttributeDefinition(
        key="basket",
        type=definitions.ATTRIBUTE_TYPE_STRING,
        category=rules_pb2.CATEGORY_BEHAVIOUR,
        record_kind=definitions.RECORD_KIND_TRANSACTION,
    )
    return made
