from __future__ import annotations

import sqlite3
from pathlib import Path

from alembic import command

from vault_server.storage import migrating
from vault_server.storage.opening import migrate
from vault_server.storage.sqlite.driver import SqliteFile, load_driver
from vault_server.storage.sqlite.schema import transaction

SUCCEEDED, CANCELLED = 3, 5
RUN = "INSERT INTO runs VALUES (1, ?, ?, 0, 0, x'', 0, 1, 0, x'', x'', 7)"


def at_revision(path: Path, revision: str) -> None:
    with transaction(SqliteFile(path, load_driver())) as connection:
        config = migrating._config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_runs_of_an_older_vault_can_be_undone_in_the_order_in_which_they_were_seen(tmp_path: Path) -> None:
    path = tmp_path / "vault.db"
    at_revision(path, "0002")
    first, seen, cancelled, empty = b"1" * 16, b"2" * 16, b"3" * 16, b"4" * 16
    with sqlite3.connect(path) as connection:
        for run_id, state in ((first, SUCCEEDED), (seen, SUCCEEDED), (cancelled, CANCELLED), (empty, SUCCEEDED)):
            connection.execute(RUN, (run_id, state))
        for run_id, step in ((first, "match"), (seen, "match"), (cancelled, "match"), (empty, "segment"), (seen, "segment")):
            connection.execute("INSERT INTO result_streams VALUES (1, ?, ?, 5)", (run_id, step))
        for step, run_id in (("match", first), ("segment", empty), ("impute", empty)):
            connection.execute("INSERT INTO current_runs VALUES (1, ?, ?, 7)", (step, run_id))
    migrate(f"sqlite:///{path}")
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT step, sequence, run_id, undone FROM step_commits ORDER BY step, sequence").fetchall()
    assert rows == [
        ("impute", 1, empty, 0),
        ("match", 1, seen, 0),
        ("match", 2, first, 0),
        ("segment", 1, seen, 0),
        ("segment", 2, empty, 0),
    ]
