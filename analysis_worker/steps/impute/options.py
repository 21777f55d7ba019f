"""What a caller may set, and what the step refuses whatever the caller says.

Rule: identity, contact and consent are never guessed. The runner offers only what the purpose allows; the names below are the
second lock, so that a mistake in a pipeline file fails loudly instead of inventing somebody's e-mail address or consent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

ROW_ID = "row_id"

FORBIDDEN_COLUMNS = frozenset(
    {
        *("given_name", "family_name", "full_name", "first_name", "last_name", "middle_name", "name", "surname", "nickname"),
        *("birth_date", "date_of_birth", "birthday", "dob", "national_id", "tax_id", "passport_number", "ssn"),
        *("external_id", "external_ids", "customer_id", "entity", "entity_id"),
        *("email", "emails", "email_address", "phone", "phones", "phone_number", "mobile", "fax"),
        *("postal_address", "postal_addresses", "address", "addresses", "street", "house_number", "iban", "card_number"),
        *("consent", "consents", "objection", "objections", "restriction", "restrictions", "opt_in", "opt_out", "unparsed"),
    },
)
"""Field and attribute names that hold identity, contact or consent; compared after `normal_name`."""

_FORBIDDEN_PREFIXES = ("consent_", "opt_in_", "opt_out_", "marketing_consent")


class ImputeRefusedError(ValueError):
    """The table or the options ask for something that this step must not do. The message names columns, never values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImputeOptions:
    """How gaps are filled.

    Attributes:
        seed: everything random follows from it; same table, options and seed give the same cells.
        columns: the only columns to fill; None fills every column that it can.
        draws: plausible values per cell beside the estimate, 0..20.
        level: share of true values that an interval shall contain, 0.5..0.99.
        min_gain: share of the baseline's error that a candidate must remove, or the column is left empty.
        min_z: standard errors by which the paired gain must exceed zero; guards against luck on few cells.
        min_holdout_cells: with fewer masked cells than this nothing can be shown, and the column is left empty.
        max_holdout_cells: masked cells per column to choose by, and as many to calibrate by; more add time, not knowledge.
        max_training_rows: models learn from a random sample of at most this many rows, so time is bounded at any size.
        max_target_columns: columns with gaps beyond this number (the emptiest) are left empty.
        max_predictor_columns: further columns without gaps are not looked at.
        max_categories: distinct values of a column that is a category; more is free text or an id.
        chunk_rows: rows predicted at a time; bounds memory.
    """

    seed: int = 0
    columns: tuple[str, ...] | None = None
    draws: int = 5
    level: float = 0.9
    min_gain: float = 0.03
    min_z: float = 2.33
    min_holdout_cells: int = 40
    max_holdout_cells: int = 2_000
    max_training_rows: int = 10_000
    max_target_columns: int = 40
    max_predictor_columns: int = 60
    max_categories: int = 100
    chunk_rows: int = 50_000

    def __post_init__(self) -> None:
        """Refuse settings that have no meaning.

        Raises:
            ImputeRefusedError: a setting lies outside its range.
        """
        ranges: dict[str, tuple[float, float, float]] = {
            "seed": (self.seed, 0, 2**63 - 1),
            "draws": (self.draws, 0, 20),
            "level": (self.level, 0.5, 0.99),
            "min_gain": (self.min_gain, 0.0, 1.0),
            "min_z": (self.min_z, 0.0, 10.0),
            "min_holdout_cells": (self.min_holdout_cells, 10, 1_000_000),
            "max_holdout_cells": (self.max_holdout_cells, self.min_holdout_cells, 1_000_000),
            "max_training_rows": (self.max_training_rows, 100, 1_000_000),
            "max_target_columns": (self.max_target_columns, 1, 1_000),
            "max_predictor_columns": (self.max_predictor_columns, 1, 1_000),
            "max_categories": (self.max_categories, 2, 200),
            "chunk_rows": (self.chunk_rows, 1_000, 10_000_000),
        }
        for name, (value, lowest, highest) in ranges.items():
            if not lowest <= value <= highest:
                raise ImputeRefusedError(f"impute option {name} must lie between {lowest:g} and {highest:g}")


def normal_name(column: str) -> str:
    """The name as the refusal list spells it: last path segment, camel case and punctuation turned to underscores."""
    last = re.split(r"[./:]", column.strip())[-1]
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", last)
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")


def refuse_forbidden(columns: Iterable[str]) -> None:
    """Stop when a column holds identity, contact or consent.

    Raises:
        ImputeRefusedError: at least one does; the message names the columns.
    """
    refused = [c for c in columns if normal_name(c) in FORBIDDEN_COLUMNS or normal_name(c).startswith(_FORBIDDEN_PREFIXES)]
    if refused:
        shown = ", ".join(repr(c[:60]) for c in sorted(refused)[:10])
        raise ImputeRefusedError(f"identity, contact and consent are never imputed; take these columns out: {shown}")
