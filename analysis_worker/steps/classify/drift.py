"""Whether the outcome came true as often as predicted at every time, so that a change of behaviour is not taken for chance.

Rules: of a time split only; a span is what one fold judged, and the model that judged it knew nothing later. Where the newest
span is off by more than luck and by enough to matter, the card says so in words: figures over all times would hide it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from analysis_worker.steps.classify.card import SMALLEST_GROUP, TimeCheck
from analysis_worker.steps.classify.columns import Bools, Floats
from analysis_worker.steps.classify.folds import Fold

_MATTERS = 0.05
_BEYOND_LUCK = 4.0
_MOVED = (
    "At the newest time ({when}) it came true for {observed:.0%} where {predicted:.0%} were expected: behaviour has changed,"
    " or the records of that time differ from those before."
    " Until more is known, take the order of the customers rather than the chances."
)


def time_checks(folds: Sequence[Fold], moments: Floats, truth: Bools, chance: Floats) -> tuple[TimeCheck, ...]:
    """One line per fold, the oldest first.

    Args:
        folds: a time split.
        moments: days since 1970-01-01 per row to learn from, shape (n,).
        truth, chance: of the judged rows, in the order of the folds.
    """
    checks, start = [], 0
    for fold in folds:
        stop = start + len(fold.test)
        days = moments[fold.test]
        if len(fold.test) >= SMALLEST_GROUP:
            checks.append(
                TimeCheck(
                    first=_day(days.min()),
                    last=_day(days.max()),
                    customers=len(fold.test),
                    predicted=float(chance[start:stop].mean()),
                    observed=float(truth[start:stop].mean()),
                )
            )
        start = stop
    return tuple(checks)


def moved(checks: Sequence[TimeCheck]) -> tuple[str, ...]:
    """One sentence if the newest span is not as the model expected it, else nothing."""
    if len(checks) < 2:  # noqa: PLR2004 - a single span is the card's calibration
        return ()
    newest = checks[-1]
    off = abs(newest.observed - newest.predicted)
    luck = float(np.sqrt(newest.predicted * (1 - newest.predicted) / newest.customers))
    if off <= max(_MATTERS, _BEYOND_LUCK * luck):
        return ()
    when = newest.last if newest.first == newest.last else f"{newest.first} to {newest.last}"
    return (_MOVED.format(when=when, observed=newest.observed, predicted=newest.predicted),)


def _day(days: float) -> str:
    return (date(1970, 1, 1) + timedelta(days=int(days))).isoformat()
