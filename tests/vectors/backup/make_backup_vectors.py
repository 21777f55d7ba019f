"""Makes the vectors of one generation of the backup format. Run it only for a new one: published vectors never change.

PYTHONPATH=.:tests python tests/vectors/backup/make_backup_vectors.py tests/vectors/backup/backup_v2.json
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from helpers.backup_making import a_runtime, backup_id
from helpers.memory_snapshots import MemorySource, Row, a_source, digest_of
from helpers.memory_targets import MemoryTarget
from vault_server.backup import row_blocks
from vault_server.backup.repository import Repository
from vault_server.backup.writer import BackupTools, create_backup
from vault_server.crypto import rsa_keys
from vault_server.crypto.backup_keys import RecipientBackupKeys
from vault_server.crypto.rsa_keys import RsaRootKey, RsaSigner
from vault_server.ports.backup_keys import RecipientRole

BLOCKS: list[tuple[str, tuple[str, ...], list[Row]]] = [
    ("empty", ("a", "b"), []),
    ("nothing", ("a",), [(None,), (None,)]),
    ("every_type", ("i", "s", "b", "f"), [(1, "ä", b"\x00\xff", True), (-1, "", b"", False)]),
    ("absent", ("i", "b"), [(None, b"x"), (2**63 - 1, None), (-(2**63), b"yz"), (None, None)]),
    ("nine_flags", ("f",), [(number % 3 == 0,) for number in range(9)]),
]


def as_json(value: object) -> object:
    """Bytes as {"hex": ...}; the other types are JSON's own."""
    return {"hex": value.hex()} if isinstance(value, bytes) else value


def rows_as_json(rows: Sequence[Row]) -> list[list[object]]:
    return [[as_json(value) for value in row] for row in rows]


def block_vectors() -> list[dict[str, object]]:
    return [
        {
            "table": table,
            "columns": list(columns),
            "rows": rows_as_json(rows),
            "encoded": row_blocks.encode(table, columns, rows).hex(),
        }
        for table, columns, rows in BLOCKS
    ]


def repository_vector() -> dict[str, object]:
    root, recovery, signing = (rsa_keys.generate() for _ in range(3))
    keys = RecipientBackupKeys(
        recipients={RecipientRole.ROOT: [RsaRootKey(root)], RecipientRole.RECOVERY: [RsaRootKey(recovery)]}, holders=[]
    )
    signer = RsaSigner(signing)
    tools = BackupTools(keys=keys, signer=signer, digest=digest_of, runtime=a_runtime())
    target = MemoryTarget()
    repository = Repository(target, verifiers=[signer])
    newest = MemorySource()
    for number, erased in ((1, []), (2, [3])):
        newest = a_source(4, sealed_bytes=20, erased=erased)
        create_backup(newest, repository, tools, backup_id=backup_id(number), engine="sqlite", active=lambda: True)
    return {
        "backup_id": backup_id(2).hex(),
        "root_key": _private(root),
        "recovery_key": _private(recovery),
        "signing_public_key": _public(signing),
        "objects": {name: content.hex() for name, content in sorted(target.objects.items())},
        "tables": {table: rows_as_json(rows) for table, rows in newest.content.items()},
    }


def _private(key: rsa.RSAPrivateKey) -> str:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def _public(key: rsa.RSAPrivateKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


if __name__ == "__main__":
    vectors = {"row_blocks": block_vectors(), "repository": repository_vector()}
    Path(sys.argv[1]).write_text(json.dumps(vectors, indent=1) + "\n")
