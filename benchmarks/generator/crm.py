"""Put a CRM together: persons, their rows, the mess, their purchases and needs, and the truth about all of it."""

import gc
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.generator.activity import BUNDLES, ActivityMaker, NeedRow, TransactionRow
from benchmarks.generator.draw import stream
from benchmarks.generator.mess import CLERK_ERRORS, REPEAT_ERRORS, dirty, empty_cells, moved
from benchmarks.generator.more_mess import MORE_ERRORS
from benchmarks.generator.options import GeneratorOptions
from benchmarks.generator.people import PeopleMaker, Person
from benchmarks.generator.rows import DirtyRow, clean_cells
from benchmarks.generator.truth import Truth

# A person who is in the file twice is often in it three times: each further row goes to an already repeated person this often.
_REPEAT_AGAIN = 0.25
_MAX_ROWS_PER_PERSON = 6
_MOVED_RATE = 0.12


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedCrm:
    """Everything one call made; `customers` are cells by column of `CUSTOMER_COLUMNS`, in file order."""

    customers: list[dict[str, str]]
    transactions: list[TransactionRow]
    needs: list[NeedRow]
    truth: Truth


def generate(options: GeneratorOptions) -> GeneratedCrm:
    """Make a CRM with known truth; the same options give the same result, in any process and on any machine."""
    with _without_collector():
        return _made(options)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Keep the collector of cycles out: it would walk through millions of objects again and again, none of them in a cycle."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _made(options: GeneratorOptions) -> GeneratedCrm:
    people = PeopleMaker(options).people()
    owners = _owners(len(people), options.customers - len(people), stream(options.seed, "repeats"))
    rows, rows_of = _typed_rows(people, owners, options)
    activity = ActivityMaker(people, rows_of, options.as_of)
    return GeneratedCrm(
        customers=[row.cells for row in rows],
        transactions=activity.transactions(options.transactions, stream(options.seed, "transactions")),
        needs=activity.needs(options.needs, stream(options.seed, "needs")),
        truth=Truth(
            entity_of={row.row_id: row.person.entity for row in rows},
            segment_of={person.entity: person.segment.name for person in people},
            errors=tuple(error for row in rows for error in row.errors.values()),
            missing=tuple(cell for row in rows for cell in row.missing),
            bundles=BUNDLES,
        ),
    )


def _owners(people: int, repeats: int, rng: random.Random) -> list[int]:
    """Return the person behind each repeated row."""
    chosen: list[int] = []
    rows = dict.fromkeys(range(people), 1)
    while len(chosen) < repeats:
        again = bool(chosen) and rng.random() < _REPEAT_AGAIN
        person = rng.choice(chosen) if again else rng.randrange(people)
        if rows[person] < _MAX_ROWS_PER_PERSON and (again or rows[person] == 1 or len(chosen) >= people):
            rows[person] += 1
            chosen.append(person)
    return chosen


def _typed_rows(
    people: Sequence[Person],
    owners: Sequence[int],
    options: GeneratorOptions,
) -> tuple[list[DirtyRow], list[list[str]]]:
    """Type every row in random order, so that neither ids nor neighbours give a duplicate away."""
    rng, more = stream(options.seed, "mess"), stream(options.seed, "more mess")
    order = [(index, False) for index in range(len(people))] + [(index, True) for index in owners]
    numbers = list(range(len(order)))
    stream(options.seed, "order").shuffle(numbers)
    rows: list[DirtyRow] = []
    rows_of: list[list[str]] = [[] for _ in people]
    for number, (index, repeat) in zip(numbers, order, strict=True):
        row = DirtyRow(person=people[index], cells=clean_cells(people[index], f"C{number + 1:07d}", options.as_of))
        if repeat:
            _retype(row, people, rng, options.mess)
        dirty(row, rng, CLERK_ERRORS, options.mess)
        if options.more_mess:
            dirty(row, more, MORE_ERRORS, options.more_mess)
        empty_cells(row, rng, options.missing)
        rows.append(row)
        rows_of[index].append(row.row_id)
    return sorted(rows, key=lambda row: row.row_id), rows_of


def _retype(row: DirtyRow, people: Sequence[Person], rng: random.Random, mess: float) -> None:
    """Make a repeated row differ the way a second visit does: other contact data, nickname, slips, an old address."""
    if rng.random() < _MOVED_RATE * mess:
        neighbour = rng.choice(people)
        if neighbour.country is row.person.country:
            moved(row, neighbour.street, neighbour.city.name, neighbour.city.region, neighbour.postcode)
    dirty(row, rng, REPEAT_ERRORS, mess)
    row.cells["raffle_number"] = str(rng.randrange(1, 1000))
