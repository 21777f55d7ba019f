"""`impute`: from a table with gaps to imputed cells with evidence.

Order of work, on a random sample of bounded size: cells are masked and candidates fitted without them, the dear ones only where
a cheap one shows that there is something to guess; one half of the masked cells holds the bake-off, the other half calibrates
the winners; these guess the real gaps of the whole table in chunks, fitted once more where the masked cells are missed.
Time is therefore bounded by the sample, plus prediction that is linear in the gaps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no stubs; one call, checked by tests

from analysis_worker.steps.impute.chain import CHAINED, Chain, first_methods
from analysis_worker.steps.impute.choice import Choice, choose, promising
from analysis_worker.steps.impute.columns import RARE_CATEGORY, Column, Floats, Ints, Kind, read_columns
from analysis_worker.steps.impute.draws import draw_codes, draw_numbers
from analysis_worker.steps.impute.features import Shape, shapes_of
from analysis_worker.steps.impute.intervals import ChanceMap, ErrorScale, conformal_multiple, cross_coverage
from analysis_worker.steps.impute.masking import Holdout, MaskedCells, mask
from analysis_worker.steps.impute.models import Guess
from analysis_worker.steps.impute.options import ROW_ID, ImputeOptions, ImputeRefusedError, refuse_forbidden
from analysis_worker.steps.impute.output import FilledColumn, cells_table, constrain, possible
from analysis_worker.steps.impute.summary import ColumnImputation, ImputeResult, ImputeSummary

_PLENTY = 5_000
"""Observed cells beyond which the masked ones are not missed; below, the winner is fitted once more on everything observed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Winner:
    """A column's chosen candidate, and how its raw guesses become intervals, chances and draws."""

    target: int
    method: str
    scale: ErrorScale | None = None
    multiple: float = 0.0
    coverage: float | None = None
    chances: ChanceMap | None = None
    errors: Floats = field(default_factory=lambda: np.zeros(1))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """The table as the models see it."""

    columns: tuple[Column, ...]
    shapes: tuple[Shape, ...]
    targets: tuple[int, ...]
    sample: Ints

    def rows(self, rows: Ints | slice) -> Floats:
        """Matrix of the given rows, float64, shape (n_rows, n_columns)."""
        return np.column_stack([c.values[rows] for c in self.columns])


def impute(table: pa.Table, options: ImputeOptions) -> ImputeResult:
    """Fill gaps column by column, where that is shown to help.

    Args:
        table: `row_id` (unique) and number, string, boolean, date or timestamp columns, shape (n_rows, 1 + n_columns).
        options: see `ImputeOptions`.

    Returns:
        imputed cells and a summary with one entry per column, in table order.

    Raises:
        ImputeRefusedError: a column holds identity, contact or consent, or the table has no sound `row_id`.
    """
    refuse_forbidden(name for name in table.column_names if name != ROW_ID)
    _require_known(table, options)
    parsed = read_columns(table, options)
    verdicts = {c.name: _verdict(c) for c in parsed}
    work = _plan(parsed, verdicts, table.num_rows, options)
    filled: list[FilledColumn] = []
    if work.targets:
        # One thread: same sums whatever the machine, and OpenMP's waiting threads doubled the time beside a busy vault.
        with threadpool_limits(limits=1):
            filled = _run(work, verdicts, options)
    summaries = tuple(verdicts[c.name] for c in parsed)
    cells = cells_table(filled, table.column(ROW_ID).combine_chunks())
    summary = ImputeSummary(
        rows=table.num_rows,
        training_rows=len(work.sample) if work.targets else 0,
        missing_cells=sum(s.missing for s in summaries),
        imputed_cells=cells.num_rows,
        level=options.level,
        seed=options.seed,
        columns=summaries,
    )
    return ImputeResult(cells=cells, summary=summary)


def _require_known(table: pa.Table, options: ImputeOptions) -> None:
    """Return if every column that was asked for may be filled and is there.

    Raises:
        ImputeRefusedError: one may not, or is not.
    """
    asked = options.columns or ()
    refuse_forbidden(asked)
    absent = sorted(set(asked) - set(table.column_names))
    if absent:
        raise ImputeRefusedError(f"there is no column to fill: {', '.join(repr(name[:60]) for name in absent[:10])}")


