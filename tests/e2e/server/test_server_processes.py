"""The server as operators meet it: killed, drained, started wrongly, on a full disk."""

from __future__ import annotations

import os
import random
import socket
import sqlite3
import subprocess
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from itertools import islice
from pathlib import Path

import pytest

from helpers.running_vault import copy_vault, write_config
from helpers.server_processes import ServerProcess, run, served
from strongroom import Client, Customer, ExternalId, ImportIncompleteError, StrongroomError, UnavailableError
from strongroom.api.v1.access_service_pb2 import Grant
from strongroom.api.v1.attribute_service_pb2 import RECORD_KIND_CUSTOMER
from strongroom.api.v1.import_service_pb2 import ImportRow

ROWS = 6000
GRANT = Grant(principal="tenants/main/principals/admin", purpose="tenants/main/purposes/analysis")


@pytest.fixture(scope="module")
def migrated(vault_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A vault with a database and a tenant, not running."""
    folder = tmp_path_factory.mktemp("migrated")
    copy_vault(vault_template, folder)
    write_config(folder)
    made = run("init", "--data", folder)
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture
def folder(migrated: Path, tmp_path: Path) -> Path:
    copy_vault(migrated, tmp_path / "vault")
    return tmp_path / "vault"


def rows(count: int = ROWS, size: int = 20) -> list[ImportRow]:
    return [
        ImportRow(
            line=number,
            customer=Customer(
                given_name=f"Ada{number}",
                organisation="x" * size,
                emails=[f"ada{number}@example.com"],
                external_ids=[ExternalId(source="crm", id=str(number))],
            ),
        )
        for number in range(count)
    ]


def kill_after(server: ServerProcess, chunks: int, sent: Sequence[ImportRow]) -> int:
    """Import until `chunks` are acknowledged, then kill; how many rows were acknowledged."""
    acknowledged = 0
    with server.client("admin") as client:
        stream = client.imports.stream(sent, kind=RECORD_KIND_CUSTOMER, source="crm", import_id="i1")
        try:
            for chunk in islice(stream, chunks):
                acknowledged += len(chunk.lines)
            server.kill()
            for chunk in stream:
                acknowledged += len(chunk.lines)
        except (ImportIncompleteError, UnavailableError):
            server.wait()
    return acknowledged


def test_import_killed_again_and_again_loses_and_doubles_nothing(folder: Path) -> None:
    sent, chance, acknowledged = rows(), random.Random(1), 0
    for _ in range(2):
        with served(folder) as server:
            acknowledged = kill_after(server, chance.randint(0, 2), sent)
            assert server.process.returncode != 0
    with served(folder) as server, server.client("admin") as client:
        stored = {one.external_ids[0].id for one in client.customers.list(page_size=1000)}
        assert len(stored) >= acknowledged
        assert {str(number) for number in range(acknowledged)} <= stored
        result = client.imports.customers(sent, source="crm", import_id="i1")
        found = list(client.customers.list(page_size=1000))
        assert len(result) == ROWS
        assert not result.rejected
        assert [one.external_ids[0].id for one in found] == [str(number) for number in range(ROWS)]
        assert [one.emails[0] for one in found] == [f"ada{number}@example.com" for number in range(ROWS)]
        assert {one.version for one in found} == {1}
        assert client.audit.verify().valid


def test_sigterm_lets_calls_in_flight_end_and_exits_with_zero(folder: Path) -> None:
    with served(folder) as server, server.client("admin") as client:
        stream = client.imports.stream(rows(3000), kind=RECORD_KIND_CUSTOMER, source="crm", import_id="i1")
        chunks = iter(stream)
        acknowledged = len(next(chunks).lines)
        codes: list[int] = []
        stopper = threading.Thread(target=lambda: codes.append(server.terminate()))
        stopper.start()
        with suppress(UnavailableError):  # to finish the import is another call
            for chunk in chunks:
                acknowledged += len(chunk.lines)
        stopper.join()
    assert codes == [0]
    assert acknowledged == 3000
    assert "server_stopped" in server.events()


def test_sigterm_does_not_wait_for_those_who_only_watch(folder: Path) -> None:
    with served(folder) as server, server.client("admin") as client:
        client.access.create_grant(GRANT)
        run_name = client.analysis.start(["match"]).name
        watching = client.analysis.watch(run_name, timeout_s=30)
        next(watching)
        stopper = threading.Thread(target=server.terminate)
        stopper.start()
        stopper.join(10)  # half of the grace that calls in flight get
        assert not stopper.is_alive()
    assert server.process.returncode == 0


def test_call_after_sigterm_is_unavailable(folder: Path) -> None:
    with served(folder) as server, server.client("admin") as client:
        client.access.who_am_i()
        assert server.terminate() == 0
        with pytest.raises(UnavailableError):
            client.access.who_am_i()


def call_until_gone(client: Client, ready: threading.Barrier) -> str:
    """Call again and again; what was met that is neither an answer nor a plain word that the server is not there."""
    client.access.who_am_i()
    ready.wait(60)
    while True:
        try:
            client.access.who_am_i()
        except UnavailableError as refused:
            if "nothing listens" in refused.message:
                return ""
        except StrongroomError as met:
            return repr(met)


def test_calls_while_the_server_stops_are_answered_or_unavailable(folder: Path) -> None:
    callers = 8
    ready = threading.Barrier(callers + 1)
    with served(folder) as server, ExitStack() as clients, ThreadPoolExecutor(callers) as pool:
        calling = [pool.submit(call_until_gone, clients.enter_context(server.client("admin")), ready) for _ in range(callers)]
        ready.wait(60)
        assert server.terminate() == 0
        assert [each.result(60) for each in calling] == [""] * callers


def test_sigterm_right_after_the_start_is_heard(folder: Path) -> None:
    for _ in range(3):
        with served(folder) as server:
            assert server.terminate() == 0


def assert_one_line(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    assert done.returncode == code, done
    lines = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    assert len(lines) == 1, done.stderr
    for word in words:
        assert word in lines[0], lines[0]


def test_wrong_passphrase_is_one_line(folder: Path) -> None:
    (folder / "secrets" / "passphrase").write_text("wrong\n")
    assert_one_line(run("serve", "--config", folder / "config.toml"), 3, "wrong passphrase")


@pytest.mark.parametrize("file", ["keys/root.pem", "keys/signing.pem", "secrets/passphrase"])
def test_secret_file_that_others_can_read_is_one_line(folder: Path, file: str) -> None:
    (folder / file).chmod(0o644)
    assert_one_line(run("serve", "--config", folder / "config.toml"), 3, file.rpartition("/")[2])


def test_missing_configuration_is_one_line(tmp_path: Path) -> None:
    assert_one_line(run("serve", "--config", tmp_path / "none.toml"), 3, "does not exist")


def test_second_server_on_the_same_file_is_one_line(folder: Path) -> None:
    with served(folder) as server:
        assert_one_line(run("serve", "--config", folder / "config.toml"), 3, "another server process")
        with server.client("admin") as client:
            client.access.who_am_i()


def test_port_that_is_taken_is_one_line(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        write_config(folder, address=f"127.0.0.1:{taken.getsockname()[1]}")
        assert_one_line(run("serve", "--config", folder / "config.toml"), 3, "cannot listen")


def test_schema_of_a_newer_program_is_one_line(folder: Path) -> None:
    with sqlite3.connect(folder / "data" / "vault.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    for command in ("serve", "migrate"):
        assert_one_line(run(command, "--config", folder / "config.toml"), 3, "newer")


def test_file_that_is_no_database_is_one_line(folder: Path) -> None:
    (folder / "data" / "vault.db").write_bytes(b"not a database at all" * 1000)
    assert_one_line(run("serve", "--config", folder / "config.toml"), 4, "damaged")


def test_plain_text_beyond_loopback_is_one_line(folder: Path) -> None:
    write_config(folder, address="0.0.0.0:0")
    assert_one_line(run("serve", "--config", folder / "config.toml"), 3, "loopback")


def test_config_check_says_what_is_wrong_and_shows_no_secret(folder: Path) -> None:
    config = folder / "config.toml"
    sound = run("config", "check", "--config", config, "--show")
    assert (sound.returncode, sound.stderr) == (0, "")
    assert "server.threads = 64" in sound.stdout
    passphrase = (folder / "secrets" / "passphrase").read_text().strip()
    assert passphrase not in sound.stdout
    assert "vault.db" not in sound.stdout
    (folder / "secrets" / "passphrase").write_text("wrong\n")
    broken = run("config", "check", "--config", config)
    assert broken.returncode == 1
    assert "wrong passphrase" in broken.stdout


def test_init_again_changes_nothing(folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*.pem")}
    again = run("init", "--data", folder)
    assert again.returncode == 0
    assert "made" not in again.stdout
    assert {path: path.read_bytes() for path in folder.rglob("*.pem")} == before


def test_tenants_add_makes_a_tenant_that_its_tokens_open(folder: Path) -> None:
    done = run("tenants", "add", "acme", "--config", folder / "config.toml")
    assert done.returncode == 0, done.stderr
    with served(folder) as server:
        (folder / "tokens" / "acme.token").write_bytes((folder / "tokens" / "acme.service.token").read_bytes())
        with server.client("acme") as client:
            assert client.access.who_am_i().principal.name == "tenants/acme/principals/service"


@pytest.mark.parametrize("tenant", ["../../x", "Acme", "", "a b", "a/b", "x" * 64])
def test_tenants_add_refuses_what_is_no_id(folder: Path, tenant: str) -> None:
    before = sorted(folder.rglob("*"))
    assert_one_line(run("tenants", "add", tenant, "--config", folder / "config.toml"), 3, "tenant")
    assert sorted(folder.rglob("*")) == before


def test_tenants_add_beside_a_running_server_is_one_line(folder: Path) -> None:
    with served(folder):
        done = run("tenants", "add", "acme", "--config", folder / "config.toml")
        assert_one_line(done, 3, "another server process")


def test_migrate_says_what_it_did(folder: Path) -> None:
    assert "nothing to do" in run("migrate", "--config", folder / "config.toml").stdout
    (folder / "data" / "vault.db").unlink()
    assert "nothing to do" not in run("migrate", "--config", folder / "config.toml").stdout


@pytest.fixture
def small_disk(folder: Path) -> Iterator[Path]:
    """The data folder on a disk of 12 MiB."""
    data = folder / "data"
    content = {path.name: path.read_bytes() for path in data.iterdir()}
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", data], capture_output=True, check=False)
    if mounted.returncode:
        if os.geteuid() == 0 and os.environ.get("STRONGROOM_REQUIRE_SYSTEM_PACKAGES"):
            pytest.fail("a small disk cannot be mounted")
        pytest.skip("a small disk needs root and the right to mount")
    try:
        for name, raw in content.items():
            (data / name).write_bytes(raw)
            (data / name).chmod(0o600)
        yield data
    finally:
        subprocess.run(["umount", "-l", data], check=True)


def test_full_disk_refuses_the_chunk_whole_and_the_vault_works_when_there_is_space(folder: Path, small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * (5 << 20))
    sent = rows(8000, size=300)
    with served(folder) as server, server.client("admin") as client:
        stream, lines = client.imports.stream(sent, kind=RECORD_KIND_CUSTOMER, source="crm", import_id="i1"), list[int]()
        with pytest.raises(StrongroomError) as full:
            lines.extend(line for chunk in stream for line in chunk.lines)
        cause = full.value.__cause__ or full.value
        assert getattr(cause, "reason", "") == "STORAGE_FULL", (full.value, cause)
        ballast.unlink()
        stored = [one.external_ids[0].id for one in client.customers.list(page_size=1000)]
        assert stored == [str(number) for number in lines]
        client.customers.create(Customer(given_name="Ada"))
        assert client.audit.verify().valid
