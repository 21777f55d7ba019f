"""Builds report input: an ordinary run, and a run as large and as hostile as one can be."""

from __future__ import annotations

from analysis_worker.report import (
    BandCount,
    ClusterSize,
    CorrectionRule,
    Duplicates,
    ImputedColumn,
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
            data_position="184,220",
            seed=42,
            created="2026-11-21 09:30 UTC",
            versions=(("strongroom", "0.1.0"), ("splink", "5.0.0"), ("scikit-learn", "1.9.1")),
            durations=tuple(
                StepDuration(step=s, seconds=t)
                for s, t in (("correct", 2.1), ("match", 6.4), ("impute", 11.8), ("segment", 1.9))
            ),
        ),
        customers=rows,
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
            _imputed("income", "number", 1_900, (9_420.0, 4_010.0), 0.902),
            _imputed("stated_age", "integer", 1_450, (15.2, 2.1), 0.911),
            _imputed("language", "category", 250, (0.41, 0.12), None),
            _imputed("attributes.loyalty_tier", "category", 2_950, (0.55, 0.37), None),
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
        review=(
            ReviewQueue(what="Pairs that may be one person", waiting=140, where="strongroom analysis results RUN --step match"),
            ReviewQueue(
                what="Corrections of doubtful cells", waiting=502, where="strongroom analysis results RUN --step correct"
            ),
        ),
        undo=(
            UndoStep(
                text="Read customers without derived data: leave the result fields out of the export.",
                command="customers export",
            ),
            UndoStep(text="Erasing a customer takes their derived data along."),
        ),
    )


def _imputed(column: str, kind: str, missing: int, errors: tuple[float, float], coverage: float | None) -> ImputedColumn:
    return ImputedColumn(
        column=column,
        kind=kind,
        missing=missing,
        imputed=missing,
        abstained=False,
        method="chained_boosted",
        baseline_error=errors[0],
        chosen_error=errors[1],
        coverage=coverage,
        mean_confidence=0.9 if coverage else 0.84,
    )


def _profile(orders: float, value: float, card: float) -> tuple[ProfileLine, ...]:
    return (
        ProfileLine(feature="orders a year", value=orders, overall=3.0, difference=orders - 3.0),
        ProfileLine(feature="median basket value", value=value, overall=48.2, difference=value / 100),
        ProfileLine(feature="pays by", level="card", value=card, overall=0.35, difference=card - 0.35),
    )


def huge_report(name: str) -> ReportInput:
    """500 columns, 200 segments, 1,000 rules, every name as given and very long."""
    ordinary = ordinary_report()
    long = name * 200
    return ReportInput(
        provenance=Provenance(run=long, tenant=long, purpose=long, versions=tuple((long, long) for _ in range(500))),
        customers=10_000_000,
        quality=tuple(QualityColumn(column=f"{i}{long}", rows=10_000_000, present=i * 19_000) for i in range(500)),
        corrections=tuple(CorrectionRule(rule=f"{i}{long}", proposals=i) for i in range(1_000)),
        duplicates=ordinary.duplicates,
        imputation=tuple(_imputed(f"{i}{long}", long, i + 20, (1.0, 0.5), 0.9) for i in range(500)),
        segments=Segments(
            customers=10_000_000,
            structured=True,
            entries=tuple(
                SegmentEntry(
                    name=f"{i}{long}",
                    customers=50_000 - i,
                    profile=tuple(
                        ProfileLine(feature=long, level=long, value=0.5, overall=0.4, difference=float(k)) for k in range(500)
                    ),
                )
                for i in range(200)
            ),
        ),
        review=tuple(ReviewQueue(what=long, waiting=50, where=long) for _ in range(200)),
        undo=tuple(UndoStep(text=long, command=long) for _ in range(200)),
    )
