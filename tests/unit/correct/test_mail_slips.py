"""A slip is told from a domain of the file only where fingers explain it."""

from datetime import date

import pyarrow as pa
import pytest

from analysis_worker.steps.correct import CorrectOptions, correct


@pytest.mark.parametrize(("typed", "known", "found"), [("hollmann", "hollman", False), ("hoolmann", "holmann", True)])
def test_last_letter_once_more_makes_another_name(typed: str, known: str, *, found: bool) -> None:
    emails = [[f"p{number}@{known}.example"] for number in range(60)] + [[f"ada@{typed}.example"]]
    table = pa.table({"row_id": [str(number) for number in range(61)], "emails": emails})
    rules = correct(table, CorrectOptions(as_of=date(2026, 1, 1))).proposals["rule"].to_pylist()
    assert rules == (["email.domain_typo_in_file"] if found else [])
