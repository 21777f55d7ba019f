"""Small signed documents of a repository: manifests and ledger pages. Layout in docs/formats.md, "Signed document".

The signature is checked before a single byte of the body is understood, and it covers the magic and the version, so that a
document of one kind can never pass as another. The body is JSON with sorted keys, for people with nothing but `less`.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence

from vault_server.errors import IntegrityError
from vault_server.ports.root_keys import Signer, Verifier

FORMAT_VERSION = 1
_LENGTHS = struct.Struct(">IH")


def sign(magic: bytes, body: Mapping[str, object], signer: Signer) -> bytes:
    """The document as bytes."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
    key_id = signer.key_id.encode()
    message = b"".join((magic, bytes((FORMAT_VERSION,)), _LENGTHS.pack(len(text), len(key_id)), text, key_id))
    return message + signer.sign(message)


def open_signed(magic: bytes, content: bytes, verifiers: Sequence[Verifier], *, what: str) -> dict[str, object]:
    """The body of a document that one of the verifiers' keys signed.

    Raises:
        IntegrityError: of another kind or version, cut, unsigned, signed by a stranger, or changed.
    """
    start = len(magic) + 1 + _LENGTHS.size
    if len(content) < start or not content.startswith(magic):
        raise IntegrityError(f"{what} is cut or no document of a backup")
    if content[len(magic)] != FORMAT_VERSION:
        raise IntegrityError(
            f"{what} has a newer format", reason="NEWER_FORMAT", hint="Use the version that wrote it, or a newer one."
        )
    body_size, key_size = _LENGTHS.unpack_from(content, len(magic) + 1)
    end = start + body_size + key_size
    if len(content) <= end:
        raise IntegrityError(f"{what} is cut")
    _verify(content[:end], content[end:], content[start + body_size : end], verifiers, what)
    try:
        body = json.loads(content[start : start + body_size])
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise IntegrityError(f"{what} is signed but malformed")
    return body


def _verify(message: bytes, signature: bytes, key_id: bytes, verifiers: Sequence[Verifier], what: str) -> None:
    for verifier in verifiers:
        if verifier.key_id.encode() == key_id:
            try:
                verifier.verify(message, signature)
            except IntegrityError:
                raise IntegrityError(f"the signature of {what} is wrong", hint="It was changed after it was written.") from None
            return
    raise IntegrityError(
        f"{what} was not signed by this vault", reason="WRONG_VAULT", hint="Check the backup folder and the vault's keys."
    )
