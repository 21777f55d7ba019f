"""How good the correct step is on the generated CRM: precision and recall per kind of damage, per rule, and on clean files.

Run as `python -m benchmarks.quality.correct [--customers N] [--seed S]`. A proposal is right when it gives the canonical value
of a cell that was damaged, or, where it only asks to look, when it points at the damage; on a clean CRM every proposal is
wrong. Recall counts the damage that the file itself allows to repair (what that is for each kind, `Repairable` says), and
stands beside the recall of all damage. The peer is OpenRefine's fingerprint clustering of the same column.
"""

import argparse
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa

from analysis_worker.steps.correct import CorrectOptions, correct
from benchmarks.generator import (
    CellError,
    ErrorKind,
    GeneratedCrm,
    GeneratorOptions,
    generate,
)
from benchmarks.quality.crm_tables import customer_table, transaction_table
from benchmarks.quality.fingerprint_keys import merged

COLUMN_OF = {
    "given_name": "first_name",
    "family_name": "last_name",
    "birth_date": "birth_date",
    "stated_age": "age",
    "gender": "gender",
    "language": "language",
    "income.amount_minor": "income",
    "attributes.monthly_spend": "monthly_spend",
    "emails[0]": "email",
    "phones[0]": "phone",
    "phones[1]": "mobile",
    "addresses[0].street": "street",
    "addresses[0].city": "city",
    "addresses[0].country": "country",
    "addresses[0].postal_code": "postcode",
}
# Kinds that the step promises something about; the others (typos in names, moves, initials) belong to other steps.
PROMISED = (
    ErrorKind.NAME_CASE, ErrorKind.SWAPPED_NAMES, ErrorKind.NICKNAME, ErrorKind.TITLE, ErrorKind.MOJIBAKE,
    ErrorKind.EMAIL_DOMAIN, ErrorKind.EMAIL_BROKEN, ErrorKind.LOCAL_PHONE, ErrorKind.DATE_FORM, ErrorKind.RARE_DATE,
    ErrorKind.WRONG_AGE, ErrorKind.GENDER_FORM, ErrorKind.GENDER_WORD, ErrorKind.LANGUAGE_FORM, ErrorKind.COUNTRY_FORM,
    ErrorKind.POSTCODE_FORM, ErrorKind.CITY_POSTCODE, ErrorKind.OUTLIER,
)  # fmt: skip
TOTALS = "wrong_total"
GENDERS = {"F": "FEMALE", "M": "MALE", "X": "DIVERSE", "D": "DIVERSE"}
# Which of a contradiction's two cells is the wrong one is a matter of the third; pointing at either finds it.
_ONE_PLACE = {"city": "postcode", "postcode": "city"}
# What a slip of a large provider's domain may turn it into, and exists: the typed address may be right.
_EXISTING = frozenset(
    "mail.com email.com tmail.com fmail.com hmail.com hotmail.co outlook.co icloud.co yahoo.co al.com net.pl aok.com".split()  # noqa: SIM905 - reads as one line
)
PRECISION_FLOOR, RECALL_FLOOR = 0.99, 0.9


@dataclass(slots=True, kw_only=True)
class Score:
    """Counts of one kind of damage: cells damaged, repairable ones among them, proposed, right."""

    damaged: int = 0
    repairable: int = 0
    proposed: int = 0
    right: int = 0
    right_repairable: int = 0

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


def is_counted(error: CellError) -> bool:
    """Say whether the step is asked to see the error: `Female` for `female` is the vault's own reading."""
    return error.field in COLUMN_OF.values() and not (error.field == "gender" and error.dirty.lower() == error.clean.lower())


def same(error: CellError, after: str) -> bool:
    if not after:  # asks to look
        return error.kind in (ErrorKind.CITY_POSTCODE, ErrorKind.OUTLIER)
    if error.field == "gender":
        return after == GENDERS.get(error.clean.upper()[:1], error.clean)
    return after.partition("-")[0] == error.clean if error.field == "language" else after == error.clean


