"""Builds report input: an ordinary run, and a run as large and as hostile as one can be."""

from __future__ import annotations

from dataclasses import replace

from analysis_worker.report import (
    AliveBin,
    Backtest,
    BacktestTenth,
    BandCount,
    CalibrationBin,
    ClusterSize,
    CorrectionRule,
    CurrencyTotal,
    CutOff,
    Duplicates,
    EnrichedField,
    Estimate,
    GroupCheck,
    ImputedColumn,
    Influence,
    LeftOut,
    LiftTenth,
    Prediction,
    Previous,
    ProductRule,
    ProductRules,
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
    Value,
    ValueTenth,
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
            pipeline="monthly",
            settings=(("correct", ""), ("match", ""), ("impute", "draws = 5"), ("segment", "max_segments = 8")),
            as_of="2026-11-21 09:00 UTC",
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


def ordinary_value() -> Value:
    """BG/NBD with Gamma-Gamma on shop customers."""
    made = (
        (0.03, 0.05),
        (0.06, 0.04),
        (0.11, 0.13),
        (0.2, 0.18),
        (0.31, 0.35),
        (0.5, 0.47),
        (0.8, 0.86),
        (1.3, 1.21),
        (2.2, 2.3),
        (5.1, 4.8),
    )
    return Value(
        customers=5_000,
        buyers=4_612,
        repeat_customers=2_240,
        estimated=True,
        horizon_days=365,
        expected_purchases=6_910.4,
        expected_alive=2_803.2,
        alive=tuple(
            AliveBin(lower=i / 10, upper=(i + 1) / 10, customers=n)
            for i, n in enumerate((690, 410, 320, 290, 301, 388, 470, 566, 640, 537))
        ),
        currencies=(
            CurrencyTotal(
                currency="GBP", customers=4_400, modelled=True, mean_purchase_minor=4_210.0, expected_value_minor=28_913_400.0
            ),
            CurrencyTotal(currency="JPY", customers=150, modelled=False, reason="too_few_customers"),
            CurrencyTotal(currency="CHF", customers=3, modelled=False, reason="too_few_customers"),
        ),
        tenths=tuple(
            ValueTenth(currency="GBP", tenth=i + 1, customers=440, mean_value_minor=29_000.0 * s, share=s)
            for i, s in enumerate((0.44, 0.19, 0.12, 0.08, 0.06, 0.04, 0.03, 0.02, 0.015, 0.005))
        ),
        backtest=Backtest(
            days=180,
            customers=3_900,
            mean_absolute_error=0.74,
            naive_error=1.02,
            expected=3_980.0,
            made=4_051.0,
            coverage=0.93,
            deciles=tuple(BacktestTenth(customers=390, expected=e, made=m) for e, m in made),
        ),
    )


def ordinary_prediction() -> Prediction:
    """Churn of subscribers."""
    bins = (
        (0.01, 0.005),
        (0.03, 0.04),
        (0.07, 0.06),
        (0.12, 0.13),
        (0.19, 0.18),
        (0.27, 0.29),
        (0.38, 0.36),
        (0.5, 0.52),
        (0.63, 0.61),
        (0.79, 0.8),
    )
    lifts = (2.86, 2.2, 1.6, 1.2, 0.8, 0.55, 0.36, 0.24, 0.13, 0.02)
    return Prediction(
        target="churn",
        positive="Yes",
        rows=5_000,
        known=4_700,
        predicted=4_960,
        abstained_rows=40,
        split="stratified",
        judged_rows=4_700,
        base_rate=0.265,
        auc=Estimate(value=0.8491, lower=0.8402, upper=0.8578),
        brier=Estimate(value=0.1331, lower=0.1281, upper=0.1382),
        base_brier=0.1948,
        calibration_error=0.011,
        linear_auc=0.8453,
        trees_auc=0.8477,
        calibration=tuple(CalibrationBin(customers=470, predicted=p, observed=o) for p, o in bins),
        lift=tuple(
            LiftTenth(decile=i + 1, customers=470, observed=0.265 * n, lift=n, captured=min(1.0, sum(lifts[: i + 1]) / 10))
            for i, n in enumerate(lifts)
        ),
        cut_offs=(
            CutOff(probability=0.5, customers=1_020, precision=0.66, recall=0.55),
            CutOff(probability=0.3, customers=1_690, precision=0.53, recall=0.74),
        ),
        influences=(
            Influence(column="contract", points=0.091),
            Influence(column="tenure", points=0.074),
            Influence(column="monthly charges", points=0.038),
        ),
        left_out=(
            LeftOut(column="cancelled_on", reason="gives_target_away"),
            LeftOut(column="customer number", reason="free_text_or_id"),
        ),
        groups=(
            GroupCheck(column="gender", group="female", customers=2_300, predicted=0.27, observed=0.269),
            GroupCheck(column="gender", group="diverse", customers=6, predicted=0.2, observed=0.5),
        ),
        limits=("Learnt from who left before; who leaves for a new reason is not foreseen.",),
    )


def ordinary_rules() -> ProductRules:
    """Products of a bookshop."""
    rules = (
        (("sea charts",), "tide table", 412, 0.61, 6.4, 6.1),
        (("atlas", "globe"), "map pins", 96, 0.44, 4.9, 4.2),
        (("cook book",), "apron", 210, 0.2, 2.2, 2.1),
        (("rare",), "rarer", 4, 0.9, 9.0, 9.0),
    )
    return ProductRules(
        customers=5_000,
        buyers=4_612,
        baskets=31_204,
        products=840,
        reason="rules",
        tests=12_480,
        learned=61,
        confirmed=52,
        redundant=18,
        rules=34,
        recommended=1_930,
        entries=tuple(
            ProductRule(body=b, head=h, customers=n, support=n / 31_204, confidence=c, lift=up, holdout_lift=held)
            for b, h, n, c, up, held in rules
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
        ProfileLine(feature="median basket value", value=value, overall=48.2, difference=value / 100, unit="GBP"),
        ProfileLine(feature="pays by", level="card", value=card, overall=0.35, difference=card - 0.35),
    )


def huge_report(name: str) -> ReportInput:
    """500 columns, 200 segments, 1,000 rules, every name as given and very long."""
    ordinary = ordinary_report()
    long = name * 200
    return ReportInput(
        provenance=Provenance(
            run=long,
            tenant=long,
            purpose=long,
            legal_basis=long,
            pipeline=long,
            data_position=long,
            created=long,
            settings=tuple((long, long) for _ in range(500)),
            versions=tuple((long, long) for _ in range(500)),
            durations=tuple(StepDuration(step=long, seconds=1 / 3) for _ in range(500)),
        ),
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
                        ProfileLine(feature=long, level=long if k % 2 else "", value=0.5, overall=0.4, unit=long)
                        for k in range(500)
                    ),
                )
                for i in range(200)
            ),
        ),
        enrichment=tuple(EnrichedField(source=long, field=f"{i}{long}", gaps=i + 30, filled=i) for i in range(500)),
        value=replace(
            ordinary_value(),
            reason=long,
            currencies=tuple(CurrencyTotal(currency=long, customers=50, modelled=True) for _ in range(200)),
            tenths=tuple(ValueTenth(currency=f"{i}{long}", tenth=i, customers=50, share=0.1) for i in range(200)),
        ),
        prediction=replace(
            ordinary_prediction(),
            target=long,
            positive=long,
            influences=tuple(Influence(column=long, points=0.1) for _ in range(500)),
            left_out=tuple(LeftOut(column=long, reason=long) for _ in range(500)),
            groups=tuple(GroupCheck(column=long, group=long, customers=50) for _ in range(500)),
            limits=tuple(long for _ in range(200)),
        ),
        rules=replace(
            ordinary_rules(),
            reason=long,
            entries=tuple(ProductRule(body=(long,) * 9, head=long, customers=99, confidence=0.5, lift=2.0) for _ in range(500)),
        ),
        previous=Previous(run=long, created=long, figures={f"{i}{long}": float(i) for i in range(500)}),
        review=tuple(ReviewQueue(what=long, waiting=50, where=long) for _ in range(200)),
        undo=tuple(UndoStep(text=long, command=long) for _ in range(200)),
    )


