"""Opens the vault's long-lived keys; part of the composition root."""

from __future__ import annotations

from dataclasses import dataclass

from vault_server.config import Settings
from vault_server.crypto import key_files
from vault_server.crypto.backup_keys import RecipientBackupKeys
from vault_server.new_folder import MadeKeys
from vault_server.ports.backup_keys import RecipientRole
from vault_server.ports.root_keys import RootKey, Signer, Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenKeys:
    """The vault's long-lived keys, opened."""

    roots: tuple[RootKey, ...]
    signer: Signer
    verifiers: tuple[Verifier, ...]
    backup: RecipientBackupKeys


def open_keys(settings: Settings, made: MadeKeys | None = None) -> OpenKeys:
    """Opens root and signing keys.

    Args:
        made: keys that this process made a moment ago; their files are not read.

    Raises:
        ConfigurationError: a file is missing, open to others or too weak, or the passphrase is wrong.
    """
    keys = settings.keys
    passphrase = key_files.load_passphrase(keys.passphrase_file)
    made_roots, made_signers = (made.roots, made.signers) if made else ({}, {})
    roots = tuple(
        made_roots.get(path) or key_files.load_root_key(path, passphrase)
        for path in (keys.root_key_file, *keys.old_root_key_files)
    )
    signer = made_signers.get(keys.signing_key_file) or key_files.load_signing_key(keys.signing_key_file, passphrase)
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
