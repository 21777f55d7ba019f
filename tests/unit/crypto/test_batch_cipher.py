from __future__ import annotations

import os

import pytest

from helpers.memory_keks import KeyringBuilder
from helpers.sealing import ALICE, BOB, a_batch, a_ref, seal_customer
from vault_server.crypto.rotation import KeyRotator
from vault_server.errors import FailedPreconditionError, InvalidArgumentError, KeyUnavailableError
from vault_server.ports.keks import KeyUse


def test_batch_forms_give_what_single_forms_give_in_order() -> None:
    ids = [os.urandom(16) for _ in range(50)]
    refs = [a_ref(customer_id=one, record_id=one) for one in ids]
    plaintexts = [b"%d" % number for number in range(50)]
    keyring = KeyringBuilder().build()
    with keyring.batch("acme") as batch:
        deks = batch.create_deks(ids)
        envelopes = batch.seal_many(refs, plaintexts)
    with keyring.batch("acme") as batch:
        batch.load_deks(deks)
        assert batch.open_many(refs, envelopes) == plaintexts
        assert [batch.open(ref, envelope) for ref, envelope in zip(refs, envelopes, strict=True)] == plaintexts


def test_no_nonce_and_no_key_is_used_twice() -> None:
    batch = a_batch()
    deks = batch.create_deks([os.urandom(16) for _ in range(200)])
    nonces = [dek.wrapped[6:18] for dek in deks] + [
        batch.seal(a_ref(customer_id=deks[0].customer_id, version=version), b"same words")[26:38] for version in range(200)
    ]
    assert len(set(nonces)) == len(nonces)
    assert len({batch.seal(a_ref(customer_id=dek.customer_id), b"")[10:26] for dek in deks}) == len(deks)


def test_one_broken_record_fails_the_whole_batch_call() -> None:
    batch = a_batch()
    batch.create_dek(ALICE)
    refs = [a_ref(version=1), a_ref(version=2)]
    envelopes = batch.seal_many(refs, [b"one", b"two"])
    with pytest.raises(Exception, match="does not open"):
        batch.open_many(refs, [envelopes[0], envelopes[0]])


def test_sealing_without_the_customers_key_is_refused() -> None:
    with pytest.raises(KeyUnavailableError):
        a_batch().seal(a_ref(), b"x")


def test_a_customer_gets_one_key_only() -> None:
    batch = a_batch()
    batch.create_dek(ALICE)
    with pytest.raises(FailedPreconditionError):
        batch.create_dek(ALICE)
    with pytest.raises(FailedPreconditionError):
        batch.create_deks([BOB, BOB])


def test_more_references_than_values_are_refused() -> None:
    batch = a_batch()
    batch.create_dek(ALICE)
    with pytest.raises(InvalidArgumentError):
        batch.seal_many([a_ref(), a_ref()], [b"x"])


def test_closed_batch_holds_no_key() -> None:
    batch = a_batch()
    with batch:
        dek = batch.create_dek(ALICE)
        assert batch.has_dek(ALICE)
    assert not batch.has_dek(ALICE)
    for attempt in (lambda: batch.seal(a_ref(), b"x"), lambda: batch.load_dek(dek), lambda: batch.create_dek(BOB)):
        with pytest.raises(KeyUnavailableError):
            attempt()


def test_two_dek_versions_live_side_by_side_while_records_are_sealed_again() -> None:
    keyring = KeyringBuilder().build()
    old = seal_customer(keyring, a_ref(version=1), b"first")
    with keyring.batch("acme") as batch:
        new_dek = batch.next_dek(old.dek)
        new = batch.seal(a_ref(version=2), b"second")
        assert batch.open(old.ref, old.envelope) == b"first"
    assert new_dek.dek_version == 2
    for order in ([old.dek, new_dek], [new_dek, old.dek]):
        with keyring.batch("acme") as batch:
            batch.load_deks(order)
            assert batch.open(a_ref(version=2), new) == b"second"
            assert batch.open(old.ref, old.envelope) == b"first"
            assert batch.seal(a_ref(version=3), b"third")[6:10] == bytes((0, 0, 0, 2))


def test_older_dek_cannot_be_followed_twice() -> None:
    keyring = KeyringBuilder().build()
    old = seal_customer(keyring, a_ref())
    with keyring.batch("acme") as batch:
        batch.next_dek(old.dek)
        with pytest.raises(FailedPreconditionError):
            batch.next_dek(old.dek)


def test_dek_moves_to_a_new_kek_epoch_and_what_it_seals_stays_as_it_is() -> None:
    keyring = KeyringBuilder().build()
    sealed = seal_customer(keyring, a_ref(), b"unchanged")
    rotator = KeyRotator(keyring)
    assert rotator.start_epoch("acme", KeyUse.DATA) == 2
    [moved] = rotator.rewrap_deks("acme", [sealed.dek])
    assert moved.kek_epoch == 2
    assert moved.wrapped != sealed.dek.wrapped
    with keyring.batch("acme") as batch:
        batch.load_dek(moved)
        assert batch.open(sealed.ref, sealed.envelope) == b"unchanged"


def test_representations_show_no_key() -> None:
    batch = a_batch()
    batch.create_dek(ALICE)
    held = batch._newest[ALICE]
    assert repr(held) == "HeldDek(version 1, ****)"
