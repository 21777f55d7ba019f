"""How exact the enrich step is on the generated CRM, beside joins written by hand.

Run as `python -m benchmarks.quality.enrich [--customers N] [--seed S]`. The generator empties cells and knows what they said.
Entities are the true ones, so that only this step is measured; references are made of what the generator knows for certain:
the region of a town, the currency and the language of a country. A value is exact when it equals what was emptied. The peer is
what an analyst writes in pandas in ten minutes: group by entity and take the first value, merge on the raw key.
"""

import argparse
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from analysis_worker.steps.correct import CorrectOptions, apply_proposals, correct
from analysis_worker.steps.enrich import EnrichOptions, enrich
from benchmarks.generator import ErrorKind, GeneratedCrm, GeneratorOptions, generate
from benchmarks.quality.crm_tables import customer_table

COLUMN_OF = {
    "language": "language",
    "job_title": "job_title",
    "income.amount_minor": "income",
    "attributes.loyalty_tier": "loyalty_tier",
    "attributes.signup_channel": "signup_channel",
    "attributes.monthly_spend": "monthly_spend",
    "addresses[0].region": "region",
}
JOINS = (
    "towns: addresses[0].city = town, addresses[0].country = country -> addresses[0].region = region",
    "countries: addresses[0].country = country -> language = language",
)
# Values of the row and not of the person: an entity's other rows say nothing about them.
_SURE = 0.98


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """Gaps of one field, values found, exact ones among them."""

    gaps: int
    filled: int
    exact: int

    @property
    def exactness(self) -> float:
        return self.exact / self.filled if self.filled else 1.0


def references(crm: GeneratedCrm) -> dict[str, pa.Table]:
    """Towns and countries as the generator knows them, from the clean cells of the rows."""
    errors = {(error.row, error.field): error.clean for error in crm.truth.errors if error.kind is not ErrorKind.MOVED}
    moved = {error.row for error in crm.truth.errors if error.kind is ErrorKind.MOVED}
    missing = {(cell.row, cell.field): cell.value for cell in crm.truth.missing}
    towns: dict[tuple[str, str, str], None] = {}
    countries: dict[tuple[str, str], None] = {}
    for cells in crm.customers:
        said = {name: errors.get((cells["id"], name)) or missing.get((cells["id"], name)) or cells[name] for name in cells}
        countries[said["country"], said["language"]] = None
        if cells["id"] not in moved:
            towns[said["city"], said["country"], said["region"]] = None
    return {
        "towns": pa.table([list(column) for column in zip(*towns, strict=True)], names=["town", "country", "region"]),
        "countries": pa.table([list(column) for column in zip(*countries, strict=True)], names=["country", "language"]),
    }


def table_of(crm: GeneratedCrm, *, corrected: bool) -> pa.Table:
    """The CRM with the true entities, as a run sees it behind correct, or raw."""
    table = customer_table(crm.customers)
    if corrected:
        options = CorrectOptions(as_of=GeneratorOptions().as_of)
        table = apply_proposals(table, correct(table, options).proposals, min_confidence=_SURE)
    titles = pa.array([cells["job_title"] or None for cells in crm.customers], pa.string())
    entities = pa.array([crm.truth.entity_of[cells["id"]] for cells in crm.customers], pa.string())
    return table.append_column("job_title", titles).append_column("entity", entities)


def truth_of(crm: GeneratedCrm) -> dict[tuple[str, str], str]:
    """What every emptied cell said, by row and field; incomes in minor units."""
    field_of = {column: field for field, column in COLUMN_OF.items()}
    found = {}
    for cell in crm.truth.missing:
        if cell.field in field_of:
            value = str(int(cell.value) * 100) if cell.field == "income" else cell.value
            found[cell.row, field_of[cell.field]] = value
    return found


def same(field: str, found: str, truth: str) -> bool:
    return float(found) == float(truth) if field == "attributes.monthly_spend" else found == truth


def ours(crm: GeneratedCrm) -> tuple[dict[str, Filled], dict[str, Filled], float]:
    """Per field from entities, per field from references, and the seconds that the step took."""
    table = table_of(crm, corrected=True)
    start = time.perf_counter()
    cells = enrich(table, references(crm), EnrichOptions(joins=JOINS)).cells.to_pylist()
    seconds = time.perf_counter() - start
    by_source: dict[bool, dict[tuple[str, str], str]] = {True: {}, False: {}}
    for cell in cells:
        by_source[cell["source"] == "entity"][cell["row_id"], cell["field"]] = cell["value"]
    return counted(crm, by_source[True]), counted(crm, by_source[False]), seconds


