"""Proves a backup by reading everything back: a backup that nobody has read is a hope.

Checked, in this order: the chain of manifests from the first to the newest, each signature and link; the erasure ledger, whole
and fresh; then for every object of the backup its size, hash and seal; every count; and the digest over the logical content.
"""

from __future__ import annotations

from collections.abc import Callable

from vault_server.backup.ledger import Erasure, ErasureLedger, LedgerHead, check_fresh
from vault_server.backup.reader import BackupSource
from vault_server.backup.repository import Published, Repository
from vault_server.backup.writer import ContentDigest
from vault_server.errors import IntegrityError, KeyUnavailableError, NotFoundError
from vault_server.ports.backup import BackupRecord
from vault_server.ports.backup_keys import BackupCipher, BackupKeys


def verify_backup(
    repository: Repository, backup_id: bytes, *, keys: BackupKeys, digest: ContentDigest, active: Callable[[], bool]
) -> BackupRecord:
    """Read a backup back.

    Raises: see `BackupEngine.verify`.
    """
    chain = repository.chain()
    published = select(chain, backup_id)
    read_ledger(repository, chain)
    with open_cipher(published, keys) as cipher:
        source = BackupSource(repository, published.manifest, cipher, active)
        found = digest(source)
        source.check_unread()
    if found != published.manifest.digest:
        raise IntegrityError("the content of the backup is not what was backed up", reason="DIGEST_MISMATCH")
    return published.record()


def select(chain: list[Published], backup_id: bytes | None) -> Published:
    """A backup of the chain, or the newest for None.

    Raises:
        NotFoundError: there is none.
    """
    for published in reversed(chain):
        if backup_id is None or published.manifest.backup_id == backup_id:
            return published
    raise NotFoundError("there is no such backup in the target" if chain else "there is no backup in the target")


def read_ledger(repository: Repository, chain: list[Published]) -> list[Erasure]:
    """All erasures, from a ledger that is whole and not stale.

    Raises:
        IntegrityError: it is broken or stale.
    """
    if not chain:
        return []
    ledger = ErasureLedger(repository.target, verifiers=repository.verifiers)
    heads: list[LedgerHead] = []
    erasures: list[Erasure] = []
    for head, entries in ledger.pages(chain[-1].manifest.vault_id):
        heads.append(head)
        erasures += entries
    check_fresh(heads, [LedgerHead(one.manifest.ledger_sequence, one.manifest.ledger_sha256) for one in chain])
    return erasures


def open_cipher(published: Published, keys: BackupKeys) -> BackupCipher:
    """The backup's cipher.

    Raises:
        KeyUnavailableError: no key that opens it is held here.
    """
    manifest = published.manifest
    try:
        return keys.open(manifest.backup_id, manifest.recipients)
    except KeyUnavailableError:
        raise KeyUnavailableError(
            "the backup was made for other keys than those held here",
            hint="Use the vault's root key or one of its recovery keys.",
        ) from None
