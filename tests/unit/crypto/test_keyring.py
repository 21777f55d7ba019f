from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from helpers.memory_keks import KeyringBuilder, MemoryKekStore, SteppedClock, some_root_key, some_signer
from helpers.sealing import ALICE, BOB, a_ref, open_customer, seal_customer
from vault_server.crypto.keyring import EnvelopeKeyring, EpochPolicy
from vault_server.crypto.rotation import KeyRotator, rewrap_keks
from vault_server.crypto.rsa_keys import RsaSigner
from vault_server.errors import ConfigurationError, IntegrityError, InvalidArgumentError, KeyUnavailableError, StorageFullError
from vault_server.ports.keks import KekState, KeyUse, WrappedKek


def test_first_use_makes_one_epoch_per_use() -> None:
    world = KeyringBuilder()
    keyring = world.build()
    keyring.batch("acme"), keyring.blind_index("acme"), keyring.page_tokens("acme")
    keyring.sealed_audit("acme"), keyring.run_secrets("acme")
    keyring.batch("acme")
    assert sorted(row.use for row in world.store.rows.values()) == sorted(KeyUse)


def test_kek_is_read_again_after_a_minute_and_not_before() -> None:
    world = KeyringBuilder()
    keyring = world.build()
    keyring.batch("acme")
    reads = world.store.reads
    world.clock.step(59.9)
    keyring.batch("acme")
    assert world.store.reads == reads
    world.clock.step(0.2)
    keyring.batch("acme")
    assert world.store.reads == reads + 1


def test_clock_that_goes_back_ends_the_cache_instead_of_prolonging_it() -> None:
    world = KeyringBuilder()
    keyring = world.build()
    keyring.batch("acme")
    reads = world.store.reads
    world.clock.step(-10)
    keyring.batch("acme")
    assert world.store.reads == reads + 1


def test_destroyed_kek_is_gone_for_every_process_as_soon_as_the_fence_moves() -> None:
    world = KeyringBuilder()
    first, second = world.build(), world.build()
    sealed = seal_customer(first, a_ref())
    open_customer(second, sealed.ref, sealed.dek, sealed.envelope)
    [kek] = world.store.list_keks("acme", KeyUse.DATA)
    world.store.set_state(kek.id, KekState.DESTROYED)
    world.fence.raise_for("acme")
    for keyring in (first, second):
        with pytest.raises(KeyUnavailableError):
            open_customer(keyring, sealed.ref, sealed.dek, sealed.envelope)


def test_batch_that_is_kept_open_notices_the_fence_within_a_second() -> None:
    world = KeyringBuilder()
    keyring = world.build()
    sealed = seal_customer(keyring, a_ref())
    batch = keyring.batch("acme")
    [kek] = world.store.list_keks("acme", KeyUse.DATA)
    world.store.set_state(kek.id, KekState.DESTROYED)
    world.fence.raise_for("acme")
    world.clock.step(1.0)
    with pytest.raises(KeyUnavailableError):
        batch.load_dek(sealed.dek)


def test_invalidate_reads_the_store_again() -> None:
    world = KeyringBuilder()
    keyring = world.build()
    keyring.batch("acme")
    reads = world.store.reads
    keyring.invalidate("acme")
    keyring.batch("acme")
    assert world.store.reads == reads + 1


def test_tenant_whose_last_key_was_destroyed_gets_no_new_one_by_itself() -> None:
    world = KeyringBuilder()
    world.build().batch("acme")
    [kek] = world.store.list_keks("acme", KeyUse.DATA)
    world.store.set_state(kek.id, KekState.DESTROYED)
    with pytest.raises(KeyUnavailableError):
        world.build().batch("acme")


def test_cache_holds_a_bounded_number_of_tenants() -> None:
    world = KeyringBuilder(cached_tenants=3)
    keyring = world.build()
    for number in range(10):
        keyring.batch(f"tenant-{number}")
    assert list(keyring._tenants) == ["tenant-7", "tenant-8", "tenant-9"]
    assert len(keyring._budgets) <= 12


