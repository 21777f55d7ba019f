"""What the analysis found, beside the truth that the generator knows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.generator.truth import ErrorKind, Truth
from benchmarks.scoring import PairScore, adjusted_rand, score_categorical, score_corrections, score_numeric, score_pairs

REPAIRABLE: Mapping[ErrorKind, str] = {
    ErrorKind.EMAIL_DOMAIN: "emails",
    ErrorKind.EMAIL_BROKEN: "emails",
    ErrorKind.NAME_CASE: "given_name",
    ErrorKind.COUNTRY_FORM: "addresses[0].country",
    ErrorKind.POSTCODE_FORM: "addresses[0].postal_code",
}
COLUMN_OF_FIELD: Mapping[str, str] = {
    "given_name": "first_name",
    "family_name": "last_name",
    "addresses[0].country": "country",
    "addresses[0].postal_code": "postcode",
    "emails[0]": "email",
}
NUMERIC = ("attributes.monthly_spend", "attributes.satisfaction")
CATEGORICAL = ("attributes.loyalty_tier",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One compared figure. `held` says whether it is as good as the demo promises."""

    name: str
    found: str
    beside: str
    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What the analysis says of one row.

    Attributes:
        imputed: values by field, as text.
        corrected: values by field.
    """

    entity: str
    segment: int | None
    imputed: Mapping[str, str]
    corrected: Mapping[str, str]


def parse_export(text: str) -> dict[str, Result]:
    """Exported rows by their id in the source system."""
    rows = [json.loads(line) for line in text.splitlines()]
    return {row["external_ids"][0]["id"]: _result(row) for row in rows}


def _result(row: dict[str, Any]) -> Result:
    """Any: a row is JSON, whose shape the API fixes."""
    return Result(
        entity=row["entity"]["entity"],
        segment=row.get("segment", {}).get("segment"),
        imputed={one["field"]: str(one["value"]) for one in row.get("imputed", ())},
        corrected={one["field"]: one["after"] for one in row.get("corrections", ()) if one.get("after")},
    )


def compare(rows: Mapping[str, Result], customers: Sequence[Mapping[str, str]], truth: Truth) -> list[Line]:
    """Every figure that the demo shows."""
    return [
        *_entities(rows, truth),
        *_corrections(rows, truth),
        *_imputations(rows, customers, truth),
        *_segments(rows, truth),
    ]


def _entities(rows: Mapping[str, Result], truth: Truth) -> list[Line]:
    found: PairScore = score_pairs({row: item.entity for row, item in rows.items()}, truth.entity_of)
    people = len(set(truth.entity_of.values()))
    entities = len({item.entity for item in rows.values()})
    return [
        Line(
            name="people behind the records",
            found=f"{entities}",
            beside=f"truth {people}",
            held=abs(entities - people) < people * 0.05,
        ),
        Line(
            name="duplicate pairs: precision",
            found=f"{found.precision:.3f}",
            beside="at least 0.95",
            held=found.precision >= 0.95,
        ),
        Line(name="duplicate pairs: recall", found=f"{found.recall:.3f}", beside="at least 0.85", held=found.recall >= 0.85),
        Line(name="duplicate pairs: F1", found=f"{found.f1:.3f}", beside="at least 0.90", held=found.f1 >= 0.90),
    ]


def _corrections(rows: Mapping[str, Result], truth: Truth) -> list[Line]:
    corrected = {
        (row, COLUMN_OF_FIELD[field]): after
        for row, item in rows.items()
        for field, after in item.corrected.items()
        if field in COLUMN_OF_FIELD
    }
    score = score_corrections(corrected, truth.errors, REPAIRABLE, set(COLUMN_OF_FIELD.values()))
    return [
        Line(
            name="corrections: precision", found=f"{score.precision:.3f}", beside="at least 0.95", held=score.precision >= 0.95
        ),
        Line(name="corrections: recall", found=f"{score.recall:.3f}", beside="at least 0.70", held=score.recall >= 0.70),
    ]


def _imputations(rows: Mapping[str, Result], customers: Sequence[Mapping[str, str]], truth: Truth) -> Iterable[Line]:
    guesses = {(row, field): value for row, item in rows.items() for field, value in item.imputed.items()}
    for field in (*NUMERIC, *CATEGORICAL):
        column = field.removeprefix("attributes.")
        hidden = {cell.row: cell.value for cell in truth.missing if cell.field == column and (cell.row, field) in guesses}
        present = [row[column] for row in customers if row[column]]
        if not hidden:
            yield Line(name=f"gaps of {column}", found="left empty", beside="nothing beat the baseline", held=False)
        elif field in NUMERIC:
            numeric = score_numeric(
                {row: float(guesses[row, field]) for row in hidden},
                {row: float(value) for row, value in hidden.items()},
                [float(value) for value in present],
            )
            yield Line(
                name=f"gaps of {column}: error",
                found=f"{numeric.error:.3f}",
                beside=f"mean {numeric.baseline:.3f}",
                held=numeric.error < numeric.baseline,
            )
        else:
            right = score_categorical({row: guesses[row, field] for row in hidden}, hidden, present)
            yield Line(
                name=f"gaps of {column}: right",
                found=f"{right.accuracy:.3f}",
                beside=f"mode {right.baseline:.3f}",
                held=right.accuracy > right.baseline,
            )


def _segments(rows: Mapping[str, Result], truth: Truth) -> list[Line]:
    latent = truth.segment_of_row()
    known = [row for row, item in rows.items() if item.segment is not None]
    agreement = adjusted_rand([rows[row].segment for row in known], [latent[row] for row in known])
    return [
        Line(
            name="segments: agreement (ARI)", found=f"{agreement:.3f}", beside="planted kinds; above 0.2", held=agreement > 0.2
        )
    ]
