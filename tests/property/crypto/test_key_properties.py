"""For any content: it comes back, and any changed byte or fact makes it fail with the uniform error."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.memory_keks import KeyringBuilder, some_root_key, some_signer
from helpers.sealing import ALICE, FixedKeys, a_ref, fixed_random
from vault_server.crypto import canonical, kek_wrapping
from vault_server.crypto.backup_keys import ChunkCipher
from vault_server.crypto.batch_cipher import SealingBatch
from vault_server.crypto.sealed_values import SealedAudit
from vault_server.errors import IntegrityError, KeyUnavailableError
from vault_server.ports.keks import KeyUse
from vault_server.ports.keys import RecordRef, WrappedDek

KEK = b"k" * 32
IDS = st.binary(min_size=16, max_size=16)
TENANTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
REFS = st.builds(
    RecordRef,
    tenant=TENANTS,
    customer_id=IDS,
    kind=st.integers(0, 2**32 - 1),
    record_id=IDS,
    version=st.integers(0, 2**64 - 1),
    schema_revision=st.integers(0, 2**32 - 1),
)


def _batch(tenant: str) -> SealingBatch:
    return SealingBatch(tenant=tenant, keys=FixedKeys({1: KEK}), random=fixed_random(bytes(range(256)) * 8))


def _flip(content: bytes, at: int, mask: int) -> bytes:
    changed = bytearray(content)
    changed[at % len(content)] ^= mask
    return bytes(changed)


@given(ref=REFS, plaintext=st.binary(max_size=300))
def test_every_record_comes_back_from_its_place(ref: RecordRef, plaintext: bytes) -> None:
    batch, again = _batch(ref.tenant), _batch(ref.tenant)
    again.load_dek(batch.create_dek(ref.customer_id))
    assert again.open(ref, batch.seal(ref, plaintext)) == plaintext


@given(plaintext=st.binary(max_size=100), at=st.integers(0), mask=st.integers(1, 255))
@settings(max_examples=300)
def test_any_changed_byte_of_an_envelope_fails(plaintext: bytes, at: int, mask: int) -> None:
    batch = _batch("acme")
    batch.create_dek(ALICE)
    sealed = batch.seal(a_ref(), plaintext)
    with pytest.raises((IntegrityError, KeyUnavailableError)):
        batch.open(a_ref(), _flip(sealed, at, mask))


@given(sealed_as=REFS, opened_as=REFS, data=st.data())
def test_any_changed_fact_of_the_place_fails(sealed_as: RecordRef, opened_as: RecordRef, data: st.DataObject) -> None:
    field = data.draw(st.sampled_from(["kind", "record_id", "version", "schema_revision"]))
    other = sealed_as._replace(**{field: getattr(opened_as, field)})
    batch = _batch(sealed_as.tenant)
    batch.create_dek(sealed_as.customer_id)
    sealed = batch.seal(sealed_as, b"x")
    if other == sealed_as:
        return
    with pytest.raises(IntegrityError):
        batch.open(other, sealed)


@given(at=st.integers(0), mask=st.integers(1, 255))
@settings(max_examples=200)
def test_any_changed_byte_of_a_wrapped_dek_fails(at: int, mask: int) -> None:
    dek = _batch("acme").create_dek(ALICE)
    with pytest.raises(KeyUnavailableError):
        _batch("acme").load_dek(dek._replace(wrapped=_flip(dek.wrapped, at, mask)))


@given(tenant=TENANTS, customer_id=IDS, dek_version=st.integers(1, 2**32), kek_epoch=st.integers(0, 2))
def test_wrapped_dek_opens_in_its_own_row_only(tenant: str, customer_id: bytes, dek_version: int, kek_epoch: int) -> None:
    dek = _batch("acme").create_dek(ALICE)
    moved = WrappedDek(customer_id, dek_version, kek_epoch, dek.wrapped)
    if (tenant, moved) == ("acme", dek):
        return
    with pytest.raises(KeyUnavailableError):
        _batch(tenant).load_dek(moved)


@given(at=st.integers(0), mask=st.integers(1, 255))
@settings(max_examples=100, deadline=None)
def test_any_changed_byte_of_a_wrapped_kek_fails(at: int, mask: int) -> None:
    world = KeyringBuilder()
    world.build().batch("acme")
    [row] = world.store.list_keks("acme", KeyUse.DATA)
    with pytest.raises(KeyUnavailableError):
        kek_wrapping.unwrap(
            replace(row, wrapped=_flip(row.wrapped, at, mask)),
            roots={row.root_key_id: some_root_key()},
            verifiers={some_signer().key_id: some_signer()},
        )


@given(wrapped=st.binary(max_size=100))
def test_any_junk_is_no_wrapped_kek(wrapped: bytes) -> None:
    world = KeyringBuilder()
    row = replace(world.build()._new_kek("acme", KeyUse.DATA, epoch=1), wrapped=kek_wrapping.HEADER + wrapped)
    with pytest.raises(KeyUnavailableError):
        kek_wrapping.unwrap(row, roots={row.root_key_id: some_root_key()}, verifiers={some_signer().key_id: some_signer()})


@given(at=st.integers(0), mask=st.integers(1, 255), context=st.binary(max_size=20), payload=st.binary(max_size=50))
def test_any_changed_byte_of_a_sealed_value_fails(at: int, mask: int, context: bytes, payload: bytes) -> None:
    sealer = SealedAudit(tenant="acme", keys=FixedKeys({1: KEK}), random=bytes)
    sealed = sealer.seal(context, payload)
    assert sealer.open(context, sealed) == payload
    with pytest.raises(IntegrityError):
        sealer.open(context, _flip(sealed, at, mask))
    with pytest.raises(IntegrityError):
        sealer.open(context + b"x", sealed)


@given(at=st.integers(0), mask=st.integers(1, 255), role=st.text(max_size=8), position=st.integers(0, 2**64 - 1))
def test_any_changed_byte_of_a_backup_chunk_fails(at: int, mask: int, role: str, position: int) -> None:
    cipher = ChunkCipher(backup_id=b"b" * 16, key=KEK)
    chunk = cipher.seal(role, position, b"rows")
    assert cipher.open(role, position, chunk) == b"rows"
    with pytest.raises(IntegrityError):
        cipher.open(role, position, _flip(chunk, at, mask))


@given(one=st.lists(st.binary(max_size=6), max_size=5), two=st.lists(st.binary(max_size=6), max_size=5))
def test_different_fields_never_encode_alike(one: list[bytes], two: list[bytes]) -> None:
    assert (canonical.encode("label", *one) == canonical.encode("label", *two)) == (one == two)
