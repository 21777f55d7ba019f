"""Each test is an attack by somebody who can write to the database, named after it."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from helpers.memory_keks import KeyringBuilder, some_root_key, some_signer
from helpers.sealing import ALICE, BOB, a_ref, open_customer, seal_customer
from vault_server.crypto import envelope as envelope_format
from vault_server.crypto import kek_wrapping
from vault_server.errors import IntegrityError, InvalidArgumentError, KeyUnavailableError
from vault_server.ports.keks import KeyUse
from vault_server.ports.keys import RecordRef

BOBS_REF = a_ref(customer_id=BOB, record_id=BOB)


def test_what_was_sealed_opens_in_its_place_by_another_process() -> None:
    world = KeyringBuilder()
    sealed = seal_customer(world.build(), a_ref(), b"plain words")
    assert open_customer(world.build(), sealed.ref, sealed.dek, sealed.envelope) == b"plain words"


def test_ciphertext_moved_to_another_customer_does_not_open() -> None:
    keyring = KeyringBuilder().build()
    alice, bob = seal_customer(keyring, a_ref()), seal_customer(keyring, BOBS_REF)
    with pytest.raises(IntegrityError):
        open_customer(keyring, bob.ref, bob.dek, alice.envelope)


def test_ciphertext_and_key_moved_together_to_another_customer_do_not_open() -> None:
    keyring = KeyringBuilder().build()
    alice = seal_customer(keyring, a_ref())
    with pytest.raises(KeyUnavailableError):
        open_customer(keyring, BOBS_REF, alice.dek._replace(customer_id=BOB), alice.envelope)


def test_swapped_wrapped_deks_do_not_unwrap() -> None:
    keyring = KeyringBuilder().build()
    alice, bob = seal_customer(keyring, a_ref()), seal_customer(keyring, BOBS_REF)
    with pytest.raises(KeyUnavailableError):
        open_customer(keyring, alice.ref, alice.dek._replace(wrapped=bob.dek.wrapped), alice.envelope)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(a_ref(version=2), id="version"),
        pytest.param(a_ref(kind=2), id="kind"),
        pytest.param(a_ref(record_id=BOB), id="record"),
        pytest.param(a_ref(revision=2), id="schema revision"),
    ],
)
def test_ciphertext_moved_to_another_place_of_the_same_customer_does_not_open(other: RecordRef) -> None:
    keyring = KeyringBuilder().build()
    sealed = seal_customer(keyring, a_ref())
    with pytest.raises(IntegrityError):
        open_customer(keyring, other, sealed.dek, sealed.envelope)


def test_replayed_older_version_does_not_open_as_the_newer_one() -> None:
    keyring = KeyringBuilder().build()
    with keyring.batch("acme") as batch:
        batch.create_dek(ALICE)
        older = batch.seal(a_ref(version=1), b"old address")
        batch.seal(a_ref(version=2), b"new address")
        with pytest.raises(IntegrityError):
            batch.open(a_ref(version=2), older)


def test_commitment_mismatch_is_refused_before_the_key_is_used() -> None:
    keyring = KeyringBuilder().build()
    sealed = seal_customer(keyring, a_ref())
    other_key = envelope_format.hold(envelope_format.tenant_prefix("acme"), ALICE, 1, bytes(32))
    forged = other_key.header + sealed.envelope[envelope_format.HEADER_BYTES :]
    with pytest.raises(IntegrityError):
        open_customer(keyring, sealed.ref, sealed.dek, forged)


def test_envelope_sealed_under_another_key_in_the_right_place_is_refused() -> None:
    keyring = KeyringBuilder().build()
    sealed = seal_customer(keyring, a_ref())
    mine = envelope_format.hold(envelope_format.tenant_prefix("acme"), ALICE, 1, bytes(32))
    aad = mine.aad_prefix + envelope_format.pack_place(1, ALICE, 1, 1)
    forged = mine.header + bytes(12) + AESGCM(bytes(32)).encrypt(bytes(12), b"forged", aad)
    with pytest.raises(IntegrityError):
        open_customer(keyring, sealed.ref, sealed.dek, forged)


def test_wrapped_dek_of_another_tenant_does_not_unwrap() -> None:
    keyring = KeyringBuilder().build()
    acme, rival = seal_customer(keyring, a_ref()), a_ref(tenant="rival")
    seal_customer(keyring, rival._replace(customer_id=BOB))
    with pytest.raises(KeyUnavailableError):
        open_customer(keyring, rival, acme.dek, acme.envelope)


def test_kek_row_copied_to_another_tenant_does_not_unwrap() -> None:
    world = KeyringBuilder()
    acme = seal_customer(world.build(), a_ref())
    [kek] = world.store.list_keks("acme", KeyUse.DATA)
    stolen = replace(kek, id=bytes(16), tenant="rival")
    world.store.rows[stolen.id] = stolen
    with pytest.raises(KeyUnavailableError):
        open_customer(world.build(), a_ref(tenant="rival"), acme.dek, acme.envelope)


@pytest.mark.parametrize(
    ("field", "value"), [("epoch", 2), ("use", KeyUse.AUDIT), ("id", bytes(16)), ("root_key_id", "ab" * 32)]
)
def test_kek_row_with_a_changed_fact_does_not_unwrap(field: str, value: object) -> None:
    world = KeyringBuilder()
    world.build().batch("acme")
    [kek] = world.store.list_keks("acme", KeyUse.DATA)
    changed = replace(kek, **{field: value})  # type: ignore[arg-type]  # the field under attack is a parameter
    roots = {kek.root_key_id: some_root_key(), "ab" * 32: some_root_key()}
    with pytest.raises(KeyUnavailableError):
        kek_wrapping.unwrap(changed, roots=roots, verifiers={some_signer().key_id: some_signer()})


def test_kek_planted_by_somebody_who_has_the_root_public_key_is_refused() -> None:
    world = KeyringBuilder()
    world.build().batch("acme")
    [kek] = world.store.list_keks("acme", KeyUse.DATA)
    planted = kek_wrapping.wrap(kek, b"k" * 32, root=some_root_key(), signer=some_signer("intruder"))
    world.store.rows[kek.id] = planted
    with pytest.raises(KeyUnavailableError):
        world.build().batch("acme").create_dek(ALICE)


def test_truncated_envelopes_are_refused_at_every_length() -> None:
    keyring = KeyringBuilder().build()
    sealed = seal_customer(keyring, a_ref())
    with keyring.batch("acme") as batch:
        batch.load_dek(sealed.dek)
        for length in range(len(sealed.envelope)):
            with pytest.raises(IntegrityError):
                batch.open(sealed.ref, sealed.envelope[:length])


def test_truncated_wrapped_deks_are_refused_at_every_length() -> None:
    keyring = KeyringBuilder().build()
    sealed = seal_customer(keyring, a_ref())
    with keyring.batch("acme") as batch:
        for length in range(len(sealed.dek.wrapped)):
            with pytest.raises(KeyUnavailableError):
                batch.load_dek(sealed.dek._replace(wrapped=sealed.dek.wrapped[:length]))


@pytest.mark.parametrize("position", [0, 4, 5], ids=["magic", "format version", "suite"])
def test_unknown_magic_format_or_suite_is_refused(position: int) -> None:
    keyring = KeyringBuilder().build()
    sealed = seal_customer(keyring, a_ref())
    changed = bytearray(sealed.envelope)
    changed[position] += 1
    with pytest.raises(IntegrityError):
        open_customer(keyring, sealed.ref, sealed.dek, bytes(changed))


def test_envelope_that_names_a_dek_version_that_is_not_held_is_refused() -> None:
    keyring = KeyringBuilder().build()
    sealed = seal_customer(keyring, a_ref())
    changed = sealed.envelope[:6] + struct.pack(">I", 7) + sealed.envelope[10:]
    with pytest.raises(KeyUnavailableError):
        open_customer(keyring, sealed.ref, sealed.dek, changed)


@pytest.mark.parametrize(
    "bad",
    [
        a_ref(tenant="rival"),
        a_ref(record_id=b"short"),
        a_ref(customer_id=b"short"),
        a_ref(version=-1),
        a_ref(version=2**64),
        a_ref(kind=2**32),
        a_ref(revision=-1),
    ],
)
def test_malformed_references_are_refused_and_leak_no_library_error(bad: RecordRef) -> None:
    keyring = KeyringBuilder().build()
    sealed = seal_customer(keyring, a_ref())
    with keyring.batch("acme") as batch:
        batch.load_dek(sealed.dek)
        with pytest.raises(InvalidArgumentError):
            batch.seal(bad, b"x")
        with pytest.raises(InvalidArgumentError):
            batch.open(bad, sealed.envelope)


def test_unwrap_failures_read_the_same_whatever_the_cause() -> None:
    keyring = KeyringBuilder().build()
    dek = seal_customer(keyring, a_ref()).dek
    causes = [
        dek._replace(wrapped=b""),
        dek._replace(wrapped=bytes(66)),
        dek._replace(kek_epoch=9),
        dek._replace(dek_version=2),
    ]
    messages = set()
    for cause in causes:
        with keyring.batch("acme") as batch, pytest.raises(KeyUnavailableError) as refused:
            batch.load_dek(cause)
        messages.add((str(refused.value), refused.value.hint, refused.value.__cause__))
    assert len(messages) == 1
