"""The classify step: reads, looks for leaks, learns on folds, decides whether the model is worth hearing, predicts.

Rules: every known row's prediction comes from models that had not seen it; if those are not better than the base rate, nothing
is predicted for anybody. Deterministic: one seed, one thread, classes and categories in the order of their text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no stubs

from analysis_worker.steps.classify.card import ClassifyResult, ClassifySummary, LeftOut, TimeCheck
from analysis_worker.steps.classify.columns import Bools, Column, Floats, Ints, read_predictors, require_row_ids
from analysis_worker.steps.classify.drift import moved as moved_on
from analysis_worker.steps.classify.drift import time_checks
from analysis_worker.steps.classify.evidence import Evidence, verdict, write_card
from analysis_worker.steps.classify.folds import Fold, stratified_folds, time_column, time_folds
from analysis_worker.steps.classify.leaks import scan
from analysis_worker.steps.classify.learner import Learned, Opinion, learn
from analysis_worker.steps.classify.lines import Judgement, judge, lines_table, place, silence
from analysis_worker.steps.classify.options import ROW_ID, ClassifyOptions
from analysis_worker.steps.classify.outcome import Outcome, read_outcome
from analysis_worker.steps.classify.sampling import sample


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """What is learnt from.

    Attributes:
        outcome: the parsed target.
        parsed: all parsed columns, for the checks of groups.
        columns: what the model sees.
        left_out: what it does not.
        sample: int64, rows that it learns from.
        clock: column of the time split, None without.
        folds: over places in `sample`.
    """

    outcome: Outcome
    parsed: tuple[Column, ...]
    columns: tuple[Column, ...]
    left_out: tuple[LeftOut, ...]
    sample: Ints
    clock: Column | None
    folds: tuple[Fold, ...]

    @property
    def codes(self) -> Ints:
        """Classes of the sample."""
        return self.outcome.codes[self.sample]

    def rows(self, rows: Ints) -> Floats:
        """Matrix of the given rows, float64, shape (n_rows, n_columns)."""
        return np.column_stack([column.values[rows] for column in self.columns])


def classify(table: pa.Table, options: ClassifyOptions) -> ClassifyResult:
    """Predict the target for every row.

    Args:
        table: `row_id` (unique), the target, and number, text, truth value, date or timestamp columns.
        options: see `ClassifyOptions`.

    Returns:
        one line per row, known rows included, and the model card.

    Raises:
        ClassifyRefusedError: the target does not exist, identifies people, is no class or has too many, or the table has no
            sound `row_id`.
    """
    require_row_ids(table)
    outcome = read_outcome(table, options)
    ids = table.column(ROW_ID).combine_chunks()
    if outcome.reason:
        return _abstained(ids, replace(_facts(outcome, options), reason=outcome.reason), options)
    with threadpool_limits(limits=1):  # same sums whatever the machine
        work = _plan(table, outcome, options)
        reason = "no_predictors" if not work.columns else "" if work.folds else "too_few_rows_of_a_time"
        if reason:
            card = replace(_facts(outcome, options), reason=reason, left_out=work.left_out)
            return _abstained(ids, card, options)
        return _learnt(ids, work, options)


def _facts(outcome: Outcome, options: ClassifyOptions) -> ClassifySummary:
    """The card before anything is learnt."""
    return ClassifySummary(
        target=options.target,
        classes=outcome.classes,
        positive=outcome.classes[1] if outcome.positive else "",
        class_rows=outcome.counts,
        rare_classes=outcome.rare,
        rows=len(outcome.codes),
        known=int((outcome.codes != -1).sum()),
        seed=options.seed,
    )


def _abstained(ids: pa.Array, card: ClassifySummary, options: ClassifyOptions) -> ClassifyResult:
    lines = lines_table(ids, silence(len(ids), options.reasons), options.target, (), ())
    return ClassifyResult(lines=lines, summary=card)


def _plan(table: pa.Table, outcome: Outcome, options: ClassifyOptions) -> _Work:
    parsed, left_out = read_predictors(table, options)
    labelled = np.flatnonzero(outcome.codes >= 0)
    rows = sample(outcome.codes, options)
    clock = time_column(parsed, labelled, options)
    if clock:
        left_out.append(LeftOut(column=clock.name, reason="time_column"))
    candidates = [column for column in parsed if column is not clock]
    kept, leaks, alone = scan(candidates, rows, outcome.codes[rows], options)
    ranked = sorted(kept, key=lambda column: (-alone[column.name], column.name))
    chosen = {column.name for column in ranked[: options.max_columns]}
    left_out += leaks
    left_out += [LeftOut(column=c.name, reason="column_budget", alone=alone[c.name]) for c in kept if c.name not in chosen]
    folds, clock = _folds(outcome.codes[rows], clock, rows, options)
    return _Work(
        outcome=outcome,
        parsed=tuple(parsed),
        columns=tuple(column for column in kept if column.name in chosen),
        left_out=tuple(left_out),
        sample=rows,
        clock=clock,
        folds=tuple(folds),
    )


def _folds(codes: Ints, clock: Column | None, rows: Ints, options: ClassifyOptions) -> tuple[list[Fold], Column | None]:
    if clock:
        folds = time_folds(codes, clock.values[rows], options)
        if folds or options.time_column:
            return folds, clock
    return stratified_folds(codes, options), None


def _learnt(ids: pa.Array, work: _Work, options: ClassifyOptions) -> ClassifyResult:
    matrix, codes = work.rows(work.sample), work.codes
    categorical = [bool(column.categories) for column in work.columns]
    classes = _learnt_classes(work.outcome)
    models = [
        learn(matrix, codes == code, categorical, work.folds, options.seed, in_time=work.clock is not None) for code in classes
    ]
    judged = np.concatenate([fold.test for fold in work.folds])
    chances, moved, apart = _together([model.unseen for model in models])
    evidence = Evidence(
        codes=codes[judged],
        chances=chances,
        base=_base_chances(codes, work.folds, len(work.outcome.classes)),
        models=tuple(models),
        influence=np.abs(moved).mean(axis=(0, 1)),
    )
    reason = verdict(evidence, options)
    everything = silence(len(ids), options.reasons)
    if not reason:
        vague = _vague(models[0], matrix[judged], evidence.influence, apart, options)
        place(everything, work.sample[judged], judge(chances, moved, vague, options))
        _predict_others(everything, work, models, evidence.influence, options)
    names = [column.name for column in work.columns]
    said = int((everything.label >= 0).sum())
    card = write_card(_facts(work.outcome, options), evidence, work.parsed, work.sample[judged], names, options)
    checks = _time_checks(work, evidence)
    card = replace(
        card,
        times=checks,
        limits=(*moved_on(checks), *card.limits),
        training_rows=len(work.sample),
        predicted=said,
        abstained_rows=len(ids) - said,
        abstained=bool(reason),
        reason=reason,
        split="time" if work.clock else "stratified",
        time_column=work.clock.name if work.clock else "",
        used=tuple(names),
        left_out=work.left_out,
    )
    return ClassifyResult(lines=lines_table(ids, everything, options.target, work.outcome.classes, names), summary=card)


def _time_checks(work: _Work, evidence: Evidence) -> tuple[TimeCheck, ...]:
    if work.clock is None or evidence.chances.shape[1] != 2:  # noqa: PLR2004 - with more, no class is the one that is judged
        return ()
    return time_checks(work.folds, work.clock.values[work.sample], evidence.codes == 1, evidence.chances[:, 1])


def _learnt_classes(outcome: Outcome) -> list[int]:
    """Of two classes the second says all; of more each is learnt against the rest."""
    return [1] if len(outcome.classes) == 2 else list(range(len(outcome.classes)))  # noqa: PLR2004 - p and 1 - p


def _together(opinions: Sequence[Opinion]) -> tuple[Floats, Floats, Floats]:
    """Chances (n, n_classes) that sum to one, moves (n, n_classes, n_columns), and the models' disagreement (n,)."""
    if len(opinions) == 1:
        chance, moved = opinions[0].chance, opinions[0].moved
        return np.column_stack([1.0 - chance, chance]), np.stack([-moved, moved], axis=1), opinions[0].disagreement
    raw = np.column_stack([opinion.chance for opinion in opinions])
    chances = raw / raw.sum(axis=1, keepdims=True)
    disagreement = np.max([opinion.disagreement for opinion in opinions], axis=0)
    return chances, np.stack([opinion.moved for opinion in opinions], axis=1), disagreement


