"""Keys that are lent for a page open what they should, seal nothing, and are not lent once destroyed."""

from __future__ import annotations

import pytest

from helpers.memory_keks import KeyringBuilder
from helpers.sealing import a_ref, open_customer, seal_customer
from vault_server.crypto.lent_keys import LentKeyring
from vault_server.errors import IntegrityError, KeyUnavailableError
from vault_server.ports.keks import KekState, KeyUse


def test_lent_keys_open_what_the_keyring_sealed() -> None:
    keyring = KeyringBuilder().build()
    sealed = seal_customer(keyring, a_ref())
    with LentKeyring(keyring.lend("acme")).batch("acme") as cipher:
        cipher.load_dek(sealed.dek)
        assert cipher.open(sealed.ref, sealed.envelope) == open_customer(keyring, sealed.ref, sealed.dek, sealed.envelope)


def test_lent_keys_make_no_key() -> None:
    keyring = KeyringBuilder().build()
    with LentKeyring(keyring.lend("acme")).batch("acme") as cipher, pytest.raises(KeyUnavailableError):
        cipher.create_dek(bytes(16))


def test_older_epoch_is_lent_once_it_was_used_and_unavailable_before() -> None:
    world = KeyringBuilder()
    sealed = seal_customer(world.build(), a_ref())
    keyring = world.build()
    keyring.start_epoch("acme", KeyUse.DATA)
    with LentKeyring(keyring.lend("acme")).batch("acme") as cipher, pytest.raises(KeyUnavailableError):
        cipher.load_dek(sealed.dek)
    open_customer(keyring, sealed.ref, sealed.dek, sealed.envelope)
    assert [epoch for epoch, _ in keyring.lend("acme").data] == [1, 2]


def test_destroyed_key_is_not_lent_as_soon_as_the_fence_moves() -> None:
    world = KeyringBuilder()
    keyring = world.build()
    keyring.lend("acme")
    [kek] = world.store.list_keks("acme", KeyUse.DATA)
    world.store.set_state(kek.id, KekState.DESTROYED)
    world.fence.raise_for("acme")
    with pytest.raises(KeyUnavailableError):
        keyring.lend("acme")


def test_pseudonym_key_is_lent_for_its_run_only() -> None:
    keyring = KeyringBuilder().build()
    run_id, row = b"r" * 16, b"i" * 16
    sealed = keyring.run_secrets("acme").new_pseudonym_key(run_id)
    lent = LentKeyring(keyring.lend("acme", run_id=run_id, sealed_key=sealed)).pseudonyms()
    assert lent is not None
    assert lent.encode_many([row]) == keyring.run_secrets("acme").pseudonyms(run_id, sealed).encode_many([row])
    assert LentKeyring(keyring.lend("acme")).pseudonyms() is None
    with pytest.raises(IntegrityError):
        keyring.lend("acme", run_id=b"x" * 16, sealed_key=sealed)


def test_lent_keys_do_not_print() -> None:
    lent = KeyringBuilder().build().lend("acme")
    assert "****" in repr(lent)
    assert lent.data[0][1].reveal().hex() not in repr(lent)
