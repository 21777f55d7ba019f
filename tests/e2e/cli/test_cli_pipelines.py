"""Pipelines, comparing and undoing runs, and results on the screen: the command against a real vault."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from helpers.cli_desk import Desk
from helpers.run_making import committed, entity, imputed, people, segment
from strongroom import Customer, DerivedData
from strongroom.api.v1.customer_pb2 import (
    PROPOSAL_STATE_ACCEPTED,
    AttributeValue,
    Classification,
    Correction,
    EnrichedValue,
    EntityAssignment,
    GoldenField,
    ImputedValue,
    Reason,
    Recommendation,
    SegmentAssignment,
    SegmentMove,
    ValueEstimate,
)

NIGHTLY = """
description = "cleaning"
steps = ["correct", "match", "segment"]
seed = 7

[options.segment]
max_segments = 4

[schedule]
cron = "0 2 * * *"
"""
SECRET = "Wilhelmina"


def everything(row_id: bytes, step: str) -> DerivedData:
    """Every field of a step's part."""
    golden = [GoldenField(field="emails", customer=row_id.hex(), rule="most_frequent")]
    move = SegmentMove(segment=2, label="lapsed", feature="days since purchase", change=30.5)
    return {
        "correct": DerivedData(
            corrections=[
                Correction(
                    field="given_name", rule="name.case", before="x", after=SECRET, confidence=1, state=PROPOSAL_STATE_ACCEPTED
                )
            ]
        ),
        "enrich": DerivedData(
            enriched=[EnrichedValue(field="organisation", value=AttributeValue(string_value=SECRET), source="register")]
        ),
        "match": DerivedData(
            entity=EntityAssignment(entity=row_id.hex(), size=1, probability=1.0, leads=True, golden=golden)
        ),
        "impute": DerivedData(
            imputed=[
                ImputedValue(field="stated_age", value=AttributeValue(int_value=34), lower=30, upper=38, method="ridge")
            ]
        ),
        "segment": DerivedData(segment=SegmentAssignment(segment=1, label="loyal", confidence=0.9, moves=[move])),
        "value": DerivedData(
            value=ValueEstimate(
                horizon_days=365, alive_probability=0.93, expected_purchases=3.2, purchases_lower=2.1, purchases_upper=4.5,
                returns_probability=0.61,
                expected_value_minor=12_345.0, value_lower_minor=10_000.0, value_upper_minor=20_000.0, currency="EUR",
            )
        ),
        "classify": DerivedData(
            classifications=[
                Classification(target="churn", label=SECRET, probability=0.83, reasons=[Reason(field="tenure", effect=-1)]),
                Classification(target="upgrade", abstained=True),
            ]
        ),
        "associate": DerivedData(recommendations=[Recommendation(product=SECRET, because=["tea"], confidence=0.4, lift=2.1)]),
    }[step]  # fmt: skip


ALL_STEPS = ("correct", "enrich", "match", "impute", "segment", "value", "classify", "associate")


def full_run(desk: Desk) -> str:
    people(desk.tenant, 2)
    steps = {step: lambda row_id, _customer, step=step: everything(row_id, step) for step in ALL_STEPS}
    return committed(desk.tenant, steps).name


def test_results_are_shown_in_words_and_masked_in_a_table(desk: Desk) -> None:
    run = full_run(desk)
    masked = desk.run("analysis", "results", run)
    assert masked.code == 0
    revealed = desk.run("analysis", "results", run, "--reveal")
    assert SECRET not in masked.out
    assert SECRET in revealed.out
    for words in (
        "given_name: x -> Wilhelmina (name.case, accepted)",
        "organisation = Wilhelmina (from register)",
        "(1 record, leads); golden record: emails of",
        "most frequent",
        "stated_age = 34 (ridge, 30 to 38)",
        "loyal (90%); would be lapsed if days since purchase +30.5",
        "3.2 purchases in 365 days (2.1 to 4.5), worth 123.45 EUR (100.00 to 200.00), buys again within 365 days: 61%",
        "churn: Wilhelmina (83%) because of tenure, upgrade: cannot say",
        "Wilhelmina (2.1 times as likely) because of tea",
    ):
        assert words in revealed.out, words
    for ended in (masked, revealed, desk.run("analysis", "results", run, "-o", "json")):
        assert "PROPOSAL_STATE" not in ended.out
        assert "int_value" not in ended.out


