"""The type checker proves here that every adapter fits its port; at run time it only builds them."""

from __future__ import annotations

from helpers.memory_keks import KeyringBuilder, MemoryFence, MemoryKekStore, some_root_key, some_signer
from vault_server.crypto.api_tokens import HashedApiTokens
from vault_server.crypto.backup_keys import RecipientBackupKeys
from vault_server.crypto.rotation import KeyRotator
from vault_server.ports.api_tokens import ApiTokens
from vault_server.ports.backup_keys import BackupCipher, BackupKeys, RecipientRole
from vault_server.ports.keks import KekStore, KeyFence
from vault_server.ports.keys import BatchCipher, Keyring, KeyRotation
from vault_server.ports.root_keys import KeyWrapper, RootKey, Signer, Verifier
from vault_server.ports.sealed_values import AuditSealer, BlindIndex, PageTokenSealer


def test_adapters_fit_their_ports() -> None:
    world = KeyringBuilder()
    built = world.build()
    store: KekStore = MemoryKekStore()
    fence: KeyFence = MemoryFence()
    root: RootKey = some_root_key()
    recipient: KeyWrapper = some_root_key().public_wrapper()
    signer: Signer = some_signer()
    verifier: Verifier = some_signer()
    keyring: Keyring = built
    rotation: KeyRotation = KeyRotator(built)
    batch: BatchCipher = keyring.batch("acme")
    index: BlindIndex = keyring.blind_index("acme")
    pages: PageTokenSealer = keyring.page_tokens("acme")
    audit: AuditSealer = keyring.sealed_audit("acme")
    backups: BackupKeys = RecipientBackupKeys(recipients={RecipientRole.RECOVERY: [recipient]}, holders=[root])
    cipher: BackupCipher = backups.create(bytes(16))[0]
    tokens: ApiTokens = HashedApiTokens()
    assert all((store, fence, signer, verifier, rotation, batch, index, pages, audit, cipher, tokens))
