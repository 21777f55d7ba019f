"""Nothing is lost: every cell of a file is found again in the export, as a field, an attribute or verbatim."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta

import pytest

from helpers.cells_found_again import cells_lost
from helpers.cli_desk import Desk
from strongroom_cli import exit_codes

ROWS = 120
Column = Callable[[random.Random, int], str]


def day(rng: random.Random, _row: int) -> str:
    found = date(1930, 1, 1) + timedelta(days=rng.randrange(25_000))
    return rng.choice([f"{found:%Y-%m-%d}", f"{found:%d/%m/%Y}", f"{found:%Y%m%d}", "31/02/1980", "1852-00-01", "n/a", ""])


def words(name: str) -> Column:
    return lambda rng, row: rng.choice([f"{name} {row}", f"  {name}-{row}  ", f"{name}; {row}", f"=cmd|{row}", "", "n/a", "?"])


def phone(rng: random.Random, row: int) -> str:
    number = f"+44 7700 9{row:05d}"
    return rng.choice([number, f"{number}; +49 30 {row:07d}", f"ask for {row}", ""])


def mail(rng: random.Random, row: int) -> str:
    return rng.choice([f"Mira.{row}@Example.com", f"a{row}@example.com;b{row}@example.com", f"mira{row}@example", ""])


COLUMNS: Mapping[str, Column] = {
    "Kunden-Nr.": lambda _rng, row: f"K{row:05d}",
    "Vorname": words("Mira"),
    "Nachname": words("Holt"),
    "E-Mail": mail,
    "Telefon": phone,
    "Geburtsdatum": day,
    "Strasse": words("Am Tor"),
    "Hausnummer": lambda rng, row: rng.choice([str(row), f"{row}b", ""]),
    "PLZ": lambda _rng, row: f"0{row:04d}",
    "Ort": words("Lüneburg"),
    "Anrede": lambda rng, _row: rng.choice(["Herr", "Frau", "divers", "Dr.", ""]),
    "Alter": lambda rng, _row: rng.choice(["34", "abc", "34.5", "", "-1", "999"]),
    "Einkommen": lambda rng, row: rng.choice([f"{row}000", f"{row}.000,50 EUR", "about 5k", ""]),
    "Bemerkung": lambda rng, row: rng.choice(
        [f"line one {row}\nline two", 'he said "no"', "🎉", "\u05e9\u05dc\u05d5\u05dd", ""]
    ),
    "Punkte": lambda rng, row: rng.choice([str(row), str(row), str(row), str(row), str(-row), ""]) if row % 40 else "many",
    "Quote": lambda _rng, row: f"{row / 7:.6f}",
    "Aktiv": lambda rng, _row: rng.choice(["ja", "nein"]),
    "Seit": lambda rng, _row: f"{date(2015, 1, 1) + timedelta(days=rng.randrange(3000)):%d.%m.%Y}",
    "Ende": words("x"),
}


def made(seed: int) -> Iterator[dict[str, str]]:
    rng = random.Random(seed)
    for row in range(ROWS):
        yield {name: column(rng, row) for name, column in COLUMNS.items()}


@pytest.mark.parametrize(("seed", "delimiter"), [(1, ","), (2, ";"), (3, "\t")])
def test_every_cell_of_a_messy_file_is_found_again(desk: Desk, seed: int, delimiter: str) -> None:
    rows = list(made(seed))
    file = io.StringIO()
    writer = csv.DictWriter(file, list(COLUMNS), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)

    ended = desk.load("f.csv", file.getvalue(), "-o", "json")

    assert ended.code == exit_codes.OK, ended.err
    exported = {row["external_ids"][0]["id"]: row for row in desk.exported()}
    lost = [(row["Kunden-Nr."], *item) for row in rows for item in cells_lost(row, exported[row["Kunden-Nr."]])]
    assert lost == []


def test_an_export_can_be_imported_again_and_changes_nothing(desk: Desk) -> None:
    rows = "".join(f"{n},Mira{n},m{n}@example.com,{n}\n" for n in range(50))
    desk.load("f.csv", "id,given_name,email,points\n" + rows)
    desk.load("g.csv", "id,given_name\n7,Otto\n", "--source", "shop")
    fields = ("given_name", "emails", "external_ids", "attributes.points")

    for file_format in ("csv", "jsonl"):
        copy = desk.run("customers", "export", "-o", file_format, "--fields", ",".join(fields)).out
        again = desk.load(f"again.{file_format}", copy, "-o", "json")
        assert (again.code, again.json()["unchanged"]) == (exit_codes.CHECK_FAILED, 50), again.err
        assert [row["reason"] for row in again.json()["refused"]] == ["NO_ID"]  # the customer of the other source


def test_an_export_with_ids_reads_once_and_names_sources_only_where_there_are_several(desk: Desk) -> None:
    desk.load("f.csv", "id,name\n1,Mira Holt\n2,Otto Brand\n")

    def sessions() -> int:
        return desk.run("audit", "tail", "-n", "0", "-o", "jsonl").out.count("CreateReadSession")

    before = sessions()

    bare = desk.run("customers", "export", "--fields", "external_ids").out

    assert sessions() == before + 1
    assert bare.split() == ["external_ids", "1", "2"]
    desk.load("f.csv", "id,name\n3,Ida Voss\n", "--source", "shop")
    assert desk.run("customers", "export", "--fields", "external_ids").out.split() == [
        "external_ids",
        "crm:1",
        "crm:2",
        "shop:3",
    ]


@pytest.mark.parametrize("kind", ["needs", "transactions"])
def test_a_column_called_id_is_the_id_and_one_key_means_one_attribute(desk: Desk, kind: str) -> None:
    desk.load("c.csv", "id,name,notes\nc1,Mira Holt,true\n")
    rows = "id,customer_id,date,text,notes\n1,c1,2024-01-02,a chair,x1\n1,c1,2024-01-02,a chair,x1\n"

    ended = desk.load("f.csv", rows, "-o", "json", kind=kind)

    assert ended.code == exit_codes.OK, ended.err
    assert ended.json()["mapping"]["id"] == "id"
    stored = desk.run(kind, "list", "-o", "json").json()
    assert [record["external_id"]["id"] for record in stored] == ["1"]
    assert "x1" in str(stored)


def test_whole_numbers_are_numbers_in_json_however_deep(desk: Desk) -> None:
    desk.load("c.csv", "id,name,points\nc1,Mira Holt,9007199254740993\n")
    desk.load("t.csv", "id,customer_id,date,sku,quantity,price\nt1,c1,2024-01-02,s1,2,3.50\n", kind="transactions")

    customer = desk.run("customers", "get", "crm:c1", "-o", "json").json()
    purchase = desk.run("transactions", "list", "-o", "json").json()[0]

    assert customer["attributes"]["points"] == {"int_value": 9007199254740993}
    assert (purchase["lines"][0]["quantity_milli"], purchase["total_minor"]) == (2000, 700)
    assert desk.exported("attributes.points") == [{"attributes.points": 9007199254740993}]


@pytest.mark.parametrize(("kind", "shown"), [("transactions", "1250 JPY"), ("needs", "a chair")])
def test_a_list_masks_what_is_personal_says_so_and_shows_what_belongs_to_whom(desk: Desk, kind: str, shown: str) -> None:
    desk.load("c.csv", "id,name\nc1,Mira Holt\nc2,Otto Brand\n")
    rows = "id,customer_id,date,text,currency,total\n1,c1,2024-01-02,a chair,JPY,1250\n2,c2,2024-01-03,a lamp,JPY,80\n"
    assert desk.load("f.csv", rows, "--unknown", "ignore", kind=kind).code == exit_codes.OK

    masked, revealed = desk.run(kind, "list"), desk.run(kind, "list", "--reveal", "--customer", "crm:c1")

    assert shown not in masked.out
    assert masked.err == "Personal values are masked; --reveal shows them.\n"
    assert shown in revealed.out
    assert (len(masked.out.splitlines()), len(revealed.out.splitlines()), revealed.err) == (3, 2, "")
    assert len(desk.run(kind, "list", "--limit", "1", "-o", "jsonl").out.splitlines()) == 1
    assert desk.run(kind, "list", "--customer", "crm:nobody").code == exit_codes.NOT_FOUND