def test_one_customer_shows_every_part(desk: Desk) -> None:
    full_run(desk)
    [customer, _] = desk.run("customers", "list", "-o", "json").json()
    shown = desk.run("customers", "get", customer["name"], "--reveal").out
    for part in ("corrections", "enriched", "entity", "imputed", "segment", "value", "classifications", "recommendations"):
        assert f"\n{part} " in shown
    found = desk.run("customers", "get", customer["name"], "-o", "json").json()["derived"]
    assert found["corrections"][0]["state"] == "accepted"
    assert found["imputed"][0]["value"] == 34
    assert found["enriched"][0]["value"] == SECRET


def test_exports_hold_every_part_in_every_format(desk: Desk) -> None:
    full_run(desk)
    parts = "entity,segment,imputed,corrections,enriched,value,classifications,recommendations"
    ended = desk.run("customers", "export", "--purpose", "analysis", "--fields", parts, "-o", "csv")
    assert ended.code == 0, ended.err
    first, *_ = csv.DictReader(io.StringIO(ended.out))
    assert list(first) == parts.split(",")
    assert first["segment"] == "loyal"
    assert json.loads(first["enriched"]) == {"organisation": SECRET}
    assert json.loads(first["imputed"]) == {"stated_age": 34}
    assert json.loads(first["value"])["expected_purchases"] == 3.2
    assert json.loads(first["classifications"]) == {
        "churn": {"label": SECRET, "probability": 0.83},
        "upgrade": {"abstained": True},
    }
    assert json.loads(first["recommendations"]) == [SECRET]
    ended = desk.run("customers", "export", "--purpose", "analysis", "--fields", parts, "-o", "jsonl")
    line = json.loads(ended.out.splitlines()[0])
    assert sorted(line) == sorted(parts.split(","))
    assert line["corrections"][0]["state"] == "accepted"
    out = desk.folder / "out.parquet"
    ended = desk.run("customers", "export", "--purpose", "analysis", "--fields", parts, "-o", "parquet", "--out", str(out))
    assert ended.code == 0, ended.err
    table = pq.read_table(out)
    row = table.to_pylist()[0]
    assert "PROPOSAL_STATE" not in str(row)
    for word in ("accepted", "organisation", "most_frequent", "lapsed", "tenure", "EUR"):
        assert word in str(row), word


def test_pipeline_file_is_declared_listed_run_and_removed(desk: Desk) -> None:
    file = desk.file("nightly.toml", NIGHTLY)
    plan = desk.run("pipelines", "create", "nightly", file, "--plan")
    assert plan.code == 0, plan.err
    assert desk.run("pipelines", "list", "-o", "json").json() == []
    assert desk.run("pipelines", "create", "nightly", file).code == 0
    assert desk.run("pipelines", "create", "nightly", file).code == 6
    listed = desk.run("pipelines", "list").out
    assert "0 2 * * *" in listed
    shown = desk.run("pipelines", "show", "nightly").out
    for words in ("segment options", "max_segments = 4", "cleaning", "in the name of", "developer"):
        assert words in shown
    run = desk.run("analysis", "start", "--pipeline", "nightly", "-o", "json").json()
    assert (run["pipeline"].endswith("/pipelines/nightly"), run["seed"]) == (True, 7)
    assert "nightly" in desk.run("analysis", "list").out
    replaced = desk.run("pipelines", "create", "nightly", "--steps", "segment", "--every", "3600", "--off", "--replace")
    assert replaced.code == 0, replaced.err
    assert "every 3600 s (off)" in replaced.out
    assert desk.run("pipelines", "delete", "nightly").code == 0
    assert desk.run("pipelines", "show", "nightly").code == 3


def test_run_of_a_file_is_what_the_file_says(desk: Desk) -> None:
    run = desk.run("analysis", "start", "--pipeline", desk.file("once.toml", NIGHTLY), "-o", "json").json()
    assert [step["step"] for step in run["steps"]] == ["correct", "match", "segment"]
    assert run["steps"][2]["options"] == {"max_segments": 4.0}
    assert (run["seed"], "pipeline" in run) == (7, False)


