"""Real processes: started together, killed in the middle of writes."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from helpers.postgres import PostgresServer
from helpers.stored_rows import TENANT, an_id, new_customers, put_customers
from vault_server.ports.records import RecordKind
from vault_server.storage.opening import migrate, open_store

_WRITE = """
import os, sys
sys.path.insert(0, sys.argv[2])
from concurrent.futures import ThreadPoolExecutor
from helpers.stored_rows import TENANT, a_dek, a_row
from vault_server.ports.records import RecordKind
from vault_server.storage.opening import open_store

store = open_store(sys.argv[1])

def write(number):
    ids = [number.to_bytes(8) + part.to_bytes(8) for part in range(20)]
    def job(view):
        view.records.insert(TENANT, RecordKind.CUSTOMER, [a_row(each) for each in ids])
        view.records.insert_deks(TENANT, [a_dek(each) for each in ids])
    store.write(job)
    os.write(1, b"%d\\n" % number)  # in one piece, which print is not

with ThreadPoolExecutor(4) as pool:
    for each in range(100_000):
        pool.submit(write, each)
"""
TESTS = Path(__file__).resolve().parents[2]


def _migrate_ten(url: str) -> list[bool]:
    # A fork server that has the modules already: ten interpreters that import them take 20 s on two cores.
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["vault_server.storage.opening", "alembic.command", "psycopg", "pysqlite3"])
    with processes.Pool(10) as pool:
        return [report.changed for report in pool.map(migrate, [url] * 10, chunksize=1)]


def test_of_ten_processes_one_migrates_sqlite_and_none_fails(tmp_path: Path) -> None:
    assert sorted(_migrate_ten(f"sqlite:///{tmp_path / 'vault.db'}")) == [False] * 9 + [True]


@pytest.mark.postgres
def test_of_ten_processes_one_migrates_postgresql_and_none_fails(postgres_url: str) -> None:
    assert sorted(_migrate_ten(postgres_url)) == [False] * 9 + [True]


@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_what_was_acknowledged_before_a_kill_is_there_and_nothing_is_half(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'vault.db'}" if engine == "sqlite" else request.getfixturevalue("postgres_url")
    migrate(url)
    store = open_store(url)
    store.write(lambda view: view.access.add_tenant(TENANT))
    store.close()
    acknowledged = _write_until_killed(url)
    store = open_store(url)
    with store.read() as view:
        rows = view.records.page(TENANT, RecordKind.CUSTOMER, after_id=b"", limit=1_000_000)
        keys = view.records.deks(TENANT, [row.customer_id for row in rows])
        top = view.watermark()
    store.write(lambda view: put_customers(view, [b"\xfe" * 16]))  # the store still takes writes
    store.close()
    stored: dict[int, int] = {}
    for row in rows:
        number = int.from_bytes(row.record_id[:8])
        stored[number] = stored.get(number, 0) + 1
    assert len(acknowledged) > 20
    assert acknowledged <= set(stored)
    assert set(stored.values()) == {20}
    assert [key.customer_id for key in keys] == [row.customer_id for row in rows]
    assert max(row.position for row in rows) <= top


def _write_until_killed(url: str) -> set[int]:
    """Numbers of the jobs whose success the process reported before it was killed."""
    command = [sys.executable, "-c", _WRITE, url, str(TESTS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(40)]
        process.kill()
        lines += [line for line in process.stdout if line.endswith("\n")]
    return {int(line) for line in lines if line.strip()}


@pytest.mark.postgres
def test_a_watermark_waits_for_an_open_transaction_of_another_process(postgres_url: str) -> None:
    migrate(postgres_url)
    store = open_store(postgres_url)
    store.write(lambda view: view.access.add_tenant(TENANT))
    with psycopg.connect(postgres_url) as other:
        row = other.execute("SELECT pg_current_xact_id()::text::bigint").fetchone()
        assert row is not None
        late = an_id()
        other.execute(
            "INSERT INTO customers"
            " (tenant_key, customer_id, version, state, created_us, updated_us, schema_revision, position, sealed)"
            " VALUES (1, %s, 1, 1, 1, 1, 1, %s, ''::bytea)",
            (late, row[0]),
        )
        store.write(lambda view: put_customers(view, [an_id()]))
        with store.read() as view:
            assert view.watermark() < row[0]
            assert view.records.count(TENANT, RecordKind.CUSTOMER) == 1
        other.commit()
    with store.read() as view:
        assert view.watermark() >= row[0]
        assert len(view.records.get(TENANT, RecordKind.CUSTOMER, [late])) == 1
    store.close()


@pytest.mark.postgres
def test_a_store_finds_back_after_its_connections_were_cut(postgres_url: str) -> None:
    migrate(postgres_url)
    store = open_store(postgres_url)
    store.write(lambda view: view.access.add_tenant(TENANT))
    with psycopg.connect(postgres_url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"  # returns when they are gone
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    ids = new_customers(store, 2)
    with store.read() as view:
        assert len(view.records.get(TENANT, RecordKind.CUSTOMER, ids)) == 2
    store.close()


@pytest.mark.postgres
def test_an_unreachable_server_and_a_missing_database_are_said_without_the_password(postgres_server: PostgresServer) -> None:
    for url in ("postgresql://u:pass-word@127.0.0.1:1/db", postgres_server.url("none")):
        with pytest.raises(Exception) as caught:  # noqa: PT011 - its text is what is looked at
            open_store(url)
        assert "pass-word" not in repr(caught.value)
        assert caught.value.__cause__ is None
