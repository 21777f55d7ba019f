"""Small customer tables with known duplicates for the match step's tests; every name is invented."""

import random

import pyarrow as pa

GIVEN = (
    "Arlo",
    "Britta",
    "Cosima",
    "Dario",
    "Elfie",
    "Falk",
    "Greta",
    "Hanno",
    "Ilva",
    "Jonte",
    "Karina",
    "Ludo",
    "Marit",
    "Nils",
)
FAMILY = ("Abendroth", "Birkwald", "Calloway", "Dunmore", "Eastlake", "Fernhill", "Grimsby", "Hollowell", "Ibsley", "Jarnvik")
STREETS = (
    "Larch Way",
    "Mill Road",
    "Orchard Lane",
    "Priory Street",
    "Quarry Hill",
    "Rose Court",
    "Saddler Row",
    "Tannery Place",
)
CITIES = ("Ashby", "Brenwick", "Corley", "Dunholm", "Elverton", "Farrow")
SCHEMA = pa.schema(
    {
        "row_id": pa.int64(),
        "given_name": pa.string(),
        "family_name": pa.string(),
        "birth_date": pa.string(),
        "emails": pa.list_(pa.string()),
        "phones": pa.list_(pa.string()),
        "street": pa.string(),
        "city": pa.string(),
        "postal_code": pa.string(),
    }
)


def messy_people(*, people: int, repeats: int, seed: int = 5) -> tuple[pa.Table, list[int]]:
    """Rows of `people` persons, some of them again with a slip or two, in random order, and the person behind each row."""
    rng = random.Random(seed)
    persons = [_person(rng) for _ in range(people)]
    rows = [(index, dict(person)) for index, person in enumerate(persons)]
    for _ in range(repeats):
        index = rng.randrange(people)
        rows.append((index, _slipped(dict(persons[index]), rng)))
    rng.shuffle(rows)
    cells = [{"row_id": number, **row} for number, (_, row) in enumerate(rows)]
    return pa.Table.from_pylist(cells, schema=SCHEMA), [index for index, _ in rows]


def pair_scores(found: list[int], truth: list[int]) -> tuple[float, float]:
    """Precision and recall over pairs of rows."""
    size = range(len(truth))
    together = {(a, b) for a in size for b in range(a + 1, len(truth)) if found[a] == found[b]}
    actual = {(a, b) for a in size for b in range(a + 1, len(truth)) if truth[a] == truth[b]}
    right = len(together & actual)
    return right / max(len(together), 1), right / max(len(actual), 1)


def _person(rng: random.Random) -> dict[str, object]:
    given, family = rng.choice(GIVEN) + rng.choice(("", "", "lie", "ne")), rng.choice(FAMILY) + rng.choice(("", "s", "er"))
    number = rng.randrange(1, 10_000)
    return {
        "given_name": given,
        "family_name": family,
        "birth_date": f"{rng.randrange(1940, 2005)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}",
        "emails": [f"{given}.{family}{number}@mail.example".lower()],
        "phones": [f"+44{rng.randrange(10**9, 10**10)}"],
        "street": f"{rng.randrange(1, 200)} {rng.choice(STREETS)}",
        "city": rng.choice(CITIES),
        "postal_code": f"{rng.randrange(1000, 9999)}",
    }


def _slipped(row: dict[str, object], rng: random.Random) -> dict[str, object]:
    for slip in rng.sample((_typo, _swapped, _no_mail, _no_phone, _no_street, _shouting), k=2):
        slip(row, rng)
    return row


def _typo(row: dict[str, object], rng: random.Random) -> None:
    name = str(row["family_name"])
    place = rng.randrange(1, len(name) - 1)
    row["family_name"] = name[:place] + name[place + 1 :]


def _swapped(row: dict[str, object], _: random.Random) -> None:
    row["given_name"], row["family_name"] = row["family_name"], row["given_name"]


def _no_mail(row: dict[str, object], _: random.Random) -> None:
    row["emails"] = []


def _no_phone(row: dict[str, object], _: random.Random) -> None:
    row["phones"] = None


def _no_street(row: dict[str, object], _: random.Random) -> None:
    row["street"] = None


def _shouting(row: dict[str, object], _: random.Random) -> None:
    row["given_name"] = f"  {str(row['given_name']).upper()} "