def test_one_day_is_for_every_step_that_looks_at_purchases_and_the_command_has_the_last_word(desk: Desk) -> None:
    text = "steps = ['correct', 'value', 'segment']\nas_of = 1998-06-30\n[options.segment]\nas_of = '1998-05-31'\n"
    file = desk.file("old.toml", text)

    def days(*arguments: str) -> list[object]:
        run = desk.run("analysis", "start", *arguments, "-o", "json").json()
        return [step.get("options", {}).get("as_of") for step in run["steps"]]

    assert days("--pipeline", file) == [None, "1998-06-30", "1998-05-31"]
    assert days("--pipeline", file, "--as-of", "1998-06-01") == [None, "1998-06-01", "1998-06-01"]
    assert desk.run("pipelines", "create", "old", file).code == 0
    assert days("--pipeline", "old") == [None, "1998-06-30", "1998-05-31"]
    assert days("--pipeline", "old", "--as-of", "1998-06-01") == [None, "1998-06-01", "1998-06-01"]
    assert days("--steps", "value", "--option", "value.as_of=1998-06-01") == ["1998-06-01"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("steps = ['value']\nas_of = 'May'", "as_of: must be a date such as 2026-01-31"),
        ("steps = ['value']\nas_of = 1998-06-30T00:00:00Z", "as_of: must be a date such as 2026-01-31"),
        ("steps = ['match']\nas_of = 1998-06-30", "as_of: is for the steps segment, value, classify, associate"),
        ("steps = ['value']\n[options.value]\nas_of = 3", "options.value.as_of: must be a date such as 2026-01-31 or null"),
        ("steps = [", "this is not TOML: Invalid value (at end of document)"),
        ("steps = ['match']\nseed = = 3", "this is not TOML: Invalid value (at line 2, column 8)"),
        (b"steps = ['\xff']", "the file is not UTF-8"),
        ("", "steps: must be a list of one or more step names"),
        ("steps = 'match'", "steps: must be a list of texts"),
        ("steps = ['match', 'dance']", "steps, entry 2: there is no such step; there are: correct"),
        ("steps = ['match', 'match']", "steps, entry 2: each step may be given once"),
        ("steps = ['match']\nsteeps = 3", "steeps: there is no such key; there are: description"),
        ("steps = ['match']\nseed = true", "seed: must be a whole number"),
        ("steps = ['match']\nseed = 99999999999999999999", "seed: must be from 0 to 9223372036854775807"),
        ("steps = ['match']\nseed = -1", "seed: must be from 0"),
        ("steps = ['match']\n[schedule]\nevery_s = -5", "schedule.every_s: must be from 0"),
        ("steps = ['match']\n[options.segment]\nmax_segments = 3", "options.segment: the step is not one of `steps`"),
        ("steps = ['match']\n[options]\nmatch = 3", "options.match: must be a table"),
        ("steps = ['match']\n[options.match]\nfoo = 1", "options.match.foo: match has no option 'foo'"),
        ("steps = ['segment']\n[options.segment]\nmax_segments = 'x'", "options.segment.max_segments: must be a whole number"),
        ("steps = ['match']\n[schedule]\noff = true", "schedule: needs either `cron` or `every_s`"),
        ("steps = ['match']\n[schedule]\nevery = 3", "schedule.every: there is no such key"),
        ("a=" + "[" * 8000, "nested too deeply"),
        ("seed = " + "9" * 6000, "a number that is far too long"),
        ("a" + ".a" * 5000 + " = 1", "a line has at most 8192 bytes"),
    ],
)
def test_mistake_in_a_file_is_told_in_one_line_with_its_place_and_nothing_is_sent(
    desk: Desk, content: str | bytes, words: str
) -> None:
    file = desk.file("wrong.toml", content)
    for arguments in (("analysis", "start", "--pipeline", file), ("pipelines", "create", "wrong", file)):
        ended = desk.run(*arguments)
        assert ended.code == 7
        (line,) = ended.err.splitlines()
        assert line.startswith(f"strongroom: {file}: ")
        assert words in line
    assert desk.run("analysis", "list", "-o", "json").json() == []


