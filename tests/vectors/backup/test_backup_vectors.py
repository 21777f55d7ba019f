"""What was once written stays readable: row blocks rebuilt from docs/formats.md alone, and a whole repository."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from helpers.memory_snapshots import digest_of
from helpers.memory_targets import MemoryTarget
from vault_server.backup import row_blocks
from vault_server.backup.reader import BackupSource
from vault_server.backup.repository import Repository
from vault_server.backup.verifier import verify_backup
from vault_server.crypto.backup_keys import RecipientBackupKeys
from vault_server.crypto.rsa_keys import RsaRootKey, RsaVerifier

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "backup_v1.json").read_text())
BLOCKS: list[dict[str, Any]] = VECTORS["row_blocks"]
REPOSITORY: dict[str, Any] = VECTORS["repository"]


def _value(value: object) -> object:
    return bytes.fromhex(value["hex"]) if isinstance(value, dict) else value


def _rows(rows: list[list[object]]) -> list[tuple[object, ...]]:
    return [tuple(_value(value) for value in row) for row in rows]


def _by_the_page(block: dict[str, Any]) -> bytes:
    """A row block made from docs/formats.md, without the code that it tests."""

    def text(value: str) -> bytes:
        return struct.pack(">H", len(value.encode())) + value.encode()

    def bits(flags: list[bool]) -> bytes:
        packed = bytearray((len(flags) + 7) // 8)
        for place, flag in enumerate(flags):
            packed[place // 8] |= flag << place % 8
        return bytes(packed)

    rows = _rows(block["rows"])
    out = b"SRRB\x01" + text(block["table"]) + struct.pack(">H", len(block["columns"]))
    out += b"".join(map(text, block["columns"])) + struct.pack(">I", len(rows))
    for place in range(len(block["columns"])):
        column = [row[place] for row in rows]
        present: list[Any] = [value for value in column if value is not None]
        if not present:
            out += b"\x00"
            continue
        tag = {int: 1, str: 2, bytes: 3, bool: 4}[type(present[0])]
        absent = len(present) < len(column)
        out += bytes((tag | (0x80 if absent else 0),)) + (bits([value is not None for value in column]) if absent else b"")
        if tag == 1:
            out += b"".join(value.to_bytes(8, "big", signed=True) for value in present)
        elif tag == 4:
            out += bits(present)
        else:
            raw = [value.encode() if tag == 2 else value for value in present]
            out += b"".join(struct.pack(">I", len(value)) for value in raw) + b"".join(raw)
    return out


@pytest.mark.parametrize("block", BLOCKS, ids=[block["table"] for block in BLOCKS])
def test_row_block_is_what_the_page_says(block: dict[str, Any]) -> None:
    encoded = bytes.fromhex(block["encoded"])
    assert _by_the_page(block) == encoded
    assert row_blocks.encode(block["table"], block["columns"], _rows(block["rows"])) == encoded
    assert row_blocks.decode(encoded).rows == _rows(block["rows"])


@pytest.mark.parametrize("holder", ["root_key", "recovery_key"])
def test_repository_of_the_first_generation_verifies_and_reads(holder: str) -> None:
    private = serialization.load_pem_private_key(REPOSITORY[holder].encode(), None)
    public = serialization.load_pem_public_key(REPOSITORY["signing_public_key"].encode())
    assert isinstance(private, rsa.RSAPrivateKey)
    assert isinstance(public, rsa.RSAPublicKey)
    keys = RecipientBackupKeys(recipients={}, holders=[RsaRootKey(private)])
    target = MemoryTarget({name: bytes.fromhex(content) for name, content in REPOSITORY["objects"].items()})
    repository = Repository(target, verifiers=[RsaVerifier(public)])
    backup_id = bytes.fromhex(REPOSITORY["backup_id"])
    verify_backup(repository, backup_id, keys=keys, digest=digest_of, active=lambda: True)
    published = repository.find(backup_id)
    assert published is not None
    with keys.open(backup_id, published.manifest.recipients) as cipher:
        source = BackupSource(repository, published.manifest, cipher, lambda: True)
        read = {name: [row for batch in source.rows(name, batch=100) for row in batch] for name in REPOSITORY["tables"]}
    assert read == {name: _rows(rows) for name, rows in REPOSITORY["tables"].items()}
