"""A backup that fails in the middle leaves rows half read; that is no second fault."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from helpers.sqlite_stores import add_customers, new_store


def test_rows_that_are_left_half_read_end_quietly_after_their_snapshot(tmp_path: Path) -> None:
    with closing(new_store(tmp_path / "vault.db")) as store:
        add_customers(store, range(10))
        with store.snapshot() as source:
            rows = iter(source.rows("customers", batch=2))
            assert len(next(rows)) == 2

        rows.close()  # type: ignore[attr-defined]  # a generator, as it is for whoever forgets it
