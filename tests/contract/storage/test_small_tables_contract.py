from __future__ import annotations

from datetime import UTC, datetime

import pytest

from helpers.stored_rows import TENANT, an_id
from vault_server.errors import AlreadyExistsError, ConflictError, FailedPreconditionError, NotFoundError
from vault_server.ports.access_data import SessionRow, TokenRow
from vault_server.ports.audit import AuditHead, AuditRow
from vault_server.ports.keks import KekState, KeyUse, WrappedKek
from vault_server.ports.resources import Resource, ResourceKind
from vault_server.ports.scheduling import LeaseRow
from vault_server.ports.store import Store, WriteView

PURPOSE, GRANT = ResourceKind.PURPOSE, ResourceKind.GRANT


def a_kek(epoch: int = 1, *, tenant: str = TENANT, use: KeyUse = KeyUse.DATA, state: KekState = KekState.ACTIVE) -> WrappedKek:
    created = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
    return WrappedKek(
        id=an_id(),
        tenant=tenant,
        use=use,
        epoch=epoch,
        root_key_id="root",
        wrapped=b"w",
        state=state,
        created_at=created,
        wraps=0,
    )


def an_event(sequence: int, *, time_us: int, writer: str = "w1", resources: tuple[str, ...] = ()) -> AuditRow:
    return AuditRow(writer, sequence, time_us, TENANT, b"previous", b"hash%d" % sequence, b"payload", resources)


def test_resource_versions_grow_and_expected_versions_are_checked(store: Store) -> None:
    def put(payload: bytes, expected: int | None = None) -> Resource:
        return store.write(lambda view: view.resources.put(TENANT, PURPOSE, "p", payload, expected_version=expected))

    assert put(b"1", 0) == Resource("p", 1, b"1")
    assert put(b"2", 1) == Resource("p", 2, b"2")
    assert put(b"3") == Resource("p", 3, b"3")
    with pytest.raises(ConflictError):
        put(b"x", 2)
    with pytest.raises(AlreadyExistsError):
        put(b"x", 0)
    with store.read() as view:
        assert view.resources.get(TENANT, PURPOSE, "p") == Resource("p", 3, b"3")
        assert view.resources.get(TENANT, GRANT, "p") is None
        assert view.resources.get("globex", PURPOSE, "p") is None


def test_a_removed_resource_is_gone_and_its_id_never_repeats_a_version(store: Store) -> None:
    store.write(lambda view: view.resources.put("", PURPOSE, "b", b"1"))
    store.write(lambda view: view.resources.put("", PURPOSE, "a", b"1"))
    assert store.write(lambda view: view.resources.delete("", PURPOSE, "b"))
    assert not store.write(lambda view: view.resources.delete("", PURPOSE, "b"))
    with store.read() as view:
        assert [each.id for each in view.resources.list("", PURPOSE)] == ["a"]
        assert view.resources.get("", PURPOSE, "b") is None
    with pytest.raises(ConflictError):
        store.write(lambda view: view.resources.put("", PURPOSE, "b", b"2", expected_version=1))
    assert store.write(lambda view: view.resources.put("", PURPOSE, "b", b"2", expected_version=0)).version == 3


def test_tenants_are_added_once(store: Store) -> None:
    for tenant in ("zeta", "beta", "zeta"):
        store.write(lambda view, tenant=tenant: view.access.add_tenant(tenant))  # type: ignore[misc]  # bound per round
    with store.read() as view:
        assert view.access.tenants() == ["acme", "beta", "zeta"]


def test_tokens_are_listed_newest_first_and_stay_when_revoked(store: Store) -> None:
    old = TokenRow("t1", TENANT, "p", b"digest", 1, 100, revoked=False)
    new = TokenRow("t2", TENANT, "p", b"digest", 2, 100, revoked=False)
    for row in (old, new):
        store.write(lambda view, row=row: view.access.put_token(row))  # type: ignore[misc]  # bound per round
    assert store.write(lambda view: view.access.revoke_token(TENANT, "t1")) == old._replace(revoked=True)
    with pytest.raises(NotFoundError):
        store.write(lambda view: view.access.revoke_token("globex", "t2"))
    with store.read() as view:
        assert view.access.tokens(TENANT) == [new, old._replace(revoked=True)]
        assert view.access.token("t2") == new
        assert view.access.token("t3") is None