def _base_chances(codes: Ints, folds: Sequence[Fold], n_classes: int) -> Floats:
    parts = []
    for fold in folds:
        shares = np.bincount(codes[fold.train], minlength=n_classes) / len(fold.train)
        parts.append(np.tile(shares, (len(fold.test), 1)))
    return np.concatenate(parts)


def _vague(model: Learned, matrix: Floats, influence: Floats, apart: Floats, options: ClassifyOptions) -> Bools:
    """Rows in which most of what counts is missing or never seen, or on which the models do not agree."""
    unknown = model.linear.design.unseen(matrix) @ influence / max(float(influence.sum()), 1e-12)
    vague: Bools = (unknown > options.max_unknown) | (apart > options.max_disagreement)
    return vague


def _predict_others(
    everything: Judgement, work: _Work, models: Sequence[Learned], influence: Floats, options: ClassifyOptions
) -> None:
    """Rows that nothing was learnt from: unknown ones, rare classes, and known ones outside the sample."""
    others = np.setdiff1d(np.arange(len(work.outcome.codes)), work.sample)
    for start in range(0, len(others), options.chunk_rows):
        rows = others[start : start + options.chunk_rows]
        matrix = work.rows(rows)
        chances, moved, apart = _together([model.opinion(matrix) for model in models])
        vague = _vague(models[0], matrix, influence, apart, options)
        place(everything, rows, judge(chances, moved, vague, options))
