"""The page and its JSON twin say the same, and the twin keeps the keys that its description promises."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from analysis_worker.report import build_report, report_json
from analysis_worker.report.figures import Figures
from helpers.report_extremes import huge_report, wide_report
from helpers.report_input import ordinary_report

DESCRIPTION = Path(__file__).parents[3] / "docs" / "formats.md"
TOP = {"format", "smallest_group", "verdicts", "changes", "comparable"}


class Said(HTMLParser):
    """What a reader is told: the text of the page, and the cells that are set as numbers."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.numbers: list[str] = []
        self._number = self._unread = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._number = tag == "td" and dict(attrs).get("class") == "num"
        self._unread = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        del tag
        self._number = self._unread = False

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.words.append(data)
        if self._number:
            self.numbers.append(data)


def leaves(value: object) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for child in value.values() for leaf in leaves(child)]
    return [leaf for child in value for leaf in leaves(child)] if isinstance(value, list) else [value]


def shown_texts(value: object) -> list[str]:
    """Texts of counts and shares: what both forms must say alike."""
    if isinstance(value, dict):
        own = [value["text"]] if set(value) in ({"value", "text"}, {"percent", "text"}) else []
        return own + [text for child in value.values() for text in shown_texts(child)]
    return [text for child in value for text in shown_texts(child)] if isinstance(value, list) else []


def test_what_the_twin_counts_the_page_says() -> None:
    twin = json.loads(report_json(ordinary_report()))
    said = " ".join(Said(build_report(ordinary_report())).words)
    parts = {key: part for key, part in twin.items() if key not in {"needs", "quality"}}
    assert [text for text in shown_texts(parts) if text not in said] == []
    assert [one["text"] for one in twin["verdicts"] if one["text"] not in said] == []
    assert [one["label"] for one in twin["changes"] if one["label"] not in said] == []


def test_what_the_page_counts_the_twin_has() -> None:
    """Every number in a table of the page comes from the twin, in one of the ways a number is written."""
    told = leaves(json.loads(report_json(ordinary_report())))
    known = {str(one) for one in told if isinstance(one, str)}
    for one in told:
        if isinstance(one, int | float) and not isinstance(one, bool):
            known |= {f"{one:,}", f"{one:.0f}%", f"{one}", f"{one:.1f}", f"{one:.2f}", f"{one:.3f}", f"{100 * one:.0f}%"}
            known |= {f"{one:+.2f}", f"{one:,.0f}", f"{one:,.1f} s"}
    numbers = Said(build_report(ordinary_report())).numbers
    assert len(numbers) > 200
    assert {text for text in numbers if text not in known} <= {"\u2013", "0.00"}


def test_the_twin_has_the_keys_that_its_description_names() -> None:
    """Keys of format v1 are never renamed or dropped; a new one is described before it is written."""
    described = set(
        re.findall(
            r"^\| `([a-z_]+)`", DESCRIPTION.read_text(encoding="utf-8").partition("## Report, the JSON twin")[2], re.MULTILINE
        )
    )
    twin = json.loads(report_json(ordinary_report()))
    assert twin["format"] == "strongroom.report.v1"
    assert set(twin) == TOP | {one.name for one in fields(Figures)}
    assert set(twin) <= described


def test_the_twin_has_the_same_keys_whatever_ran() -> None:
    assert {frozenset(json.loads(report_json(source))) for source in (ordinary_report(), wide_report(), huge_report("x"))} == {
        frozenset(json.loads(report_json(ordinary_report())))
    }
