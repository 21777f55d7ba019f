"""One pass over a text file before anything is sent: is it text, in which encoding, what is its hash.

Rules: a byte that does not decode is named by its offset and line, and nothing of the file is imported; memory stays
constant.
"""

from __future__ import annotations

import codecs
import hashlib
from dataclasses import dataclass
from pathlib import Path

from strongroom_cli.faults import BadFileError, CommandError

_BLOCK = 1024 * 1024
_NOT_OF_FILES = frozenset(["utf-7", "unicode-escape", "raw-unicode-escape", "punycode", "idna"])  # give halves of characters


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFacts:
    """What one pass found out."""

    sha256: str
    size_bytes: int
    lines: int
    ends_with_newline: bool


def require_file(path: Path) -> int:
    """Return the size of a file that can be imported."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise BadFileError(f"{path} cannot be read: {error.strerror}.") from None
    if path.is_dir():
        raise BadFileError(f"{path} is a folder.", hint="Name one file; files of a folder are imported one by one.")
    if not path.is_file():
        raise BadFileError(
            f"{path} is not a regular file.", hint="Save the stream to a file first: a retry must read it again."
        )
    if size == 0:
        raise BadFileError(f"{path} is empty.", hint="Check the export that wrote it.")
    return size


def text_facts(path: Path, encoding: str) -> TextFacts:
    """Read the whole file once.

    Raises:
        BadFileError: it is empty, holds NUL bytes, or is not in `encoding`.
    """
    size = require_file(path)
    decoder = _decoder(encoding)
    digest, lines, offset, last = hashlib.sha256(), 0, 0, b""
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
                _decode(decoder, block, path=path, encoding=encoding, offset=offset, lines=lines)
                lines += block.count(b"\n")
                offset += len(block)
                last = block[-1:]
            _decode(decoder, b"", path=path, encoding=encoding, offset=offset, lines=lines, final=True)
    except OSError as error:
        raise BadFileError(f"{path} cannot be read: {error.strerror}.") from None
    ends = last in {b"\n", b"\r", b"\x00"}
    return TextFacts(sha256=digest.hexdigest(), size_bytes=size, lines=lines + (not ends), ends_with_newline=ends)


def file_sha256(path: Path) -> str:
    """Return the hash of a file of any kind."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _decoder(encoding: str) -> codecs.IncrementalDecoder:
    try:
        b"a".decode(encoding)  # refuses codecs that do not give text, such as rot13
        if codecs.lookup(encoding).name not in _NOT_OF_FILES:
            return codecs.getincrementaldecoder(encoding)("strict")
    except LookupError:
        pass
    raise CommandError(f"There is no text encoding `{encoding}`.", hint="Common ones: utf-8, latin-1, cp1252, utf-16.")


def _decode(
    decoder: codecs.IncrementalDecoder, block: bytes, *, path: Path, encoding: str, offset: int, lines: int, final: bool = False
) -> None:
    try:
        text = decoder.decode(block, final)
    except UnicodeDecodeError as error:
        start = offset - (len(error.object) - len(block)) + error.start
        line = lines + 1 + block[: max(start - offset, 0)].count(b"\n")
        raise BadFileError(
            f"{path} is not {'UTF-8' if encoding == 'utf-8-sig' else encoding}: byte {start} (line {line}) does not decode.",
            hint=f"Nothing was imported. Name the encoding, for example: --encoding {_likely(block)}.",
        ) from None
    if "\0" in text:
        at = lines + 1 + text[: text.index("\0")].count("\n")
        raise BadFileError(
            f"{path} holds a NUL character on line {at}: it is not a text file, or damaged.",
            hint="Nothing was imported. UTF-16 files need --encoding utf-16; else remove it: tr -d '\\000'.",
        )


def _likely(block: bytes) -> str:
    return "utf-16" if block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "cp1252"
