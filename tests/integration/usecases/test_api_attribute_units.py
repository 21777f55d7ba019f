"""Units of attributes over real gRPC on both engines: declared once, added later, sent with the column, never contradicted."""

from __future__ import annotations

import pytest

from helpers.running_vault import Tenant
from strongroom import AlreadyExistsError, Customer, InvalidArgumentError
from strongroom.api.v1.attribute_service_pb2 import ATTRIBUTE_TYPE_DOUBLE, ATTRIBUTE_TYPE_STRING, AttributeDefinition
from strongroom.api.v1.customer_pb2 import AttributeValue
from strongroom.api.v1.rules_pb2 import CATEGORY_BEHAVIOUR


def define(tenant: Tenant, unit: str = "", *, key: str = "used", kind: int = ATTRIBUTE_TYPE_DOUBLE) -> AttributeDefinition:
    return tenant.analyst.attributes.create(key, type=kind, category=CATEGORY_BEHAVIOUR, unit=unit)  # type: ignore[arg-type]  # number of an enum


def test_a_unit_is_kept_added_where_none_was_said_and_never_replaced(acme: Tenant) -> None:
    assert define(acme).unit == ""
    assert define(acme, " GB ").unit == "GB"
    assert define(acme).unit == define(acme, "GB").unit == "GB"
    with pytest.raises(AlreadyExistsError) as refused:
        define(acme, "MB")
    assert refused.value.reason == "ATTRIBUTE_EXISTS"
    assert [one.unit for one in acme.analyst.attributes.list()] == ["GB"]


@pytest.mark.parametrize("unit", ["x" * 21, "G\nB", "\x1b[31m"])
def test_a_unit_is_short_and_printable(acme: Tenant, unit: str) -> None:
    with pytest.raises(InvalidArgumentError) as refused:
        define(acme, unit)
    assert refused.value.reason == "INVALID_UNIT"


def test_only_numbers_have_units(acme: Tenant) -> None:
    with pytest.raises(InvalidArgumentError):
        define(acme, "GB", key="plan", kind=ATTRIBUTE_TYPE_STRING)


def test_the_unit_comes_with_the_column_to_whoever_may_see_it(acme: Tenant) -> None:
    define(acme, "GB")
    define(acme, key="score")
    acme.admin.customers.create(Customer(attributes={"used": AttributeValue(double_value=1.5)}))
    run = acme.analyst.analysis.start(["segment"])
    token = acme.worker.worker.claim(["segment"], lease_s=60).lease_token
    reader = acme.worker.read.arrow("analysis", fields=["attributes"], run=run.name, lease_token=token)
    (batch,) = list(reader)
    assert batch.column("attributes.used").to_pylist() == [1.5]
    assert reader.schema.field("attributes.used").metadata == {b"unit": b"GB"}
    assert reader.schema.field("attributes.score").metadata is None
