"""What a run's owner decides: which references to join by what, and what to take from other records of the same entity.

A join is one line of text, `REFERENCE: FIELD = COLUMN, ... -> FIELD = COLUMN, ...`: left of the arrow what must be equal, right
of it what is filled from where, as in `postcodes: addresses[0].postal_code = plz -> addresses[0].region = state`. The reference
is a name that the worker's operator gave; a path or an address is not understood here.
"""

import re
from dataclasses import dataclass

from analysis_worker.steps.enrich.policy import (
    require_comparable,
    require_fillable_from_entity,
    require_fillable_from_reference,
)
from analysis_worker.steps.enrich.refusals import EnrichRefusedError

ALL_ATTRIBUTES = "attributes"
_REFERENCE = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_MOST_JOINS = 50
_MOST_PARTS = 20

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """One reference, joined: (field, column) pairs that must be equal, and (field, column) pairs to fill."""

    reference: str
    keys: tuple[Pair, ...]
    fills: tuple[Pair, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the reference that are needed, each once."""
        return tuple(dict.fromkeys(column for _, column in (*self.keys, *self.fills)))


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrichOptions:
    """Options of one enrich step.

    Attributes:
        joins: One line each, in the order in which they may fill; see above.
        from_entity: Fields to take from other records of the same entity; `attributes` stands for all whose name shows no
            identity, contact or consent.
        not_from_entity: Attributes that belong to a record and not to the person (a card number), left out of `attributes`.
        max_entity_rows: Entities with more records than this are not believed to be one person.
    """

    joins: tuple[str, ...] = ()
    from_entity: tuple[str, ...] = ("language", "organisation", "job_title", "income", "attributes")
    not_from_entity: tuple[str, ...] = ()
    max_entity_rows: int = 20

    def __post_init__(self) -> None:
        if self.max_entity_rows < 2 or len(self.joins) > _MOST_JOINS:  # noqa: PLR2004 - a record and another
            raise EnrichRefusedError(f"max_entity_rows is at least 2, and there are at most {_MOST_JOINS} joins")
        for field in self.from_entity:
            if field != ALL_ATTRIBUTES:
                require_fillable_from_entity(field)

    def parsed_joins(self) -> tuple[Join, ...]:
        return tuple(parse_join(text) for text in self.joins)


def parse_join(text: str) -> Join:
    """Understand one join.

    Raises:
        EnrichRefusedError: it is not of the form, or names what must not be compared or filled.
    """
    reference, colon, rest = text.partition(":")
    keys, arrow, fills = rest.partition("->")
    if not colon or not arrow or not _REFERENCE.fullmatch(reference.strip()):
        raise EnrichRefusedError("a join reads 'REFERENCE: FIELD = COLUMN, ... -> FIELD = COLUMN, ...'")
    join = Join(reference=reference.strip(), keys=_pairs(keys), fills=_pairs(fills))
    for field, _ in join.keys:
        require_comparable(field)
    for field, _ in join.fills:
        require_fillable_from_reference(field)
    return join


def _pairs(text: str) -> tuple[Pair, ...]:
    pairs = []
    for part in text.split(","):
        field, equals, column = (piece.strip() for piece in part.partition("="))
        if not equals or not field or not column:
            raise EnrichRefusedError("each part of a join reads 'FIELD = COLUMN'")
        pairs.append((field, column))
    if len(pairs) > _MOST_PARTS or len({field for field, _ in pairs}) < len(pairs):
        raise EnrichRefusedError(f"each side of a join names a field once, and at most {_MOST_PARTS}")
    return tuple(pairs)
