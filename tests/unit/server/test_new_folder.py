"""What a first start makes: whole, private, only where it is missing, and open at once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from vault_server.config import load_settings
from vault_server.crypto import key_files
from vault_server.new_folder import FOLDERS, make_configuration, make_folder, make_keys
from vault_server.open_keys import open_keys
from vault_server.ports.runtime import Runtime

NOW_US = int(datetime(2026, 1, 2, tzinfo=UTC).timestamp() * 1_000_000)


def test_keys_that_were_just_made_are_opened_without_stretching_a_passphrase_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_configuration(tmp_path / "vault", "main")
    made = make_keys(tmp_path / "vault")
    settings = load_settings(tmp_path / "vault" / "config.toml", {})
    read = open_keys(settings)
    for load in ("load_root_key", "load_signing_key"):
        monkeypatch.setattr(key_files, load, lambda *_: pytest.fail("a file was read"))

    at_once = open_keys(settings, made)

    assert at_once.roots[0].key_id == read.roots[0].key_id
    assert at_once.roots[0].unwrap(read.roots[0].wrap(b"k" * 32, b"context"), b"context") == b"k" * 32
    read.verifiers[0].verify(b"message", at_once.signer.sign(b"message"))


def test_a_folder_is_made_whole_and_private_once(tmp_path: Path) -> None:
    folder, runtime = tmp_path / "vault", Runtime(now_us=lambda: NOW_US)
    first = make_folder(folder, tenant="main", runtime=runtime)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    (folder / "tls" / "server.crt.pem").unlink()
    (folder / "tls" / "server.key.pem").unlink()
    second = make_folder(folder, tenant="main", runtime=runtime)

    assert len(first.lines) == 5
    assert [line.partition(":")[0] for line in second.lines] == [str(folder / "tls")]
    after = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert {path.name for path in before if before[path] != after[path]} == {"server.crt.pem", "server.key.pem"}
    assert {path.name for path in folder.iterdir() if path.is_dir()} == set(FOLDERS)
    public = {path.name for path in after if path.stat().st_mode & 0o077}
    assert all(name.endswith((".pub.pem", ".crt.pem")) for name in public), public
