"""Opens the vault's long-lived keys; part of the composition root."""

from __future__ import annotations

from dataclasses import dataclass

from vault_server.config import Settings
from vault_server.crypto import key_files
from vault_server.crypto.backup_keys import RecipientBackupKeys
from vault_server.ports.backup_keys import RecipientRole
from vault_server.ports.keys import RootKey, Signer, Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenKeys:
    """The vault's long-lived keys, opened."""

    roots: tuple[RootKey, ...]
    signer: Signer
    verifiers: tuple[Verifier, ...]
    backup: RecipientBackupKeys


def open_keys(settings: Settings) -> OpenKeys:
    """Opens root and signing keys.

    Raises:
        ConfigurationError: a file is missing, open to others or too weak, or the passphrase is wrong.
    """
    keys = settings.keys
    passphrase = key_files.load_passphrase(keys.passphrase_file)
    roots = tuple(key_files.load_root_key(path, passphrase) for path in (keys.root_key_file, *keys.old_root_key_files))
    signer = key_files.load_signing_key(keys.signing_key_file, passphrase)
    public = (key_files.public_path(keys.signing_key_file), *keys.old_signing_key_files)
    recovery = [key_files.load_recovery_key(path) for path in keys.recovery_key_files]
    return OpenKeys(
        roots=roots,
        signer=signer,
        verifiers=tuple(key_files.load_verifier(path) for path in public),
        backup=RecipientBackupKeys(
            recipients={RecipientRole.ROOT: [roots[0]], RecipientRole.RECOVERY: recovery}, holders=roots
        ),
    )