class Repairable:
    """Which damage the file itself allows to repair: what has to be there besides the damaged cell."""

    def __init__(self, crm: GeneratedCrm) -> None:
        self._rows = {cells["id"]: cells for cells in crm.customers}
        self._errors = {(error.row, error.field): error for error in crm.truth.errors}
        self._persons: defaultdict[str, list[str]] = defaultdict(list)
        for row_id, entity in crm.truth.entity_of.items():
            self._persons[entity].append(row_id)
        self._entity_of = crm.truth.entity_of

    def __call__(self, error: CellError) -> bool:
        cells = self._rows[error.row]
        if error.kind is ErrorKind.WRONG_AGE:
            return self._has_birth_date(error)
        if error.kind is ErrorKind.SWAPPED_NAMES:  # an empty half proves nothing
            return bool(cells["first_name"] and cells["last_name"])
        if error.kind is ErrorKind.CITY_POSTCODE:
            return all((cells[name] and (error.row, name) not in self._errors) or name == error.field
                       for name in ("city", "postcode", "country"))  # fmt: skip
        if error.kind is ErrorKind.RARE_DATE and error.dirty.isdigit() and len(error.dirty) < 8:
            return bool(cells["age"]) and (error.row, "age") not in self._errors  # a bare number is a date where the age agrees
        if error.kind is ErrorKind.EMAIL_DOMAIN:  # somebody may have just this address
            return error.dirty.rpartition("@")[2] not in _EXISTING
        return self._has_longer_name(error) if error.kind is ErrorKind.NICKNAME else True

    def _has_birth_date(self, error: CellError) -> bool:
        """The birth date is right; whole decades may be a slip in its year as well, so nothing tells which is wrong."""
        born = self._errors.get((error.row, "birth_date"))
        decades = error.dirty.isdigit() and 0 < int(error.dirty) < 116 and (int(error.dirty) - int(error.clean)) % 10 == 0
        right = born is None or born.kind in (ErrorKind.DATE_FORM, ErrorKind.RARE_DATE)
        return bool(self._rows[error.row]["birth_date"]) and right and not decades

    def _has_longer_name(self, error: CellError) -> bool:
        """Another row of the person has the name in full, and both have a phone and a birth date that are the person's."""
        mine = self._contacts(error.row)
        others = (other for other in self._persons[self._entity_of[error.row]] if other != error.row)
        return self._is_born(error.row) and any(
            self._rows[other]["first_name"] == error.clean and mine & self._contacts(other) and self._is_born(other)
            for other in others
        )

    def _is_born(self, row_id: str) -> bool:
        readable = (None, ErrorKind.DATE_FORM, ErrorKind.RARE_DATE)
        return bool(self._rows[row_id]["birth_date"]) and self._kind(row_id, "birth_date") in readable

    def _kind(self, row_id: str, name: str) -> ErrorKind | None:
        error = self._errors.get((row_id, name))
        return error.kind if error else None

    def _contacts(self, row_id: str) -> set[str]:
        """Kinds of phone that the row has and that are the person's."""
        sound = (None, ErrorKind.LOCAL_PHONE)
        return {name for name in ("phone", "mobile") if self._rows[row_id][name] and self._kind(row_id, name) in sound}


def score(crm: GeneratedCrm, found: Iterable[Mapping[str, object]]) -> tuple[dict[str, Score], Counter[str], list[str]]:
    """Return scores per kind, proposals on undamaged cells per rule, and wrong proposals in words."""
    errors = {(error.row, error.field): error for error in crm.truth.errors if is_counted(error)}
    repairable = Repairable(crm)
    scores: defaultdict[str, Score] = defaultdict(Score)
    needless, wrong = Counter[str](), list[str]()
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
                needless[rule] += 1
                wrong.append(f"{rule}: {item['before']!r} -> {after!r}, undamaged")
            continue
        one, good = scores[error.kind], same(error, after)
        one.proposed += 1
        one.right += good
        if good:
            hit.add((error.row, error.field))
        else:
            wrong.append(f"{error.kind}: {item['before']!r} -> {after!r}, truth {error.clean!r} ({rule})")
    for key, error in errors.items():
        one = scores[error.kind]
        one.damaged += 1
        can = repairable(error)
        one.repairable += can
        one.right_repairable += can and key in hit
    return scores, needless, wrong


def score_totals(found: Iterable[Mapping[str, object]], right: Mapping[str, str]) -> Score:
    said = {str(item["field"]).partition("[")[2].partition("]")[0]: str(item["after"]) for item in found}
    hits = sum(right.get(name) == after for name, after in said.items())
    return Score(damaged=len(right), repairable=len(right), proposed=len(said), right=hits, right_repairable=hits)


