"""Chunks: row blocks of one table, packed, compressed, sealed in their place. Layout in docs/formats.md, "Chunk".

Rows are about 4 MiB a chunk. Wrapped keys have shards of their own of 256 KiB, so that a customer's key can be taken out of
an old backup by writing a little, not the backup, again.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import zstandard

from vault_server.backup import row_blocks
from vault_server.backup.row_blocks import RowBlock
from vault_server.errors import FailedPreconditionError, IntegrityError
from vault_server.ports.backup_keys import BackupCipher
from vault_server.ports.snapshot import SnapshotTable

ROWS = "rows"
KEYS = "deks"
ROW_CHUNK_BYTES = 4 * 1024 * 1024
KEY_SHARD_BYTES = 256 * 1024
MAX_CHUNK_BYTES = 256 * 1024 * 1024
BATCH_ROWS = 500
_LEVEL = 1  # sealed rows do not shrink; keys of rows, audit and resources do, and level 1 finds nearly all of it
_length = struct.Struct(">I")


class PackedChunk(NamedTuple):
    """A chunk before it is sealed."""

    content: bytes
    rows: int


def role_of(table: SnapshotTable) -> str:
    return KEYS if table.keys else ROWS


def pack(table: SnapshotTable, batches: Iterable[list[tuple[object, ...]]]) -> Iterator[PackedChunk]:
    """A table's rows in chunks of about the size of its role.

    Raises:
        FailedPreconditionError: a batch of rows is larger than a chunk can be.
    """
    wanted = KEY_SHARD_BYTES if table.keys else ROW_CHUNK_BYTES
    parts: list[bytes] = []
    size_bytes = rows = 0
    for batch in batches:
        block = row_blocks.encode(table.name, table.columns, batch)
        if len(block) > MAX_CHUNK_BYTES // 2:
            raise FailedPreconditionError(f"rows of the table {table.name} are too large to be backed up")
        parts += (_length.pack(len(block)), block)
        size_bytes += len(block)
        rows += len(batch)
        if size_bytes >= wanted:
            yield _packed(parts, rows)
            parts, size_bytes, rows = [], 0, 0
    if parts:
        yield _packed(parts, rows)


def unpack(content: bytes) -> Iterator[RowBlock]:
    """The row blocks of an opened chunk.

    Raises:
        IntegrityError: it is not one.
    """
    try:
        if not 0 < zstandard.frame_content_size(content) <= MAX_CHUNK_BYTES:
            raise IntegrityError("a chunk has an impossible size")
        plain = zstandard.ZstdDecompressor().decompress(content)
    except zstandard.ZstdError:
        raise IntegrityError("a chunk does not decompress") from None
    at = 0
    while at < len(plain):
        if at + _length.size > len(plain):
            raise IntegrityError("a chunk is cut")
        (size,) = _length.unpack_from(plain, at)
        at += _length.size
        if at + size > len(plain):
            raise IntegrityError("a chunk is cut")
        yield row_blocks.decode(plain[at : at + size])
        at += size


def open_chunk(cipher: BackupCipher, role: str, position: int, sealed: bytes) -> bytes:
    """What `BackupCipher.open` gives, with the chunk named in the error."""
    try:
        return cipher.open(role, position, sealed)
    except IntegrityError:
        raise IntegrityError(f"the seal of the chunk {role}/{position} is broken") from None


def _packed(parts: list[bytes], rows: int) -> PackedChunk:
    return PackedChunk(zstandard.ZstdCompressor(level=_LEVEL).compress(b"".join(parts)), rows)
