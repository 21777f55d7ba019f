"""Enrich over a fake vault: behind match in one run, with the worker's own reference, provenance written with each value."""

from __future__ import annotations

from pathlib import Path

from analysis_worker.pipeline.adapters.registry import known_steps
from analysis_worker.references import load_references
from analysis_worker.vault_io.serving import Outcome
from helpers.fake_worker_vault import FakeWorkerVault
from helpers.worker_making import Worker
from helpers.worker_people import small_crm, vault_of

JOIN = "towns: addresses[0].city = town, addresses[0].country = country -> addresses[0].region = region"


def _worker(vault: FakeWorkerVault, folder: Path) -> Worker:
    (folder / "towns.csv").write_text("town,country,region\nLEEDS,gb,West Yorkshire\nBristol,GB,Avon\n", encoding="utf-8")
    (folder / "references.toml").write_text('[towns]\nfile = "towns.csv"\n', encoding="utf-8")
    return Worker(vault, known_steps(load_references(folder / "references.toml")))


def test_gaps_are_filled_from_the_entity_of_this_run_and_from_the_reference(tmp_path: Path) -> None:
    crm = small_crm()
    vault = vault_of(crm)
    vault.start("match", "enrich", options={"enrich": {"joins": [JOIN]}})
    worker = _worker(vault, tmp_path)
    assert worker.loop.turn() is Outcome.COMMITTED, vault.run.failure_message
    values = [(one.row_id, value) for one in vault.results["enrich"] for value in one.derived.enriched]
    towns = {vault.pseudonym(index): row[0]["city"] for index, row in enumerate(crm.customers["addresses"])}
    regions = {row_id: value for row_id, value in values if value.field == "addresses[0].region"}
    expected = {"Leeds": "West Yorkshire", "Bristol": "Avon"}
    assert len(regions) == sum(town in expected for town in towns.values())
    assert all(value.value.string_value == expected[towns[row_id]] for row_id, value in regions.items())
    assert all(value.source == "towns" and next(iter(value.keys)) == "addresses[0].city" for value in regions.values())
    assert {value.source for _, value in values} == {"towns", "entity"}
    assert "West Yorkshire" not in worker.stream.getvalue() + str(vault.run.summary)


def test_a_run_cannot_name_a_file(tmp_path: Path) -> None:
    vault = vault_of(small_crm())
    vault.start("enrich", options={"enrich": {"joins": [JOIN.replace("towns:", f"{tmp_path}/towns.csv:")]}})
    assert _worker(vault, tmp_path).loop.turn() is Outcome.FAILED
    assert str(tmp_path) not in vault.run.failure_message
