from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom_cli.faults import BadFileError
from strongroom_cli.importing.open_source import open_source
from strongroom_cli.importing.source_rows import RefusedRow, SourceRow


def read(path: Path, text: str | bytes, **options: str) -> tuple[list[SourceRow], list[RefusedRow]]:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    source, _ = open_source(path, **options)
    items = list(source.rows())
    return [row for row in items if isinstance(row, SourceRow)], [row for row in items if isinstance(row, RefusedRow)]


def test_a_ragged_row_is_refused_alone_and_kept_verbatim(tmp_path: Path) -> None:
    rows, refused = read(tmp_path / "a.csv", "id,name,city\n1,Ada,Ulm\n2,Bo\n3,Cy,Bonn,extra\n4,Di,Kiel,,\n")

    assert [row.line for row in rows] == [2, 5]
    assert [(row.line, row.reason, row.raw) for row in refused] == [
        (3, "RAGGED_ROW", "2,Bo\n"),
        (4, "RAGGED_ROW", "3,Cy,Bonn,extra\n"),
    ]


def test_a_stray_quote_costs_one_row(tmp_path: Path) -> None:
    rows, refused = read(tmp_path / "a.csv", 'id,name\n1,"Ada\n2,Bo\n3,"Cy, Dr."\n4,Di\n')

    assert [row.cells[0] for row in rows] == ["2", "3", "4"]
    assert [row.line for row in refused] == [2]


def test_a_quoted_cell_may_hold_lines(tmp_path: Path) -> None:
    rows, refused = read(tmp_path / "a.csv", 'id,note\n1,"two\nlines"\n2,x\n')

    assert [(row.line, row.cells[1]) for row in rows] == [(2, "two\nlines"), (4, "x")]
    assert not refused


def test_a_file_cut_in_the_middle_of_a_quoted_cell_is_told(tmp_path: Path) -> None:
    rows, refused = read(tmp_path / "a.csv", 'id,name\n1,Ada\n2,"Bo')

    assert len(rows) == 1
    assert [(row.line, row.reason) for row in refused] == [(3, "UNCLOSED_QUOTE")]


def test_a_file_cut_in_the_middle_of_a_row_is_told(tmp_path: Path) -> None:
    _, refused = read(tmp_path / "a.csv", "id,name,city\n1,Ada,Ulm\n2,B")

    assert "cut off" in refused[0].message


def test_a_cell_of_50_mb_is_refused_with_its_line_and_the_rest_goes_on(tmp_path: Path) -> None:
    text = b"id,name\n1,Ada\n2," + b"x" * 50_000_000 + b"\n3,Cy\n"
    rows, refused = read(tmp_path / "a.csv", text)

    assert [row.cells[0] for row in rows] == ["1", "3"]
    assert [(row.line, row.reason) for row in refused] == [(3, "CELL_TOO_LARGE")]
    assert len(refused[0].raw) < 1_000_000


def test_a_byte_that_is_not_utf8_is_named_and_nothing_is_read(tmp_path: Path) -> None:
    with pytest.raises(BadFileError, match=r"byte 13 \(line 2\)") as caught:
        read(tmp_path / "a.csv", b"id,name\n1,Mul\xfcller\n")

    assert "--encoding" in caught.value.hint
    rows, _ = read(tmp_path / "b.csv", b"id,name\n1,M\xfcller\n", encoding="latin-1")
    assert rows[0].cells[1] == "Müller"


def test_the_offset_is_right_beyond_the_first_block(tmp_path: Path) -> None:
    lines = b"id,name\n" + b"1,Ada\n" * 400_000
    with pytest.raises(BadFileError, match=rf"byte {len(lines) + 2} \(line 400002\)"):
        read(tmp_path / "a.csv", lines + b"1,\xff\n")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_and_a_byte_order_mark_is_no_column(tmp_path: Path, delimiter: str) -> None:
    text = "\ufeff" + "id,name,city\n1,Ada,Ulm\n".replace(",", delimiter)
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    source, _ = open_source(path)

    assert list(source.columns) == ["id", "name", "city"]


def test_blanks_behind_delimiters_belong_to_no_cell(tmp_path: Path) -> None:
    rows, _ = read(tmp_path / "a.csv", 'rec_id, given_name, note\nr-1, Ada, "a, b"\n')

    assert list(rows[0].cells) == ["r-1", "Ada", "a, b"]


@pytest.mark.parametrize(
    ("name", "content"), [("a.csv", b""), ("a.csv", b"\n\n"), ("a.jsonl", b"[1]\n"), ("a.parquet", b"PAR1 cut")]
)
def test_a_file_without_rows_is_a_clear_error(tmp_path: Path, name: str, content: bytes) -> None:
    with pytest.raises(BadFileError):
        read(tmp_path / name, content)


def test_json_lines_refuse_only_the_broken_line(tmp_path: Path) -> None:
    rows, refused = read(
        tmp_path / "a.jsonl", '{"id": 1, "name": "Ada"}\n{"id": 2,\n[3]\n\n{"id": 4, "extra": NaN}\n{"id": 5}\n'
    )

    assert [row.cells[0] for row in rows] == [1, 5]
    assert [(row.line, row.reason) for row in refused] == [(2, "MALFORMED_JSON"), (3, "NOT_A_RECORD"), (5, "MALFORMED_JSON")]


def test_a_deep_json_line_is_refused(tmp_path: Path) -> None:
    _, refused = read(tmp_path / "a.jsonl", '{"id": 1}\n{"id": ' + "[" * 100_000 + "]" * 100_000 + "}\n")

    assert [row.reason for row in refused] == ["MALFORMED_JSON"]


cells = st.text(alphabet='ab,"\n ', max_size=6)


@settings(max_examples=150, deadline=None)
@given(lines=st.lists(cells, max_size=12), end=st.sampled_from(["", "\n"]))
def test_no_line_of_a_file_is_lost(tmp_path_factory: pytest.TempPathFactory, lines: list[str], end: str) -> None:
    text = "id,name\n" + "\n".join(lines) + end
    rows, refused = read(tmp_path_factory.mktemp("csv") / "a.csv", text)
    kept = "".join([row.raw for row in rows] + [row.raw for row in refused])

    assert (kept.count("a"), kept.count("b")) == (text.count("a") - 1, text.count("b"))
