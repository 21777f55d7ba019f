"""Turns opinions into lines for the vault: label, probability, reasons, or nothing where the model would rather not say.

Rules: a reason names a column, never a value, for its reader may not be allowed to see the value; effects are about the label
that is given, words about the thing itself where the classes are a yes and a no; a row about which nothing can be said has no
label, no probability and no reasons.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from analysis_worker.steps.classify.card import LINES_SCHEMA, REASON
from analysis_worker.steps.classify.columns import Bools, Floats, Ints
from analysis_worker.steps.classify.options import ClassifyOptions

_SMALLEST_EFFECT = 0.005
_SHOWN_NAME = 200
_YES, _NO = frozenset({"1", "true", "yes"}), frozenset({"0", "false", "no"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What is said of n rows.

    Attributes:
        label: int64, shape (n,), place of the class; -1 where the step abstains.
        probability: float64, shape (n,).
        columns: int64, shape (n, n_reasons), strongest first; -1 where there is none.
        effects: float64, shape (n, n_reasons).
    """

    label: Ints
    probability: Floats
    columns: Ints
    effects: Floats


def judge(chances: Floats, moved: Floats, vague: Bools, options: ClassifyOptions) -> Judgement:
    """Pick labels and reasons.

    Args:
        chances: float64, shape (n, n_classes), rows sum to 1.
        moved: float64, shape (n, n_classes, n_columns): what columns add to each class.
        vague: bool, shape (n,): rows that the models know too little about.
        options: reasons per row, `min_confidence`.
    """
    rows = np.arange(len(chances))
    label = chances.argmax(axis=1)
    probability = chances[rows, label]
    said = ~vague & (probability >= options.min_confidence)
    effects = moved[rows, label]
    count = min(options.reasons, effects.shape[1])
    strongest = np.argsort(-np.abs(effects), axis=1, kind="stable")[:, :count]
    sizes = np.take_along_axis(effects, strongest, axis=1)
    shown = said[:, None] & (np.abs(sizes) >= _SMALLEST_EFFECT)
    return Judgement(
        label=np.where(said, label, -1),
        probability=probability,
        columns=np.where(shown, strongest, -1),
        effects=np.where(shown, sizes, 0.0),
    )


def silence(n_rows: int, n_reasons: int) -> Judgement:
    """Nothing said of n rows."""
    return Judgement(
        label=np.full(n_rows, -1, np.int64),
        probability=np.zeros(n_rows),
        columns=np.full((n_rows, n_reasons), -1, np.int64),
        effects=np.zeros((n_rows, n_reasons)),
    )


def place(into: Judgement, rows: Ints, part: Judgement) -> None:
    """Write the judgement of some rows into that of all."""
    width = part.columns.shape[1]
    into.label[rows] = part.label
    into.probability[rows] = part.probability
    into.columns[rows, :width] = part.columns
    into.effects[rows, :width] = part.effects


def lines_table(
    row_ids: pa.Array, judgement: Judgement, target: str, classes: Sequence[str], columns: Sequence[str]
) -> pa.Table:
    """One line per row, schema `LINES_SCHEMA`."""
    silent = judgement.label < 0
    label = pa.array(judgement.label, pa.int64(), mask=silent)
    return pa.table(
        [
            row_ids.cast(pa.string()),
            pa.array(list(classes), pa.string()).take(label),
            pa.array(np.clip(judgement.probability, 0.0, 1.0), pa.float64(), mask=silent),
            pa.array(silent),
            _reasons(judgement, [_outcome(target, name) for name in classes], columns),
        ],
        schema=LINES_SCHEMA,
    )


def _outcome(target: str, name: str) -> tuple[str, bool]:
    """What a reason is about, and whether that is the class itself: a "no" is told as less of the thing."""
    told = re.sub(r"[._\s]+", " ", target).strip() or target
    if name.casefold() in _YES | _NO:
        return told, name.casefold() in _YES
    return f"{told}: {name}", True


def _reasons(judgement: Judgement, outcomes: Sequence[tuple[str, bool]], columns: Sequence[str]) -> pa.ListArray:
    shown = judgement.columns >= 0
    offsets = np.concatenate([[0], np.cumsum(shown.sum(axis=1))])
    which, effects = judgement.columns[shown], judgement.effects[shown]
    label = np.broadcast_to(judgement.label[:, None], shown.shape)[shown]
    points = np.rint(100 * effects).astype(np.int64)
    # Few different texts, however many rows: each is made once.
    keys, place_of = np.unique(np.column_stack([which, label, points]), axis=0, return_inverse=True)
    texts = [_text(columns[column], outcomes[code], size) for column, code, size in keys.tolist()]
    members = [
        pa.array(list(columns), pa.string()).take(pa.array(which)),
        pa.array(np.round(effects, 4)),
        pa.array(texts, pa.string()).take(pa.array(place_of.reshape(-1))),
    ]
    flat = pa.StructArray.from_arrays(members, fields=list(REASON))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), flat)


def _text(column: str, outcome: tuple[str, bool], points: int) -> str:
    thing, itself = outcome
    verb = "raises" if (points >= 0) == itself else "lowers"
    size = f"{abs(points)} point{'' if abs(points) == 1 else 's'}"
    return f"{column.replace('_', ' ')[:_SHOWN_NAME]} {verb} the chance of '{thing[:_SHOWN_NAME]}' by {size}"
