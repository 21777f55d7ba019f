"""Builders for tests of keys and envelopes: references, ids, and a batch that holds one customer's key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from helpers.memory_keks import KeyringBuilder
from vault_server.crypto import refusals
from vault_server.crypto.batch_cipher import SealingBatch
from vault_server.crypto.epoch_keys import EpochKey, WrapBudget
from vault_server.crypto.keyring import EnvelopeKeyring
from vault_server.ports.keys import RecordRef, WrappedDek

TENANT = "acme"
ALICE = bytes(range(16))
BOB = bytes(range(16, 32))


def a_ref(
    *,
    tenant: str = TENANT,
    customer_id: bytes = ALICE,
    kind: int = 1,
    record_id: bytes = ALICE,
    version: int = 1,
    revision: int = 1,
) -> RecordRef:
    return RecordRef(tenant, customer_id, kind, record_id, version, revision)


@dataclass(frozen=True, kw_only=True)
class SealedCustomer:
    """A customer record as storage would hold it: the wrapped key in one table, the envelope in another."""

    ref: RecordRef
    dek: WrappedDek
    envelope: bytes


def seal_customer(keyring: EnvelopeKeyring, ref: RecordRef, plaintext: bytes = b"a customer") -> SealedCustomer:
    with keyring.batch(ref.tenant) as batch:
        dek = batch.create_dek(ref.customer_id)
        return SealedCustomer(ref=ref, dek=dek, envelope=batch.seal(ref, plaintext))


def open_customer(keyring: EnvelopeKeyring, ref: RecordRef, dek: WrappedDek, envelope: bytes) -> bytes:
    with keyring.batch(ref.tenant) as batch:
        batch.load_dek(dek)
        return batch.open(ref, envelope)


def a_batch(keyring: EnvelopeKeyring | None = None, tenant: str = TENANT) -> SealingBatch:
    return (keyring or KeyringBuilder().build()).batch(tenant)


class FixedKeys:
    """Keys whose bytes are known, where a test needs the same ciphertext every time: `{epoch: 32 bytes}`, highest is active."""

    def __init__(self, secrets: dict[int, bytes]) -> None:
        self._keys = {
            epoch: EpochKey(kek_id=bytes(16), epoch=epoch, secret=secret, budget=WrapBudget())
            for epoch, secret in secrets.items()
        }

    def active(self) -> EpochKey:
        return self._keys[max(self._keys)]

    def of_epoch(self, epoch: int) -> EpochKey:
        if epoch not in self._keys:
            raise refusals.key_unavailable()
        return self._keys[epoch]


def fixed_random(*blocks: bytes) -> Callable[[int], bytes]:
    """A random source that gives these bytes, in order, and then no more."""
    left = bytearray(b"".join(blocks))

    def take(size: int) -> bytes:
        assert size <= len(left)
        taken = bytes(left[:size])
        del left[:size]
        return taken

    return take
