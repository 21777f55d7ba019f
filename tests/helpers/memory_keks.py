"""A `KekStore` and a `KeyFence` in memory, and a keyring over them, for tests of everything that needs keys."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import rsa

from vault_server.crypto import rsa_keys
from vault_server.crypto.keyring import EnvelopeKeyring, EpochPolicy
from vault_server.crypto.rsa_keys import RsaRootKey, RsaSigner
from vault_server.errors import AlreadyExistsError, FailedPreconditionError, NotFoundError
from vault_server.ports.keks import KekState, KeyUse, WrappedKek


class MemoryKekStore:
    """One process, one thread; counts its calls, so that tests can see what a cache saved."""

    def __init__(self) -> None:
        self.rows: dict[bytes, WrappedKek] = {}
        self.reads = 0
        self.reservations = 0

    def list_keks(self, tenant: str, use: KeyUse) -> Sequence[WrappedKek]:
        self.reads += 1
        return self._epochs(tenant, use)

    def list_by_root_key(self, root_key_id: str, *, limit: int) -> Sequence[WrappedKek]:
        rows = [row for row in self.rows.values() if row.root_key_id == root_key_id and row.state is not KekState.DESTROYED]
        return sorted(rows, key=lambda row: row.id)[:limit]

    def insert_kek(self, kek: WrappedKek) -> None:
        for row in self._epochs(kek.tenant, kek.use):
            if row.epoch == kek.epoch:
                raise AlreadyExistsError("This epoch exists.")
            if row.state is KekState.ACTIVE and kek.state is KekState.ACTIVE:
                self.rows[row.id] = replace(row, state=KekState.DECRYPT_ONLY)
        self.rows[kek.id] = kek

    def replace_wrapped(self, kek_id: bytes, *, root_key_id: str, wrapped: bytes) -> None:
        row = self._row(kek_id)
        if row.state is KekState.DESTROYED:
            raise NotFoundError("No such key.")
        self.rows[kek_id] = replace(row, root_key_id=root_key_id, wrapped=wrapped)

    def add_wraps(self, kek_id: bytes, count: int) -> int:
        self.reservations += 1
        self.rows[kek_id] = replace(self._row(kek_id), wraps=self._row(kek_id).wraps + count)
        return self.rows[kek_id].wraps

    def set_state(self, kek_id: bytes, state: KekState) -> None:
        row = self._row(kek_id)
        if row.state is KekState.DESTROYED and state is not KekState.DESTROYED:
            raise FailedPreconditionError("The key is destroyed.")
        self.rows[kek_id] = replace(row, state=state, wrapped=b"" if state is KekState.DESTROYED else row.wrapped)

    def _epochs(self, tenant: str, use: KeyUse) -> list[WrappedKek]:
        return sorted((row for row in self.rows.values() if (row.tenant, row.use) == (tenant, use)), key=lambda row: row.epoch)

    def _row(self, kek_id: bytes) -> WrappedKek:
        if kek_id not in self.rows:
            raise NotFoundError("No such key.")
        return self.rows[kek_id]


class MemoryFence:
    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def number(self, tenant: str) -> int:
        return self.numbers.get(tenant, 0)

    def raise_for(self, tenant: str) -> None:
        self.numbers[tenant] = self.number(tenant) + 1


@dataclass(kw_only=True)
class SteppedClock:
    """Wall clock and monotonic clock that move only when told."""

    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    monotonic_s: float = 1000.0

    def step(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.monotonic_s += seconds


def some_root_key(name: str = "root") -> RsaRootKey:
    """A root key of this test process; another name is another key. Made once, because it takes half a second."""
    return RsaRootKey(_rsa_key(f"wraps {name}"))


def some_signer(name: str = "signer") -> RsaSigner:
    return RsaSigner(_rsa_key(f"signs {name}"))


@functools.cache
def _rsa_key(_label: str) -> rsa.RSAPrivateKey:
    return rsa_keys.generate()


@dataclass(kw_only=True)
class KeyringBuilder:
    """A keyring whose surroundings a test can reach and change."""

    store: MemoryKekStore = field(default_factory=MemoryKekStore)
    fence: MemoryFence = field(default_factory=MemoryFence)
    clock: SteppedClock = field(default_factory=SteppedClock)
    policy: EpochPolicy = field(default_factory=EpochPolicy)
    root_names: tuple[str, ...] = ("root",)
    cached_tenants: int = 1024

    def build(self) -> EnvelopeKeyring:
        """A keyring as one more process over the same store would have it."""
        return EnvelopeKeyring(
            store=self.store,
            roots=[some_root_key(name) for name in self.root_names],
            signer=some_signer(),
            verifiers=[some_signer()],
            fence=self.fence,
            policy=self.policy,
            cached_tenants=self.cached_tenants,
            now=lambda: self.clock.now,
            monotonic_s=lambda: self.clock.monotonic_s,
        )
