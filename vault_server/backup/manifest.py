"""The manifest: what makes some objects a backup. Layout in docs/formats.md, "Manifest".

It is signed, names every object with its place, size and hash, and holds the hash of the manifest before it, so that nothing
can be changed, exchanged, left out or replayed under another number unnoticed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vault_server.backup import signed_documents
from vault_server.backup.fields import Fields
from vault_server.errors import IntegrityError
from vault_server.ports.backup import BackupRecord
from vault_server.ports.backup_keys import RecipientRole, WrappedBackupKey
from vault_server.ports.root_keys import Signer, Verifier

MAGIC = b"SRMF"
MAX_MANIFEST_BYTES = 64 * 1024 * 1024
FIRST_SEQUENCE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectRef:
    """One sealed chunk. `role` and `position` are what it was sealed for; `sha256` is its name."""

    role: str
    position: int
    table: str
    rows: int
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRef:
    """One backed-up table."""

    name: str
    columns: tuple[str, ...]
    keys: bool
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Everything that a backup says about itself.

    Attributes:
        previous: SHA-256 (hex) of the whole manifest before this one, or "" for the first.
        ledger_sequence: newest page of the erasure ledger when this was published; 0 means none.
        ledger_sha256: SHA-256 (hex) of that page, or "".
    """

    backup_id: bytes
    sequence: int
    previous: str
    vault_id: str
    schema_version: str
    engine: str
    position: int
    started_us: int
    completed_us: int
    digest: str
    ledger_sequence: int
    ledger_sha256: str
    tables: tuple[TableRef, ...]
    objects: tuple[ObjectRef, ...]
    recipients: tuple[WrappedBackupKey, ...]

    def rows(self) -> int:
        return sum(table.rows for table in self.tables)

    def record(self, manifest_bytes: int) -> BackupRecord:
        return BackupRecord(
            backup_id=self.backup_id,
            sequence=self.sequence,
            vault_id=self.vault_id,
            schema_version=self.schema_version,
            engine=self.engine,
            started_us=self.started_us,
            completed_us=self.completed_us,
            size_bytes=manifest_bytes + sum(one.size_bytes for one in self.objects),
            rows=self.rows(),
            digest=self.digest,
            position=self.position,
        )


def sign(manifest: Manifest, signer: Signer) -> bytes:
    body: dict[str, object] = {
        "backup_id": manifest.backup_id.hex(),
        "sequence": manifest.sequence,
        "previous": manifest.previous,
        "vault_id": manifest.vault_id,
        "schema_version": manifest.schema_version,
        "engine": manifest.engine,
        "position": manifest.position,
        "started_us": manifest.started_us,
        "completed_us": manifest.completed_us,
        "digest": manifest.digest,
        "ledger_sequence": manifest.ledger_sequence,
        "ledger_sha256": manifest.ledger_sha256,
        "tables": [
            {"name": one.name, "columns": list(one.columns), "keys": one.keys, "rows": one.rows} for one in manifest.tables
        ],
        "objects": [
            {
                "role": one.role,
                "position": one.position,
                "table": one.table,
                "rows": one.rows,
                "size": one.size_bytes,
                "sha256": one.sha256,
            }
            for one in manifest.objects
        ],
        "recipients": [
            {"key_id": one.recipient_key_id, "role": one.role.value, "wrapped": one.wrapped.hex()}
            for one in manifest.recipients
        ],
    }
    return signed_documents.sign(MAGIC, body, signer)


def read(content: bytes, verifiers: Sequence[Verifier], *, what: str) -> Manifest:
    """The manifest of signed bytes.

    Raises:
        IntegrityError: see `signed_documents.open_signed`; or signed but inconsistent.
    """
    fields = Fields(signed_documents.open_signed(MAGIC, content, verifiers, what=what), what)
    manifest = Manifest(
        backup_id=fields.raw("backup_id"),
        sequence=fields.number("sequence"),
        previous=fields.text("previous"),
        vault_id=fields.text("vault_id"),
        schema_version=fields.text("schema_version"),
        engine=fields.text("engine"),
        position=fields.number("position"),
        started_us=fields.number("started_us"),
        completed_us=fields.number("completed_us"),
        digest=fields.text("digest"),
        ledger_sequence=fields.number("ledger_sequence"),
        ledger_sha256=fields.text("ledger_sha256"),
        tables=tuple(_table(one) for one in fields.items("tables")),
        objects=tuple(_object(one) for one in fields.items("objects")),
        recipients=tuple(_recipient(one, what) for one in fields.items("recipients")),
    )
    _check_counts(manifest, what)
    return manifest


def _table(fields: Fields) -> TableRef:
    return TableRef(
        name=fields.text("name"), columns=fields.texts("columns"), keys=fields.flag("keys"), rows=fields.number("rows")
    )


def _object(fields: Fields) -> ObjectRef:
    return ObjectRef(
        role=fields.text("role"),
        position=fields.number("position"),
        table=fields.text("table"),
        rows=fields.number("rows"),
        size_bytes=fields.number("size"),
        sha256=fields.text("sha256"),
    )


def _recipient(fields: Fields, what: str) -> WrappedBackupKey:
    role = fields.text("role")
    if role not in {known.value for known in RecipientRole}:
        raise IntegrityError(f"{what} is signed but malformed")
    return WrappedBackupKey(recipient_key_id=fields.text("key_id"), role=RecipientRole(role), wrapped=fields.raw("wrapped"))


def _check_counts(manifest: Manifest, what: str) -> None:
    in_objects = dict.fromkeys((table.name for table in manifest.tables), 0)
    places = set()
    for one in manifest.objects:
        if one.table not in in_objects:
            raise IntegrityError(f"{what} is signed but malformed")
        in_objects[one.table] += one.rows
        places.add((one.role, one.position))
    if len(places) != len(manifest.objects) or any(in_objects[table.name] != table.rows for table in manifest.tables):
        raise IntegrityError(f"{what} is signed but malformed")
