"""Judgements in words, one per part of the run.

Rules: a verdict is drawn from figures that may be shown and from nothing else; its limits stand here, with names. The words are
the meaning, colour only repeats them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from analysis_worker.report.comparison import changes
from analysis_worker.report.figures import Figures
from analysis_worker.report.figures_prediction import PredictionFigures
from analysis_worker.report.observed import stale_day
from analysis_worker.report.suppression import significant
from analysis_worker.report.wording import column_words, target_words

GOOD, FAIR, POOR, NOTE, TO_DO = "good", "fair", "poor", "note", "to do"
_FEW_DUPLICATES, _MANY_DUPLICATES = 0.01, 0.1
_FEW_CORRECTIONS = 0.02
_ASKED_COVERAGE, _NEAR_COVERAGE = 90, 4
_STABLE = 0.8
_TOLD_FIRST = frozenset({"Customer records", "Duplicate records", "Cells filled in, %"})
_MOVED_POINTS = 5
_WELL_CALIBRATED, _ROUGHLY_CALIBRATED = 0.02, 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One judgement: the section it is about, its title, a word, and a sentence."""

    section: str
    title: str
    word: str
    text: str


def verdicts(shown: Figures) -> tuple[Verdict, ...]:
    """One per part that ran, in the order of the page."""
    judges: tuple[Callable[[Figures], Verdict | None], ...] = (
        _completeness,
        _corrections,
        _last_day,
        _changes,
        _duplicates,
        _enrichment,
        _imputation,
        _segments,
        _value,
        _prediction,
        _rules,
        _review,
    )
    return tuple(verdict for judge in judges if (verdict := judge(shown)) is not None)


def _completeness(shown: Figures) -> Verdict | None:
    if not shown.quality:
        return None
    if all(row.verdict == "empty" for row in shown.quality):
        return Verdict(section="quality", title="Completeness", word=NOTE, text="No column but the purchases holds a value.")
    used = [row for row in shown.quality if row.verdict != "empty"]
    bad = [column_words(row.column) for row in used if row.verdict == "poor"]
    named = ", ".join(bad[:3]) + (f" and {len(bad) - 3} more" if len(bad) > 3 else "")  # noqa: PLR2004 - what fits a line
    text = f"Of the cells in use, {shown.completeness.text} are filled. " + (
        f"Thin: {named}." if bad else "No column that is in use is thinner than 70%."
    )
    word = GOOD if not bad else FAIR if 2 * len(bad) < len(used) else POOR
    return Verdict(section="quality", title="Completeness", word=word, text=text)


def _corrections(shown: Figures) -> Verdict | None:
    if shown.corrections is None:
        return None
    proposed, records = shown.correction_total, shown.customers.value or 0
    if not shown.corrections:
        text = "No rule had anything to propose."
    else:
        text = f"{proposed.text} proposals in {shown.customers.text} records; applied only where the rule is nearly certain."
    few = (proposed.value or 0) <= _FEW_CORRECTIONS * records
    return Verdict(section="corrections", title="Correctness", word=GOOD if few else FAIR, text=text)


def _changes(shown: Figures) -> Verdict | None:
    found = changes(shown)
    if not found:
        return None
    moved = [one for one in found if one.moved]
    told = [one for one in moved if one.name in _TOLD_FIRST] or moved[:2]
    said = f": {'; '.join(f'{one.label} {one.change}' for one in told)}." if told else "."
    text = f"{len(moved)} of {len(found)} figures moved{said}"
    return Verdict(section="changes", title="Since the last run", word=NOTE, text=text)


def _last_day(shown: Figures) -> Verdict | None:
    day = stale_day(shown)
    if not day:
        return None
    text = (
        f"Nothing was bought or returned after {day}, so the run counts from there and not from today. "
        "Another day: analysis start --as-of DATE."
    )
    return Verdict(section="provenance", title="Last day looked at", word=NOTE, text=text)


def _duplicates(shown: Figures) -> Verdict | None:
    found = shown.entities
    if found is None:
        return None
    share = (found.duplicates.value or 0) / (found.rows.value or 1)
    word = GOOD if share <= _FEW_DUPLICATES else FAIR if share <= _MANY_DUPLICATES else POOR
    text = f"{found.duplicates.text} of {found.rows.text} records repeat somebody: {found.entities.text} entities."
    return Verdict(section="entities", title="Duplicates", word=word, text=text)


def _enrichment(shown: Figures) -> Verdict | None:
    if shown.enrichment is None:
        return None
    filled = sum(row.filled.value or 0 for row in shown.enrichment)
    text = f"{filled:,} gaps filled from sources that know the value." if filled else "No source knew a missing value."
    return Verdict(section="enrichment", title="Enrichment", word=GOOD if filled else NOTE, text=text)


