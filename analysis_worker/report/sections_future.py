"""The sections that look ahead: a declared target such as churn, products that go together; `sections_value` has the value."""

from __future__ import annotations

from analysis_worker.report.charts import Bar, bar_chart, column_bars
from analysis_worker.report.figures import Figures
from analysis_worker.report.figures_prediction import LiftRow, PredictionFigures
from analysis_worker.report.markup import EMPTY, Markup, tag
from analysis_worker.report.observed import looked_at
from analysis_worker.report.plots import Point, calibration
from analysis_worker.report.sections_data import chart, pair, section
from analysis_worker.report.suppression import ABSENT
from analysis_worker.report.tables import folded, table
from analysis_worker.report.wording import column_words, split_words, target_words

_YES = frozenset({"1", "true", "yes"})


def prediction(shown: Figures) -> Markup:
    """The model card."""
    found = shown.prediction
    if found is None:
        return EMPTY
    title = f"Prediction: {target_words(found.target)}"
    if found.abstained:
        return section("prediction", title, f"The model abstains: {found.reason or 'it would not help'}.", _left_out(found))
    cases = "customers" if found.of_customers else "cases (a customer at one moment)"
    yes = found.positive.casefold() in _YES
    aim = f"Predicted is {column_words(found.target)}{'' if yes else f' = {found.positive}'}. "
    aim = aim if found.positive and found.of_customers else ""
    meant = f"Predicted is who buys nothing for {found.horizon_days} days. " if found.horizon_days else aim
    base = f" It came true for {found.base_rate_percent}% of them." if found.base_rate_percent is not None else ""
    chosen = f", {split_words(found.split)}" if found.split else ""
    lead = (
        f"{meant}Judged on {found.judged.text} {cases} that the model had not seen{chosen}.{base}{looked_at(shown, 'classify')}"
    )
    facts = [
        (
            "Ranking (AUC, 90% interval)",
            found.auc or ABSENT,
            "chance that of two, the right one is ranked higher; 0.5 is a coin",
        ),
        ("Squared error of chances (Brier)", found.brier or ABSENT, f"base rate alone: {_decimal(found.base_brier)}"),
        ("Calibration error", _decimal(found.calibration_error), "mean distance of predicted and observed shares; 0 is best"),
        ("Customers with a prediction", found.predicted.text, _unsaid(found)),
    ]
    parts = (
        table("The model card in short", ("Figure", "Value", "How to read it"), facts, (1,)),
        _calibration(found),
        _times(found),
        _lift(found),
        _influences(found),
        _details(found),
    )
    return section("prediction", title, lead, *parts)


def _unsaid(found: PredictionFigures) -> str:
    return (
        "everybody with purchases or values to go by" if found.unsaid.value == 0 else f"left without one: {found.unsaid.text}"
    )


def _calibration(found: PredictionFigures) -> Markup:
    if not found.calibration:
        return EMPTY
    points = [Point(x=c.predicted, y=c.place, hollow=c.observed.percent is None) for c in found.calibration]
    drawn = calibration("Predicted chances against what came true", points)
    hollow = (
        " A hollow point is only bounded: fewer than ten customers are on one side." if any(p.hollow for p in points) else ""
    )
    rows = [(f"{100 * c.predicted:.0f}%", c.observed.text, c.customers.text) for c in found.calibration]
    beside = table("Calibration", ("Predicted", "Came true", _who(found)), rows, (1, 2))
    return pair(
        chart(drawn, f"Groups of like chances. On the dashed line, a predicted 30% comes true in 30 of 100.{hollow}"), beside
    )


def _times(found: PredictionFigures) -> Markup:
    if len(found.times) < 2:  # noqa: PLR2004 - one span is what the calibration shows
        return EMPTY
    rows = [(t.label, t.customers.text, f"{t.predicted_percent}%", t.observed.text) for t in found.times]
    caption = "Each time judged by what came before it: where the two shares part, behaviour has moved"
    return table(caption, ("Time", _who(found), "Predicted", "Came true"), rows, (1, 2, 3))


def _lift(found: PredictionFigures) -> Markup:
    if not found.lift:
        return EMPTY
    largest = max((row.lift or 0.0 for row in found.lift), default=1.0) or 1.0
    drawn = column_bars(
        "Lift by tenths of the customers, the likeliest first",
        [_lift_bar(r, largest) for r in found.lift],
        (1 / largest, "1 = as among all"),
    )
    rows = [
        (
            r.label,
            r.customers.text,
            r.observed.text,
            _decimal(r.lift, 1),
            ABSENT if r.captured_percent is None else f"{r.captured_percent}%",
        )
        for r in found.lift
    ]
    heads = ("Tenth", _who(found), "Came true", "Lift", "Found so far")
    return pair(
        chart(drawn, "How many times more often it came true than among all."), table("Lift", heads, rows, (1, 2, 3, 4))
    )


