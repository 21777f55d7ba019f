"""The keyring of one process: KEK cache, fence, epochs, reservations of wraps.

Rules. A cached KEK is used for at most `cache_age_s` (60 s or less) and only while the tenant's fence number is the one it
was loaded under. The fence is read before the rows, so a destruction in between is noticed the next time. Everything that
writes to the store happens here and not in the ciphers. An epoch of a wrapping use ends at `EpochPolicy`'s limits; index
keys wrap nothing and change only when somebody asks, because a new one means that every search token is rebuilt.
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from vault_server.crypto import kek_wrapping, refusals
from vault_server.crypto.batch_cipher import RandomSource, SealingBatch
from vault_server.crypto.blind_index import HmacBlindIndex
from vault_server.crypto.epoch_keys import EpochKey, TenantKeys, WrapBudget
from vault_server.crypto.run_secrets import SealedRunSecrets
from vault_server.crypto.sealed_values import SealedAudit, SealedPageTokens
from vault_server.errors import AlreadyExistsError, ConfigurationError, InvalidArgumentError
from vault_server.ports.keks import KekState, KekStore, KeyFence, KeyUse, WrappedKek
from vault_server.ports.lent_keys import LentForImport, LentKeys
from vault_server.ports.root_keys import RootKey, Signer, Verifier
from vault_server.ports.secret import Secret

MAX_CACHE_AGE_S = 60.0
MAX_TENANT_BYTES = 255
_LOOK_AGAIN_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochPolicy:
    """When an epoch ends by itself.

    Attributes:
        max_wraps: with random 96-bit nonces, 2^30 encryptions keep the chance of a repeated nonce below 2^-36.
        reservation: how many encryptions a process reserves at once.
    """

    max_wraps: int = 2**30
    max_age: timedelta = timedelta(days=365)
    reservation: int = 2**16


class EnvelopeKeyring:
    """The `Keyring` of ports/keys.py.

    Args:
        roots: the current root key first; older ones only as long as a root rotation runs.
        signer: signs new wrapped KEKs; never a key that is also a root key.
        verifiers: every signing key that stored KEKs may carry.
        fence: None only where one process owns the store and calls `invalidate` itself.
        cached_tenants: how many tenants' keys are held at once; the least recently used goes first.
    """

    def __init__(
        self,
        *,
        store: KekStore,
        roots: Sequence[RootKey],
        signer: Signer,
        verifiers: Sequence[Verifier],
        fence: KeyFence | None = None,
        policy: EpochPolicy | None = None,
        cache_age_s: float = MAX_CACHE_AGE_S,
        cached_tenants: int = 1024,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic_s: Callable[[], float] = time.monotonic,
        random: RandomSource = os.urandom,
    ) -> None:
        _refuse_bad_setup(roots, signer, cache_age_s)
        self._store = store
        self._root = roots[0]
        self._roots = {root.key_id: root for root in roots}
        self._signer = signer
        self._verifiers = {verifier.key_id: verifier for verifier in verifiers}
        self._fence = fence
        self._policy = policy or EpochPolicy()
        self._cache_age_s = cache_age_s
        self._cached_tenants = cached_tenants
        self._now = now
        self.monotonic_s = monotonic_s
        self._random = random
        self._lock = threading.Lock()
        self._tenants: OrderedDict[str, TenantKeys] = OrderedDict()
        self._budgets: OrderedDict[bytes, WrapBudget] = OrderedDict()

    def batch(self, tenant: str) -> SealingBatch:
        return SealingBatch(tenant=tenant, keys=self._keys_for(tenant, KeyUse.DATA), random=self._random)

    def blind_index(self, tenant: str) -> HmacBlindIndex:
        return HmacBlindIndex(tenant=tenant, keys=self._live_index_keys(tenant))

    def page_tokens(self, tenant: str) -> SealedPageTokens:
        return SealedPageTokens(tenant=tenant, keys=self._keys_for(tenant, KeyUse.PAGE_TOKEN), random=self._random)

    def sealed_audit(self, tenant: str) -> SealedAudit:
        return SealedAudit(tenant=tenant, keys=self._keys_for(tenant, KeyUse.AUDIT), random=self._random)

    def run_secrets(self, tenant: str) -> SealedRunSecrets:
        return SealedRunSecrets(tenant=tenant, keys=self._keys_for(tenant, KeyUse.RUN), random=self._random)

    def lend(self, tenant: str, *, run_id: bytes = b"", sealed_key: bytes = b"") -> LentKeys:
        """`ports.lent_keys.KeyLender`: the active DATA key and older ones that are unwrapped already."""
        keys = self._usable(tenant, KeyUse.DATA)
        self.active(keys, tenant, KeyUse.DATA)
        pseudonyms = self.run_secrets(tenant).lend_pseudonym_key(run_id, sealed_key) if run_id else None
        return LentKeys(data=tuple((key.epoch, Secret(key.secret)) for key in keys.held(KeyUse.DATA)), pseudonyms=pseudonyms)

    def lend_for_import(self, tenant: str, rows: int) -> LentForImport:
        """`ports.lent_keys.KeyLender`: like `lend`, with the active DATA key last, and the keys of the blind index."""
        keys = self._usable(tenant, KeyUse.DATA)
        active = self.active(keys, tenant, KeyUse.DATA)
        active.spend(rows)
        data = [*(key for key in keys.held(KeyUse.DATA) if key is not active), active]
        return LentForImport(
            data=tuple((key.epoch, Secret(key.secret)) for key in data),
            index=tuple((key.epoch, Secret(key.secret)) for key in self._live_index_keys(tenant)),
        )

    def _live_index_keys(self, tenant: str) -> list[EpochKey]:
        """Newest first."""
        keys = self._usable(tenant, KeyUse.INDEX)
        live = [row for row in keys.rows(KeyUse.INDEX) or () if row.state is not KekState.DESTROYED]
        return [keys.key(KeyUse.INDEX, row.epoch) for row in reversed(live)]

    def invalidate(self, tenant: str) -> None:
        with self._lock:
            self._tenants.pop(tenant, None)

    def start_epoch(self, tenant: str, use: KeyUse) -> int:
        """Begin a new epoch now; the one before only unwraps from here on. Returns the new epoch's number."""
        keys = self.tenant_keys(tenant)
        with keys.lock:
            self._read(keys, tenant, use)
            return self._insert_epoch(keys, tenant, use).epoch

    def active(self, keys: TenantKeys, tenant: str, use: KeyUse) -> EpochKey:
        """The key that encrypts now. Reads the store only when the cache is stale; writes nothing."""
        with keys.lock:
            row = keys.newest_active(use)
            if row is None:
                self._read(keys, tenant, use)
                row = keys.newest_active(use)
        if row is None:
            raise refusals.key_unavailable()
        return keys.key(use, row.epoch)

    def of_epoch(self, keys: TenantKeys, tenant: str, use: KeyUse, epoch: int) -> EpochKey:
        """The key of one epoch; reads the store again when another process may have started it just now."""
        with keys.lock:
            newest = max((row.epoch for row in keys.rows(use) or ()), default=0)
            if epoch > newest:
                self._read(keys, tenant, use)
        return keys.key(use, epoch)

    def _keys_for(self, tenant: str, use: KeyUse) -> _UseKeys:
        return _UseKeys(self, tenant, use, self._usable(tenant, use))

    def _usable(self, tenant: str, use: KeyUse) -> TenantKeys:
        """Keys of a tenant with an active epoch of `use` that is within its limits and has wraps reserved."""
        keys = self.tenant_keys(tenant)
        with keys.lock:
            if keys.rows(use) is None:
                self._read(keys, tenant, use)
            row = keys.newest_active(use)
            if row is None:
                row = self._insert_epoch(keys, tenant, use)
            if use is not KeyUse.INDEX and (self._now() - row.created_at >= self._policy.max_age or self._reserve(row)):
                self._read(keys, tenant, use)
                latest = keys.newest_active(use)
                if latest is None or latest.id == row.id:  # no other process was faster
                    self._insert_epoch(keys, tenant, use)
        return keys

    def _reserve(self, row: WrappedKek) -> bool:
        """Reserve wraps if few are left; True when the key has reached its limit."""
        budget, block = self._budget(row.id), self._policy.reservation
        if budget.remaining >= block // 2:
            return False
        wanted = block - min(budget.remaining, 0)
        total = self._store.add_wraps(row.id, wanted)
        budget.change(wanted)
        return total >= self._policy.max_wraps

    def _insert_epoch(self, keys: TenantKeys, tenant: str, use: KeyUse) -> WrappedKek:
        """A new active epoch after all that are known; whoever loses a race uses the winner's."""
        rows = keys.rows(use) or ()
        if rows and rows[-1].state is KekState.DESTROYED:
            raise refusals.key_unavailable()
        row = self._new_kek(tenant, use, epoch=rows[-1].epoch + 1 if rows else 1)
        with suppress(AlreadyExistsError):
            self._store.insert_kek(row)
        self._read(keys, tenant, use)
        active = keys.newest_active(use)
        if active is None or active.epoch < row.epoch:
            raise refusals.key_unavailable()
        return active

    def _new_kek(self, tenant: str, use: KeyUse, *, epoch: int) -> WrappedKek:
        row = WrappedKek(
            id=self._random(16),
            tenant=tenant,
            use=use,
            epoch=epoch,
            root_key_id="",
            wrapped=b"",
            state=KekState.ACTIVE,
            created_at=self._now(),
            wraps=0,
        )
        return kek_wrapping.wrap(row, self._random(kek_wrapping.KEK_BYTES), root=self._root, signer=self._signer)

    def tenant_keys(self, tenant: str) -> TenantKeys:
        """What is cached of a tenant, or an empty entry when it is too old or the fence has moved."""
        fence = self._fence.number(tenant) if self._fence is not None else 0
        with self._lock:
            keys = self._tenants.get(tenant)
            age_s = self.monotonic_s() - keys.loaded_at_s if keys is not None else 0.0
            if keys is None or keys.fence != fence or not 0 <= age_s < self._cache_age_s:
                keys = self._empty(tenant, fence)
                self._tenants[tenant] = keys
            self._tenants.move_to_end(tenant)
            while len(self._tenants) > self._cached_tenants:
                self._tenants.popitem(last=False)
            return keys

    def _empty(self, tenant: str, fence: int) -> TenantKeys:
        if not 0 < len(tenant.encode()) <= MAX_TENANT_BYTES:
            raise InvalidArgumentError("A tenant id has 1 to 255 bytes.", reason="INVALID_RECORD_REFERENCE")
        return TenantKeys(fence=fence, loaded_at_s=self.monotonic_s(), unwrap=self._unwrap, budget=self._budget)

    def _read(self, keys: TenantKeys, tenant: str, use: KeyUse) -> None:
        keys.put_rows(use, [row for row in self._store.list_keks(tenant, use) if row.tenant == tenant and row.use is use])

    def _unwrap(self, row: WrappedKek) -> bytes:
        return kek_wrapping.unwrap(row, roots=self._roots, verifiers=self._verifiers)

    def _budget(self, kek_id: bytes) -> WrapBudget:
        with self._lock:
            budget = self._budgets.setdefault(kek_id, WrapBudget())
            self._budgets.move_to_end(kek_id)
            while len(self._budgets) > 4 * self._cached_tenants:
                self._budgets.popitem(last=False)
            return budget


