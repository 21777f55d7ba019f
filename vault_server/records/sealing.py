"""What of a record is sealed, and how the fields that the vault sets come back without parsing.

The sealed plaintext is the record's deterministic serialisation without its output-only fields and without fields that this
version does not know (they would escape every category and mask). Protobuf merges concatenated serialisations, so a read
appends the six output-only fields to the opened bytes.
Measured for a customer of 11 fields: `canonical` 1.4 microseconds, `with_meta` 1.2, `etag` 0.3.
"""

from __future__ import annotations

from functools import lru_cache

from vault_server.records.dictionary import OUTPUT_ONLY_NUMBERS, Record

_ETAG_CHARACTERS = 16
_UUID_CHARACTERS = 36
_TAILS_KEPT = 4096
_MAX_ONE_BYTE_VARINT = 0x7F
_US_PER_SECOND = 1_000_000
_NAME, _ETAG, _CREATED, _UPDATED = (
    bytes((OUTPUT_ONLY_NUMBERS[name] << 3 | 2,)) for name in ("name", "etag", "create_time", "update_time")
)
_ETAG_HEAD = (_ETAG + bytes((_ETAG_CHARACTERS,))).decode("ascii")
_VERSION, _STATE = (bytes((OUTPUT_ONLY_NUMBERS[name] << 3,)) for name in ("version", "state"))


def canonical(record: Record) -> bytes:
    """The plaintext to seal; equal records give equal bytes. Unknown fields are dropped from the record itself."""
    record.DiscardUnknownFields()
    if _has_meta(record):
        stripped = type(record)()
        stripped.CopyFrom(record)  # type: ignore[arg-type]  # mypy cannot see that both sides are of one type
        for name in OUTPUT_ONLY_NUMBERS:
            stripped.ClearField(name)  # type: ignore[arg-type]  # the dictionary's construction proves that the six exist
        record = stripped
    return record.SerializePartialToString(deterministic=True)


def with_meta(plaintext: bytes, *, name: str, etag: str, version: int, state: int, created_us: int, updated_us: int) -> bytes:
    """An opened plaintext as the record that a caller sees; an empty etag is left out."""
    return b"".join(
        (
            plaintext,
            _text(_NAME, name),
            _text(_ETAG, etag) if etag else b"",
            _version_and_state(version, state),
            _time(_CREATED, created_us),
            _time(_UPDATED, updated_us),
        )
    )


class MetaFramer:
    """`with_meta` for the rows of one stream, with everything that they share made once: 2 microseconds a row for 4.

    Args:
        name_start: what precedes the record's id in every name, such as `tenants/t/customers/`.
    """

    def __init__(self, name_start: str) -> None:
        start = name_start.encode()
        length = len(start) + _UUID_CHARACTERS
        self._start = _NAME + _varint(length) + start
        self._tails: dict[tuple[int, int, int, int], bytes] = {}

    def frame(self, plaintext: bytes, record_id: bytes, version: int, state: int, created_us: int, updated_us: int) -> bytes:
        """An opened plaintext as the record that a caller sees, named by its id."""
        facts = (version, state, created_us, updated_us)
        tail = self._tails.get(facts) or self._tail(facts)
        digits = record_id.hex()
        text = f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}{_ETAG_HEAD}{digits[24:]}"
        return b"".join((plaintext, self._start, text.encode(), tail))

    def _tail(self, facts: tuple[int, int, int, int]) -> bytes:
        version, state, created_us, updated_us = facts
        if len(self._tails) >= _TAILS_KEPT:
            self._tails.clear()
        tail = (
            _etag_end(version).encode()
            + _version_and_state(version, state)
            + _time(_CREATED, created_us)
            + _time(_UPDATED, updated_us)
        )
        self._tails[facts] = tail
        return tail


def etag(record_id: bytes, version: int) -> str:
    """16 hex characters that change with every write: the end of the record's id and of its version.

    It is no secret, and it gives a part of the id away: never show it beside a pseudonym.
    """
    return record_id.hex()[24:] + _etag_end(version)


def _etag_end(version: int) -> str:
    return f"{version & 0xFFFF_FFFF:08x}"


def _has_meta(record: Record) -> bool:
    return bool(
        record.name
        or record.etag
        or record.version
        or record.state
        or record.HasField("create_time")
        or record.HasField("update_time")
    )


def _text(tag: bytes, text: str) -> bytes:
    content = text.encode()
    return tag + _varint(len(content)) + content


@lru_cache(maxsize=1024)
def _version_and_state(version: int, state: int) -> bytes:
    return _VERSION + _varint(version) + _STATE + _varint(state)


@lru_cache(maxsize=4096)  # the rows of one import share their times
def _time(tag: bytes, time_us: int) -> bytes:
    seconds, us = divmod(time_us, _US_PER_SECOND)
    content = b"\x08" + _varint(seconds)
    if us:
        content += b"\x10" + _varint(us * 1000)
    return tag + bytes((len(content),)) + content


def _varint(number: int) -> bytes:
    if 0 <= number <= _MAX_ONE_BYTE_VARINT:
        return bytes((number,))
    number &= 0xFFFF_FFFF_FFFF_FFFF  # a negative int64 is its two's complement
    parts = bytearray()
    while number > _MAX_ONE_BYTE_VARINT:
        parts.append(number & _MAX_ONE_BYTE_VARINT | 0x80)
        number >>= 7
    parts.append(number)
    return bytes(parts)