def peer_scores(crm: GeneratedCrm) -> dict[str, Score]:
    """Fingerprint clustering of every column that has damage, every cluster taking its commonest value."""
    repairable = Repairable(crm)
    scores: defaultdict[str, Score] = defaultdict(Score)
    errors = {(error.row, error.field): error for error in crm.truth.errors if is_counted(error)}
    for column in set(COLUMN_OF.values()):
        becomes = merged(cells[column] for cells in crm.customers)
        for cells in crm.customers:
            error = errors.get((cells["id"], column))
            after = becomes.get(cells[column])
            if after is not None:
                # A change of a sound cell counts against every kind of its column: whoever clusters cannot tell them apart.
                kinds = {error.kind} if error else {one.kind for one in errors.values() if one.field == column}
                for kind in kinds:
                    scores[kind].proposed += 1
            if error is not None:
                good = after is not None and after == error.clean
                scores[error.kind].damaged += 1
                scores[error.kind].right += good
                can = repairable(error)
                scores[error.kind].repairable += can
                scores[error.kind].right_repairable += good and can
    return scores


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One messy file, measured."""

    scores: Mapping[str, Score]
    needless: Counter[str]
    wrong: list[str]
    by_rule: Counter[str]
    peer: Mapping[str, Score]
    seconds: float


def measured(sizes: GeneratorOptions, *, with_peer: bool = True) -> Measured:
    crm = generate(sizes)
    transactions, right = transaction_table(crm.transactions, sizes.seed, mess=1.0)
    found, seconds = proposals(crm, CorrectOptions(as_of=sizes.as_of), transactions)
    of_totals = [item for item in found if str(item["rule"]).startswith("total.")]
    scores, needless, wrong = score(crm, [item for item in found if not str(item["rule"]).startswith("total.")])
    scores[TOTALS] = score_totals(of_totals, right)
    return Measured(
        scores=scores,
        needless=needless,
        wrong=wrong,
        by_rule=Counter(str(item["rule"]) for item in found),
        peer=peer_scores(crm) if with_peer else {},
        seconds=seconds,
    )


def on_clean(sizes: GeneratorOptions) -> int:
    """How many proposals a clean file of the same size gets."""
    crm = generate(sizes.clean())
    transactions, _ = transaction_table(crm.transactions, sizes.seed, mess=0.0)
    return len(proposals(crm, CorrectOptions(as_of=sizes.as_of), transactions)[0])


def lines(found: Measured) -> Iterator[str]:
    yield f"{'damage':16} {'cells':>7} {'repairable':>10} {'precision':>9} {'recall':>7} {'of all':>7} | fingerprint keys"
    for kind in (*PROMISED, TOTALS):
        one, peer = found.scores.get(kind, Score()), found.peer.get(kind, Score())
        marks = "" if one.precision >= PRECISION_FLOOR and one.recall >= RECALL_FLOOR else "  BELOW"
        yield (
            f"{kind:16} {one.damaged:7} {one.repairable:10} {one.precision:9.3f} {one.recall:7.3f} {one.recall_of_all:7.3f} | "
            f"{peer.precision:5.3f} {peer.recall:5.3f}{marks}"
        )


def measure(customers: int = 20_000, seeds: tuple[int, ...] = (3, 5)) -> dict[str, object]:
    """Flat figures for `quality.json`: ours, the peer's, the floor and whether it is reached, per kind of damage."""
    figures: dict[str, object] = {}
    sizes = [GeneratorOptions(customers=customers, transactions=customers, needs=0, more_mess=1.0, seed=seed) for seed in seeds]
    found = [measured(one, with_peer=index == 0) for index, one in enumerate(sizes)]
    for kind in (*PROMISED, TOTALS):
        ours = [one.scores.get(kind, Score()) for one in found]
        peer = found[0].peer.get(kind, Score())
        precision, recall = min(one.precision for one in ours), min(one.recall for one in ours)
        figures |= {
            f"correct.{kind}.precision.ours": round(precision, 4),
            f"correct.{kind}.precision.peer": round(peer.precision, 4),
            f"correct.{kind}.precision.floor": PRECISION_FLOOR,
            f"correct.{kind}.precision.ok": precision >= PRECISION_FLOOR,
            f"correct.{kind}.recall.ours": round(recall, 4),
            f"correct.{kind}.recall.peer": round(peer.recall, 4),
            f"correct.{kind}.recall.floor": RECALL_FLOOR,
            f"correct.{kind}.recall.ok": recall >= RECALL_FLOOR,
        }
    needless = sum(sum(one.needless.values()) for one in found)
    clean = sum(on_clean(one) for one in sizes)
    return figures | {
        "correct.undamaged_cells.ours": needless,
        "correct.clean_file_proposals.ours": clean,
        "correct.clean_file_proposals.floor": 0,
        "correct.clean_file_proposals.ok": clean == 0,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--examples", type=int, default=0, help="wrong proposals to print (the data is generated)")
    parser.add_argument("--clean-seeds", type=int, default=1, help="clean files to look at, beginning with the seed")
    arguments = parser.parse_args()
    count = arguments.customers
    sizes = GeneratorOptions(customers=count, transactions=count, needs=0, more_mess=1.0, seed=arguments.seed)
    found = measured(sizes)
    print("\n".join(lines(found)))
    print("proposals on undamaged cells:", dict(sorted(found.needless.items())) or "none")
    print("proposals per rule:", dict(sorted(found.by_rule.items())))
    print(f"{count / found.seconds:.0f} messy customers a second")
    print("\n".join(found.wrong[: arguments.examples]))
    for seed in range(arguments.seed, arguments.seed + arguments.clean_seeds):
        clean = GeneratorOptions(customers=count, transactions=count, needs=0, seed=seed)
        print(f"clean file, seed {seed}: {on_clean(clean)} proposals")


if __name__ == "__main__":
    main()
