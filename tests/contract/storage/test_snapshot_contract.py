from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.postgres import PostgresServer
from helpers.stored_rows import TENANT, a_result, a_row, a_run, a_search_token, an_id, new_customers
from vault_server.errors import ConfigurationError, FailedPreconditionError, IntegrityError, NotFoundError
from vault_server.ports.records import ConsentRow, RecordKind
from vault_server.ports.resources import ResourceKind
from vault_server.ports.snapshot import SnapshotSink, SnapshotSource
from vault_server.ports.store import Store, WriteView
from vault_server.storage.content_digest import ContentDigest, content_digest
from vault_server.storage.opening import create_fresh, open_store
from vault_server.storage.snapshot_tables import BACKED_UP, NOT_BACKED_UP
from vault_server.storage.whole_schema import metadata

TARGETS = [pytest.param("sqlite", id="to_sqlite"), pytest.param("postgresql", id="to_postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=TARGETS)
def target_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where nothing is yet."""
    if request.param == "sqlite":
        folder = tmp_path / "target"
        folder.mkdir()
        yield f"sqlite:///{folder / 'vault.db'}"
        shutil.rmtree(folder)
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = server.create_database()
    yield server.url(name)
    server.drop_database(name)


def fill(store: Store) -> list[bytes]:
    """A row in most tables; the customers' ids, of whom the first was erased."""
    ids = new_customers(store, 30)
    run_id = an_id()

    def work(view: WriteView) -> None:
        view.records.insert(TENANT, RecordKind.TRANSACTION, [a_row(ids[n % 5], an_id()) for n in range(40)])
        view.records.put_tokens(TENANT, [a_search_token("mail", each) for each in ids])
        view.records.put_consent(TENANT, ConsentRow(ids[1], "p", True, 1))
        view.resources.put("", ResourceKind.PURPOSE, "ü-last", b"p")
        view.resources.put("", ResourceKind.PURPOSE, "Z", b"")
        view.resources.put("", ResourceKind.PURPOSE, "a", b"p")
        view.runs.insert_run(a_run(run_id, state=2, lease_expires_us=2**62))
        view.runs.append_results(TENANT, run_id, "segment", offset=0, rows=[a_result(each, run_id) for each in ids])
        view.runs.make_current(TENANT, run_id, ["segment"])

    store.write(work)
    store.write(lambda view: view.records.erase(TENANT, ids[0], 5))
    return ids


def copy(source: SnapshotSource, sink: SnapshotSink) -> None:
    for table in source.tables():
        for rows in source.rows(table.name, batch=7):
            sink.load(table.name, table.columns, rows)


def digest_of(store: Store) -> ContentDigest:
    with store.snapshot() as source:
        return content_digest(source)


def test_a_restored_store_holds_the_same_whatever_the_engines(store: Store, target_url: str) -> None:
    ids = fill(store)
    before = digest_of(store)
    sink = create_fresh(target_url)
    with store.snapshot() as source:
        copy(source, sink)
    sink.finish()
    restored = open_store(target_url)
    try:
        assert digest_of(restored) == before
        assert restored.describe()["vault_id"] == store.describe()["vault_id"]
        assert restored.fence.number(TENANT) == store.fence.number(TENANT)
        with restored.read() as view:
            top = view.watermark()
            scanned = view.records.scan(
                TENANT, RecordKind.CUSTOMER, after=(b"", b""), through_customer=b"\xff" * 16, max_position=top, limit=99
            )
            assert [row.record_id for row, _ in scanned] == ids[1:]
            assert view.records.erased(TENANT, ids) == {ids[0]}
            claimable = view.runs.runs(TENANT, before=b"", limit=9)
            assert [run.lease_expires_us for run in claimable] == [0]
        more = new_customers(restored, 1)
        with restored.read() as view:
            assert view.records.get(TENANT, RecordKind.CUSTOMER, more)[0].position > top - 1
    finally:
        restored.close()


def test_restoring_onto_something_is_refused(store: Store, store_url: str) -> None:
    store.close()
    with pytest.raises(FailedPreconditionError) as caught:
        create_fresh(store_url)
    assert caught.value.reason == "TARGET_NOT_EMPTY"


def test_an_abandoned_restore_leaves_nothing(store: Store, target_url: str) -> None:
    fill(store)
    sink = create_fresh(target_url)
    with store.snapshot() as source:
        copy(source, sink)
    sink.abandon()
    with pytest.raises(ConfigurationError):
        open_store(target_url)
    again = create_fresh(target_url)
    again.abandon()


def test_a_restore_without_identity_or_with_foreign_columns_is_refused(target_url: str) -> None:
    sink = create_fresh(target_url)
    with pytest.raises(IntegrityError):
        sink.load("customers", ("tenant_key", "name"), [(1, "x")])
    with pytest.raises(IntegrityError):
        sink.finish()
    sink.abandon()


def test_a_snapshot_stays_as_it_was_while_others_write(store: Store) -> None:
    new_customers(store, 3)
    with store.snapshot() as source:
        before = content_digest(source)
        new_customers(store, 3)
        assert content_digest(source) == before
        assert before.counts["customers"] == 3
    assert digest_of(store).digest != before.digest


def test_the_digest_sees_every_changed_byte_but_no_positions(store: Store) -> None:
    (customer,) = new_customers(store, 1)
    first = digest_of(store)
    store.write(lambda view: view.records.update(TENANT, RecordKind.CUSTOMER, [a_row(customer, version=2, sealed=b"x")]))
    second = digest_of(store)
    assert first.tables["customers"] != second.tables["customers"]
    assert first.tables["deks"] == second.tables["deks"]
    with pytest.raises(NotFoundError):
        store.write(lambda view: view.records.erase(TENANT, an_id(), 1))
    assert digest_of(store) == second


def test_every_table_is_backed_up_or_left_out_on_purpose() -> None:
    of_one_database = {"search_tokens", "unique_tokens", "token_owners", "read_sessions", "leases", "change_epoch"}
    of_runs_under_way = {"shared_runs", "grids", "grid_cells", "grid_results"}
    assert of_one_database | of_runs_under_way == NOT_BACKED_UP
    for name, backed_up in BACKED_UP.items():
        left_out = {column.name for column in metadata.tables[name].columns} - set(backed_up.columns)
        assert left_out <= {"position", "lease_digest", "lease_expires_us"}
        assert backed_up.described.keys == (name == "deks")
