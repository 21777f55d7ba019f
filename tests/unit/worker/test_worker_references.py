"""References: the operator says what lies behind a name, a run can only say the name."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis_worker import reference_reading
from analysis_worker.pipeline.errors import RunFailureError
from analysis_worker.references import load_references
from strongroom.errors import ConfigurationError

ROWS = {"plz": ["01067", "10115"], "state": ["Sachsen", None]}


def declared(folder: Path, text: str) -> Path:
    path = folder / "references.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_csv_cells_stay_text_whatever_the_separator(tmp_path: Path) -> None:
    (tmp_path / "post [1].csv").write_text("plz;state;other\n01067;Sachsen;1\n10115;;2\n", encoding="utf-8")
    references = load_references(declared(tmp_path, '[postcodes]\nfile = "post [1].csv"\n'))
    assert references.table("postcodes", ("plz", "state")).to_pydict() == ROWS


def test_parquet_numbers_become_text(tmp_path: Path) -> None:
    pq.write_table(pa.table({"plz": [1067, 10115], "state": ["Sachsen", None]}), tmp_path / "p.parquet")
    references = load_references(declared(tmp_path, '[postcodes]\nfile = "p.parquet"\n'))
    assert references.table("postcodes", ("plz",)).to_pydict() == {"plz": ["1067", "10115"]}


def test_sqlite_is_read_and_never_written(tmp_path: Path) -> None:
    database = tmp_path / "firms.db"
    connection = sqlite3.connect(database)
    connection.execute('CREATE TABLE "po stcodes" (plz TEXT, state TEXT)')
    connection.executemany('INSERT INTO "po stcodes" VALUES (?, ?)', [("01067", "Sachsen"), ("10115", None)])
    connection.commit()
    connection.close()
    (tmp_path / "url").write_text(f"sqlite:///{database}\n", encoding="utf-8")
    references = load_references(declared(tmp_path, '[postcodes]\nurl_file = "url"\ntable = "po stcodes"\n'))
    assert references.table("postcodes", ("plz", "state")).to_pydict() == ROWS


def test_failure_names_the_reference_and_no_path(tmp_path: Path) -> None:
    references = load_references(declared(tmp_path, '[postcodes]\nfile = "not-there.csv"\n'))
    with pytest.raises(RunFailureError, match="'postcodes' cannot be read") as failure:
        references.table("postcodes", ("plz",))
    assert "not-there" not in failure.value.message
    assert failure.value.reason == "REFERENCE_UNREADABLE"


def test_unknown_reference_and_column_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("plz,state\n1,a\n2,b\n", encoding="utf-8")
    references = load_references(declared(tmp_path, '[postcodes]\nfile = "p.csv"\n'))
    with pytest.raises(RunFailureError) as unknown:
        references.table("/etc/passwd", ("plz",))
    with pytest.raises(RunFailureError) as column:
        references.table("postcodes", ("land",))
    assert (unknown.value.reason, column.value.reason) == ("UNKNOWN_REFERENCE", "REFERENCE_COLUMN")


@pytest.mark.parametrize(
    "text",
    [
        "[postcodes]\n",
        '[postcodes]\nfile = "a.csv"\nurl = "sqlite:///a"\n',
        '[postcodes]\nfile = "/etc/passwd"\n',
        '[postcodes]\nurl = "sqlite:///a"\n',
        '[postcodes]\nurl = "postgresql://me:secret@host/db"\ntable = "t"\n',
        '["Post codes"]\nfile = "a.csv"\n',
        '[postcodes]\nfile = "a.csv"\nsurprise = "x"\n',
        "not toml",
    ],
)
def test_unclear_file_of_references_is_refused_at_the_start(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        load_references(declared(tmp_path, text))
    assert "secret" not in str(refusal.value)


def test_reading_stops_at_the_first_row_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference_reading, "ROWS_MAX", 50_000)
    connection = sqlite3.connect(tmp_path / "endless.db")
    numbers = "WITH RECURSIVE a(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM a) SELECT n AS plz FROM a"
    connection.execute(f"CREATE VIEW endless AS {numbers}")
    connection.close()
    url = f"sqlite:///{tmp_path / 'endless.db'}"
    references = load_references(declared(tmp_path, f'[postcodes]\nurl = "{url}"\ntable = "endless"\n'))

    with pytest.raises(RunFailureError, match="'postcodes' has more than 50000 rows") as failure:
        references.table("postcodes", ("plz",))

    assert failure.value.reason == "REFERENCE_TOO_LARGE"


def test_more_text_than_a_worker_keeps_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference_reading, "TEXT_BYTES_MAX", 1_000_000)
    (tmp_path / "p.csv").write_text("plz,state\n" + ("1," + "x" * 999 + "\n") * 2_000, encoding="utf-8")
    references = load_references(declared(tmp_path, '[postcodes]\nfile = "p.csv"\n'))

    with pytest.raises(RunFailureError, match="more than 1 MB of text"):
        references.table("postcodes", ("plz", "state"))

    assert references.table("postcodes", ("plz",)).num_rows == 2_000  # what is not needed does not count


def test_a_cell_too_long_for_a_value_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(f"plz,state\n1,{'x' * 5_000}\n2,b\n", encoding="utf-8")
    database = sqlite3.connect(tmp_path / "p.db")
    database.execute("CREATE TABLE p (plz, state)")
    database.executemany("INSERT INTO p VALUES (?, ?)", [(1, "x" * 5_000), (2, "b")])
    database.commit()
    database.close()
    places = f'[a]\nfile = "p.csv"\n[b]\nurl = "sqlite:///{tmp_path / "p.db"}"\ntable = "p"\n'
    references = load_references(declared(tmp_path, places))

    for name in ("a", "b"):
        assert references.table(name, ("plz", "state")).to_pydict() == {"plz": ["1", "2"], "state": [None, "b"]}
