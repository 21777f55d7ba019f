"""Damaged, strange and hostile files: each gets one clear answer, the documented exit code, and nothing is lost."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from helpers.cli_desk import HEADER, Desk
from strongroom_cli import exit_codes

GOOD = "a1,Mira,Holt,mira@example.com,1980-01-02,fine\n"
NEXT = "a2,Otto,Brand,otto@example.com,1981-03-04,fine\n"
ARRAY = json.dumps([{"id": "1", "given_name": "Mira"}])


def ids(desk: Desk) -> list[str]:
    return sorted(item["id"] for row in desk.exported("external_ids") for item in row["external_ids"])


def parquet_bytes(rows: int = 2_000) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table({"id": [f"p{number}" for number in range(rows)], "given_name": ["Mira"] * rows}), file)
    return file.getvalue()


def with_damage(data: bytes) -> bytes:
    return data[:30] + b"\xff" * 40 + data[70:]


UNUSABLE: dict[str, tuple[str, str | bytes, str]] = {
    "not UTF-8": ("f.csv", (HEADER + GOOD + "a2,Zoë,Müller,z@example.com,,\n").encode("cp1252"), "line 3"),
    "UTF-16": ("f.csv", (HEADER + GOOD).encode("utf-16"), "--encoding utf-16"),
    "NUL": ("f.csv", HEADER + GOOD + "a2,Ot\0to,Brand,o@example.com,,\n", "line 3"),
    "empty": ("f.csv", b"", "is empty"),
    "header only": ("f.csv", HEADER, "no row"),
    "header without a line end": ("f.csv", HEADER.strip(), "no row"),
    "blank first line": ("f.csv", "\n" + HEADER + GOOD, "no header line"),
    "quote in the header": ("f.csv", '"rec_id,name\n' + GOOD, "never closed"),
    "no id": ("f.csv", "colour,size\nred,1\nblue,2\n", "--id-column"),
    "blanks between columns": ("f.txt", "00004 0001 19970101 2 29.33\n00004 0001 19970118 2 29.73\n", "Write it as CSV"),
    "a JSON array": ("f.json", ARRAY, "jq -c"),
    "no JSON": ("f.jsonl", "hello\nworld\n", "One object a line"),
    "cut Parquet": ("f.parquet", parquet_bytes()[:-200], "cut off or damaged"),
    "damaged Parquet": ("f.parquet", with_damage(parquet_bytes()), "cut off or damaged"),
    "no Parquet": ("f.parquet", b"PAR1 and no more", "cut off or damaged"),
    "a program": ("f.csv", bytes(range(256)) * 4, "does not decode"),
    "unknown type": ("f.doc", GOOD, "--format"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_a_file_that_cannot_be_used_sends_nothing(desk: Desk, case: str) -> None:
    name, content, words = UNUSABLE[case]

    ended = desk.load(name, content)

    assert ended.code in {exit_codes.BAD_FILE, exit_codes.USAGE}
    assert words in ended.err
    assert ended.out == ""
    assert desk.exported("external_ids") == []
    assert desk.tenant.client().attributes.list() == []


@pytest.mark.parametrize(
    ("name", "words"), [(".", "is a folder"), ("missing.csv", "No such file"), ("/dev/zero", "not a regular")]
)
def test_a_path_that_is_no_file_is_told(desk: Desk, name: str, words: str) -> None:
    ended = desk.run("customers", "import", str(desk.folder / name), "--source", "crm")

    assert ended.code == exit_codes.BAD_FILE
    assert words in ended.err


DAMAGED: dict[str, tuple[str, str, list[int]]] = {
    "ragged": ("f.csv", HEADER + GOOD + "r1,Bob\nr2,Cy,Day,,,,more,cells\n" + NEXT, [3, 4]),
    "cut in quotes": ("f.csv", HEADER + GOOD + NEXT + 'a3,Ida,Voss,ida@example.com,1990-01-01,"cut in the mid', [4]),
    "cut in a row": ("f.csv", HEADER + GOOD + NEXT + "a3,Ida", [4]),
    "stray quote": ("f.csv", HEADER + GOOD + 'r1,"Bo"b,Kay,,,x\n' + NEXT, [3]),
    "no id in a row": ("f.csv", HEADER + GOOD + ",Bob,Kay,,,x\n" + NEXT, [3]),
    "huge cell": ("f.csv", HEADER + GOOD + "r1,Bob,Kay,,," + "x" * 50_000_000 + "\n" + NEXT, [3]),
    "huge quoted cell": ("f.csv", HEADER + GOOD + 'r1,Bob,Kay,,,"' + "x" * 5_000_000 + '"\n' + NEXT, [3]),
    "cut JSON": ("f.jsonl", '{"id":"a1","given_name":"Mira"}\n{"id":"a2","given_name":"Otto"}\n{"id":"a3","giv', [3]),
    "no record": ("f.jsonl", '{"id":"a1","given_name":"Mira"}\n[1,2]\n{"id":"a2","given_name":"Otto"}\n', [2]),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_row_is_named_and_the_others_go_in(desk: Desk, case: str) -> None:
    name, content, lines = DAMAGED[case]
    rejects = desk.folder / "rejects"

    ended = desk.load(name, content, "-o", "json", "--rejects", str(rejects))

    assert ended.code == exit_codes.CHECK_FAILED
    assert [row["line"] for row in ended.json()["refused"]] == lines
    assert ids(desk) == ["a1", "a2"]
    assert ("keeps the first" in ended.json()["refused"][0]["message"]) == (case in {"huge cell", "huge quoted cell"})
    refused = content.splitlines(keepends=True)[lines[0] - 1]
    assert refused[:100] in rejects.read_text()


def test_cells_that_do_not_parse_are_kept_as_they_were(desk: Desk) -> None:
    rows = ["d1,Mira,Holt,a@b,31/02/1980,x", "d2,Otto,Brand,otto@example.com,1852-00-01,x", "d3,Ida,Voss,ida@example.com,n/a,x"]
    rows += [f"g{number},Ada,Roth,ada{number}@example.com,1980-01-0{number},x" for number in range(1, 5)]

    ended = desk.load("f.csv", HEADER + "\n".join(rows) + "\n", "-o", "json")

    assert (ended.code, ended.json()["with_issues"]) == (exit_codes.OK, 3)
    kept = {row["external_ids"][0]["id"]: row.get("unparsed", {}) for row in desk.exported("external_ids", "unparsed")}
    assert kept["d1"]["birth_date"] == "31/02/1980"
    assert kept["d2"] == {"birth_date": "1852-00-01"}
    assert kept["d3"] == {"birth_date": "n/a"}


def test_the_same_id_with_the_same_content_is_one_customer(desk: Desk) -> None:
    assert desk.load("f.csv", HEADER + GOOD + GOOD + NEXT, "-o", "json", "--id-column", "rec_id").code == exit_codes.OK
    assert ids(desk) == ["a1", "a2"]


def test_the_same_id_with_other_content_is_told_with_both_lines(desk: Desk) -> None:
    ended = desk.load("f.csv", HEADER + GOOD + GOOD.replace("Holt", "Kern") + NEXT, "--id-column", "rec_id")

    assert ended.code == exit_codes.CHECK_FAILED
    assert "line 3" in ended.err
    assert "line 2 has the same id" in ended.err
    again = desk.load("f.csv", HEADER + GOOD + GOOD.replace("Holt", "Kern") + NEXT, "--id-column", "rec_id", "-o", "json")
    assert (again.code, again.json()["rejected"]) == (exit_codes.CHECK_FAILED, 1)


def test_a_second_file_of_the_same_source_updates_and_of_another_source_adds(desk: Desk) -> None:
    desk.load("one.csv", HEADER + GOOD)
    update = desk.load("two.csv", HEADER + GOOD.replace("Holt", "Kern"), "-o", "json").json()
    other = desk.load("two.csv", HEADER + GOOD, "-o", "json", "--source", "shop").json()

    assert (update["created"], update["updated"]) == (0, 1)
    assert (other["created"], other["updated"]) == (1, 0)
    assert ids(desk) == ["a1", "a1"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("byte order mark", "\ufeff" + HEADER + GOOD),
        ("semicolons", (HEADER + GOOD).replace(",", ";")),
        ("Windows line ends", (HEADER + GOOD).replace("\n", "\r\n")),
        ("old Mac line ends", (HEADER + GOOD).replace("\n", "\r")),
        ("tabs", (HEADER + GOOD).replace(",", "\t")),
        ("no last line end", (HEADER + GOOD).strip()),
        ("blank lines", HEADER + "\n\n" + GOOD + "\n"),
    ],
)
def test_another_way_of_writing_the_same_file_is_the_same_data(desk: Desk, name: str, text: str) -> None:
    assert desk.load("f.csv", text).code == exit_codes.OK, name

    row = desk.exported("given_name", "emails", "birth_date", "attributes.notes")[0]
    assert row == {"given_name": "Mira", "emails": ["mira@example.com"], "birth_date": "1980-01-02", "attributes.notes": "fine"}


def test_half_a_character_in_json_is_kept_as_it_was_written(desk: Desk) -> None:
    rows = '{"id":"a1","given_name":"Mi\\ud800ra","x\\uDFFF":"\\ud83d\\ude00"}\n'
    rows += '{"id":"a2","given_name":"Otto","tags":["\\udc00"]}\n'

    assert desk.load("f.jsonl", rows, "--unknown", "ignore").code == exit_codes.OK
    assert {row["given_name"] for row in desk.exported("given_name")} == {"Mi\\ud800ra", "Otto"}


def test_emoji_and_right_to_left_text_come_back_and_steer_no_terminal(desk: Desk) -> None:
    names = ["🎉Mira👩\u200d👩\u200d👧", "مِيرَا", "\u202eevil\u202c", "שלום"]
    rows = "".join(f"e{number},{name},Holt,,,\n" for number, name in enumerate(names))

    assert desk.load("f.csv", HEADER + rows).code == exit_codes.OK
    assert [row["given_name"] for row in desk.exported("given_name")] == names
    shown = desk.run("customers", "list", "--reveal").out
    assert "\u202e" not in shown


def test_no_cell_of_a_csv_export_is_a_formula(desk: Desk) -> None:
    evil = ["=1+1", "+4477", "-2+3", "@SUM(A1)", "\tx", '=HYPERLINK("http://x")']
    file = io.StringIO()
    csv.writer(file).writerows([[f"f{number}", text, "Holt", "", "", text] for number, text in enumerate(evil)])

    assert desk.load("f.csv", HEADER + file.getvalue()).code == exit_codes.OK
    out = desk.run("customers", "export", "--fields", "given_name,attributes.notes,external_ids").out
    cells = [cell for row in csv.reader(io.StringIO(out)) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t"))]
    assert "'=1+1" in cells
    assert [row["given_name"] for row in desk.exported("given_name")] == [text.strip() for text in evil]


def test_too_many_columns_are_refused_before_anything_is_defined(desk: Desk) -> None:
    columns = ["rec_id", "surname", *(f"c{number}" for number in range(1_998))]
    wide = ",".join(columns) + "\n" + ",".join(["w1", "Holt", *("1" for _ in range(1_998))]) + "\n"

    refused = desk.load("f.csv", wide)
    assert refused.code == exit_codes.BAD_FILE
    assert "--unknown ignore" in refused.err
    assert desk.tenant.client().attributes.list() == []
    assert desk.load("f.csv", wide, "--unknown", "ignore").code == exit_codes.OK
    assert desk.exported("family_name") == [{"family_name": "Holt"}]
    assert desk.load("f.csv", wide.replace("\n", ",a,b\n")).code == exit_codes.BAD_FILE


MAPS = {
    "unknown field": ('[columns]\n"notes" = "shoe_size"\n', "Targets:"),
    "unknown column": ('[columns]\n"nope" = "id"\n', "is not in the file"),
    "no TOML": ("[columns\n", "is not valid TOML"),
    "no table": ("columns = 3\n", "is no table"),
    "no table of dates": ('dates = "x"\n', "is no table"),
    "unknown table": ("[rows]\n", "unknown tables"),
    "bad key": ('[columns]\n"notes" = { attribute = "Bad Key!" }\n', "attribute key"),
    "bad type": ('[columns]\n"notes" = { attribute = "n", type = "money" }\n', "Types:"),
    "bad order": ("[dates]\norder = 3\n", "month_first"),
}


@pytest.mark.parametrize("case", MAPS)
def test_a_map_file_that_makes_no_sense_is_told(desk: Desk, case: str) -> None:
    text, words = MAPS[case]

    ended = desk.load("f.csv", HEADER + GOOD, "--map", desk.file("map.toml", text))

    assert ended.code == exit_codes.BAD_FILE
    assert words in ended.err
    assert desk.exported("external_ids") == []


def test_a_written_map_file_says_the_same(desk: Desk) -> None:
    first = desk.file(
        "one.toml", '[columns]\n"no\\"tes\\u007f" = { attribute = "remark", type = "string", category = "behaviour" }\n'
    )
    text = HEADER.replace("notes", '"no""tes\x7f"') + GOOD
    written = desk.folder / "two.toml"

    assert desk.load("f.csv", text, "--map", first, "--write-map", str(written)).code == exit_codes.OK
    again = desk.load("f.csv", text, "--map", str(written), "-o", "json")
    assert again.code == exit_codes.OK
    assert again.json()["already_imported"]


@pytest.mark.parametrize(
    "options",
    [("--delimiter", ";;"), ("--delimiter", '"'), ("--encoding", "rot13"), ("--encoding", "klingon"), ("--encoding", "utf-7"),
     ("--id-column", "nope"),
     ("--source", "Not A Name")],
)  # fmt: skip
def test_an_option_that_fits_no_file_is_wrong_usage(desk: Desk, options: tuple[str, str]) -> None:
    assert desk.load("f.csv", HEADER + GOOD, *options).code == exit_codes.USAGE


def test_places_that_cannot_be_written_are_named(desk: Desk, tmp_path: Path) -> None:
    nowhere = str(tmp_path / "no" / "such" / "place")

    for options in (("--rejects", nowhere), ("--write-map", nowhere)):
        ended = desk.load("f.csv", HEADER + GOOD, *options)
        assert (ended.code, nowhere in ended.err) == (exit_codes.BAD_FILE, True)
    ended = desk.run("customers", "export", "--out", nowhere)
    assert (ended.code, nowhere in ended.err) == (exit_codes.BAD_FILE, True)
    assert desk.exported("external_ids") == []
