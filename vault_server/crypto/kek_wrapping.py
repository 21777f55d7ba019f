"""A KEK under the root key. Layout in docs/formats.md, section "Wrapped KEK".

Whoever holds the root *public* key can wrap a key of their own, so a wrapped KEK is also signed: without the signature an
intruder who can write to the database could plant a KEK and read all that is sealed from then on. Tenant, id, use, epoch
and root key are both in the wrapping's context and under the signature.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from vault_server.crypto import canonical, refusals
from vault_server.errors import IntegrityError
from vault_server.ports.keks import KekState, WrappedKek
from vault_server.ports.root_keys import RootKey, Signer, Verifier

MAGIC = b"SRKK"
FORMAT_VERSION = 1
SUITE_ROOT_WRAP_RSA_PSS = 1
HEADER = MAGIC + bytes((FORMAT_VERSION, SUITE_ROOT_WRAP_RSA_PSS))
KEK_BYTES = 32
_CONTEXT_LABEL = "strongroom/kek"
_SIGNATURE_LABEL = "strongroom/wrapped-kek-signature"
_LENGTH_BYTES = 4
_FIELDS = 3


def wrap(kek: WrappedKek, plain: bytes, *, root: RootKey, signer: Signer) -> WrappedKek:
    """`kek` with `wrapped` and `root_key_id` filled in. Costs one RSA signature, about 1 ms."""
    by_root = root.wrap(plain, _context(kek))
    named = replace(kek, root_key_id=root.key_id)
    signature = signer.sign(_signed(named, by_root, signer.key_id))
    parts = (by_root, bytes.fromhex(signer.key_id), signature)
    return replace(named, wrapped=HEADER + b"".join(canonical.field(part) for part in parts))


def unwrap(kek: WrappedKek, *, roots: Mapping[str, RootKey], verifiers: Mapping[str, Verifier]) -> bytes:
    """The plain 32 bytes. Costs one RSA decryption, about 1 ms: cache it.

    Raises:
        KeyUnavailableError: for every cause alike.
    """
    if kek.state is KekState.DESTROYED or kek.root_key_id not in roots:
        raise refusals.key_unavailable()
    by_root, signer_id, signature = _parse(kek.wrapped)
    verifier = verifiers.get(signer_id.hex())
    if verifier is None:
        raise refusals.key_unavailable()
    try:
        verifier.verify(_signed(kek, by_root, verifier.key_id), signature)
    except IntegrityError:
        raise refusals.key_unavailable() from None
    plain = roots[kek.root_key_id].unwrap(by_root, _context(kek))
    if len(plain) != KEK_BYTES:
        raise refusals.key_unavailable()
    return plain


def _context(kek: WrappedKek) -> bytes:
    return canonical.encode(_CONTEXT_LABEL, HEADER, *_identity(kek))


def _signed(kek: WrappedKek, by_root: bytes, signer_id: str) -> bytes:
    return canonical.encode(_SIGNATURE_LABEL, HEADER, *_identity(kek), kek.root_key_id.encode(), by_root, signer_id.encode())


def _identity(kek: WrappedKek) -> tuple[bytes, ...]:
    return kek.tenant.encode(), kek.id, kek.use.value.encode(), canonical.uint32(kek.epoch)


def _parse(wrapped: bytes) -> tuple[bytes, bytes, bytes]:
    """Exactly three fields after the header and nothing behind them."""
    if not wrapped.startswith(HEADER):
        raise refusals.key_unavailable()
    fields, at = [], len(HEADER)
    for _ in range(_FIELDS):
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(wrapped[at:start], "big")
        fields.append(wrapped[start:at])
        if at > len(wrapped):
            raise refusals.key_unavailable()
    if at != len(wrapped):
        raise refusals.key_unavailable()
    by_root, signer_id, signature = fields
    return by_root, signer_id, signature