def test_a_pipe_is_no_pipeline_file(desk: Desk, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")

    ended = desk.run("analysis", "start", "--pipeline", str(tmp_path / "pipe.toml"))

    assert (ended.code, "not a regular file" in ended.err) == (7, True)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("analysis", "start", "--steps", "match", "--option", "match.foo=1"), 2, "match.foo: match has no option 'foo'"),
        (("analysis", "start", "--pipeline", "nothing"), 3, "no such pipeline"),
        (("analysis", "start", "--pipeline", "nothing", "--option", "match.threads=1"), 2, "--option goes with --steps"),
        (("analysis", "start", "--pipeline", "nothing", "--purpose", "analysis"), 2, "its own purpose"),
        (("analysis", "start", "--pipeline", "missing.toml"), 7, "missing.toml cannot be opened"),
        (("analysis", "start"), 2, "--steps --pipeline"),
        (("analysis", "start", "--steps", "value", "--as-of", "tomorrow"), 2, "'tomorrow' is not a date such as 2026-01-31"),
        (("analysis", "start", "--steps", "match", "--as-of", "1998-06-30"), 2, "as_of is for the steps segment, value"),
        (("pipelines", "create", "x"), 2, "by a file or by --steps"),
        (("pipelines", "create", "x", "--steps", "match", "--cron", "0 99 * * *"), 2, "the hour must be 0 to 23"),
        (("pipelines", "create", "Not An Id", "--steps", "match"), 2, "pipeline_id must be"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(desk: Desk, arguments: tuple[str, ...], code: int, words: str) -> None:
    ended = desk.run(*arguments)
    assert (ended.code, words in ended.err) == (code, True), ended.err


def test_run_is_cancelled_once_and_for_all(desk: Desk) -> None:
    run = desk.run("analysis", "start", "--steps", "match", "-o", "json").json()["name"]
    assert "cancelled" in desk.run("analysis", "cancel", run).out
    assert desk.run("analysis", "cancel", run).code == 0
    assert desk.run("analysis", "watch", run).code == 1
    assert desk.run("analysis", "undo", run).code == 6
    done = full_run(desk)
    assert desk.run("analysis", "cancel", done).code == 6


def test_two_runs_are_compared_and_one_undone_and_redone(desk: Desk) -> None:
    people(desk.tenant, 3)
    first = committed(desk.tenant, {"match": entity, "segment": segment("loyal")}).name
    second = committed(
        desk.tenant,
        {"match": entity, "segment": _moved, "impute": imputed},
    ).name
    before = desk.exported("customer_id", "entity", "segment", "imputed")
    table = desk.run("analysis", "diff", first, second)
    assert table.code == 0, table.err
    assert "segment  0      0        1        2" in table.out
    assert "imputed  3      0        0        0" in table.out
    assert "loyal (50%)" in table.out
    assert "= 20" not in table.out
    lines = [json.loads(line) for line in desk.run("analysis", "diff", first, second, "-o", "jsonl").out.splitlines()]
    assert [line["part"] for line in lines if "part" in line] == ["entity", "segment", "imputed"]
    changes = [line for line in lines if "customer" in line]
    assert len(changes) == 3
    assert {tuple(sorted(line["parts"].items())) for line in changes} == {
        (("imputed", "added"),), (("imputed", "added"), ("segment", "changed")),
    }  # fmt: skip
    counted = desk.run("analysis", "diff", first, second, "--counts", "--parts", "segment", "-o", "json").json()
    assert counted == [{"part": "segment", "added": 0, "removed": 0, "changed": 1, "same": 2}]
    few = desk.run("analysis", "diff", first, second, "--limit", "1")
    assert "more differences are not shown" in few.err
    plan = desk.run("analysis", "undo", second, "--plan")
    assert "nothing was undone" in plan.err
    assert desk.exported("customer_id", "entity", "segment", "imputed") == before
    undone = desk.run("analysis", "undo", second, "-o", "json").json()
    assert undone["undone"]
    assert [one["next_run"] for one in undone["steps"]] == [first, first, ""]
    refused = desk.run("analysis", "undo", second)
    assert (refused.code, "--redo" in refused.err) == (6, True)
    assert desk.run("analysis", "undo", second, "--redo").code == 0
    assert desk.exported("customer_id", "entity", "segment", "imputed") == before
    between = desk.run("analysis", "undo", first)
    assert between.code == 6
    assert second in between.err


def _moved(row_id: bytes, customer: Customer) -> DerivedData | None:
    return segment("new" if customer.stated_age == 20 else "loyal")(row_id, customer)
