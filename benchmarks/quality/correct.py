"""How good the correct step is on the generated CRM: precision and recall per kind of damage, per rule, and on clean files.

Run as `python -m benchmarks.quality.correct [--customers N] [--seed S]`. A proposal is right when it gives the canonical value
of a cell that was damaged, or, where it only asks to look, when it points at the damage; on a clean CRM every proposal is
wrong. Recall counts the damage that the file itself allows to repair (what that is for each kind, `correct_truth` says), and
stands beside the recall of all damage. Precision is also counted per rule, a proposal on an undamaged cell being wrong.
Peers: OpenRefine's fingerprint clustering of the same columns, and pyjanitor (`correct_peers.py`).
"""

import argparse
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa

from analysis_worker.steps.correct import CorrectOptions, correct
from benchmarks.generator import ErrorKind, GeneratedCrm, GeneratorOptions, generate
from benchmarks.quality.correct_peers import LOOK, Cells, by_fingerprint, by_pyjanitor
from benchmarks.quality.correct_truth import COLUMN_OF, PROMISED, TOTALS, Repairable, is_counted, same
from benchmarks.quality.crm_tables import customer_table, transaction_table

# Which of a contradiction's two cells is the wrong one is a matter of the third; pointing at either finds it.
_ONE_PLACE = {"city": "postcode", "postcode": "city"}
_TO_LOOK_AT = (ErrorKind.CITY_POSTCODE, ErrorKind.OUTLIER)
PRECISION_FLOOR, RECALL_FLOOR = 0.99, 0.9
# Files that nobody looked at while the rules were made (docs/methods/correct.md).
SEEDS = (533, 534)
CLEAN_SIZES = (200, 2_000, 20_000)
SMALL, SMALL_SEEDS = 2_000, (561, 562, 563, 564, 565, 566)
# What a file of 2,000 rows does not show well enough is left alone rather than guessed. Of some eighty short names one may be
# read from a row that lost its accents; it is an alternative that nothing applies by itself.
SMALL_RECALL_FLOORS: dict[str, float] = {ErrorKind.CITY_POSTCODE: 0.7, ErrorKind.SWAPPED_NAMES: 0.85}
SMALL_PRECISION_FLOORS: dict[str, float] = {ErrorKind.NICKNAME: 0.97}
NOT_AVAILABLE = "not available"


@dataclass(slots=True, kw_only=True)
class Score:
    """Counts of one kind of damage: cells damaged, repairable ones among them, proposed, right."""

    damaged: int = 0
    repairable: int = 0
    proposed: int = 0
    right: int = 0
    right_repairable: int = 0

    def count(self, *, repairable: bool, found: bool) -> None:
        """Count one damaged cell."""
        self.damaged += 1
        self.repairable += repairable
        self.right_repairable += repairable and found

    @property
    def precision(self) -> float:
        return self.right / max(1, self.proposed)

    @property
    def recall(self) -> float:
        return self.right_repairable / max(1, self.repairable)

    @property
    def recall_of_all(self) -> float:
        return self.right / max(1, self.damaged)


