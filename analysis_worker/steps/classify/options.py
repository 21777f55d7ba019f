"""What a caller may set, and which columns the step never looks at, whatever the caller says.

Rule: nothing that identifies a person predicts anything. The vault sends no names and no contact to this step; the names below
are the second lock, for attributes that a tenant filled with them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

ROW_ID = "row_id"

IDENTIFYING = frozenset(
    {
        *("given_name", "family_name", "full_name", "first_name", "last_name", "middle_name", "name", "surname", "nickname"),
        *("birth_date", "date_of_birth", "birthday", "dob", "national_id", "tax_id", "passport_number", "ssn", "username"),
        *("id", "external_id", "external_ids", "customer_id", "entity", "entity_id", "account_number", "unparsed"),
        *("email", "emails", "email_address", "phone", "phones", "phone_number", "mobile", "fax", "login"),
        *("postal_address", "postal_addresses", "address", "addresses", "street", "house_number", "iban", "card_number"),
    },
)
"""Field and attribute names that identify; compared after `normal_name`."""


class ClassifyRefusedError(ValueError):
    """The table or the options ask for something that this step cannot or must not do. Names columns, never values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifyOptions:
    """What is predicted, and how sure the step must be.

    Attributes:
        target: column to predict, a field or an attribute.
        positive: class that figures, lift and cut-offs are about; "" takes the one that reads as true, else the rarer of two.
        seed: everything random follows from it; same table, options and seed give the same predictions.
        time_column: date column that orders the rows: the model is judged on rows later than those it learnt from. None takes
            the table's only date column, if it has exactly one that is filled; "" splits at random.
        trusted: columns that were known before the outcome: they are kept whatever the leak scan thinks.
        ignored: columns not to look at.
        folds: parts of the cross-validation.
        leak_auc: a column that alone ranks this well gives the outcome away, 0.8..1.
        min_rows: with fewer rows of known outcome nothing is predicted.
        min_class_rows: a class of fewer rows is not learnt.
        max_classes: an outcome of more classes is refused.
        min_gain: share of the base rate's Brier score that the model must remove, or the whole run abstains.
        min_z: standard errors by which that gain must exceed zero.
        max_unknown: a row is not judged if columns that carry more than this share of all influence are empty in it.
        max_disagreement: a row is not judged if the two models differ by more than this probability.
        min_confidence: a row is not judged if its likeliest class is less likely than this.
        reasons: reasons per customer at most.
        max_training_rows: models learn from a random sample of this many rows, so time is bounded at any size; up to five times
            as many where a class is rare.
        max_columns: columns beyond this number (the least telling) are left out.
        max_categories: distinct values of a column that is a category; more is free text or an id.
        resamples: bootstrap resamples behind the intervals of the figures.
        chunk_rows: rows predicted at a time; bounds memory.
    """

    target: str = ""
    positive: str = ""
    seed: int = 0
    time_column: str | None = None
    trusted: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    folds: int = 5
    leak_auc: float = 0.98
    min_rows: int = 100
    min_class_rows: int = 20
    max_classes: int = 20
    min_gain: float = 0.01
    min_z: float = 2.33
    max_unknown: float = 0.5
    max_disagreement: float = 0.4
    min_confidence: float = 0.0
    reasons: int = 4
    max_training_rows: int = 20_000
    max_columns: int = 80
    max_categories: int = 100
    resamples: int = 200
    chunk_rows: int = 50_000

    def __post_init__(self) -> None:
        """Refuse settings that have no meaning.

        Raises:
            ClassifyRefusedError: a setting lies outside its range.
        """
        ranges: dict[str, tuple[float, float, float]] = {
            "seed": (self.seed, 0, 2**63 - 1),
            "folds": (self.folds, 3, 20),
            "leak_auc": (self.leak_auc, 0.8, 1.0),
            "min_rows": (self.min_rows, 50, 1_000_000),
            "min_class_rows": (self.min_class_rows, 10, 1_000_000),
            "max_classes": (self.max_classes, 2, 20),
            "min_gain": (self.min_gain, 0.0, 1.0),
            "min_z": (self.min_z, 0.0, 10.0),
            "max_unknown": (self.max_unknown, 0.0, 1.0),
            "max_disagreement": (self.max_disagreement, 0.0, 1.0),
            "min_confidence": (self.min_confidence, 0.0, 1.0),
            "reasons": (self.reasons, 0, 10),
            "max_training_rows": (self.max_training_rows, 200, 1_000_000),
            "max_columns": (self.max_columns, 1, 1_000),
            "max_categories": (self.max_categories, 2, 1_000),
            "resamples": (self.resamples, 20, 10_000),
            "chunk_rows": (self.chunk_rows, 1_000, 10_000_000),
        }
        for name, (value, lowest, highest) in ranges.items():
            if not lowest <= value <= highest:
                raise ClassifyRefusedError(f"classify option {name} must lie between {lowest:g} and {highest:g}")


def normal_name(column: str) -> str:
    """The name as `IDENTIFYING` spells it: last path segment, camel case and punctuation turned to underscores."""
    last = re.split(r"[./:]", column.strip())[-1]
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", last)
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")


def identifies(column: str) -> bool:
    """Whether a column's name says that it identifies people."""
    name = normal_name(column)
    return name in IDENTIFYING or name.endswith(("_id", "_uuid", "_guid"))
