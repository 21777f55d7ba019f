"""The section on customer value: what they will still buy, how well that was foreseen before, and who it comes from."""

from __future__ import annotations

from analysis_worker.report.charts import Bar, bar_chart, column_bars
from analysis_worker.report.figures import Figures
from analysis_worker.report.figures_insight import TenthRow, ValueFigures
from analysis_worker.report.markup import EMPTY, Markup, tag
from analysis_worker.report.observed import looked_at
from analysis_worker.report.plots import Point, calibration, paired_bars
from analysis_worker.report.sections_data import chart, count_bars, pair, section
from analysis_worker.report.suppression import ABSENT, number
from analysis_worker.report.tables import folded, table


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
    parts = [part for part in (_backtest(found), _returned(found), _returning(found), _tenths(found)) if part]
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
    stay = f"{found.alive_customers.text} have not stopped for good, by the model. "
    if found.returning_customers.value is None:
        return stay
    return f"{found.returning_customers.text} of them are expected to buy at all; {stay}"


def _returning(found: ValueFigures) -> Markup:
    """Customers by their chance to buy again, and by that to have not stopped for good."""
    told, title = found.returning, f"Customers by their chance to buy again within {found.horizon_days} days"
    if not any(row.count.value != 0 for row in told):
        told, title = found.alive, "Customers by their chance to have not stopped for good"
    if not any(row.count.value != 0 for row in told):
        return EMPTY
    drawn = chart(bar_chart(title, count_bars([(row.label, row.count) for row in told])), f"{title}.")
    by_label = {row.label: row.count.text for row in found.alive}
    both = told is found.returning and bool(by_label)
    heads = ("Chance", "Buy again", "Not stopped for good") if both else ("Chance", "Customers")
    rows = [(row.label, row.count.text, *([by_label.get(row.label, ABSENT)] if both else ())) for row in told]
    return pair(drawn, table("Customers by their chance", heads, rows, (1, 2)))


def _returned(found: ValueFigures) -> Markup:
    if not found.returned:
        return EMPTY
    title = f"Chances to come back within {found.backtest_days} days, looking back"
    points = [Point(x=r.expected, y=r.place, hollow=r.came.percent is None) for r in found.returned]
    off = "" if found.calibration_error is None else f" On average they were {100 * found.calibration_error:.1f} points apart."
    caption = f"Who was expected to come back in the last {found.backtest_days} days, and who came.{off}"
    rows = [(f"{100 * r.expected:.0f}%", r.came.text, r.customers.text) for r in found.returned]
    beside = table(title, ("Expected", "Came back", "Customers"), rows, (1, 2))
    return pair(chart(calibration(title, points), caption), beside)