def test_a_certificate_name_belongs_to_one_principal(store: Store) -> None:
    store.write(lambda view: view.access.map_certificates(TENANT, "one", ["a", "b"]))
    store.write(lambda view: view.access.map_certificates(TENANT, "one", ["b", "c"]))
    with pytest.raises(AlreadyExistsError):
        store.write(lambda view: view.access.map_certificates(TENANT, "two", ["d", "c"]))
    with store.read() as view:
        found = [view.access.principal_of_certificate(name) for name in "abcd"]
    assert found == [None, (TENANT, "one"), (TENANT, "one"), None]


def test_sessions_end_at_their_time(store: Store) -> None:
    row = SessionRow(an_id(), TENANT, "p", 50, b"decision")
    store.write(lambda view: view.access.put_session(row))
    with store.read() as view:
        assert view.access.session(row.session_id) == row
    assert store.write(lambda view: view.access.drop_expired_sessions(49)) == 0
    assert store.write(lambda view: view.access.drop_expired_sessions(50)) == 1


def test_a_request_id_and_an_import_chunk_are_taken_once(store: Store) -> None:
    def request(view: WriteView) -> None:
        view.access.put_request(TENANT, "p", "r", digest=b"d", name="n", now_us=5)

    def chunk(view: WriteView) -> None:
        view.access.put_import_chunk(TENANT, "i", 0, b"d", b"response")

    store.write(request)
    store.write(chunk)
    with pytest.raises(AlreadyExistsError):
        store.write(request)
    with pytest.raises(AlreadyExistsError):
        store.write(chunk)
    with store.read() as view:
        assert view.access.request(TENANT, "p", "r") == (b"d", "n")
        assert view.access.request(TENANT, "q", "r") is None
        assert view.access.import_chunk(TENANT, "i", 0) == (b"d", b"response")
        assert view.access.import_chunk(TENANT, "i", 1) is None
    assert store.write(lambda view: view.access.drop_requests_before(5)) == 0
    assert store.write(lambda view: view.access.drop_requests_before(6)) == 1


def test_a_twin_request_is_answered_in_the_transaction_that_met_it(store: Store) -> None:
    store.write(lambda view: view.access.put_request(TENANT, "p", "r", digest=b"d", name="first", now_us=5))

    def work(view: WriteView) -> tuple[bytes, str] | None:
        try:
            view.access.put_request(TENANT, "p", "r", digest=b"d", name="second", now_us=5)
        except AlreadyExistsError:
            return view.access.request(TENANT, "p", "r")
        return None

    assert store.write(work) == (b"d", "first")


def test_audit_events_read_back_by_chain_by_time_and_by_resource(store: Store) -> None:
    rows = [an_event(n, time_us=n, resources=("a", "b") if n % 2 else ()) for n in range(1, 6)]
    other = an_event(1, time_us=3, writer="w2")
    store.write(lambda view: view.audit.append([*rows, other]))
    with store.read() as view:
        audit = view.audit
        assert audit.events("w1", after=2, limit=2) == rows[2:4]
        assert audit.writers() == [("w1", 5, b"hash5"), ("w2", 1, b"hash1")]
        newest = audit.latest(TENANT, before=None, limit=3)
        assert newest == [rows[4], rows[3], other]
        assert audit.latest(TENANT, before=(3, "w2", 1), limit=9) == rows[2::-1]
        assert audit.latest(TENANT, before=None, limit=9, resource="b") == rows[4::-2]
        assert audit.latest("globex", before=None, limit=9) == []


def test_audit_sequence_numbers_are_used_once(store: Store) -> None:
    head = AuditHead("w1", 1, b"hash", 1, b"", "key", b"signature")
    store.write(lambda view: view.audit.append([an_event(1, time_us=1)]))
    store.write(lambda view: view.audit.append_head(head))
    with pytest.raises(AlreadyExistsError):
        store.write(lambda view: view.audit.append([an_event(2, time_us=1), an_event(1, time_us=1)]))
    with pytest.raises(AlreadyExistsError):
        store.write(lambda view: view.audit.append_head(head))
    with store.read() as view:
        assert view.audit.writers() == [("w1", 1, b"hash1")]
        assert view.audit.heads("w1") == [head]