def by_hand(crm: GeneratedCrm) -> tuple[dict[str, Filled], dict[str, Filled]]:
    """First value of the entity; merge on the cells as they stand, a town of several regions taking the first."""
    rows = {line["row_id"]: line for line in table_of(crm, corrected=False).to_pylist()}
    firsts: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for line in rows.values():
        for field, value in _cells(line).items():
            firsts[line["entity"], field].append(value)
    tables = {name: reference.to_pylist() for name, reference in references(crm).items()}
    towns = {(line["town"], line["country"]): line["region"] for line in reversed(tables["towns"])}
    tongues = {line["country"]: line["language"] for line in reversed(tables["countries"])}
    from_entity: dict[tuple[str, str], str] = {}
    from_reference: dict[tuple[str, str], str] = {}
    for row_id, line in rows.items():
        own = _cells(line)
        address = line["addresses"][0]
        joined = {
            "addresses[0].region": towns.get((address["city"], address["country"])),
            "language": tongues.get(address["country"]),
        }
        for field in COLUMN_OF:
            known = firsts.get((line["entity"], field))
            if field not in own and known and field != "addresses[0].region":
                from_entity[row_id, field] = known[0]
            elif field not in own and joined.get(field):
                from_reference[row_id, field] = str(joined[field])
    return counted(crm, from_entity), counted(crm, from_reference)


def _cells(line: Mapping[str, object]) -> dict[str, str]:
    names = {"income.amount_minor": "income_minor"}
    found = {}
    for field in COLUMN_OF:
        cell = line["addresses"][0]["region"] if field.startswith("addresses") else line[names.get(field, field)]  # type: ignore[index]  # a struct
        if cell not in (None, ""):
            found[field] = str(cell)
    return found


def counted(crm: GeneratedCrm, found: Mapping[tuple[str, str], str]) -> dict[str, Filled]:
    """Counts per field of the cells that were emptied; gaps that the generator never filled cannot be judged."""
    truth = truth_of(crm)
    gaps, filled, exact = (Counter[str]() for _ in range(3))
    for (row, field), value in truth.items():
        gaps[field] += 1
        if (row, field) in found:
            filled[field] += 1
            exact[field] += same(field, found[row, field], value)
    return {field: Filled(gaps=gaps[field], filled=filled[field], exact=exact[field]) for field in gaps}


def total(fields: Mapping[str, Filled]) -> Filled:
    return Filled(
        gaps=sum(one.gaps for one in fields.values()),
        filled=sum(one.filled for one in fields.values()),
        exact=sum(one.exact for one in fields.values()),
    )


def measure(customers: int = 20_000, seed: int = 3) -> dict[str, object]:
    """Flat figures for `quality.json`."""
    crm = generate(GeneratorOptions(customers=customers, transactions=0, needs=0, seed=seed))
    found, hand = ours(crm), by_hand(crm)
    figures: dict[str, object] = {}
    for at, name in enumerate(("entity", "reference")):
        mine, peer = total(found[at]), total(hand[at])  # type: ignore[arg-type]  # the third is seconds
        figures |= {
            f"enrich.{name}.exactness.ours": round(mine.exactness, 5),
            f"enrich.{name}.exactness.peer": round(peer.exactness, 5),
            f"enrich.{name}.exactness.floor": 1.0,
            f"enrich.{name}.exactness.ok": mine.exactness == 1.0,
            f"enrich.{name}.filled.ours": mine.filled,
            f"enrich.{name}.filled.peer": peer.filled,
        }
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--more-mess", type=float, default=0.0)
    arguments = parser.parse_args()
    crm = generate(
        GeneratorOptions(
            customers=arguments.customers, transactions=0, needs=0, seed=arguments.seed, more_mess=arguments.more_mess
        )
    )
    entity, reference, seconds = ours(crm)
    hand_entity, hand_reference = by_hand(crm)
    print(f"{'field':26} {'source':10} {'gaps':>6} {'filled':>7} {'exact':>7} | by hand: filled, exact")
    for source, mine, peer in (("entity", entity, hand_entity), ("reference", reference, hand_reference)):
        for field, one in [*sorted(mine.items()), ("all", total(mine))]:
            other = peer[field] if field != "all" else total(peer)
            if one.filled or other.filled:
                print(
                    f"{field:26} {source:10} {one.gaps:6} {one.filled:7} {one.exactness:7.4f} | "
                    f"{other.filled:6} {other.exactness:7.4f}"
                )
    print(f"{arguments.customers / seconds:.0f} customers a second")


if __name__ == "__main__":
    main()
