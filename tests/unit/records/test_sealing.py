"""What is sealed of a record, and what comes back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers.records import customer, need, transaction
from strongroom.api.v1.customer_pb2 import RECORD_STATE_LIVE, Customer
from vault_server.records.dictionary import OUTPUT_ONLY_NUMBERS, Record
from vault_server.records.sealing import canonical, etag, with_meta

META = {
    "name": "tenants/acme/customers/" + "é" * 200,
    "etag": "0123456789abcdef",
    "version": 1 << 40,
    "state": RECORD_STATE_LIVE,
    "created_us": 1_700_000_000_123_456,
    "updated_us": 1_800_000_000_000_000,
}


@pytest.mark.parametrize("make", [customer, transaction, need])
def test_appended_fields_read_back_in_every_kind(make: Callable[[], Record]) -> None:
    plaintext = canonical(make())
    read = type(make()).FromString(with_meta(plaintext, **META))  # type: ignore[arg-type]  # the values have their types
    assert (read.name, read.etag, read.version, read.state) == tuple(META[key] for key in ("name", "etag", "version", "state"))
    assert read.create_time.ToMicroseconds() == META["created_us"]
    assert read.update_time.ToMicroseconds() == META["updated_us"]
    assert canonical(read) == plaintext


def test_sealed_plaintext_has_no_output_only_field_and_the_record_keeps_its_own() -> None:
    record = customer(name="tenants/acme/customers/x", etag="e", version=3, state=RECORD_STATE_LIVE)
    record.create_time.seconds = 1
    sealed = Customer.FromString(canonical(record))
    assert {field.name for field, _ in sealed.ListFields()}.isdisjoint(OUTPUT_ONLY_NUMBERS)
    assert record.etag == "e"
    assert canonical(record) == canonical(customer())


def test_fields_that_this_version_does_not_know_are_not_sealed() -> None:
    smuggled = Customer.FromString(canonical(customer()) + b"\xfa\x3f\x05value" + b"\x9a\x06\x03abc")
    assert canonical(smuggled) == canonical(customer())


def test_equal_maps_in_another_order_are_sealed_alike() -> None:
    keys = [f"k{number}" for number in range(50)]
    first, second = customer(), customer()
    first.unparsed.update(dict.fromkeys(keys, "x"))
    second.unparsed.update(dict.fromkeys(reversed(keys), "x"))
    assert canonical(first) == canonical(second)


def test_empty_etag_is_left_out() -> None:
    read = Customer.FromString(with_meta(b"", **{**META, "etag": ""}))  # type: ignore[arg-type]  # as above
    assert not read.etag


def test_etag_changes_with_version_and_record_and_is_short() -> None:
    tags = {etag(bytes([record]) * 16, version) for record in range(3) for version in range(3)}
    assert len(tags) == 9
    assert {len(tag) for tag in tags} == {16}