def test_epoch_ends_at_its_age_limit_and_the_old_one_still_opens() -> None:
    world = KeyringBuilder(policy=EpochPolicy(max_age=timedelta(days=90)))
    keyring = world.build()
    sealed = seal_customer(keyring, a_ref())
    world.clock.step(timedelta(days=90).total_seconds())
    assert seal_customer(keyring, a_ref(customer_id=BOB, record_id=BOB)).dek.kek_epoch == 2
    assert [row.state for row in world.store.list_keks("acme", KeyUse.DATA)] == [KekState.DECRYPT_ONLY, KekState.ACTIVE]
    assert open_customer(keyring, sealed.ref, sealed.dek, sealed.envelope) == b"a customer"


def test_epoch_ends_at_its_number_of_wraps() -> None:
    world = KeyringBuilder(policy=EpochPolicy(max_wraps=100, reservation=10))
    keyring = world.build()
    epochs = [keyring.batch("acme").create_dek(bytes((number,)) * 16).kek_epoch for number in range(250)]
    assert epochs == sorted(epochs)
    assert all(epochs.count(epoch) <= 100 for epoch in set(epochs))
    assert max(epochs) >= 3


def test_wraps_are_reserved_before_they_are_used_so_a_crash_never_undercounts() -> None:
    world = KeyringBuilder(policy=EpochPolicy(reservation=1000))
    keyring = world.build()
    for _ in range(20):
        with keyring.batch("acme") as batch:
            batch.create_deks([number.to_bytes(16, "big") for number in range(300)])
        [kek] = world.store.list_keks("acme", KeyUse.DATA)
    assert kek.wraps >= 20 * 300
    assert world.store.reservations <= 20


def test_expired_cache_does_not_reserve_again() -> None:
    world = KeyringBuilder()
    keyring = world.build()
    for _ in range(100):
        keyring.batch("acme")
        world.clock.step(61)
    assert world.store.reservations == 1


def test_epoch_that_another_process_ended_already_is_not_ended_twice() -> None:
    world = KeyringBuilder(policy=EpochPolicy(max_age=timedelta(days=90)), clock=SteppedClock())
    here, there = world.build(), world.build()
    here.batch("acme"), there.batch("acme")
    world.clock.now += timedelta(days=90)  # the caches are still fresh
    here.batch("acme"), there.batch("acme")
    assert [row.epoch for row in world.store.list_keks("acme", KeyUse.DATA)] == [1, 2]


def test_failed_reservation_reserves_nothing() -> None:
    class FullStore(MemoryKekStore):
        full = True

        def add_wraps(self, kek_id: bytes, count: int) -> int:
            if self.full:
                raise StorageFullError("The disk is full.")
            return super().add_wraps(kek_id, count)

    store = FullStore()
    keyring = KeyringBuilder(store=store).build()
    for _ in range(2):
        with pytest.raises(StorageFullError):
            keyring.batch("acme")
    store.full = False
    keyring.batch("acme")
    assert store.reservations == 1


def test_many_threads_share_one_keyring() -> None:
    world = KeyringBuilder()
    keyring = world.build()

    def work(number: int) -> bytes:
        ref = a_ref(tenant=f"tenant-{number % 3}", customer_id=bytes((number,)) * 16)
        sealed = seal_customer(keyring, ref, bytes((number,)))
        return open_customer(keyring, ref, sealed.dek, sealed.envelope)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(100))) == [bytes((number,)) for number in range(100)]
    assert len(world.store.rows) == 3


def test_index_key_never_ends_by_itself_because_every_token_would_change() -> None:
    world = KeyringBuilder()
    keyring = world.build()
    before = keyring.blind_index("acme").token(3, b"x")
    world.clock.step(timedelta(days=4000).total_seconds())
    assert keyring.blind_index("acme").token(3, b"x") == before


def test_loser_of_the_race_for_the_first_key_uses_the_winners() -> None:
    class RacingStore(MemoryKekStore):
        def insert_kek(self, kek: WrappedKek) -> None:
            if not self.rows:
                winner = KeyringBuilder(store=MemoryKekStore())
                winner.build().batch("acme")
                self.rows.update(winner.store.rows)
            super().insert_kek(kek)

    world = KeyringBuilder(store=RacingStore())
    keyring = world.build()
    sealed = seal_customer(keyring, a_ref())
    assert len(world.store.rows) == 1
    assert open_customer(world.build(), sealed.ref, sealed.dek, sealed.envelope) == b"a customer"


