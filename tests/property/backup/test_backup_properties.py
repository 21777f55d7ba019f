from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from vault_server.backup import chunks, row_blocks, signed_documents
from vault_server.backup.fields import Fields
from vault_server.errors import IntegrityError
from vault_server.ports.snapshot import SnapshotTable
from vault_server.usecases.schedule_slots import due_slot, next_slot

_VALUES = {
    "int": st.integers(-(2**63), 2**63 - 1),
    "str": st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    "bytes": st.binary(max_size=40),
    "bool": st.booleans(),
}


@st.composite
def _blocks(draw: st.DrawFn) -> tuple[tuple[str, ...], list[row_blocks.Row]]:
    kinds = draw(st.lists(st.sampled_from(sorted(_VALUES)), min_size=1, max_size=5))
    row = st.tuples(*(st.none() | _VALUES[kind] for kind in kinds))
    return tuple(f"c{place}" for place in range(len(kinds))), draw(st.lists(row, max_size=20))


@given(_blocks())
def test_rows_come_back_as_they_were(block: tuple[tuple[str, ...], list[row_blocks.Row]]) -> None:
    columns, rows = block
    decoded = row_blocks.decode(row_blocks.encode("t", columns, rows))
    assert (decoded.table, decoded.columns) == ("t", columns)
    assert [[(type(value), value) for value in row] for row in decoded.rows] == [
        [(type(value), value) for value in row] for row in rows
    ]


@given(_blocks(), st.data())
def test_damaged_block_is_refused_or_reads_as_other_rows_but_never_crashes(
    block: tuple[tuple[str, ...], list[row_blocks.Row]], data: st.DataObject
) -> None:
    encoded = bytearray(row_blocks.encode("t", *block))
    place = data.draw(st.integers(0, len(encoded) - 1))
    encoded[place] ^= data.draw(st.integers(1, 255))
    cut = data.draw(st.integers(0, len(encoded)))
    for damaged in (bytes(encoded), bytes(encoded[:cut]), bytes(encoded) + b"\0"):
        try:
            again = row_blocks.decode(damaged)
        except IntegrityError:
            continue
        assert len(again.rows) <= row_blocks.MAX_ROWS


@given(st.binary(max_size=300))
def test_any_bytes_are_no_document_of_ours(content: bytes) -> None:
    for prefix in (b"", b"SRMF\x01", b"SRMF\x01\x00\x00\x00\x05\x00\x05"):
        try:
            signed_documents.open_signed(b"SRMF", prefix + content, [], what="it")
        except IntegrityError:
            continue
        raise AssertionError


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_fields_of_any_json_are_typed_or_refused(body: object) -> None:
    for read in (Fields.text, Fields.number, Fields.flag, Fields.raw, Fields.items, Fields.texts):
        try:
            read(Fields(body, "it"), "")
        except IntegrityError:
            continue


@settings(max_examples=30)
@given(st.lists(st.integers(0, 3000), max_size=40), st.booleans())
def test_chunks_hold_all_rows_in_order(sizes: list[int], keys: bool) -> None:  # noqa: FBT001 - drawn by the property
    table = SnapshotTable("t", ("id", "sealed"), keys=keys)
    rows: list[row_blocks.Row] = [(number, bytes(size) * 100) for number, size in enumerate(sizes)]
    batches = [rows[start : start + 3] for start in range(0, len(rows), 3)]
    packed = list(chunks.pack(table, batches))
    assert sum(one.rows for one in packed) == len(rows)
    assert [row for one in packed for block in chunks.unpack(one.content) for row in block.rows] == rows


@given(st.integers(0, 10**9), st.integers(1, 10**6), st.integers(0, 10**9))
def test_due_slot_lies_on_the_grid_is_newer_and_not_in_the_future(last_us: int, interval_us: int, now_us: int) -> None:
    slot = due_slot(last_us, interval_us, now_us)
    if slot is None:
        assert now_us < last_us + interval_us
        assert next_slot(last_us, interval_us, now_us) > now_us - 1
        return
    assert (slot - last_us) % interval_us == 0
    assert last_us < slot <= now_us < slot + interval_us
    assert due_slot(slot, interval_us, now_us) is None
