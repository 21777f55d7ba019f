import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import strongroom
from helpers.fake_vault import FakeVault
from strongroom.api.v1 import attribute_service_pb2 as attributes
from strongroom_cli import exit_codes
from strongroom_cli.main import main

MESSY = """customer id;Vorname;Nachname;e-mail;Telefon;Geburtsdatum;Alter;Geschlecht;Strasse;PLZ;Ort;Einkommen;Treue
K1;Ada;Quast;ada@quast.example;030 123456 / 0171 9876543;03.04.1980;44;w;Lange Gasse 5;89073;Ulm;45.000 EUR;gold
K2;Bo;Ritter;bo at ritter.example;n/a;31/02/1981;abc;m;Kurzer Weg 1;10115;Berlin;52k;silber
;Ohne;Nummer;x@y.example;;;;;;;;;
K4;Reject;Me;r@m.example;;;;;;;;;
K5;Cy;Sommer;cy@sommer.example;030 5555555;1990-01-31;34;divers;Am Ring 2;50667;Köln;;gold
"""


@pytest.fixture
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeVault]:
    with FakeVault() as running:
        monkeypatch.setenv("STRONGROOM_CONFIG_DIR", str(tmp_path / "conf"))
        strongroom.write_profile(running.profile)
        yield running


def write(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_messy_file_goes_in_and_nothing_is_lost(vault: FakeVault, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path / "people.csv", MESSY)
    rejects = tmp_path / "rejects.csv"

    code = main(["customers", "import", file, "--source", "crm", "-o", "json", "--rejects", str(rejects)])

    answer = json.loads(capsys.readouterr().out)
    assert code == exit_codes.CHECK_FAILED
    assert (answer["rows"], answer["created"], answer["rejected"]) == (5, 3, 2)
    assert [(row["line"], row["reason"]) for row in answer["refused"]] == [(4, "NO_ID"), (5, "VALUE_REFUSED")]
    header, *refused = rejects.read_text(encoding="utf-8").splitlines()
    assert header == MESSY.splitlines()[0]
    assert refused == [MESSY.splitlines()[3], MESSY.splitlines()[4]]
    assert rejects.stat().st_mode & 0o777 == 0o600

    ada, bo, cy = vault.by_external_id("K1"), vault.by_external_id("K2"), vault.by_external_id("K5")
    assert (ada.given_name, ada.family_name, ada.birth_date, ada.stated_age) == ("Ada", "Quast", "1980-04-03", 44)
    assert list(ada.phones) == ["030 123456", "0171 9876543"]
    assert (ada.income.amount_minor, ada.income.currency) == (4_500_000, "EUR")
    assert (ada.addresses[0].street, ada.addresses[0].postal_code) == ("Lange Gasse 5", "89073")
    assert dict(bo.unparsed) == {"phones": "n/a", "birth_date": "31/02/1981", "stated_age": "abc"}
    assert list(bo.emails) == ["bo at ritter.example"]
    assert cy.attributes["treue"].string_value == "gold"
    assert vault.definitions["treue"].type == attributes.ATTRIBUTE_TYPE_STRING


def test_the_same_command_again_sends_nothing_twice(
    vault: FakeVault, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "people.csv", "id,first_name\n1,Ada\n2,Bo\n")
    command = ["customers", "import", file, "--source", "crm", "-o", "json"]

    assert main(command) == main(command) == exit_codes.OK

    last = json.loads(capsys.readouterr().out.split("}\n{")[1].join(["{", ""]))
    assert last["already_imported"] is True
    assert last["created"] == 2
    assert len(vault.calls["ImportRows"]) == 1
    assert main([*command, "--again", "x"]) == exit_codes.OK
    assert len(vault.calls["ImportRows"]) == 2
    assert len(vault.customers) == 2


def test_an_interrupted_import_resumes_where_it_stopped(vault: FakeVault, tmp_path: Path) -> None:
    file = write(tmp_path / "people.csv", "id,first_name\n" + "".join(f"{n},N{n}\n" for n in range(3_000)))
    vault.break_after["ImportRows"] = [1, 0, 0, 0, 0]
    command = ["customers", "import", file, "--source", "crm"]

    assert main(command) == exit_codes.UNAVAILABLE
    assert main(command) == exit_codes.OK

    assert len(vault.customers) == 3_000
    assert next(iter(vault.imports.values())).created == 3_000


def test_a_plan_sends_nothing(vault: FakeVault, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path / "people.csv", MESSY)

    code = main(["customers", "import", file, "--source", "crm", "--plan"])

    shown = capsys.readouterr()
    assert code == exit_codes.CHECK_FAILED
    assert "line 4: id: the row has no id [NO_ID]" in shown.err
    assert "would_be_sent  4" in shown.out
    assert not vault.calls


def test_a_map_file_fixes_the_meaning(vault: FakeVault, tmp_path: Path) -> None:
    file = write(tmp_path / "people.csv", "nr,who,score,when\n7,Ada Quast,3.5,03/04/1980\n")
    chart = write(
        tmp_path / "map.toml",
        '[columns]\nnr = "id"\nwho = "full_name"\nwhen = "birth_date"\n'
        'score = { attribute = "rating", type = "double", category = "behaviour" }\n[dates]\norder = "month_first"\n',
    )

    assert main(["customers", "import", file, "--source", "crm", "--map", chart]) == exit_codes.OK

    ada = vault.by_external_id("7")
    assert (ada.full_name, ada.birth_date, ada.attributes["rating"].double_value) == ("Ada Quast", "1980-03-04", 3.5)


def test_a_map_file_tells_the_vault_the_unit_of_an_attribute_also_of_one_that_it_knows(
    vault: FakeVault, tmp_path: Path
) -> None:
    vault.definitions["used"] = attributes.AttributeDefinition(key="used", type=attributes.ATTRIBUTE_TYPE_DOUBLE, category=4)  # type: ignore[arg-type]  # an enum value
    file = write(tmp_path / "people.csv", "id,used,score\n7,1.5,3\n")
    columns = 'used = { attribute = "used", unit = "GB" }\nscore = { attribute = "score", type = "int", unit = "points" }\n'
    chart = write(tmp_path / "map.toml", "[columns]\n" + columns)
    written = tmp_path / "written.toml"

    command = ["customers", "import", file, "--source", "crm", "--map", chart, "--write-map", str(written)]
    assert main(command) == exit_codes.OK

    assert {key: one.unit for key, one in vault.definitions.items()} == {"used": "GB", "score": "points"}
    assert 'unit = "GB"' in written.read_text(encoding="utf-8")


@pytest.mark.parametrize(("policy", "code", "keys"), [("attributes", 0, ["shoe_size"]), ("ignore", 0, []), ("reject", 7, None)])
def test_unknown_columns_follow_the_policy(
    vault: FakeVault, tmp_path: Path, policy: str, code: int, keys: list[str] | None
) -> None:
    file = write(tmp_path / "people.csv", "id,first_name,Shoe Size\n1,Ada,38\n")

    assert main(["customers", "import", file, "--source", "crm", "--unknown", policy]) == code

    if keys is None:
        assert not vault.customers
    else:
        assert list(vault.by_external_id("1").attributes) == keys


def test_a_known_attribute_keeps_its_type_and_what_does_not_fit_stays_verbatim(vault: FakeVault, tmp_path: Path) -> None:
    vault.definitions["size"] = attributes.AttributeDefinition(key="size", type=attributes.ATTRIBUTE_TYPE_INT, category=4)  # type: ignore[arg-type]  # an enum value
    file = write(tmp_path / "people.csv", "id,size\n1,large\n2,38\n")

    assert main(["customers", "import", file, "--source", "crm"]) == exit_codes.OK

    assert dict(vault.by_external_id("1").unparsed) == {"size": "large"}
    assert vault.by_external_id("2").attributes["size"].int_value == 38


def test_no_recognised_id_asks_for_the_column(vault: FakeVault, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path / "people.csv", "Vorname,Nachname\nAda,Quast\n")

    assert main(["customers", "import", file, "--source", "crm"]) == exit_codes.USAGE
    assert "--id-column" in capsys.readouterr().err
    assert not vault.imports


def test_a_file_in_another_encoding_sends_nothing(vault: FakeVault, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes("id,Vorname\n1,Jürgen\n".encode("latin-1"))

    assert main(["customers", "import", str(path), "--source", "crm"]) == exit_codes.BAD_FILE
    assert "byte 14" in capsys.readouterr().err
    assert main(["customers", "import", str(path), "--source", "crm", "--encoding", "latin-1"]) == exit_codes.OK
    assert vault.by_external_id("1").given_name == "Jürgen"


def test_json_lines_and_parquet_take_lists(vault: FakeVault, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [
        {
            "id": "1",
            "first_name": "Ada",
            "emails": ["a@x.example", "b@x.example"],
            "postcode": 89073.0,
            "attributes": {"size": {"int_value": 38}},
        }
    ]
    lines = write(tmp_path / "people.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    pq.write_table(pa.Table.from_pylist([{**rows[0], "id": "2", "attributes": None}]), tmp_path / "people.parquet")

    assert main(["customers", "import", lines, "--source", "crm"]) == exit_codes.OK
    assert main(["customers", "import", str(tmp_path / "people.parquet"), "--source", "crm"]) == exit_codes.OK

    for identity in ("1", "2"):
        customer = vault.by_external_id(identity)
        assert list(customer.emails) == ["a@x.example", "b@x.example"]
        assert customer.addresses[0].postal_code == "89073"
    assert vault.by_external_id("1").attributes["size"].int_value == 38


def test_lines_of_a_transaction_are_gathered(vault: FakeVault, tmp_path: Path) -> None:
    text = (
        "id,customer_id,kind,time,currency,sku,quantity,unit_price\n"
        "T1,K1,purchase,2026-01-02T10:00:00+00:00,EUR,A,2,3.50\n"
        "T1,K1,purchase,2026-01-02T10:00:00+00:00,EUR,B,1,10.00\n"
        "T2,K1,refund,2026-01-03T10:00:00+00:00,EUR,A,1,3.50\n"
        "T1,K1,purchase,2026-01-02T10:00:00+00:00,EUR,C,1,1.00\n"
        "T3,K1,purchase,when?,EUR,A,1,3.50\n"
    )
    file = write(tmp_path / "sales.csv", text)

    assert main(["transactions", "import", file, "--source", "shop", "--customer-source", "crm"]) == exit_codes.CHECK_FAILED

    first, second = vault.activities["transaction"]
    assert [line.sku for line in first.transaction.lines] == ["A", "B"]
    assert (first.transaction.total_minor, first.transaction.lines[0].quantity_milli) == (1_700, 2_000)
    assert (first.customer_key.source, first.customer_key.id, first.transaction.external_id.id) == ("crm", "K1", "T1")
    assert (second.transaction.kind, second.transaction.total_minor) == (2, 350)


def test_json_transactions_and_needs_go_in(vault: FakeVault, tmp_path: Path) -> None:
    sale = {"id": "T1", "customer_id": "K1", "kind": "purchase", "time": "2026-01-02T10:00:00+00:00", "currency": "EUR",
            "lines": [{"sku": "A", "quantity": 2, "unit_price_minor": 350}]}  # fmt: skip
    need = {"id": "N1", "customer_id": "K1", "kind": "service", "text": "a new boiler", "priority": "high", "state": "open",
            "time": "2026-01-02T10:00:00+00:00"}  # fmt: skip

    assert (
        main(["transactions", "import", write(tmp_path / "t.jsonl", json.dumps(sale) + "\n"), "--source", "crm"])
        == exit_codes.OK
    )
    assert main(["needs", "import", write(tmp_path / "n.jsonl", json.dumps(need) + "\n"), "--source", "crm"]) == exit_codes.OK

    assert vault.activities["transaction"][0].transaction.total_minor == 700
    stored = vault.activities["need"][0].need
    assert (stored.text, stored.kind, stored.priority, stored.need_state) == ("a new boiler", 2, 3, 1)
