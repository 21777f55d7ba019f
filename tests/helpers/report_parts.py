"""Parts of an ordinary report: value, prediction, product rules, one imputed column."""

from __future__ import annotations

from analysis_worker.report import (
    AliveBin,
    Backtest,
    BacktestTenth,
    CalibrationBin,
    CurrencyTotal,
    CutOff,
    Estimate,
    GroupCheck,
    ImputedColumn,
    Influence,
    LeftOut,
    LiftTenth,
    Prediction,
    ProductRule,
    ProductRules,
    TimeCheck,
    Value,
    ValueTenth,
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
        expected_returning=2_304.4,
        returning=tuple(
            AliveBin(lower=i / 10, upper=(i + 1) / 10, customers=n)
            for i, n in enumerate((1_150, 620, 480, 410, 390, 370, 350, 330, 300, 212))
        ),
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
            returning=tuple(
                BacktestTenth(customers=390, expected=(i + 0.5) / 10, made=max(0.004, i / 10 - 0.03)) for i in range(10)
            ),
            calibration_error=0.068,
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
        times=(
            TimeCheck(first="2026-02-01", last="2026-04-30", customers=2_300, predicted=0.27, observed=0.26),
            TimeCheck(first="2026-08-21", last="2026-08-21", customers=2_400, predicted=0.27, observed=0.12),
            TimeCheck(first="2026-08-22", last="2026-08-22", customers=4, predicted=0.27, observed=0.5),
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


def imputed_column(column: str, kind: str, missing: int, errors: tuple[float, float], coverage: float | None) -> ImputedColumn:
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