def test_a_lease_has_one_holder_and_a_fence_that_grows_with_each_change(store: Store) -> None:
    def acquire(holder: str, ttl_s: float) -> LeaseRow | None:
        return store.write(lambda view: view.scheduling.acquire("l", holder, ttl_s))

    def fence(holder: str, ttl_s: float) -> int:
        lease = acquire(holder, ttl_s)
        assert lease is not None
        assert lease.holder == holder
        return lease.fence

    assert fence("one", 60) == 1
    assert acquire("two", 60) is None
    assert fence("one", 0) == 1
    assert fence("two", 60) == 2
    store.write(lambda view: view.scheduling.release("l", "one"))
    assert acquire("one", 60) is None
    store.write(lambda view: view.scheduling.release("l", "two"))
    assert fence("two", 60) == 3


def test_a_schedule_slot_is_taken_once(store: Store) -> None:
    def insert(slot_us: int) -> bool:
        return store.write(lambda view: view.scheduling.insert_slot("s", slot_us, 1))

    assert insert(10)
    assert insert(20)
    assert not insert(10)
    with store.read() as view:
        assert view.scheduling.last_slot("s") == (20, "RUNNING")
        assert view.scheduling.last_slot("other") is None
    store.write(lambda view: view.scheduling.finish_slot("s", 20, "DONE"))
    with store.read() as view:
        assert view.scheduling.last_slot("s") == (20, "DONE")


def test_a_new_active_kek_epoch_retires_the_one_before(store: Store) -> None:
    first, second, other_use = a_kek(1), a_kek(2), a_kek(1, use=KeyUse.INDEX)
    for kek in (first, other_use, second):
        store.keks.insert_kek(kek)
    with pytest.raises(AlreadyExistsError):
        store.keks.insert_kek(a_kek(2))
    listed = store.keks.list_keks(TENANT, KeyUse.DATA)
    assert [(kek.epoch, kek.state) for kek in listed] == [(1, KekState.DECRYPT_ONLY), (2, KekState.ACTIVE)]
    assert listed[1] == second
    assert store.keks.list_keks(TENANT, KeyUse.INDEX) == [other_use]
    assert len(store.keks.list_by_root_key("root", limit=2)) == 2


def test_kek_wraps_are_counted_and_keys_are_rewrapped(store: Store) -> None:
    kek = a_kek()
    store.keks.insert_kek(kek)
    assert [store.keks.add_wraps(kek.id, 10) for _ in range(2)] == [10, 20]
    store.keks.replace_wrapped(kek.id, root_key_id="new", wrapped=b"again")
    assert store.keks.list_by_root_key("root", limit=9) == []
    assert store.keks.list_by_root_key("new", limit=9)[0].wrapped == b"again"
    with pytest.raises(NotFoundError):
        store.keks.add_wraps(an_id(), 1)
    with pytest.raises(NotFoundError):
        store.keks.replace_wrapped(an_id(), root_key_id="new", wrapped=b"")


def test_a_destroyed_kek_is_empty_stays_destroyed_and_raises_the_fence(store: Store) -> None:
    kek = a_kek()
    store.keks.insert_kek(kek)
    fence = store.fence.number(TENANT)
    store.keks.set_state(kek.id, KekState.DESTROYED)
    store.keks.set_state(kek.id, KekState.DESTROYED)
    assert store.fence.number(TENANT) == fence + 1
    assert store.keks.list_keks(TENANT, KeyUse.DATA)[0].wrapped == b""
    assert store.keks.list_by_root_key("root", limit=9) == []
    with pytest.raises(FailedPreconditionError):
        store.keks.set_state(kek.id, KekState.ACTIVE)
    with pytest.raises(NotFoundError):
        store.keks.replace_wrapped(kek.id, root_key_id="new", wrapped=b"back")
    with pytest.raises(NotFoundError):
        store.keks.set_state(an_id(), KekState.ACTIVE)


def test_the_fence_of_an_unknown_tenant_is_zero(store: Store) -> None:
    assert store.fence.number("nobody") == 0
