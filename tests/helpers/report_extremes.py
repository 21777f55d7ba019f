"""Report input that is as large and as hostile as one can be, and one that is only very wide."""

from __future__ import annotations

from dataclasses import replace

from analysis_worker.report import (
    CorrectionRule,
    CurrencyTotal,
    EnrichedField,
    GroupCheck,
    Influence,
    LeftOut,
    Observed,
    Previous,
    ProductRule,
    ProfileLine,
    Provenance,
    QualityColumn,
    ReportInput,
    ReviewQueue,
    SegmentEntry,
    Segments,
    StepDuration,
    TimeCheck,
    UndoStep,
    ValueTenth,
)
from helpers.report_input import ordinary_report
from helpers.report_parts import imputed_column, ordinary_prediction, ordinary_rules, ordinary_value


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
        imputation=tuple(imputed_column(f"{i}{long}", long, i + 20, (1.0, 0.5), 0.9) for i in range(500)),
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
            times=tuple(TimeCheck(first=long, last=f"{i}{long}", customers=50) for i in range(200)),
            limits=tuple(long for _ in range(200)),
        ),
        rules=replace(
            ordinary_rules(),
            reason=long,
            entries=tuple(ProductRule(body=(long,) * 9, head=long, customers=99, confidence=0.5, lift=2.0) for _ in range(500)),
        ),
        observed=tuple(Observed(step=f"{i}{long}", as_of=long, as_of_from=long) for i in range(200)),
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
        imputation=tuple(imputed_column(name, "category", 997 * n + 1, (0.6, 0.3), None) for n, name in enumerate(names)),
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
