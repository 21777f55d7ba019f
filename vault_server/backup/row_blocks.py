"""Rows as bytes: the same bytes for the same rows, whatever engine they come from. Layout in docs/formats.md, "Row block".

Column after column instead of value after value, because `struct` and `bytes.join` then work on thousands of values at a time
(a row of ten columns costs about 1 microsecond; value by value it cost 5). A column holds one type; absent values are a bitmap.
Decoding trusts nothing: every length is checked against what is left before it is used.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from vault_server.errors import IntegrityError, InvalidArgumentError

MAGIC = b"SRRB"
FORMAT_VERSION = 1
MAX_ROWS = 65_536
_HEADER = MAGIC + bytes((FORMAT_VERSION,))
_NULLS = 0x80
_EMPTY, _INT, _STR, _BYTES, _BOOL = range(5)
_TAG_OF: dict[type, int] = {int: _INT, str: _STR, bytes: _BYTES, bool: _BOOL}

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowBlock:
    """Some rows of one table, in primary-key order."""

    table: str
    columns: tuple[str, ...]
    rows: list[Row]


def encode(table: str, columns: Sequence[str], rows: Sequence[Row]) -> bytes:
    """One block.

    Raises:
        InvalidArgumentError: a value is no int of 64 bits, str, bytes, bool or None, a column mixes types, or too many rows.
    """
    if len(rows) > MAX_ROWS:
        raise InvalidArgumentError(f"a row block holds at most {MAX_ROWS} rows")
    parts = [_HEADER, _text(table), struct.pack(">H", len(columns)), *map(_text, columns), struct.pack(">I", len(rows))]
    try:
        for column in zip(*rows, strict=True) if rows else [()] * len(columns):
            _encode_column(column, parts)
    except (struct.error, ValueError):
        raise InvalidArgumentError(f"a row of the table {table} cannot be backed up") from None
    return b"".join(parts)


def decode(content: bytes) -> RowBlock:
    """The rows of one block.

    Raises:
        IntegrityError: not a block of a known version, or cut, or too long.
    """
    if not content.startswith(_HEADER):
        raise IntegrityError("a row block has an unknown format", hint="It may come from a newer version.")
    reader = _Reader(content, len(_HEADER))
    try:
        table = reader.text()
        columns = tuple(reader.text() for _ in range(reader.number(">H")))
        count = reader.number(">I")
        if count > MAX_ROWS:
            raise _broken()
        values = [_decode_column(reader, count) for _ in columns]
    except (struct.error, ValueError, OverflowError, MemoryError):
        raise _broken() from None
    if reader.left:
        raise _broken()
    rows: list[Row] = list(zip(*values, strict=True)) if columns else []
    return RowBlock(table=table, columns=columns, rows=rows)


def _encode_column(column: Sequence[object], parts: list[bytes]) -> None:
    types = set(map(type, column))
    has_nulls = type(None) in types
    types.discard(type(None))
    if not types:
        parts.append(bytes((_EMPTY,)))
        return
    tag = _TAG_OF.get(types.pop(), 0)
    if types or not tag:
        raise ValueError
    parts.append(bytes((tag | (_NULLS if has_nulls else 0),)))
    if has_nulls:
        parts.append(_bits([value is not None for value in column]))
        column = [value for value in column if value is not None]
    _ENCODERS[tag](column, parts)


def _encode_ints(column: Sequence[object], parts: list[bytes]) -> None:
    parts.append(struct.pack(f">{len(column)}q", *column))


def _encode_texts(column: Sequence[object], parts: list[bytes]) -> None:
    _encode_bytes([value.encode() for value in column if isinstance(value, str)], parts)


def _encode_bytes(column: Sequence[object], parts: list[bytes]) -> None:
    values = [value for value in column if isinstance(value, bytes)]
    parts.append(struct.pack(f">{len(values)}I", *map(len, values)))
    parts.extend(values)


def _encode_bools(column: Sequence[object], parts: list[bytes]) -> None:
    parts.append(_bits([bool(value) for value in column]))


_ENCODERS: dict[int, Callable[[Sequence[object], list[bytes]], None]] = {
    _INT: _encode_ints,
    _STR: _encode_texts,
    _BYTES: _encode_bytes,
    _BOOL: _encode_bools,
}


def _decode_column(reader: _Reader, count: int) -> Sequence[object]:
    tag = reader.number(">B")
    if tag == _EMPTY:
        return [None] * count
    present = reader.bits(count) if tag & _NULLS else None
    size = count if present is None else sum(present)
    values = _decode_values(reader, tag & ~_NULLS, size)
    if present is None:
        return values
    following = iter(values)
    return [next(following) if here else None for here in present]


def _decode_values(reader: _Reader, tag: int, count: int) -> Sequence[object]:
    if tag == _INT:
        return struct.unpack(f">{count}q", reader.take(8 * count))
    if tag == _BOOL:
        return reader.bits(count)
    if tag not in (_STR, _BYTES):
        raise ValueError
    lengths = struct.unpack(f">{count}I", reader.take(4 * count))
    content = reader.take(sum(lengths))
    ends = list(accumulate(lengths))
    pieces = [content[end - length : end] for end, length in zip(ends, lengths, strict=True)]
    return pieces if tag == _BYTES else [piece.decode() for piece in pieces]


class _Reader:
    """Takes bytes from the front and never beyond the end."""

    def __init__(self, content: bytes, start: int) -> None:
        self._content = content
        self._at = start

    @property
    def left(self) -> int:
        return len(self._content) - self._at

    def take(self, size: int) -> bytes:
        if size > self.left:
            raise ValueError
        self._at += size
        return self._content[self._at - size : self._at]

    def number(self, form: str) -> int:
        (value,) = struct.unpack(form, self.take(struct.calcsize(form)))
        return int(value)

    def text(self) -> str:
        return self.take(self.number(">H")).decode()

    def bits(self, count: int) -> list[bool]:
        packed = self.take((count + 7) // 8)
        if count % 8 and packed[-1] >> count % 8:
            raise ValueError  # a canonical bitmap has no bits behind its end
        digits = bin(int.from_bytes(packed, "little") | 1 << 8 * len(packed))[3:]
        return [digit == "1" for digit in reversed(digits)][:count]


def _bits(flags: Sequence[bool]) -> bytes:
    """Least significant bit first."""
    digits = "".join("1" if flag else "0" for flag in reversed(flags))
    return int(digits or "0", 2).to_bytes((len(flags) + 7) // 8, "little")


def _text(text: str) -> bytes:
    content = text.encode()
    return struct.pack(">H", len(content)) + content


def _broken() -> IntegrityError:
    return IntegrityError("a row block is cut or changed")
