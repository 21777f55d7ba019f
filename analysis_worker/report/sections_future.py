"""The sections that look ahead: what customers will still buy, a declared target such as churn, products that go together."""

from __future__ import annotations

from analysis_worker.report.charts import Bar, bar_chart, column_bars
from analysis_worker.report.figures import Figures
from analysis_worker.report.figures_insight import TenthRow, ValueFigures
from analysis_worker.report.figures_prediction import LiftRow, PredictionFigures
from analysis_worker.report.markup import EMPTY, Markup, tag
from analysis_worker.report.observed import looked_at
from analysis_worker.report.plots import Point, calibration, paired_bars
from analysis_worker.report.sections_data import chart, count_bars, pair, section
from analysis_worker.report.suppression import ABSENT, number
from analysis_worker.report.tables import folded, table
from analysis_worker.report.wording import column_words, split_words, target_words


def value(shown: Figures) -> Markup:
    """Expected purchases and value, and how well the past was predicted."""
    found = shown.value
    if found is None:
        return EMPTY
    title = "Customer value"
    if not found.estimated:
        return section("value", title, f"Nothing is estimated: {found.reason or 'the purchases do not suffice'}.")
    lead = (
        f"In the next {found.horizon_days} days the {found.buyers.text} buyers ({found.repeat_customers.text} of them bought "
        f"more than once) are expected to buy {found.purchases.text} times. {_still(found)}{looked_at(shown, 'value').strip()}"
    ).strip()
    parts = [part for part in (_backtest(found), _tenths(found), _returning(found)) if part]
    heads = ("Currency", "Customers", "Mean purchase", "Expected value")
    rows = [(m.currency, m.customers.text, m.mean_purchase, m.expected) for m in found.money]
    return section("value", title, lead, *parts, table("Expected value by currency", heads, rows, (1, 2, 3)))


def _backtest(found: ValueFigures) -> Markup:
    if not found.backtest:
        return EMPTY
    largest = max(max(r.expected, r.made) for r in found.backtest)
    if not largest:
        return tag("p", f"Looking back: in the last {found.backtest_days} days nothing was expected, and nobody bought.")
    bars = [
        (
            Bar(label=f"group {r.label}", text=f"{r.expected:.2f}", length=r.expected / largest),
            Bar(label=r.label, text=f"{r.made:.2f}", length=r.made / largest),
        )
        for r in found.backtest
    ]
    drawn = paired_bars("Purchases expected and made, by groups of customers", "expected", "made", bars)
    caption = (
        f"Purchases per customer in the last {found.backtest_days} days: expected from what came before, and made. Groups, "
        "from those of whom least was expected; the closer the two bars, the better."
    )
    rows = [(r.label, r.customers.text, f"{r.expected:.2f}", f"{r.made:.2f}") for r in found.backtest]
    facts = []
    if found.error is not None:
        facts.append(
            f"On average the expectation was {found.error:.2f} purchases off; 'as many as before' would have been "
            f"{number(found.naive_error)} off."
        )
    if found.coverage_percent is not None:
        facts.append(f"{found.coverage_percent}% of customers bought as often as their 90% interval said.")
    beside = table("Purchases per customer, looking back", ("Group", "Customers", "Expected", "Made"), rows, (1, 2, 3))
    return pair(chart(drawn, caption), tag("div", *(tag("p", fact) for fact in facts), beside))


def _tenths(found: ValueFigures) -> Markup:
    """The currency of most customers as a chart, the others in a fold: amounts of different currencies are not added up."""
    if not found.tenths:
        return EMPTY
    currencies = [row.currency for row in found.money] + [row.currency for row in found.tenths]
    main = next(c for c in currencies if any(t.currency == c for t in found.tenths))
    own = [t for t in found.tenths if t.currency == main]
    largest = max(t.percent for t in own) or 1
    bars = [Bar(label=str(t.tenth), text=f"{t.percent}%", length=max(0.0, t.percent / largest)) for t in own[:10]]
    title = f"Share of the expected value by tenths of the customers who pay in {main}"
    heads = ("Tenth", "Customers", "Mean value", "Share")
    rest = [(t.currency, *_tenth(t)) for t in found.tenths if t.currency != main]
    beside = table(f"Expected value by tenths, {main}", heads, [_tenth(t) for t in own], (1, 2, 3))
    folds = folded("Expected value by tenths, other currencies", ("Currency", *heads), rest, (2, 3, 4))
    caption = f"Customers who pay in {main}, in tenths, the most valuable first: share of all value expected from them."
    return pair(chart(column_bars(title, bars), caption), tag("div", beside, folds))


def _tenth(row: TenthRow) -> tuple[str, ...]:
    return str(row.tenth), row.customers.text, row.mean_value, f"{row.percent}%"


def _still(found: ValueFigures) -> str:
    if found.returning_customers.value is not None:
        return f"{found.returning_customers.text} of them are expected to buy at all. "
    return f"{found.alive_customers.text} are expected to be still active. "


def _returning(found: ValueFigures) -> Markup:
    """Who will buy again, and beside it how such chances came true before."""
    told, title = found.returning, f"Customers by their chance to buy again within {found.horizon_days} days"
    if not any(row.count.value != 0 for row in told):
        told, title = found.alive, "Customers by their chance to be still active"
    if not any(row.count.value != 0 for row in told):
        return EMPTY
    drawn = chart(bar_chart(title, count_bars([(row.label, row.count) for row in told])), f"{title}.")
    beside = table(title, ("Chance", "Customers"), [(row.label, row.count.text) for row in told], (1,))
    return pair(drawn, tag("div", _returned(found), beside))


def _returned(found: ValueFigures) -> Markup:
    if not found.returned:
        return EMPTY
    rows = [(r.label, r.customers.text, f"{100 * r.expected:.0f}%", r.came.text) for r in found.returned]
    off = "" if found.calibration_error is None else f" On average they were {100 * found.calibration_error:.1f} points apart."
    title = f"Looking back {found.backtest_days} days: who was expected to come back, and who came"
    heads = ("Group", "Customers", "Expected", "Came back")
    note = tag("p", f"Groups from the least to the most likely.{off}", class_="soft")
    return tag("div", table(title, heads, rows, (1, 2, 3)), note)


def prediction(shown: Figures) -> Markup:
    """The model card."""
    found = shown.prediction
    if found is None:
        return EMPTY
    title = f"Prediction: {target_words(found.target)}"
    if found.abstained:
        return section("prediction", title, f"The model abstains: {found.reason or 'it would not help'}.", _left_out(found))
    cases = "customers" if found.of_customers else "cases (a customer at one moment)"
    aim = f"Predicted is {column_words(found.target)} = {found.positive}. " if found.positive and found.of_customers else ""
    base = f" It came true for {found.base_rate_percent}% of them." if found.base_rate_percent is not None else ""
    chosen = f", {split_words(found.split)}" if found.split else ""
    lead = (
        f"{aim}Judged on {found.judged.text} {cases} that the model had not seen{chosen}.{base}{looked_at(shown, 'classify')}"
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
    return table("Each time judged by what came before it", ("Time", _who(found), "Predicted", "Came true"), rows, (1, 2, 3))


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
            "If you act from a chance on: how many that are, and how many of them rightly",
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
        "The strongest rules: how many times likelier a buyer of the first also buys the second than any buyer does.",
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
