"""How good the correct step is on the generated messy CRM: precision and recall per kind of error, and on a clean CRM.

Run as `python -m benchmarks.quality.correct [--customers N] [--seed S]`. A proposal is right when it gives the canonical
value of a cell that was damaged; on a clean CRM every proposal is wrong.
"""

import argparse
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date

import pyarrow as pa

from analysis_worker.steps.correct import CorrectOptions, correct
from benchmarks.generator import CellError, ErrorKind, GeneratedCrm, GeneratorOptions, generate

ADDRESS = pa.struct([(part, pa.string()) for part in ("street", "line2", "city", "region", "postal_code", "country")])
SCHEMA = pa.schema(
    {
        "row_id": pa.string(),
        "given_name": pa.string(),
        "family_name": pa.string(),
        "birth_date": pa.string(),
        "stated_age": pa.int64(),
        "emails": pa.list_(pa.string()),
        "phones": pa.list_(pa.string()),
        "addresses": pa.list_(ADDRESS),
        "unparsed": pa.map_(pa.string(), pa.string()),
    }
)
COLUMN_OF = {
    "given_name": "first_name",
    "family_name": "last_name",
    "birth_date": "birth_date",
    "stated_age": "age",
    "gender": "gender",
    "emails[0]": "email",
    "phones[0]": "phone",
    "phones[1]": "mobile",
    "addresses[0].country": "country",
    "addresses[0].postal_code": "postcode",
}
# Kinds that the step promises something about; the others (typos in names, moves, nicknames) belong to other steps.
PROMISED = (
    ErrorKind.NAME_CASE, ErrorKind.SWAPPED_NAMES, ErrorKind.EMAIL_DOMAIN, ErrorKind.EMAIL_BROKEN, ErrorKind.LOCAL_PHONE,
    ErrorKind.DATE_FORM, ErrorKind.WRONG_AGE, ErrorKind.GENDER_FORM, ErrorKind.COUNTRY_FORM, ErrorKind.POSTCODE_FORM,
)  # fmt: skip
GENDERS = {"F": "FEMALE", "M": "MALE", "X": "DIVERSE", "D": "DIVERSE"}


def iso(text: str) -> str | None:
    try:
        return date.fromisoformat(text).isoformat() if len(text) == 10 else None
    except ValueError:
        return None


def row(cells: Mapping[str, str]) -> dict[str, object]:
    """Return the row as the vault would hold it: what does not parse is `unparsed`."""
    unparsed = []
    if cells["birth_date"] and not iso(cells["birth_date"]):
        unparsed.append(("birth_date", cells["birth_date"]))
    if cells["age"] and not cells["age"].isdigit():
        unparsed.append(("stated_age", cells["age"]))
    if cells["gender"]:
        unparsed.append(("gender", cells["gender"]))
    address = {part: cells[part] for part in ("street", "city", "region", "country")} | {
        "postal_code": cells["postcode"],
        "line2": None,
    }
    return {
        "row_id": cells["id"],
        "given_name": cells["first_name"],
        "family_name": cells["last_name"],
        "birth_date": iso(cells["birth_date"]),
        "stated_age": int(cells["age"]) if cells["age"].isdigit() else None,
        "emails": [cells["email"]],
        "phones": [cells["phone"], cells["mobile"]],
        "addresses": [address],
        "unparsed": unparsed,
    }


def proposals(crm: GeneratedCrm, options: CorrectOptions) -> tuple[list[dict[str, object]], float]:
    table = pa.Table.from_pylist([row(cells) for cells in crm.customers], schema=SCHEMA)
    start = time.perf_counter()
    found = correct(table, options).proposals.to_pylist()
    return found, time.perf_counter() - start


def is_counted(error: CellError) -> bool:
    """Say whether the step is asked to see the error: `Female` for `female` is the vault's own reading."""
    return error.field in COLUMN_OF.values() and not (error.field == "gender" and error.dirty.lower() == error.clean.lower())


def same(field: str, after: str, clean: str) -> bool:
    return after == (GENDERS.get(clean.upper()[:1], clean) if field == "gender" else clean)


def report(crm: GeneratedCrm, found: list[dict[str, object]], *, examples: int) -> None:
    """Print precision and recall per kind, and proposals on cells that nothing was wrong with per rule."""
    errors = {(error.row, error.field): error for error in crm.truth.errors}
    right, wrong, needless = Counter[str](), Counter[str](), Counter[str]()
    shown: dict[str, list[str]] = defaultdict(list)
    for item in found:
        field, rule, after = str(item["field"]), str(item["rule"]), str(item["after"])
        error = errors.get((str(item["row_id"]), COLUMN_OF[field]))
        if error is not None:
            good = same(field, after, error.clean)
            (right if good else wrong)[error.kind] += 1
            if not good:
                shown[error.kind].append(f"{item['before']!r} -> {after!r}, truth {error.clean!r} ({rule})")
        elif field != "gender":
            needless[rule] += 1
            shown[rule].append(f"{item['before']!r} -> {after!r}")
    for kind in sorted(set(right) | set(wrong) | set(PROMISED)):
        total = sum(1 for error in crm.truth.errors if error.kind == kind and is_counted(error))
        said = right[kind] + wrong[kind]
        precision, recall = right[kind] / max(1, said), right[kind] / max(1, total)
        counts = f"damaged {total:6} proposed {said:6} right {right[kind]:6}"
        print(f"{kind:16} {counts}  precision {precision:.3f}  recall {recall:.3f}")
    print("proposals on undamaged cells:", dict(sorted(needless.items())) or "none")
    for name, lines in sorted(shown.items()):
        for line in lines[:examples]:
            print(f"    {name}: {line}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--examples", type=int, default=0, help="wrong proposals to print per kind (the data is generated)")
    arguments = parser.parse_args()
    sizes = GeneratorOptions(customers=arguments.customers, transactions=0, needs=0, seed=arguments.seed)
    options = CorrectOptions(as_of=sizes.as_of)
    for title, chosen in (("messy", sizes), ("clean", sizes.clean())):
        crm = generate(chosen)
        found, seconds = proposals(crm, options)
        print(f"\n{title} CRM: {len(crm.customers)} customers, {len(found)} proposals, {seconds:.2f} s")
        report(crm, found, examples=arguments.examples)


if __name__ == "__main__":
    main()