def _imputation(shown: Figures) -> Verdict | None:
    if shown.imputation is None:
        return None
    if not shown.imputation:
        return Verdict(section="imputation", title="Estimated gaps", word=NOTE, text="No column had gaps to estimate.")
    covers = [row.coverage_percent for row in shown.imputation if row.coverage_percent is not None]
    honest = all(abs(cover - _ASKED_COVERAGE) <= _NEAR_COVERAGE for cover in covers)
    text = f"{shown.imputed_total.text} of {shown.missing_total.text} gaps estimated" + (
        f"; intervals hold {_span(covers)} of hidden values." if covers else "."
    )
    return Verdict(section="imputation", title="Estimated gaps", word=GOOD if honest else FAIR, text=text)


def _span(percents: list[int]) -> str:
    low, high = min(percents), max(percents)
    return f"{low}%" if low == high else f"{low} to {high}%"


def _segments(shown: Figures) -> Verdict | None:
    found = shown.segments
    if found is None:
        return None
    if not found.structured:
        text = "No groups worth naming: that is a finding, not a failure."
        return Verdict(section="segments", title="Segments", word=NOTE, text=text)
    stable = found.stability is None or found.stability >= _STABLE
    again = "the same" if stable else "not always the same"
    text = f"{sum(row.segments for row in found.rows)} groups" + (
        "" if found.stability is None else f"; samples of the data give {again} (agreement {found.stability:.2f} of 1)"
    )
    return Verdict(section="segments", title="Segments", word=GOOD if stable else FAIR, text=f"{text}.")


def _value(shown: Figures) -> Verdict | None:
    found = shown.value
    if found is None:
        return None
    if not found.estimated:
        return Verdict(
            section="value", title="Customer value", word=NOTE, text=f"Not estimated: {found.reason or 'no reason'}."
        )
    error, naive, cover = significant(found.error), significant(found.naive_error), found.coverage_percent
    text = f"Expected in {found.horizon_days} days: {found.purchases.text} purchases"
    if error is None or naive is None or cover is None:
        return Verdict(section="value", title="Customer value", word=NOTE, text=f"{text}; too little time to look back on.")
    better, off = error <= naive, found.calibration_error
    how = "closer" if better else "no closer"
    near = off is None or off <= _ROUGHLY_CALIBRATED
    word = GOOD if better and near and cover >= _ASKED_COVERAGE - _NEAR_COVERAGE else FAIR
    text = f"{text}. Looking back, {how} than 'as many as before'; {cover}% bought as often as their 90% interval said"
    text += "." if off is None else f"; chances to come back were {100 * off:.1f} points off."
    return Verdict(section="value", title="Customer value", word=word, text=text)


def _prediction(shown: Figures) -> Verdict | None:
    found = shown.prediction
    if found is None:
        return None
    title = f"Prediction: {target_words(found.target)}"
    if found.abstained:
        return Verdict(section="prediction", title=title, word=NOTE, text=f"The model abstains: {found.reason or 'no reason'}.")
    off = found.calibration_error
    word = NOTE if off is None else GOOD if off <= _WELL_CALIBRATED else FAIR if off <= _ROUGHLY_CALIBRATED else POOR
    text = "How well it ranks is not known"
    if found.auc_value is not None:
        text = f"Ranks the right one of two higher {100 * found.auc_value:.0f} times in 100"
    text += "" if off is None else f"; chances are {100 * off:.1f} points off"
    return Verdict(section="prediction", title=title, word=word, text=f"{text}.{_moved(found)}")


def _moved(found: PredictionFigures) -> str:
    """The newest span of time, if it is far from what was expected of it."""
    newest = found.times[-1] if len(found.times) > 1 else None
    if newest is None or newest.observed.percent is None:
        return ""
    if abs(newest.observed.percent - newest.predicted_percent) <= _MOVED_POINTS:
        return ""
    return f" At the newest time {newest.observed.text} came true where {newest.predicted_percent}% were expected."


def _rules(shown: Figures) -> Verdict | None:
    found = shown.rules
    if found is None:
        return None
    if not found.rules:
        return Verdict(section="rules", title="Product rules", word=NOTE, text="No rule stands beyond chance.")
    text = f"{found.rules:,} rules stand beyond chance; {found.recommended.text} customers have a next product."
    return Verdict(section="rules", title="Product rules", word=GOOD, text=text)


def _review(shown: Figures) -> Verdict:
    if not any(row.waiting.value is None or row.waiting.value for row in shown.review):
        return Verdict(section="review", title="Review", word=GOOD, text="Nothing waits for a person.")
    return Verdict(section="review", title="Review", word=TO_DO, text=f"{waiting_text(shown)} decisions belong to a person.")


def waiting_text(shown: Figures) -> str:
    """How many decisions wait, under the rule of ten."""
    total = sum(row.waiting.value or 0 for row in shown.review)
    if any(row.waiting.value is None for row in shown.review):
        return f"{total:,} or a few more" if total else "fewer than 10"
    return f"{total:,}" if total else "nothing"
