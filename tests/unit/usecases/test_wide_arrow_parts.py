"""A part of a batch fits a message however many columns the tenant has defined."""

from __future__ import annotations

from typing import Any

import pytest

from vault_server.ports.keys import WrappedDek
from vault_server.ports.records import RecordRow, RowState
from vault_server.usecases.session_pages import Batch, split


def batch(rows: int) -> Batch:
    def row(number: int) -> RecordRow:
        key = number.to_bytes(16, "big")
        values: dict[str, Any] = {
            "customer_id": key,
            "record_id": key,
            "version": 1,
            "state": RowState.LIVE,
            "sealed": b"x" * 100,
        }
        return RecordRow(**{**dict.fromkeys(RecordRow._fields, 0), **values})

    dek: Any = WrappedDek
    return Batch([(row(number), dek) for number in range(rows)], [], None)


@pytest.mark.parametrize(("rows", "most", "sizes"), [(10, 1_000, [10]), (10, 4, [4, 4, 2]), (10, 1, [1] * 10), (1, 1, [1])])
def test_parts_hold_every_row_once_and_no_more_than_fit(rows: int, most: int, sizes: list[int]) -> None:
    whole = batch(rows)

    parts = list(split(whole, most))

    assert [len(part.rows) for part in parts] == sizes
    assert [pair for part in parts for pair in part.rows] == whole.rows
