"""Reads the outcome: which classes there are, which rows are known, and whether there is anything to learn.

Rules: what the caller got wrong (no such column, more classes than a class can mean) is refused; what the data lacks (one class
only, ten rows) is an abstention with a reason, because tomorrow's data may have it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from analysis_worker.steps.classify.columns import Ints, texts_of
from analysis_worker.steps.classify.options import ClassifyOptions, ClassifyRefusedError, identifies
from analysis_worker.steps.classify.sampling import rows_needed

_LONGEST_CLASS = 190
_TRUE_WORDS = frozenset({"1", "true", "yes", "y", "t", "churned", "churn", "lost", "left", "positive", "bought", "won"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The parsed target.

    Attributes:
        codes: int64, shape (n_rows,): place in `classes`; -1 where unknown, -2 where the class is too rare to learn.
        classes: texts of the classes that are learnt; with a positive class, (rest, positive).
        counts: rows of each.
        rare: how many classes are too rare.
        positive: whether the second class is what figures are about.
        reason: why nothing can be learnt, or "".
    """

    codes: Ints
    classes: tuple[str, ...]
    counts: tuple[int, ...]
    rare: int
    positive: bool
    reason: str


def read_outcome(table: pa.Table, options: ClassifyOptions) -> Outcome:
    """Parse the target.

    Raises:
        ClassifyRefusedError: there is no such column, it identifies people, it is no class, or has too many classes.
    """
    if not options.target:
        raise ClassifyRefusedError("name what to predict: the option target, such as attributes.churn")
    if options.target not in table.column_names:
        raise ClassifyRefusedError(f"there is no column {options.target[:60]!r} to predict")
    if identifies(options.target):
        raise ClassifyRefusedError(f"{options.target[:60]!r} identifies people and is never predicted")
    texts = texts_of(table.column(options.target))
    if texts is None:
        raise ClassifyRefusedError(f"{options.target[:60]!r} is of a type that has no classes")
    counted = Counter(text for text in texts if text is not None)
    if len(counted) > options.max_classes:
        raise ClassifyRefusedError(
            f"{options.target[:60]!r} has {len(counted)} different values, more than {options.max_classes}: it is no class"
        )
    if any(len(text) > _LONGEST_CLASS for text in counted):
        raise ClassifyRefusedError(f"{options.target[:60]!r} holds texts too long to be classes")
    if options.positive and counted and options.positive not in counted:
        raise ClassifyRefusedError(f"{options.target[:60]!r} never has the value given as positive")
    return _outcome(texts, counted, options)


def _outcome(texts: list[str | None], counted: Counter[str], options: ClassifyOptions) -> Outcome:
    positive = options.positive or _positive(counted)
    if positive:
        texts, counted = _against_rest(texts, counted, positive)
    order = sorted(counted, key=lambda text: (text == positive, text))
    needed = rows_needed(counted.total(), len(counted), options)
    learnt = tuple(text for text in order if counted[text] >= needed)
    place = {text: index for index, text in enumerate(learnt)}
    codes = np.array([-1 if text is None else place.get(text, -2) for text in texts], np.int64)
    return Outcome(
        codes=codes,
        classes=learnt,
        counts=tuple(counted[text] for text in learnt),
        rare=len(order) - len(learnt),
        positive=bool(positive) and len(learnt) == 2,  # noqa: PLR2004 - a positive class and the rest
        reason=_nothing_to_learn(counted, learnt, options),
    )


def _nothing_to_learn(counted: Counter[str], learnt: tuple[str, ...], options: ClassifyOptions) -> str:
    if not counted:
        return "outcome_unknown"
    if len(counted) == 1:
        return "one_class_only"
    if counted.total() < options.min_rows:
        return "too_few_rows"
    return "class_too_rare" if len(learnt) < 2 else ""  # noqa: PLR2004 - two classes are the least to tell apart


def _positive(counted: Counter[str]) -> str:
    """Of two classes the one that reads as true, else the rarer; of more none."""
    if len(counted) != 2:  # noqa: PLR2004 - only two classes have an obvious one
        return ""
    meant = [text for text in counted if text.lower() in _TRUE_WORDS]
    return meant[0] if len(meant) == 1 else min(sorted(counted), key=lambda text: counted[text])


def _against_rest(texts: list[str | None], counted: Counter[str], positive: str) -> tuple[list[str | None], Counter[str]]:
    others = [text for text in counted if text != positive]
    if len(others) < 2:  # noqa: PLR2004 - a single other class keeps its name
        return texts, counted
    rest = f"not {positive}"
    merged = [text if text in (None, positive) else rest for text in texts]
    return merged, Counter(text for text in merged if text is not None)
