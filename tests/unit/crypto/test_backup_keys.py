from __future__ import annotations

import pytest

from helpers.memory_keks import some_root_key
from vault_server.crypto.backup_keys import RecipientBackupKeys
from vault_server.errors import ConfigurationError, IntegrityError, KeyUnavailableError
from vault_server.ports.backup_keys import RecipientRole
from vault_server.ports.root_keys import RootKey

BACKUP = b"b" * 16


def _keys(*holders: RootKey) -> RecipientBackupKeys:
    recipients = {
        RecipientRole.ROOT: [some_root_key().public_wrapper()],
        RecipientRole.RECOVERY: [some_root_key("recovery").public_wrapper()],
    }
    return RecipientBackupKeys(recipients=recipients, holders=holders)


@pytest.mark.parametrize("holder", ["root", "recovery"])
def test_every_recipient_opens_the_backup_alone(holder: str) -> None:
    cipher, wrapped = _keys().create(BACKUP)
    chunk = cipher.seal("rows", 0, b"rows" * 100)
    with _keys(some_root_key(holder)).open(BACKUP, wrapped) as again:
        assert again.open("rows", 0, chunk) == b"rows" * 100
    assert [one.role for one in wrapped] == [RecipientRole.ROOT, RecipientRole.RECOVERY]


def test_stranger_does_not_open_the_backup() -> None:
    _, wrapped = _keys().create(BACKUP)
    with pytest.raises(KeyUnavailableError):
        _keys(some_root_key("next")).open(BACKUP, wrapped)


def test_wrapped_key_of_another_backup_does_not_open() -> None:
    _, wrapped = _keys().create(BACKUP)
    with pytest.raises(KeyUnavailableError):
        _keys(some_root_key()).open(b"c" * 16, wrapped)


@pytest.mark.parametrize(("role", "position"), [("rows", 1), ("deks", 0), ("row", 0)])
def test_chunk_moved_to_another_role_or_position_does_not_open(role: str, position: int) -> None:
    cipher, _ = _keys().create(BACKUP)
    chunk = cipher.seal("rows", 0, b"x")
    with pytest.raises(IntegrityError):
        cipher.open(role, position, chunk)


def test_chunk_of_another_backup_does_not_open() -> None:
    first, _ = _keys().create(BACKUP)
    second, _ = _keys().create(BACKUP)
    with pytest.raises(IntegrityError):
        second.open("rows", 0, first.seal("rows", 0, b"x"))


def test_cut_or_changed_chunk_does_not_open() -> None:
    cipher, _ = _keys().create(BACKUP)
    chunk = cipher.seal("rows", 0, b"x" * 20)
    for at in range(len(chunk)):
        changed = bytearray(chunk)
        changed[at] ^= 0x80
        for bad in (bytes(changed), chunk[:at]):
            with pytest.raises(IntegrityError):
                cipher.open("rows", 0, bad)


def test_backup_without_an_offline_recipient_is_refused() -> None:
    keys = RecipientBackupKeys(recipients={RecipientRole.ROOT: [some_root_key()]}, holders=[some_root_key()])
    with pytest.raises(ConfigurationError):
        keys.create(BACKUP)


def test_closed_cipher_holds_no_key() -> None:
    cipher, _ = _keys().create(BACKUP)
    cipher.close()
    with pytest.raises(KeyUnavailableError):
        cipher.seal("rows", 0, b"x")
