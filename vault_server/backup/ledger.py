"""The ledger of erasures: what a restore must erase again, whichever backup it restores. Layout in docs/formats.md.

Pages are signed, numbered from 1 without a gap, and each holds the hash of the one before. A page names tenant, the customer's
random id and the time, and nothing about the person. Every backup adds what is not there yet from the tombstones it backs up;
an erasure may add its own page at once. Each manifest fixes the page that was newest when it was published: a ledger that ends
before that page is stale, and nothing is restored with it.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from vault_server.backup import signed_documents
from vault_server.backup.fields import Fields
from vault_server.errors import AlreadyExistsError, IntegrityError, NotFoundError, UnavailableError
from vault_server.ports.keys import ID_BYTES
from vault_server.ports.root_keys import Signer, Verifier
from vault_server.ports.snapshot import SnapshotSource
from vault_server.ports.targets import Target

MAGIC = b"SRLG"
MAX_PAGE_BYTES = 4 * 1024 * 1024
PAGE_ENTRIES = 10_000
_PREFIX = "ledger/"
_DIGITS = 10
_ATTEMPTS = 10
_BATCH_ROWS = 10_000


class Erasure(NamedTuple):
    """One customer who was erased."""

    tenant: str
    customer_id: bytes
    erased_us: int


class LedgerHead(NamedTuple):
    """The newest page; (0, "") before there is one."""

    sequence: int
    sha256: str


class ErasureLedger:
    """The ledger in one target. Safe for several threads; what was read and checked once is not read again to append."""

    def __init__(self, target: Target, *, verifiers: Sequence[Verifier]) -> None:
        self._target = target
        self._verifiers = tuple(verifiers)
        self._lock = threading.Lock()
        self._forget()

    def pages(self, vault_id: str) -> Iterator[tuple[LedgerHead, list[Erasure]]]:
        """All pages in order, from the target.

        Raises:
            IntegrityError: one is missing, changed, unsigned or of another vault.
        """
        before = LedgerHead(0, "")
        for expected, info in enumerate(self._target.list(_PREFIX), start=1):
            if info.name != _name(expected):
                raise IntegrityError(f"page {expected} of the erasure ledger is missing", reason="OBJECT_MISSING")
            content = self._target.get(info.name, max_bytes=MAX_PAGE_BYTES)
            before, entries = self._read(content, before, vault_id)
            yield before, entries

    def append(self, vault_id: str, erasures: Sequence[Erasure], signer: Signer) -> LedgerHead:
        """Add those that are not there yet; returns the newest page.

        Raises:
            UnavailableError: other writers were faster again and again.
            IntegrityError: as for `pages`.
        """
        with self._lock:
            for _ in range(_ATTEMPTS):
                self._catch_up(vault_id)
                missing = [one for one in erasures if (one.tenant, one.customer_id) not in self._known]
                try:
                    for start in range(0, len(missing), PAGE_ENTRIES):
                        self._write(vault_id, missing[start : start + PAGE_ENTRIES], signer)
                except AlreadyExistsError:
                    continue
                return self._head
        raise UnavailableError("the erasure ledger is being written by others", hint="Try again.")

    def _forget(self) -> None:
        self._head, self._known = LedgerHead(0, ""), set[tuple[str, bytes]]()

    def _catch_up(self, vault_id: str) -> None:
        """Read the pages behind the newest known one; all of them if that one is gone, because the target was exchanged."""
        if self._head.sequence and not self._is_there(self._head.sequence):
            self._forget()
        while self._is_there(self._head.sequence + 1):
            content = self._target.get(_name(self._head.sequence + 1), max_bytes=MAX_PAGE_BYTES)
            self._head, entries = self._read(content, self._head, vault_id)
            self._known.update((entry.tenant, entry.customer_id) for entry in entries)

    def _is_there(self, sequence: int) -> bool:
        try:
            self._target.size(_name(sequence))
        except NotFoundError:
            return False
        return True

    def _write(self, vault_id: str, entries: Sequence[Erasure], signer: Signer) -> None:
        body = {
            "vault_id": vault_id,
            "sequence": self._head.sequence + 1,
            "previous": self._head.sha256,
            "entries": [
                {"tenant": one.tenant, "customer": one.customer_id.hex(), "erased_us": one.erased_us} for one in entries
            ],
        }
        content = signed_documents.sign(MAGIC, body, signer)
        self._target.put_new(_name(self._head.sequence + 1), content)
        self._head = LedgerHead(self._head.sequence + 1, hashlib.sha256(content).hexdigest())
        self._known.update((entry.tenant, entry.customer_id) for entry in entries)

    def _read(self, content: bytes, before: LedgerHead, vault_id: str) -> tuple[LedgerHead, list[Erasure]]:
        sequence = before.sequence + 1
        what = f"page {sequence} of the erasure ledger"
        fields = Fields(signed_documents.open_signed(MAGIC, content, self._verifiers, what=what), what)
        if fields.number("sequence") != sequence or fields.text("previous") != before.sha256:
            raise IntegrityError(f"{what} is out of its place")
        if fields.text("vault_id") != vault_id:
            raise IntegrityError(f"{what} is of another vault", reason="WRONG_VAULT")
        erasures = [
            Erasure(one.text("tenant"), one.raw("customer"), one.number("erased_us")) for one in fields.items("entries")
        ]
        if any(len(one.customer_id) != ID_BYTES for one in erasures):
            raise IntegrityError(f"{what} is signed but malformed")
        return LedgerHead(sequence, hashlib.sha256(content).hexdigest()), erasures


class BackupLedger:
    """For the use case of erasing: puts an erasure into the target at once, not only with the next backup."""

    def __init__(self, ledger: ErasureLedger, *, vault_id: Callable[[], str], signer: Signer) -> None:
        self._ledger = ledger
        self._vault_id = vault_id
        self._signer = signer

    def note(self, tenant: str, customer_id: bytes, erased_us: int) -> None:
        """Return when the erasure is durable in the target. Noting it again is harmless."""
        self._ledger.append(self._vault_id(), [Erasure(tenant, customer_id, erased_us)], self._signer)


def check_fresh(heads: Sequence[LedgerHead], needed: Sequence[LedgerHead]) -> None:
    """That the ledger reaches every page that a manifest knows.

    Raises:
        IntegrityError: it ends before, or is another one.
    """
    present = {head.sequence: head.sha256 for head in heads}
    for head in needed:
        if head.sequence and present.get(head.sequence) != head.sha256:
            raise IntegrityError(
                f"the erasure ledger is stale: a backup knows its page {head.sequence}, which is not there",
                reason="STALE_LEDGER",
                hint="Bring the newest ledger into the backup folder; without it erased customers would come back.",
            )


def erasures_of(source: SnapshotSource) -> list[Erasure]:
    """All tombstones of a snapshot."""
    columns = {table.name: table.columns for table in source.tables()}
    if "erasures" not in columns or "tenants" not in columns:
        return []
    key, name = (columns["tenants"].index(one) for one in ("tenant_key", "id"))
    tenants = {row[key]: row[name] for batch in source.rows("tenants", batch=_BATCH_ROWS) for row in batch}
    picked = [columns["erasures"].index(one) for one in ("tenant_key", "customer_id", "erased_us")]
    found = []
    for batch in source.rows("erasures", batch=_BATCH_ROWS):
        for row in batch:
            tenant, customer_id, erased_us = tenants.get(row[picked[0]]), row[picked[1]], row[picked[2]]
            if not (isinstance(tenant, str) and isinstance(customer_id, bytes) and isinstance(erased_us, int)):
                raise IntegrityError("a tombstone of the snapshot is malformed")
            found.append(Erasure(tenant, customer_id, erased_us))
    return found


def _name(sequence: int) -> str:
    return f"{_PREFIX}{sequence:0{_DIGITS}d}"
