"""An ordinary run as report input; `report_extremes` has runs as large and as hostile as one can be."""

from __future__ import annotations

from analysis_worker.report import (
    BandCount,
    ClusterSize,
    CorrectionRule,
    Duplicates,
    EnrichedField,
    ImputedColumn,
    Observed,
    Previous,
    ProfileLine,
    Provenance,
    QualityColumn,
    ReportInput,
    ReviewQueue,
    ScoreBin,
    SegmentEntry,
    Segments,
    StepDuration,
    UndoStep,
)
from helpers.report_parts import imputed_column, ordinary_prediction, ordinary_rules, ordinary_value

_FILLED = {
    "full_name": 1.0,
    "emails": 0.874,
    "phones": 0.812,
    "postal_addresses": 0.93,
    "birth_date": 0.78,
    "stated_age": 0.71,
    "gender": 0.884,
    "language": 0.95,
    "income": 0.62,
    "attributes.loyalty_tier": 0.41,
    "attributes.newsletter_topic": 0.0,
    "organisation": 0.9995,
}
_RULES = {
    "phone_to_e164": 3120,
    "name_case": 1204,
    "email_domain_typo": 187,
    "postcode_form": 412,
    "age_from_birth_date": 96,
    "country": 4,
}
_SCORES = (9120, 2210, 640, 230, 121, 88, 61, 44, 37, 25, 21, 18, 14, 7, 22, 31, 48, 95, 210, 702)
_SEGMENTS = {
    "Loyal, frequent buyers": (812, 14.0, 320.5, 0.62),
    "Recent first-timers": (1490, 1.0, 24.9, 0.12),
    "Seasonal bargain hunters": (1104, 4.0, 61.0, 0.31),
    "Quiet for a year": (1380, 2.0, 33.0, 0.18),
    "Big spenders": (214, 9.0, 1480.0, 0.71),
}


def ordinary_report() -> ReportInput:
    """5,000 customers, every step run."""
    rows = 5_000
    return ReportInput(
        provenance=Provenance(
            run="tenants/harbour-books/runs/0198f3c2-77aa-7d1e-9a55-3b6f3f0c1d20",
            tenant="harbour-books",
            purpose="service-quality",
            legal_basis="legitimate interest",
            pipeline="monthly",
            settings=(("correct", ""), ("match", ""), ("impute", "draws = 5"), ("segment", "max_segments = 8")),
            as_of="2026-11-21 09:00 UTC",
            data_position="184,220",
            seed=42,
            created="2026-11-21 09:30 UTC",
            versions=(("strongroom", "0.1.0"), ("duckdb", "2.0.0"), ("scikit-learn", "1.9.1")),
            durations=tuple(
                StepDuration(step=s, seconds=t)
                for s, t in (("correct", 2.1), ("match", 6.4), ("impute", 11.8), ("segment", 1.9))
            ),
        ),
        customers=rows,
        observed=tuple(Observed(step=s, as_of="2026-11-19", as_of_from="asked") for s in ("segment", "value", "classify")),
        transactions=31_204,
        needs=8_796,
        quality=tuple(
            QualityColumn(column=c, rows=rows, present=round(rows * f), unparsed=37 if c == "birth_date" else 0)
            for c, f in _FILLED.items()
        ),
        corrections=tuple(CorrectionRule(rule=r, proposals=n, applied=n - n // 10, waiting=n // 10) for r, n in _RULES.items()),
        duplicates=Duplicates(
            rows=rows,
            entities=4_583,
            histogram=tuple(ScoreBin(lower=i / 20, upper=(i + 1) / 20, pairs=n) for i, n in enumerate(_SCORES)),
            bands=(
                BandCount(band="no", lower=0.0, upper=0.6, pairs=12_597),
                BandCount(band="review", lower=0.6, upper=0.9, pairs=140),
                BandCount(band="auto", lower=0.9, upper=1.0, pairs=912),
            ),
            cluster_sizes=tuple(ClusterSize(size=s, entities=n) for s, n in ((1, 4210), (2, 332), (3, 38), (4, 2), (7, 1))),
        ),
        imputation=(
            imputed_column("income", "number", 1_900, (9_420.0, 4_010.0), 0.902),
            imputed_column("stated_age", "integer", 1_450, (15.2, 2.1), 0.911),
            imputed_column("language", "category", 250, (0.41, 0.12), None),
            imputed_column("attributes.loyalty_tier", "category", 2_950, (0.55, 0.37), None),
            ImputedColumn(
                column="gender",
                kind="category",
                missing=580,
                imputed=0,
                abstained=True,
                reason="no_better_than_baseline",
                baseline_error=0.49,
            ),
        ),
        segments=Segments(
            customers=rows,
            structured=True,
            silhouette=0.43,
            stability=0.91,
            entries=tuple(SegmentEntry(name=n, customers=c, profile=_profile(*v)) for n, (c, *v) in _SEGMENTS.items()),
        ),
        enrichment=(
            EnrichedField(source="postcodes", field="addresses[0].city", gaps=412, filled=390, ambiguous=11),
            EnrichedField(source="entity", field="birth_date", gaps=1_100, filled=214, ambiguous=14),
            EnrichedField(source="companies", field="organisation", gaps=60, filled=3),
        ),
        value=ordinary_value(),
        prediction=ordinary_prediction(),
        rules=ordinary_rules(),
        previous=Previous(
            run="tenants/harbour-books/runs/0198e001-77aa-7d1e-9a55-3b6f3f0c1d20",
            created="2026-10-21 09:30 UTC",
            figures={
                "Customer records": 4_812.0,
                "Transactions": 28_950.0,
                "Duplicate records": 640.0,
                "Cells filled in, %": 71.0,
                "Corrections proposed": 6_240.0,
                "Segments": 5.0,
                "gender filled, %": 88.0,
            },
        ),
        review=(
            ReviewQueue(what="Pairs that may be one person", waiting=140, where="strongroom review run --kind match"),
            ReviewQueue(what="Corrections of doubtful cells", waiting=502, where="strongroom review run --kind correction"),
        ),
        undo=(
            UndoStep(text="See what would go, and change nothing:", command="strongroom analysis undo 0198f3c2 --plan"),
            UndoStep(text="Take every result of this run back:", command="strongroom analysis undo 0198f3c2"),
        ),
    )


def _profile(orders: float, value: float, card: float) -> tuple[ProfileLine, ...]:
    return (
        ProfileLine(feature="orders a year", value=orders, overall=3.0, difference=orders - 3.0),
        ProfileLine(feature="median basket value", value=value, overall=48.2, difference=value / 100, unit="GBP"),
        ProfileLine(feature="pays by", level="card", value=card, overall=0.35, difference=card - 0.35),
    )
