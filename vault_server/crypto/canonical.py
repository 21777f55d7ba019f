"""The one way in which facts become associated data, contexts and messages to sign.

Every field is preceded by its length as four bytes, big-endian, so that no two different lists of fields ever give the
same bytes ("a", "bc" against "ab", "c"). The first field is always a label that names what the bytes are for.
"""

from __future__ import annotations

import struct

_length = struct.Struct(">I").pack


def field(content: bytes) -> bytes:
    """One length-prefixed field."""
    return _length(len(content)) + content


def encode(label: str, *fields: bytes) -> bytes:
    """A label and fields as canonical bytes."""
    return b"".join(field(part) for part in (label.encode(), *fields))


def uint32(number: int) -> bytes:
    return number.to_bytes(4, "big")


def uint64(number: int) -> bytes:
    return number.to_bytes(8, "big")
