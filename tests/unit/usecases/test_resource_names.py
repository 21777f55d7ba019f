"""Names are read in one place, and what has not their form stops there."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_server.errors import InvalidArgumentError
from vault_server.ports.runtime import Runtime, new_ids
from vault_server.usecases import names

PARSERS = [
    names.parse_tenant,
    names.parse_customer,
    names.parse_customer_or_any,
    names.parse_stream,
    lambda name: names.parse_record(name, "transactions"),
    lambda name: names.parse_uuid_child(name, "runs"),
    lambda name: names.parse_child(name, "purposes"),
    lambda name: names.parse_root(name, "backups"),
]


@given(st.text(max_size=600))
def test_any_text_is_a_name_or_an_invalid_argument(text: str) -> None:
    for parse in PARSERS:
        with suppress(InvalidArgumentError):
            parse(text)  # type: ignore[no-untyped-call]  # one signature for all


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16))
def test_names_are_read_back(customer: bytes, record: bytes) -> None:
    assert names.parse_customer(names.customer_name("acme", customer)) == ("acme", customer)
    assert names.parse_record(names.record_name("acme", customer, "needs", record), "needs") == ("acme", customer, record)


@pytest.mark.parametrize(
    "name", ["tenants/a\n", "tenants/A", "tenants/a/", "tenants/", "tenants/a\0", "xtenants/a", "tenants/" + 64 * "a"]
)
def test_tenant_name_is_exact(name: str) -> None:
    with pytest.raises(InvalidArgumentError):
        names.parse_tenant(name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("tenants/a", True),
        ("tenants/a/customers/x/needs/y", True),
        ("tenants/b/customers/x", False),
        ("tenants/a/customers/ada@example.com", False),
        ("backups/x", True),
        ("ada@example.com", False),
        ("tenants/a/" + "x/" * 300, False),
    ],
)
def test_only_names_may_stand_in_the_audit_log(name: str, expected: bool) -> None:  # noqa: FBT001 - a table of cases
    assert names.is_resource(name, "a") is expected


def test_ids_made_together_are_different_and_in_order() -> None:
    ids = new_ids(Runtime(now_us=lambda: 1_700_000_000_000_000), 10_000)
    assert ids == sorted(ids)
    assert len(set(ids)) == 10_000
    assert {one[6] >> 4 for one in ids} == {7}