def _lift_bar(row: LiftRow, largest: float) -> Bar:
    length = None if row.lift is None else row.lift / max(largest, 1.0)
    return Bar(label=row.label, text=_decimal(row.lift, 1), length=length)


def _influences(found: PredictionFigures) -> Markup:
    if not found.influences:
        return EMPTY
    largest = max(abs(points) for _, points in found.influences) or 1.0
    bars = [
        Bar(label=column_words(name), text=f"{points:.1f} points", length=abs(points) / largest)
        for name, points in found.influences
    ]
    rows = [(column_words(name), f"{points:.1f}") for name, points in found.influences]
    drawn = bar_chart("What moves a prediction, in points of chance on average", bars)
    beside = table("What moves a prediction", ("Column", "Points"), rows, (1,))
    return pair(chart(drawn, "How far a column moves a chance on average. It explains the model, not the world."), beside)


def _details(found: PredictionFigures) -> Markup:
    cut_offs = [(c.label, c.customers.text, c.right.text, _whole(c.found_percent)) for c in found.cut_offs]
    groups = [(g.group, g.customers.text, f"{g.predicted_percent}%", g.observed.text) for g in found.groups]
    limits = [tag("li", limit) for limit in found.limits]
    inner = (
        folded(
            "Acting on everybody from a chance on: how many that is, and how often it is right",
            ("From", _who(found), "Right", "Found"),
            cut_offs,
            (1, 2, 3),
        ),
        folded("Groups of people: predicted and true", ("Group", _who(found), "Predicted", "Came true"), groups, (1, 2, 3)),
        _left_out(found),
        tag("div", tag("p", tag("strong", "What the model cannot say")), tag("ul", *limits), class_="aside")
        if limits
        else EMPTY,
    )
    return tag("div", *inner)


def _who(found: PredictionFigures) -> str:
    return "Customers" if found.of_customers else "Cases"


def _left_out(found: PredictionFigures) -> Markup:
    rows = [(column_words(name), why) for name, why in found.left_out]
    return folded("Columns that the model did not see", ("Column", "Why"), rows, ())


def rules(shown: Figures) -> Markup:
    """Products that go together."""
    found = shown.rules
    if found is None:
        return EMPTY
    title = "Products that go together"
    if not found.rows:
        why = f" ({found.reason})" if found.reason else ""
        return section("rules", title, f"No rule stands beyond chance with enough customers behind it{why}.")
    lead = (
        f"{found.rules:,} rules from what {found.buyers.text} buyers bought. Of {found.tests:,} combinations tested, "
        f"{found.learned:,} looked real in one part of the data, and {found.confirmed:,} of these held in the rest. "
        f"{found.recommended.text} customers have a recommended next product.{looked_at(shown, 'associate')}"
    )
    shown_rows = found.rows[:12]
    largest = max(r.lift for r in shown_rows) or 1.0
    bars = [
        Bar(label=f"{r.body} → {r.head}", text=f"{r.lift:.1f} times", length=max(0.0, r.lift / largest)) for r in shown_rows
    ]
    drawn = chart(
        bar_chart("Lift of the strongest rules", bars),
        "The strongest rules: how many times likelier a buyer of the first also buys the second than any buyer does. Of rules "
        "about the same products the one that holds for most buyers is shown.",
    )
    note = tag(
        "div",
        tag("p", tag("strong", "Of these"), " is the share of the buyers of the first who also buy the second."),
        tag("p", tag("strong", "Lift"), " is that share, divided by the share among all buyers: 2 is twice as likely."),
        tag("p", tag("strong", "Held out"), " is the lift among customers who had no part in finding the rule."),
        tag("p", "Bought together is not bought because of: a rule says where to look, not what causes what."),
        class_="aside",
    )
    rows = [
        (r.body, r.head, r.customers.text, r.confidence.text, f"{r.lift:.1f}", _decimal(r.holdout_lift, 1)) for r in found.rows
    ]
    heads = ("Who buys", "also buys", "Customers", "Of these", "Lift", "Held out")
    return section("rules", title, lead, pair(drawn, note), table("Rules, the strongest first", heads, rows, (2, 3, 4, 5)))


def _decimal(value: float | None, digits: int = 3) -> str:
    return ABSENT if value is None else f"{value:.{digits}f}"


def _whole(value: int | None) -> str:
    return ABSENT if value is None else f"{value}%"
