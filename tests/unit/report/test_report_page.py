"""The page: safe with any name, small at any size, readable without scripts, silent on the network."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from analysis_worker.report import (
    CorrectionRule,
    Observed,
    Prediction,
    Previous,
    ProductRule,
    ProductRules,
    QualityColumn,
    SegmentEntry,
    Segments,
    Value,
    build_report,
    report_json,
)
from analysis_worker.report.style import DARK, LIGHT, TEXT_ON
from helpers.report_extremes import huge_report, wide_report
from helpers.report_input import ordinary_report
from helpers.report_parts import ordinary_prediction

HOSTILE = '<script>alert("x")</script><img src=http://example.invalid/a onerror=alert(1)>&\u202e\x00'
VOID = {"meta", "rect", "line", "circle", "br"}
ORDER = [
    *("quality", "corrections", "changes", "entities", "enrichment", "imputation", "segments"),
    *("value", "prediction", "rules", "provenance", "review", "undo"),
]


class Outline(HTMLParser):
    """Collects elements with attributes and checks that they nest."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.children: dict[int, list[str]] = {}
        self._open: list[tuple[str, int]] = []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._open:
            self.children.setdefault(self._open[-1][1], []).append(tag)
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append((tag, len(self.elements) - 1))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def named(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag == name]


@pytest.fixture(scope="module")
def page() -> str:
    return build_report(ordinary_report())


@pytest.fixture(scope="module")
def hostile_page() -> str:
    return build_report(huge_report(HOSTILE))


def test_sections_come_in_the_promised_order(page: str) -> None:
    assert [s["id"] for s in Outline(page).named("section")] == ORDER


def test_largest_and_most_hostile_input_stays_within_one_megabyte(hostile_page: str) -> None:
    assert len(hostile_page.encode()) <= 1_000_000
    assert len(report_json(huge_report(HOSTILE)).encode()) <= 1_000_000


def test_three_hundred_attributes_of_sixty_values_and_sixty_segments_stay_within_one_megabyte() -> None:
    source = wide_report()
    sizes = {form: len(render(source).encode()) for form, render in (("page", build_report), ("twin", report_json))}
    assert all(size <= 1_000_000 for size in sizes.values()), sizes


def test_hostile_names_stay_text(hostile_page: str) -> None:
    assert "<script" not in hostile_page.lower()
    assert "<img" not in hostile_page.lower()
    assert "&lt;script&gt;" in hostile_page
    allowed = {"html", "head", "meta", "title", "style", "body", "a", "div", "main", "header", "nav", "p", "h1", "h2", "h3"}
    allowed |= {
        "dl",
        "dt",
        "dd",
        "section",
        "figure",
        "figcaption",
        "svg",
        "text",
        "rect",
        "line",
        "circle",
        "table",
        "caption",
    }
    allowed |= {"thead", "tbody", "tr", "th", "td", "span", "details", "summary", "article", "code", "ol", "ul", "li", "strong"}
    allowed |= {"footer"}
    assert {tag for tag, _ in Outline(hostile_page).elements} <= allowed


def test_no_attribute_runs_or_loads_anything(page: str, hostile_page: str) -> None:
    for text in (page, hostile_page):
        for tag, attributes in Outline(text).elements:
            assert not any(
                name.startswith("on") or name in {"src", "srcset", "style", "action", "data"} for name in attributes
            ), tag
            assert (attributes.get("href") or "#").startswith("#")
            assert "url(" not in " ".join(v or "" for v in attributes.values())
    assert "://" not in page
    assert "@import" not in page
    assert "url(" not in page