def wide_report(columns: int = 300, levels: int = 60, segments: int = 60, rules: int = 5_000) -> ReportInput:
    """Many attributes with many values each, many segments, thousands of rules; names of an ordinary length."""
    customers = 2_000_000
    names = [f"attributes.answer_to_question_{n}" for n in range(columns)]
    profile = tuple(
        ProfileLine(feature=name, level=f"choice {n} of the list", value=(n + 1) / levels / 2, overall=1 / levels, missing=0.0)
        for name in names
        for n in range(levels)
    )
    return replace(
        ordinary_report(),
        customers=customers,
        quality=tuple(QualityColumn(column=name, rows=customers, present=customers - 997 * n) for n, name in enumerate(names)),
        corrections=tuple(CorrectionRule(rule=f"rule.number_{n}", proposals=n * 3, customers=n * 2) for n in range(rules)),
        imputation=tuple(_imputed(name, "category", 997 * n + 1, (0.6, 0.3), None) for n, name in enumerate(names)),
        segments=Segments(
            customers=customers,
            structured=True,
            entries=tuple(
                SegmentEntry(name=f"Customers of kind {n}", customers=40_000 - 613 * n, profile=profile)
                for n in range(segments)
            ),
        ),
        enrichment=tuple(EnrichedField(source="entity", field=name, gaps=900, filled=40 + n) for n, name in enumerate(names)),
        rules=replace(
            ordinary_rules(),
            rules=rules,
            entries=tuple(
                ProductRule(
                    body=(f"product {n}", f"product {n + 1}"), head=f"product {n + 2}", customers=99, confidence=0.5, lift=2.0
                )
                for n in range(rules)
            ),
        ),
    )