class _UseKeys:
    """One use of one tenant for one cipher. Looks the cache up again, fence included, when the last look is a second old."""

    def __init__(self, keyring: EnvelopeKeyring, tenant: str, use: KeyUse, keys: TenantKeys) -> None:
        self._keyring = keyring
        self._tenant = tenant
        self._use = use
        self._keys = keys
        self._looked_at_s = keyring.monotonic_s()

    def active(self) -> EpochKey:
        return self._keyring.active(self._fresh(), self._tenant, self._use)

    def of_epoch(self, epoch: int) -> EpochKey:
        return self._keyring.of_epoch(self._fresh(), self._tenant, self._use, epoch)

    def _fresh(self) -> TenantKeys:
        moment_s = self._keyring.monotonic_s()
        if not 0 <= moment_s - self._looked_at_s < _LOOK_AGAIN_S:
            self._keys = self._keyring.tenant_keys(self._tenant)
            self._looked_at_s = moment_s
        return self._keys


def _refuse_bad_setup(roots: Sequence[RootKey], signer: Signer, cache_age_s: float) -> None:
    if not roots:
        raise ConfigurationError("The keyring needs a root key.")
    if signer.key_id in {root.key_id for root in roots}:
        raise ConfigurationError("The signing key and the root key are the same key.", hint="Use one key for each purpose.")
    if not 0 < cache_age_s <= MAX_CACHE_AGE_S:
        raise ConfigurationError(f"Keys are cached for more than 0 and at most {MAX_CACHE_AGE_S:.0f} seconds.")