def proposals(
    crm: GeneratedCrm, options: CorrectOptions, transactions: pa.Table | None = None
) -> tuple[list[dict[str, object]], float]:
    table = customer_table(crm.customers)
    start = time.perf_counter()
    found = correct(table, options, transactions).proposals.to_pylist()
    return found, time.perf_counter() - start


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Proposals beside the truth: scores per kind of damage, per rule, proposals on undamaged cells, wrong ones in words."""

    scores: dict[str, Score]
    rules: dict[str, Score]
    needless: Counter[str]
    wrong: list[str]


def score(crm: GeneratedCrm, found: Iterable[Mapping[str, object]]) -> Judged:
    errors = {(error.row, error.field): error for error in crm.truth.errors if is_counted(error)}
    repairable = Repairable(crm)
    judged = Judged(scores=defaultdict(Score), rules=defaultdict(Score), needless=Counter(), wrong=[])
    hit: set[tuple[str, str]] = set()
    for item in found:
        field, rule, after = str(item["field"]), str(item["rule"]), str(item["after"])
        key = (str(item["row_id"]), COLUMN_OF[field])
        error = errors.get(key)
        if rule == "address.city_postcode" and (error is None or error.kind is not ErrorKind.CITY_POSTCODE):
            error = errors.get((key[0], _ONE_PLACE[key[1]])) or error
            after = "" if error is not None and error.kind is ErrorKind.CITY_POSTCODE else after
        if error is None:
            if field != "gender":
                judged.rules[rule].proposed += 1
                judged.needless[rule] += 1
                judged.wrong.append(f"{rule}: {item['before']!r} -> {after!r}, undamaged")
            continue
        good = same(error, after)
        for one in (judged.scores[error.kind], judged.rules[rule]):
            one.proposed += 1
            one.right += good
        if good:
            hit.add((error.row, error.field))
        else:
            judged.wrong.append(f"{error.kind}: {item['before']!r} -> {after!r}, truth {error.clean!r} ({rule})")
    for key, error in errors.items():
        judged.scores[error.kind].count(repairable=repairable(error), found=key in hit)
    return judged


def score_totals(found: Iterable[Mapping[str, object]], right: Mapping[str, str]) -> tuple[Score, dict[str, Score]]:
    """All wrong totals, and per rule."""
    rules: defaultdict[str, Score] = defaultdict(Score)
    for item in found:
        name = str(item["field"]).partition("[")[2].partition("]")[0]
        rules[str(item["rule"])].proposed += 1
        rules[str(item["rule"])].right += right.get(name) == str(item["after"])
    hits = sum(one.right for one in rules.values())
    proposed = sum(one.proposed for one in rules.values())
    whole = Score(damaged=len(right), repairable=len(right), proposed=proposed, right=hits, right_repairable=hits)
    return whole, rules


def peer_scores(crm: GeneratedCrm, after: Cells) -> dict[str, Score]:
    """Scores of columns as a peer left them."""
    repairable = Repairable(crm)
    scores: defaultdict[str, Score] = defaultdict(Score)
    errors = {(error.row, error.field): error for error in crm.truth.errors if is_counted(error)}
    kinds_of = {column: {one.kind for one in errors.values() if one.field == column} for column in after}
    for column, cells_after in after.items():
        for cells, made in zip(crm.customers, cells_after, strict=True):
            error = errors.get((cells["id"], column))
            changed = made != cells[column]
            if changed:
                # A change of a sound cell counts against every kind of its column: whoever cleans it cannot tell them apart.
                for kind in {error.kind} if error else kinds_of[column]:
                    scores[kind].proposed += 1
            if error is not None:
                good = changed and (made == error.clean or (made == LOOK and error.kind in _TO_LOOK_AT))
                scores[error.kind].right += good
                scores[error.kind].count(repairable=repairable(error), found=good)
    return scores


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One messy file, measured; `peers` by name, empty where a peer cannot be run."""

    judged: Judged
    by_rule: Counter[str]
    seconds: float
    peers: Mapping[str, Mapping[str, Score]]


def measured(sizes: GeneratorOptions, *, with_peers: bool = True) -> Measured:
    crm = generate(sizes)
    transactions, right = transaction_table(crm.transactions, sizes.seed, mess=1.0)
    found, seconds = proposals(crm, CorrectOptions(as_of=sizes.as_of), transactions)
    of_totals = [item for item in found if str(item["rule"]).startswith("total.")]
    judged = score(crm, [item for item in found if not str(item["rule"]).startswith("total.")])
    judged.scores[TOTALS], rules = score_totals(of_totals, right)
    judged.rules.update(rules)
    return Measured(
        judged=judged,
        by_rule=Counter(str(item["rule"]) for item in found),
        seconds=seconds,
        peers=_peers(crm) if with_peers else {},
    )


def _peers(crm: GeneratedCrm) -> dict[str, dict[str, Score]]:
    left = by_pyjanitor(crm)
    return {"fingerprint": peer_scores(crm, by_fingerprint(crm)), "pyjanitor": peer_scores(crm, left) if left else {}}


def on_clean(sizes: GeneratorOptions) -> int:
    """How many proposals a clean file of the same size gets."""
    crm = generate(sizes.clean())
    transactions, _ = transaction_table(crm.transactions, sizes.seed, mess=0.0)
    return len(proposals(crm, CorrectOptions(as_of=sizes.as_of), transactions)[0])


def lines(found: Measured) -> Iterator[str]:
    header = f"{'damage':16} {'cells':>7} {'repairable':>10} {'precision':>9} {'recall':>7} {'of all':>7}"
    yield header + "".join(f" | {name}" for name in found.peers)
    for kind in (*PROMISED, TOTALS):
        one = found.judged.scores.get(kind, Score())
        marks = "" if one.precision >= PRECISION_FLOOR and one.recall >= RECALL_FLOOR else "  BELOW"
        beside = (scores.get(kind, Score()) if scores else None for scores in found.peers.values())
        yield (
            f"{kind:16} {one.damaged:7} {one.repairable:10} {one.precision:9.3f} {one.recall:7.3f} {one.recall_of_all:7.3f}"
            + "".join(f" | {peer.precision:5.3f} {peer.recall:5.3f}" if peer else f" | {NOT_AVAILABLE}" for peer in beside)
            + marks
        )


