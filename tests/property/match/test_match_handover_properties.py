"""Features that are handed over arrive as they were made; anything else is refused and never believed."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis_worker.steps.match import MatchInputError, MatchOptions
from analysis_worker.steps.match.basis import basis_digest
from analysis_worker.steps.match.comparisons import build_comparisons
from analysis_worker.steps.match.features import Features, build_features
from analysis_worker.steps.match.handover import decode_features, encode_features
from analysis_worker.steps.match.roles import decide_roles

TEXT = st.none() | st.text(max_size=12)
ROWS = st.lists(st.tuples(TEXT, TEXT, st.lists(st.text(max_size=9), max_size=3)), max_size=12)


def features_of(rows: list[tuple[str | None, str | None, list[str]]]) -> Features:
    given, family, emails = (pa.array(list(cells)) for cells in zip(*rows, strict=True)) if rows else ([], [], [])
    table = pa.table(
        {
            "row_id": pa.array([f"{number:04}" for number in range(len(rows))]),
            "given_name": pa.array(given, pa.string()),
            "family_name": pa.array(family, pa.string()),
            "emails": pa.array(emails, pa.list_(pa.string())),
        }
    )
    return build_features(table, decide_roles(table))


def digest(features: Features) -> bytes:
    return basis_digest(features, build_comparisons(features), MatchOptions())


@given(ROWS)
def test_features_arrive_as_they_were_made(rows: list[tuple[str | None, str | None, list[str]]]) -> None:
    made = features_of(rows)
    found = decode_features(encode_features(made))
    assert (found.rows, list(found.scalars), list(found.lists)) == (made.rows, list(made.scalars), list(made.lists))
    for name, cells in made.scalars.items():
        assert found.scalars[name].values == cells.values
        assert np.array_equal(found.scalars[name].codes, cells.codes)
    assert digest(found) == digest(made)


@given(st.binary(max_size=200) | st.integers(0, 10_000).map(lambda at: at.to_bytes(4)))
def test_what_is_no_features_is_refused(garbage: bytes) -> None:
    with pytest.raises(MatchInputError):
        decode_features(garbage)


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"rows": [-1]},
        {"rows": ["x"]},
        {"rows": [2], "scalar/given/values": [["a"]], "scalar/given/codes": [[0]]},
        {"rows": [2], "scalar/given/values": [["a"]], "scalar/given/codes": [[0, 1]]},
        {"rows": [2], "scalar/given/values": [["a"]], "scalar/given/codes": [[0, -2]]},
        {"rows": [2], "scalar/given/values": [["a"]], "scalar/given/codes": [[0, None]]},
        {"rows": [2], "scalar/given/codes": [[0, 0]]},
        {"rows": [2], "list/emails/values": [["a"]], "list/emails/codes": [[0]], "list/emails/rows": [[2]]},
        {"rows": [2], "list/emails/values": [["a"]], "list/emails/codes": [[0]]},
        {"rows": [2], "scalar/given/values": [[1]], "scalar/given/codes": [["a", "b"]]},
    ],
)
def test_features_out_of_bounds_are_refused(columns: dict[str, list[object]]) -> None:
    table = pa.table(columns)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    with pytest.raises(MatchInputError):
        decode_features(sink.getvalue().to_pybytes())