def _verdict(column: Column) -> ColumnImputation:
    reason = "no_gaps" if not column.missing else column.reason
    kind = Kind.CATEGORY if column.is_category and column.kind is not Kind.BOOLEAN else column.kind
    return ColumnImputation(column=column.name, kind=kind.value, missing=column.missing, reason=reason)


def _plan(parsed: Sequence[Column], verdicts: dict[str, ColumnImputation], n_rows: int, options: ImputeOptions) -> _Work:
    """Which columns to fill, which only to look at, and which rows to learn from."""
    usable = [c for c in parsed if not c.reason]
    unasked = {c.name for c in usable if options.columns is not None and c.name not in options.columns}
    with_gaps = sorted((c for c in usable if c.missing), key=lambda c: (c.name in unasked, c.missing, c.name))
    for column in with_gaps[options.max_target_columns :]:
        _abstain(verdicts, column, "column_budget")
    chosen = with_gaps[: options.max_target_columns]
    others = [c for c in usable if not c.missing][: options.max_predictor_columns]
    columns = tuple(c for c in parsed if any(c is k for k in (*chosen, *others)))
    size = min(n_rows, options.max_training_rows)
    sample = np.sort(np.random.default_rng([options.seed, 1]).choice(n_rows, size=size, replace=False))
    shapes = shapes_of(columns, RARE_CATEGORY)
    targets = []
    for index, column in enumerate(columns):
        if column.missing:
            learnt = _unlearnable(column.values[sample], shapes[index], len(columns), options)
            reason = "not_asked_for" if column.name in unasked else learnt
            if reason:
                _abstain(verdicts, column, reason)
            else:
                targets.append(index)
    return _Work(columns=columns, shapes=shapes, targets=tuple(targets), sample=sample)


def _unlearnable(sampled: Floats, shape: Shape, n_columns: int, options: ImputeOptions) -> str:
    known = sampled[~np.isnan(sampled)]
    if n_columns < 2:  # noqa: PLR2004 - a column alone has nothing to be guessed from
        return "no_predictors"
    if shape.classes:
        codes, counts = np.unique(known[shape.learnable[known.astype(np.int64)]], return_counts=True)
        if len(codes) < 2 or np.sort(counts)[-2] < RARE_CATEGORY:  # noqa: PLR2004 - one category is a constant
            return "too_few_observed"
    elif len(known) and bool((known == known[0]).all()):
        return "constant"
    return "too_few_observed" if len(known) < 4 * options.min_holdout_cells else ""


def _abstain(verdicts: dict[str, ColumnImputation], column: Column, reason: str) -> None:
    verdicts[column.name] = replace(verdicts[column.name], reason=reason)


def _run(work: _Work, verdicts: dict[str, ColumnImputation], options: ImputeOptions) -> list[FilledColumn]:
    matrix = work.rows(work.sample)
    gaps = np.column_stack([c.gaps for c in work.columns])
    holdout = mask(matrix, gaps, work.targets, options.max_holdout_cells, np.random.default_rng([options.seed, 2]))
    chain, choices = _bake_off(work, holdout, options)
    winners: list[_Winner] = []
    for target, choice in choices.items():
        _record(verdicts, work.columns[target], choice)
        if choice.method:
            winners.append(_calibrate(chain, holdout.cells[target], target, choice.method, options))
    for winner in winners:
        if int((~np.isnan(matrix[:, winner.target])).sum()) < _PLENTY:
            chain.learn(matrix, winner.target, (winner.method,))
    return [_fill(work, chain, winner, verdicts, options) for winner in winners]


def _bake_off(work: _Work, holdout: Holdout, options: ImputeOptions) -> tuple[Chain, dict[int, Choice]]:
    """All candidates fitted without the masked cells, and the choice on one half of them.

    Two rounds: the chained candidate, the dearest, is fitted only for columns that a cheaper one can guess at all, and fills
    only such columns. So a column of noise costs one fit.
    """
    chain = Chain(shapes=work.shapes, seed=options.seed)
    guesses: dict[int, dict[str, Guess]] = {}
    cells = {
        t: holdout.cells[t].half(0) for t in work.targets if len(holdout.cells[t].half(0).truth) >= options.min_holdout_cells
    }
    for target, half in cells.items():
        methods = first_methods(categories=work.shapes[target].classes > 0)
        chain.learn(holdout.matrix, target, methods)
        guesses[target] = {method: chain.predict(half.rows, target, method) for method in methods}
    hopeful = tuple(t for t in cells if promising(guesses[t], cells[t].truth, options, categories=work.shapes[t].classes > 0))
    chain = replace(chain, fillable=hopeful)
    for target in hopeful:
        if len(hopeful) > 1:
            chain.learn(holdout.matrix, target, (CHAINED,))
            guesses[target][CHAINED] = chain.predict(cells[target].rows, target, CHAINED)
    unmeasured = Choice(method="", candidates=(), baseline_error=0.0, chosen_error=None, cells=0)
    choices = dict.fromkeys(work.targets, unmeasured)
    for target, half in cells.items():
        choices[target] = choose(guesses[target], half.truth, options, categories=work.shapes[target].classes > 0)
    return chain, choices