def test_epoch_that_another_process_started_a_moment_ago_is_found() -> None:
    world = KeyringBuilder()
    here, there = world.build(), world.build()
    here.batch("acme")
    KeyRotator(there).start_epoch("acme", KeyUse.DATA)
    sealed = seal_customer(there, a_ref())
    assert sealed.dek.kek_epoch == 2
    assert open_customer(here, sealed.ref, sealed.dek, sealed.envelope) == b"a customer"


def test_store_that_answers_with_rows_of_another_tenant_is_not_believed() -> None:
    class ConfusedStore(MemoryKekStore):
        def list_keks(self, tenant: str, use: KeyUse) -> Sequence[WrappedKek]:
            assert tenant
            return [row for row in self.rows.values() if row.use == use]

    world = KeyringBuilder(store=ConfusedStore())
    keyring = world.build()
    keyring.batch("rival")
    keyring.batch("acme")
    assert {row.tenant for row in world.store.rows.values()} == {"rival", "acme"}


def test_root_rotation_moves_every_kek_once_and_data_opens_with_the_new_root_alone() -> None:
    world = KeyringBuilder()
    sealed = seal_customer(world.build(), a_ref())
    for tenant in ("beta", "gamma"):
        world.build().batch(tenant)
    old, new = some_root_key(), some_root_key("next")
    counts: list[int] = []
    while not counts or counts[-1]:
        counts.append(rewrap_keks(world.store, old=old, new=new, signer=some_signer(), verifiers=[some_signer()], limit=2))
    assert counts == [2, 1, 0]
    world.root_names = ("next",)
    assert open_customer(world.build(), sealed.ref, sealed.dek, sealed.envelope) == b"a customer"


def test_during_root_rotation_a_process_with_both_roots_reads_both() -> None:
    world = KeyringBuilder()
    sealed = seal_customer(world.build(), a_ref())
    world.root_names = ("next", "root")
    keyring = world.build()
    assert open_customer(keyring, sealed.ref, sealed.dek, sealed.envelope) == b"a customer"
    keyring.batch("beta")
    assert {row.root_key_id for row in world.store.rows.values()} == {some_root_key().key_id, some_root_key("next").key_id}


def test_wrong_root_key_is_unavailable_and_says_no_more() -> None:
    world = KeyringBuilder()
    sealed = seal_customer(world.build(), a_ref())
    world.root_names = ("next",)
    with pytest.raises(KeyUnavailableError, match="cannot be used"):
        open_customer(world.build(), sealed.ref, sealed.dek, sealed.envelope)


def test_one_key_for_wrapping_and_signing_is_refused() -> None:
    root = some_root_key()
    with pytest.raises(ConfigurationError):
        EnvelopeKeyring(store=MemoryKekStore(), roots=[root], signer=RsaSigner(root._private), verifiers=[])


def test_cache_of_more_than_a_minute_is_refused() -> None:
    with pytest.raises(ConfigurationError):
        EnvelopeKeyring(store=MemoryKekStore(), roots=[some_root_key()], signer=some_signer(), verifiers=[], cache_age_s=61)


@pytest.mark.parametrize("tenant", ["", "t" * 256])
def test_tenant_ids_have_bounds(tenant: str) -> None:
    with pytest.raises(InvalidArgumentError):
        KeyringBuilder().build().batch(tenant)


def test_audit_payload_opens_for_its_own_event_and_tenant_only() -> None:
    keyring = KeyringBuilder().build()
    sealed = keyring.sealed_audit("acme").seal(b"event-1", b"198.51.100.7")
    assert keyring.sealed_audit("acme").open(b"event-1", sealed) == b"198.51.100.7"
    with pytest.raises(IntegrityError):
        keyring.sealed_audit("acme").open(b"event-2", sealed)
    with pytest.raises(IntegrityError):
        keyring.sealed_audit("rival").open(b"event-1", sealed)


def test_sealed_words_of_the_key_store_never_contain_a_plain_kek() -> None:
    world = KeyringBuilder()
    keyring = world.build()
    keyring.batch("acme").create_dek(ALICE)
    secrets = [key.secret for tenant in keyring._tenants.values() for key in tenant._plain.values()]
    assert secrets
    assert all(secret not in row.wrapped for secret in secrets for row in world.store.rows.values())
    assert all(secret.hex() not in repr(keyring._tenants["acme"]._plain) for secret in secrets)