def measure(customers: int = 20_000, seeds: tuple[int, ...] = SEEDS) -> dict[str, object]:
    """Flat figures for `quality.json`: ours (the worst of the seeds), the peers', the floor and whether it is reached."""
    figures: dict[str, object] = {}
    sizes = [_messy(customers, seed) for seed in seeds]
    found = [measured(one, with_peers=index == 0) for index, one in enumerate(sizes)]
    for kind in (*PROMISED, TOTALS):
        ours = [one.judged.scores.get(kind, Score()) for one in found]
        for name, floor in (("precision", PRECISION_FLOOR), ("recall", RECALL_FLOOR)):
            worst = min(getattr(one, name) for one in ours)
            figures |= _figure(f"correct.{kind}.{name}", worst, floor, _beside(found[0].peers, kind, name))
        figures[f"correct.{kind}.recall_of_all.ours"] = round(min(one.recall_of_all for one in ours), 4)
    rules = [one.precision for each in found for one in each.judged.rules.values() if one.proposed]
    needless = sum(sum(one.judged.needless.values()) for one in found)
    clean = {
        size: on_clean(GeneratorOptions(customers=size, transactions=size, needs=0, seed=seeds[0])) for size in CLEAN_SIZES
    }
    return (
        figures
        | small_files()
        | _figure("correct.precision_of_the_worst_rule", min(rules), PRECISION_FLOOR)
        | {
            "correct.undamaged_cells.ours": needless,
            "correct.clean_file_proposals.ours": sum(clean.values()),
            "correct.clean_file_proposals.ceiling": 0,
            "correct.clean_file_proposals.ok": sum(clean.values()) == 0,
            "correct.rows_a_second.ours": round(customers / min(one.seconds for one in found)),
        }
    )


def small_files(customers: int = SMALL, seeds: tuple[int, ...] = SMALL_SEEDS) -> dict[str, object]:
    """The same of small files, all seeds counted together, because one such file has a few cases of a kind only."""
    found = [measured(_messy(customers, seed)) for seed in seeds]
    figures: dict[str, object] = {}
    for kind in (*PROMISED, TOTALS):
        ours = added(one.judged.scores.get(kind, Score()) for one in found)
        peers = {name: {kind: added(one.peers[name].get(kind, Score()) for one in found)} for name in found[0].peers}
        peers = {name: scores if found[0].peers[name] else {} for name, scores in peers.items()}
        least = SMALL_PRECISION_FLOORS.get(kind, PRECISION_FLOOR), SMALL_RECALL_FLOORS.get(kind, RECALL_FLOOR)
        for name, floor in zip(("precision", "recall"), least, strict=True):
            key = f"correct.rows_{customers}.{kind}.{name}"
            figures |= _figure(key, getattr(ours, name), floor, _beside(peers, kind, name))
    names = {rule for one in found for rule in one.judged.rules} - {"name.nickname"}
    rules = [added(one.judged.rules.get(name, Score()) for one in found) for name in sorted(names)]
    worst = min(one.precision for one in rules if one.proposed)
    return figures | _figure(
        f"correct.rows_{customers}.precision_of_the_worst_rule_that_is_no_alternative", worst, PRECISION_FLOOR
    )


def added(scores: Iterable[Score]) -> Score:
    """The scores counted together."""
    whole = Score()
    for one in scores:
        for name in Score.__slots__:
            setattr(whole, name, getattr(whole, name) + getattr(one, name))
    return whole


def _messy(customers: int, seed: int) -> GeneratorOptions:
    return GeneratorOptions(customers=customers, transactions=customers, needs=0, more_mess=1.0, seed=seed)


def _figure(key: str, ours: float, floor: float, beside: Mapping[str, object] | None = None) -> dict[str, object]:
    own = {f"{key}.ours": round(ours, 4), f"{key}.floor": floor, f"{key}.ok": ours >= floor}
    return own | {f"{key}.{peer}": value for peer, value in (beside or {}).items()}


def _beside(peers: Mapping[str, Mapping[str, Score]], kind: str, name: str) -> dict[str, object]:
    return {
        peer: round(getattr(scores.get(kind, Score()), name), 4) if scores else NOT_AVAILABLE for peer, scores in peers.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--examples", type=int, default=0, help="wrong proposals to print (the data is generated)")
    parser.add_argument("--clean-seeds", type=int, default=1, help="clean files to look at, beginning with the seed")
    arguments = parser.parse_args()
    count = arguments.customers
    found = measured(_messy(count, arguments.seed))
    print("\n".join(lines(found)))
    print("proposals on undamaged cells:", dict(sorted(found.judged.needless.items())) or "none")
    print("proposals per rule:", dict(sorted(found.by_rule.items())))
    short = {rule: round(one.precision, 4) for rule, one in found.judged.rules.items() if one.precision < PRECISION_FLOOR}
    print(f"rules below a precision of {PRECISION_FLOOR}:", short or "none")
    print(f"{count / found.seconds:.0f} messy customers a second")
    print("\n".join(found.judged.wrong[: arguments.examples]))
    for seed in range(arguments.seed, arguments.seed + arguments.clean_seeds):
        clean = GeneratorOptions(customers=count, transactions=count, needs=0, seed=seed)
        print(f"clean file, seed {seed}: {on_clean(clean)} proposals")


if __name__ == "__main__":
    main()
