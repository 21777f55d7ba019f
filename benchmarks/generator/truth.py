"""What is known for certain about a generated CRM, and its JSON form.

Three kinds of truth, each keyed by customer row id: which real person a row stands for, what every wrong cell should say, and
what every empty cell would have said. Beside them the segment each person was drawn
from and the product pairs planted in baskets.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from pathlib import Path
from typing import TextIO

# What the library's encoder writes for a text, without the rest of the encoder around every one of them.
_quoted = json.JSONEncoder(ensure_ascii=False).encode


class ErrorKind(StrEnum):
    """What went wrong in a cell, or why two rows of one person differ."""

    TYPO = "typo"
    SWAPPED_NAMES = "swapped_names"
    NICKNAME = "nickname"
    INITIAL = "initial"
    NAME_CASE = "name_case"
    LOST_ACCENTS = "lost_accents"
    EMAIL_DOMAIN = "email_domain"
    EMAIL_BROKEN = "email_broken"
    OTHER_EMAIL = "other_email"
    LOCAL_PHONE = "local_phone"
    TWO_PHONES = "two_phones"
    PHONE_DIGIT = "phone_digit"
    DATE_FORM = "date_form"
    DATE_IMPOSSIBLE = "date_impossible"
    DATE_SLIP = "date_slip"
    PLACEHOLDER = "placeholder"
    WRONG_AGE = "wrong_age"
    GENDER_FORM = "gender_form"
    COUNTRY_FORM = "country_form"
    POSTCODE_FORM = "postcode_form"
    STREET_FORM = "street_form"
    INCOME_FORM = "income_form"
    MOVED = "moved"
    # Of `more_mess` only:
    TITLE = "title"
    MOJIBAKE = "mojibake"
    LANGUAGE_FORM = "language_form"
    GENDER_WORD = "gender_word"
    RARE_DATE = "rare_date"
    CITY_POSTCODE = "city_postcode"
    OUTLIER = "outlier"


OF_MORE_MESS = frozenset(
    {
        ErrorKind.TITLE,
        ErrorKind.MOJIBAKE,
        ErrorKind.LANGUAGE_FORM,
        ErrorKind.GENDER_WORD,
        ErrorKind.RARE_DATE,
        ErrorKind.CITY_POSTCODE,
        ErrorKind.OUTLIER,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CellError:
    """One cell that does not say what it should; `clean` is the canonical value (E.164, ISO date, ISO country code, ...)."""

    row: str
    field: str
    kind: ErrorKind
    dirty: str
    clean: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingCell:
    """One cell that was emptied, with the value it had."""

    row: str
    field: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Everything known about the generated rows; `bundles` are (sku, sku, probability of the second given the first)."""

    entity_of: dict[str, str]
    segment_of: dict[str, str]
    errors: tuple[CellError, ...]
    missing: tuple[MissingCell, ...]
    bundles: tuple[tuple[str, str, float], ...]

    def segment_of_row(self) -> dict[str, str]:
        """Return the latent segment of every customer row."""
        return {row: self.segment_of[entity] for row, entity in self.entity_of.items()}

    def errors_of(self, kinds: Iterable[ErrorKind]) -> list[CellError]:
        wanted = frozenset(kinds)
        return [error for error in self.errors if error.kind in wanted]


def write_truth(truth: Truth, path: Path) -> None:
    """Write the truth as JSON, a cell at a time: the encoder of the library takes minutes for millions of indented cells."""
    with path.open("w", encoding="utf-8") as file:
        file.write("{\n")
        for name, plain in (("entity_of", truth.entity_of), ("segment_of", truth.segment_of)):
            file.write(f' "{name}": {_indented(plain)},\n')
        _write_cells(file, "errors", ("row", "field", "kind", "dirty", "clean"), truth.errors)
        _write_cells(file, "missing", ("row", "field", "value"), truth.missing)
        file.write(f' "bundles": {_indented(truth.bundles)}\n}}\n')


def _indented(plain: object) -> str:
    return json.dumps(plain, ensure_ascii=False, indent=1).replace("\n", "\n ")


def _write_cells(file: TextIO, name: str, parts: tuple[str, ...], cells: Iterable[CellError | MissingCell]) -> None:
    shape = "\n  {\n" + ",\n".join(f'   "{part}": %s' for part in parts) + "\n  }"
    of_cell = attrgetter(*parts)
    file.write(f' "{name}": [')
    some = False
    for cell in cells:
        file.write(("," if some else "") + shape % tuple(map(_quoted, of_cell(cell))))
        some = True
    file.write("\n ],\n" if some else "],\n")


def load_truth(path: Path) -> Truth:
    """Read a truth file written by `write_truth`.

    Raises:
        ValueError: the file is not a truth file.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return Truth(
            entity_of=dict(raw["entity_of"]),
            segment_of=dict(raw["segment_of"]),
            errors=tuple(CellError(**{**cell, "kind": ErrorKind(cell["kind"])}) for cell in raw["errors"]),
            missing=tuple(MissingCell(**cell) for cell in raw["missing"]),
            bundles=tuple((first, second, probability) for first, second, probability in raw["bundles"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a truth file: {path.name}") from error