def test_policy_allows_only_the_style_sheet_that_is_in_the_page(page: str) -> None:
    policy = next(m["content"] for m in Outline(page).named("meta") if m.get("http-equiv") == "Content-Security-Policy")
    css = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    assert len(css) == 1
    digest = base64.b64encode(hashlib.sha256(css[0].encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_everything_is_labelled_for_a_screen_reader(page: str) -> None:
    outline = Outline(page)
    assert outline.named("html") == [{"lang": "en"}]
    assert outline.named("title")
    assert len(outline.named("h1")) == 1
    assert all(th.get("scope") in {"row", "col"} for th in outline.named("th"))
    charts = [(i, a) for i, (tag, a) in enumerate(outline.elements) if tag == "svg"]
    assert len(charts) == 17
    for index, attributes in charts:
        assert attributes["role"] == "img"
        assert attributes["aria-label"]
        assert outline.children[index][0] == "title"
    assert len(outline.named("table")) == len(outline.named("caption"))
    titles = {a.get("id") for a in outline.named("h2")}
    assert all(section["aria-labelledby"] in titles for section in outline.named("section"))


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_text_and_bars_have_enough_contrast(palette: Mapping[str, str]) -> None:
    for text, ground in TEXT_ON:
        assert contrast(palette[text], palette[ground]) >= 4.5, (text, ground)
    for bar in ("mark", "good", "fair", "poor", "soft", "accent"):
        assert contrast(palette[bar], palette["card"]) >= 3.0, bar


def test_light_dark_and_print_forms_exist(page: str) -> None:
    assert "prefers-color-scheme:dark" in page
    assert "@media print" in page


def test_a_step_that_did_not_run_leaves_no_section() -> None:
    bare = replace(
        ordinary_report(),
        quality=(),
        corrections=None,
        duplicates=None,
        imputation=None,
        segments=None,
        enrichment=None,
        value=None,
        prediction=None,
        rules=None,
        previous=None,
        review=(),
        undo=(),
    )
    text = build_report(bare)
    assert [s["id"] for s in Outline(text).named("section")] == ["changes", "provenance", "review", "undo"]
    assert "No earlier run is at hand" in text
    assert "Nothing waits" in text


def test_every_verdict_has_a_word_and_leads_to_its_section(page: str) -> None:
    found = json.loads(report_json(ordinary_report()))["verdicts"]
    outline = Outline(page)
    assert {one["section"] for one in found} == {(a["href"] or "")[1:] for a in outline.named("a")} - {"content"}
    assert {one["section"] for one in found} <= {s["id"] for s in outline.named("section")}
    assert {one["word"] for one in found} <= {"good", "fair", "poor", "note", "to do"}
    assert {"quality", "corrections", "changes", "entities"} <= {one["section"] for one in found}
    pills = [a for a in outline.named("span") if (a.get("class") or "").startswith("pill ")]
    assert len(pills) == len(found) + 3  # completeness, corrections and duplicates once more, above the columns


def test_a_run_can_be_compared_with_the_twin_of_the_one_before() -> None:
    source = ordinary_report()
    before = json.loads(report_json(source))
    known = Previous(run=before["provenance"]["run"], figures=before["comparable"])
    same = build_report(replace(source, previous=known))
    assert "0 of 31 figures moved" in same
    grown = build_report(replace(source, previous=known, customers=6_000))
    assert "1 of 31 figures moved" in grown
    assert "up 20%" in grown


@pytest.mark.parametrize("part", ["value", "prediction"])
def test_a_step_that_abstains_says_why_and_draws_nothing(part: str) -> None:
    silent = Value(estimated=False, reason="too_few_repeat_customers")
    mute = Prediction(target="churn", abstained=True, reason="one_class_only")
    text = build_report(replace(ordinary_report(), value=silent, prediction=mute))
    section = text.partition(f'<section id="{part}"')[2].partition("</section>")[0]
    assert "<svg" not in section
    assert ("too few repeat customers" if part == "value" else "one class only") in section


@pytest.mark.parametrize(
    ("origin", "words", "verdict"),
    [
        ("asked", "Looked at up to 30 June 1998, the day that was asked for.", False),
        ("run", "Looked at up to 30 June 1998, the day of the run.", False),
        ("newest_transaction", "Looked at up to 30 June 1998, the day of the newest transaction.", True),
    ],
)
def test_every_step_says_up_to_which_day_it_looked_and_a_day_that_nobody_asked_for_gets_a_verdict(
    origin: str, words: str, *, verdict: bool
) -> None:
    steps = {"segment": "segments", "value": "value", "classify": "prediction", "associate": "rules"}
    told = tuple(Observed(step=step, as_of="1998-06-30", as_of_from=origin) for step in steps)
    text = build_report(replace(ordinary_report(), observed=told))
    for section in steps.values():
        assert words in text.partition(f'<section id="{section}"')[2].partition("</section>")[0]
    assert text.count("30 June 1998 (") == 1
    assert ("Nothing was bought or returned after 30 June 1998" in text) == verdict


def test_steps_that_looked_up_to_different_days_are_told_one_by_one() -> None:
    told = (Observed(step="value", as_of="1998-06-30", as_of_from="asked"), Observed(step="segment", as_of="odd"))
    text = build_report(replace(ordinary_report(), observed=told))
    assert "Looked at up to, value" in text
    assert "odd (as the step says)" in text


def test_a_newest_time_that_is_not_as_expected_is_in_the_verdict(page: str) -> None:
    assert "At the newest time 12% came true where 27% were expected." in page
    card = ordinary_prediction()
    steady = build_report(replace(ordinary_report(), prediction=replace(card, times=card.times[:1])))
    assert "At the newest time" not in steady


def test_chances_to_come_back_are_held_against_who_came_and_decide_the_verdict(page: str) -> None:
    section = page.partition('<section id="value"')[2].partition("</section>")[0]
    assert "Chances to come back within 180 days, looking back" in section
    assert "On average they were 6.8 points apart." in section
    assert "chances to come back were 6.8 points off" in page
    words = {one["section"]: one["word"] for one in json.loads(report_json(ordinary_report()))["verdicts"]}
    assert words["value"] == "fair"


def test_rules_about_the_same_products_are_shown_one_way_round() -> None:
    def rule(body: tuple[str, ...], head: str, confidence: float) -> ProductRule:
        return ProductRule(body=body, head=head, customers=90, confidence=confidence, lift=3.0)

    entries = (
        rule(("tea",), "cup", 0.2),
        rule(("cup",), "tea", 0.6),
        rule(("cup", "tea"), "jug", 0.5),
        rule(("jug",), "tea", 0.4),
    )
    twin = json.loads(report_json(replace(ordinary_report(), rules=ProductRules(buyers=900, rules=4, entries=entries))))
    assert [(row["body"], row["head"]) for row in twin["rules"]["rows"]] == [
        ("cup", "tea"),
        ("cup + tea", "jug"),
        ("jug", "tea"),
    ]


def test_who_has_stopped_is_said_with_its_horizon() -> None:
    card = replace(ordinary_prediction(), target="purchases.stopped", positive="true", horizon_days=60)
    assert "Predicted is who buys nothing for 60 days." in build_report(replace(ordinary_report(), prediction=card))


def test_same_input_gives_the_same_page(page: str) -> None:
    assert build_report(ordinary_report()) == page


def test_unbroken_structure_with_zero_everything() -> None:
    empty = replace(
        ordinary_report(),
        customers=0,
        quality=(QualityColumn(column="", rows=0, present=0),),
        corrections=(CorrectionRule(rule="", proposals=0),),
        imputation=(),
        segments=Segments(customers=0, structured=True, silhouette=float("nan"), entries=(SegmentEntry(name="", customers=0),)),
    )
    assert Outline(build_report(empty)).named("section")
    assert "NaN" not in report_json(empty)


def test_headings_go_down_one_level_at_a_time(page: str) -> None:
    levels = [int(tag[1]) for tag, _ in Outline(page).elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_a_keyboard_gets_everywhere_in_the_order_of_the_page(page: str) -> None:
    outline = Outline(page)
    assert {a["tabindex"] for _, a in outline.elements if "tabindex" in a} == {"0"}
    assert outline.named("a")[0] == {"class": "skip", "href": "#content"}
    assert [a["id"] for a in outline.named("main")] == ["content"]
    targets = {a["id"] for _, a in outline.elements if "id" in a}
    assert all((a["href"] or "")[1:] in targets for a in outline.named("a"))


def test_every_chart_has_a_table_in_its_section(page: str) -> None:
    for name in ORDER:
        section = page.partition(f'<section id="{name}"')[2].partition("</section>")[0]
        assert "<svg" not in section or "<table" in section, name
