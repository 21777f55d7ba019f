"""How good and how fast the match step is on a folder with known truth: precision, recall, F1 and seconds.

Run as `python -m benchmarks.quality.match FOLDER [...] [--threads N] [--repeat N]`, or with STRONGROOM_MATCH_DATA naming the
folder. Understood are every CSV in or under the folder whose truth is known: `rec_id` of the febrl form (`rec-12-dup-0`), a
`cluster` column, or a `truth.json` of `benchmarks.generator` beside `customers.csv`. Truth columns and record ids never reach
the step. *Believed* are the entities at even odds (`sure_only=False`), *applied* those of the default, which leave what is
doubtful to the review queue. Peers are grouping by equal values alone (rows equal in name and birth date, or in e-mail or
identifier), plain Splink 5 and recordlinkage (`match_peers.py`). `measure` reads STRONGROOM_DATA and generates a CRM beside it.
"""

import argparse
import csv
import os
import re
import resource
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis_worker.steps.match import Band, MatchOptions, MatchResult, match
from analysis_worker.steps.match.strangers import components
from benchmarks.generator import GeneratorOptions, generate, load_truth
from benchmarks.quality.match_peers import by_recordlinkage, by_splink
from benchmarks.scoring import PairScore, score_pairs

FOLDER_VARIABLE = "STRONGROOM_MATCH_DATA"
FEBRL_ID = re.compile(r"rec-(\d+)-")
COLUMN_OF = {
    "given_name": ("given_name", "first_name"),
    "family_name": ("surname", "last_name"),
    "gender": ("gender",),
    "birth_date": ("date_of_birth", "birth_date", "dob"),
    "stated_age": ("age",),
    "house_number": ("street_number",),
    "street": ("address_1", "street"),
    "line2": ("address_2",),
    "city": ("suburb", "city"),
    "region": ("state", "region"),
    "postal_code": ("postcode",),
    "country": ("country",),
    "organisation": ("company",),
    "job_title": ("job_title",),
}
LIST_COLUMN_OF = {"emails": ("email",), "phones": ("phone", "mobile"), "national_ids": ("soc_sec_id",)}
DATA_VARIABLE = "STRONGROOM_DATA"
FLOORS = {"febrl/dataset1": 0.999, "febrl/dataset3": 0.999, "fake_1000/fake_1000": 0.94}
PRECISION_FLOORS = {"fake_1000/fake_1000": 0.99}
AUTO_FLOOR = 0.995
MEMORY_CEILING_MB = {"generated/50000": 1000}
SECONDS_CEILING = {"febrl/dataset3": 6.0, "generated/50000": 30.0, "generated/1000000": 360.0}
LARGE_CUSTOMERS, MILLION = 50_000, 1_000_000
PEER_ROWS_MAX = 10_000
NOT_AVAILABLE = "not available"
KEYS = (("given_name", "family_name", "birth_date"), ("emails",), ("national_ids",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A table for the step and, apart from it, who each row really is."""

    name: str
    table: pa.Table
    entity_of: dict[str, str]


def labelled(path: Path) -> Labelled | None:
    """Read one CSV; None when its truth is unknown."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [
            {name.strip(): cell.strip() for name, cell in row.items()} for row in csv.DictReader(file, skipinitialspace=True)
        ]
    truth = _truth(path, rows)
    if truth is None or not rows:
        return None
    ids = [str(number) for number in range(len(rows))]
    columns: dict[str, pa.Array] = {"row_id": pa.array(ids)}
    for field, sources in COLUMN_OF.items():
        source = next((name for name in sources if name in rows[0]), None)
        if source is not None:
            columns[field] = pa.array([row[source] or None for row in rows], pa.string())
    for field, sources in LIST_COLUMN_OF.items():
        present = [name for name in sources if name in rows[0]]
        if present:
            columns[field] = pa.array([[row[name] for name in present if row[name]] for row in rows], pa.list_(pa.string()))
    name = f"{path.parent.name}/{path.stem}"
    return Labelled(name=name, table=pa.table(columns), entity_of=dict(zip(ids, truth, strict=True)))


def _truth(path: Path, rows: list[dict[str, str]]) -> list[str] | None:
    if not rows:
        return None
    if "cluster" in rows[0]:
        return [row["cluster"] for row in rows]
    if "rec_id" in rows[0]:
        found = [FEBRL_ID.match(row["rec_id"]) for row in rows]
        return [part.group(1) for part in found if part] if all(found) else None
    beside = path.parent / "truth.json"
    if beside.exists() and "id" in rows[0]:
        entity_of = load_truth(beside).entity_of
        return [str(entity_of[row["id"]]) for row in rows]
    return None


def by_equal_values(table: pa.Table) -> dict[str, int]:
    """What a careful query finds: rows equal in all columns of some key are one entity."""
    left: list[int] = []
    right: list[int] = []
    for key in KEYS:
        if not set(key) <= set(table.column_names):
            continue
        first: dict[tuple[str, ...], int] = {}
        for number, cells in enumerate(zip(*(table[name].to_pylist() for name in key), strict=True)):
            if all(cells):
                left.append(first.setdefault(tuple(str(cell).casefold() for cell in cells), number))
                right.append(number)
    groups = components(table.num_rows, np.array(left, dtype=np.int64), np.array(right, dtype=np.int64))
    return dict(zip(table["row_id"].to_pylist(), groups.tolist(), strict=True))


def line(name: str, rows: int, score: PairScore, seconds: float, note: str) -> str:
    return f"{name:<28}{rows:>8}{score.precision:>11.4f}{score.recall:>9.4f}{score.f1:>9.4f}{seconds:>10.2f}  {note}"


def measured(data: Labelled, options: MatchOptions, repeat: int) -> Iterator[str]:
    rows = data.table.num_rows
    for name, chosen in ((data.name, believing(options)), ("  applied by itself", options)):
        best, result = float("inf"), None
        for _ in range(repeat):
            started = time.perf_counter()
            result = match(data.table, chosen)
            best = min(best, time.perf_counter() - started)
        assert isinstance(result, MatchResult)  # noqa: S101 - repeat is at least one
        summary, waiting = result.summary, dict(result.summary.pairs_by_band).get(Band.REVIEW, 0)
        note = (
            f"{summary.comparisons} comparisons, {len(summary.rules)} rules, {summary.entities} entities, {waiting} pairs wait"
        )
        yield line(name, rows, scored(result, data.entity_of), best, note)
    started = time.perf_counter()
    plain = by_equal_values(data.table)
    yield line("  equal values alone", rows, score_pairs(plain, data.entity_of), time.perf_counter() - started, "peer")


def believing(options: MatchOptions) -> MatchOptions:
    """The same match with entities at even odds."""
    return replace(options, sure_only=False)


def scored(result: MatchResult, entity_of: dict[str, str]) -> PairScore:
    return score_pairs(dict(zip(result.row_id.to_pylist(), result.entity.tolist(), strict=True)), entity_of)


def generated(options: GeneratorOptions) -> Labelled:
    """A generated CRM without its attributes, as `labelled` would read it."""
    crm = generate(options)
    columns: dict[str, pa.Array] = {"row_id": pa.array([row["id"] for row in crm.customers])}
    for field, sources in COLUMN_OF.items():
        source = next((name for name in sources if name in crm.customers[0]), None)
        if source is not None:
            columns[field] = pa.array([row[source] or None for row in crm.customers], pa.string())
    for field, sources in LIST_COLUMN_OF.items():
        present = [name for name in sources if name in crm.customers[0]]
        if present:
            cells = [[row[name] for name in present if row[name]] for row in crm.customers]
            columns[field] = pa.array(cells, pa.list_(pa.string()))
    name = f"generated/{options.customers}"
    return Labelled(name=name, table=pa.table(columns), entity_of={str(k): str(v) for k, v in crm.truth.entity_of.items()})


def peak_memory_mb() -> int:
    """Of this process until now, the measured table and the generator's copy of it included."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 // 1_000_000


def auto_precision(result: MatchResult, entity_of: dict[str, str]) -> float:
    """How many pairs of the sure band are right."""
    sure = result.pairs.filter(pc.equal(result.pairs["band"], "match"))
    pairs = list(zip(sure["row_a"].to_pylist(), sure["row_b"].to_pylist(), strict=True))
    return sum(entity_of[one] == entity_of[other] for one, other in pairs) / max(len(pairs), 1)


def figures_of(data: Labelled, options: MatchOptions) -> dict[str, object]:
    """Flat figures of one table: ours beside the peers."""
    started = time.perf_counter()
    result = match(data.table, options)
    seconds = time.perf_counter() - started
    ids = data.table["row_id"].to_pylist()
    applied, auto = scored(result, data.entity_of), auto_precision(result, data.entity_of)
    key = f"match.{data.name}"
    found: dict[str, object] = {
        f"{key}.applied.f1.ours": round(applied.f1, 4),
        f"{key}.applied.precision.ours": round(applied.precision, 4),
        f"{key}.applied.recall.ours": round(applied.recall, 4),
        f"{key}.waiting_pairs.ours": dict(result.summary.pairs_by_band).get(Band.REVIEW, 0),
        f"{key}.auto_precision.ours": round(auto, 4),
        f"{key}.auto_precision.floor": AUTO_FLOOR,
        f"{key}.auto_precision.ok": auto >= AUTO_FLOOR,
        f"{key}.seconds.ours": round(seconds, 1),
    }
    if data.name in SECONDS_CEILING:
        most = SECONDS_CEILING[data.name]
        found |= {f"{key}.seconds.ceiling": most, f"{key}.seconds.ok": seconds <= most}
    if data.table.num_rows <= LARGE_CUSTOMERS:
        found |= believed_figures(data, options)
    if data.name in MEMORY_CEILING_MB:
        allowed, peak = MEMORY_CEILING_MB[data.name], peak_memory_mb()
        found |= {f"{key}.memory_mb.ours": peak, f"{key}.memory_mb.ceiling": allowed, f"{key}.memory_mb.ok": peak <= allowed}
    for name, peer in (("splink", by_splink), ("recordlinkage", by_recordlinkage)):
        if data.table.num_rows > PEER_ROWS_MAX:
            break
        clusters = peer(data.table)
        if clusters is None:
            found[f"{key}.f1.{name}"] = NOT_AVAILABLE
        else:
            beside = score_pairs(dict(zip(ids, clusters, strict=True)), data.entity_of)
            found |= {f"{key}.f1.{name}": round(beside.f1, 4), f"{key}.precision.{name}": round(beside.precision, 4)}
    return found


def believed_figures(data: Labelled, options: MatchOptions) -> dict[str, object]:
    """Flat figures of the entities at even odds."""
    score, key = scored(match(data.table, believing(options)), data.entity_of), f"match.{data.name}"
    found: dict[str, object] = {
        f"{key}.f1.ours": round(score.f1, 4),
        f"{key}.precision.ours": round(score.precision, 4),
        f"{key}.recall.ours": round(score.recall, 4),
    }
    if data.name in FLOORS:
        found |= {f"{key}.f1.floor": FLOORS[data.name], f"{key}.f1.ok": score.f1 >= FLOORS[data.name]}
    if data.name in PRECISION_FLOORS:
        least = PRECISION_FLOORS[data.name]
        found |= {f"{key}.precision.floor": least, f"{key}.precision.ok": score.precision >= least}
    return found


def measure(
    folder: Path | None = None, customers: tuple[int, ...] = (5_000, LARGE_CUSTOMERS), *, large: bool = False
) -> dict[str, object]:
    """Flat figures for `quality.json`; real data that is not there is said to be not available."""
    given = folder or Path(os.environ.get(DATA_VARIABLE, ""))
    found: dict[str, object] = {}
    for name in FLOORS:
        path = given / f"{name}.csv"
        data = labelled(path) if path.is_file() else None
        found |= {f"match.{name}": NOT_AVAILABLE} if data is None else figures_of(data, MatchOptions())
    for size in (*customers, *((MILLION,) if large else ())):
        crm = generated(GeneratorOptions(customers=size, transactions=0, needs=0))
        found |= figures_of(crm, MatchOptions(threads=2))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Quality and speed of the match step on data with known truth.")
    parser.add_argument("folders", nargs="*", type=Path, help=f"folders with CSV files; else ${FOLDER_VARIABLE}")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=1, choices=range(1, 20), metavar="N")
    parser.add_argument("--generate", type=int, metavar="N", help="measure on a generated CRM of N rows, and on nothing else")
    arguments = parser.parse_args()
    if arguments.generate:
        crm = generated(GeneratorOptions(customers=arguments.generate, transactions=0, needs=0))
        for name, figure in figures_of(crm, MatchOptions(threads=arguments.threads)).items():
            print(f"{name:<50}{figure}")
        return
    folders = arguments.folders or [Path(text) for text in (os.environ.get(FOLDER_VARIABLE),) if text]
    if not folders:
        parser.error(f"name a folder, or set {FOLDER_VARIABLE}")
    files: dict[Path, list[Path]] = defaultdict(list)
    for folder in folders:
        files[folder] = sorted(folder.rglob("*.csv"))
    print(f"{'data':<28}{'rows':>8}{'precision':>11}{'recall':>9}{'F1':>9}{'seconds':>10}")
    for path in (path for found in files.values() for path in found):
        data = labelled(path)
        if data is not None:
            for text in measured(data, MatchOptions(threads=arguments.threads), arguments.repeat):
                print(text)


if __name__ == "__main__":
    main()