def _scale_features(chain: Chain, rows: Floats, target: int, guess: Floats) -> Floats:
    return np.column_stack([chain.trees[target].features(rows), np.isnan(rows).sum(axis=1), guess])


def _record(verdicts: dict[str, ColumnImputation], column: Column, choice: Choice) -> None:
    measured = bool(choice.candidates)
    reason = "" if choice.method else ("no_better_than_baseline" if measured else "too_few_observed")
    verdicts[column.name] = replace(
        verdicts[column.name],
        abstained=not choice.method,
        reason=reason,
        method=choice.method,
        baseline_error=choice.baseline_error if measured else None,
        chosen_error=choice.chosen_error,
        candidates=choice.candidates,
        holdout_cells=choice.cells,
    )


def _calibrate(chain: Chain, cells: MaskedCells, target: int, method: str, options: ImputeOptions) -> _Winner:
    """Learn the scale on the half that chose, the multiple (or the chances) on the other half."""
    first, second = cells.half(0), cells.half(1)
    guess = chain.predict(second.rows, target, method)
    if chain.shapes[target].classes:
        right = (guess.values == second.truth).astype(np.float64)
        return _Winner(target=target, method=method, chances=ChanceMap.fit(guess.confidence, right))
    seen = chain.predict(first.rows, target, method).values
    scale = ErrorScale.fit(_scale_features(chain, first.rows, target, seen), np.abs(seen - first.truth), options.seed)
    errors = (second.truth - guess.values) / scale.at(_scale_features(chain, second.rows, target, guess.values))
    scores = np.abs(errors)
    return _Winner(
        target=target,
        method=method,
        scale=scale,
        multiple=conformal_multiple(scores, options.level),
        coverage=cross_coverage(scores, options.level),
        errors=errors,
    )


def _fill(
    work: _Work,
    chain: Chain,
    winner: _Winner,
    verdicts: dict[str, ColumnImputation],
    options: ImputeOptions,
) -> FilledColumn:
    column = work.columns[winner.target]
    rows = np.flatnonzero(column.gaps)
    chunks = [rows[start : start + options.chunk_rows] for start in range(0, len(rows), options.chunk_rows)]
    chance = np.random.default_rng([options.seed, 3, winner.target])
    parts = [_fill_chunk(work.rows(chunk), chain, winner, column, options, chance) for chunk in chunks]
    values, lower, upper, confidence, draws = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    verdicts[column.name] = replace(
        verdicts[column.name],
        imputed=len(rows),
        coverage=winner.coverage,
        mean_width=float(np.mean(upper - lower)) if winner.scale else None,
        mean_confidence=float(confidence.mean()),
    )
    return FilledColumn(
        column=column,
        rows=rows,
        values=values,
        lower=lower,
        upper=upper,
        confidence=confidence,
        method=winner.method,
        draws=draws,
    )


def _fill_chunk(
    rows: Floats, chain: Chain, winner: _Winner, column: Column, options: ImputeOptions, chance: np.random.Generator
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Values, bounds, confidence, shape (n,), and draws, shape (n, draws), of some rows."""
    guess = chain.predict(rows, winner.target, winner.method)
    luck = chance.random((len(rows), options.draws))
    if winner.scale is None:
        chances = winner.chances.at(guess.confidence) if winner.chances else guess.confidence
        empty = np.full(len(rows), np.nan)
        return guess.values, empty, empty, chances, draw_codes(guess, chances, luck)
    scale = winner.scale.at(_scale_features(chain, rows, winner.target, guess.values))
    values, lower, upper = constrain(column, guess.values, winner.multiple * scale)
    draws = possible(column, draw_numbers(guess.values, scale, winner.errors, luck))
    return values, lower, upper, np.full(len(rows), options.level), draws
