"""Rotation, online and resumable: each function does one bounded piece and says how much it did.

Root key: the KEKs are wrapped again, so it takes as long for ten million customers as for ten. KEK: a new epoch begins at
once, then the DEKs move to it in the background, page by page; what is sealed under the DEKs is not touched. Progress is
in the rows themselves (root_key_id, kek_epoch), so a process that dies is continued by the next.
"""

from __future__ import annotations

from collections.abc import Sequence

from vault_server.crypto import kek_wrapping
from vault_server.crypto.keyring import EnvelopeKeyring
from vault_server.errors import NotFoundError
from vault_server.ports.keks import KekStore, KeyUse
from vault_server.ports.keys import WrappedDek
from vault_server.ports.root_keys import RootKey, Signer, Verifier


def rewrap_keks(
    store: KekStore, *, old: RootKey, new: RootKey, signer: Signer, verifiers: Sequence[Verifier], limit: int = 100
) -> int:
    """Move up to `limit` KEKs from the old root key to the new one; call until it returns 0. About 2 ms a key.

    Every process must hold both root keys before the first call, and may drop the old one after the last.

    Raises:
        KeyUnavailableError: a KEK does not unwrap; nothing after it was moved.
    """
    roots, by_id = {old.key_id: old}, {verifier.key_id: verifier for verifier in verifiers}
    moved = 0
    for row in store.list_by_root_key(old.key_id, limit=limit):
        plain = kek_wrapping.unwrap(row, roots=roots, verifiers=by_id)
        again = kek_wrapping.wrap(row, plain, root=new, signer=signer)
        try:
            store.replace_wrapped(row.id, root_key_id=again.root_key_id, wrapped=again.wrapped)
        except NotFoundError:  # destroyed meanwhile: nothing left to move
            continue
        moved += 1
    return moved


class KeyRotator:
    """The `KeyRotation` of ports/keys.py."""

    def __init__(self, keyring: EnvelopeKeyring) -> None:
        self._keyring = keyring

    def start_epoch(self, tenant: str, use: KeyUse) -> int:
        return self._keyring.start_epoch(tenant, use)

    def rewrap_deks(self, tenant: str, deks: Sequence[WrappedDek]) -> list[WrappedDek]:
        with self._keyring.batch(tenant) as batch:
            return batch.rewrap_deks(deks)
