"""The match step: which rows are one person. A table in, entities, scored pairs and a summary out.

The path: roles -> features -> identical rows folded -> candidates under a budget -> strangers -> training -> scoring ->
prior calibrated -> components -> average linkage -> bridge guard -> bands -> leading rows. Rules: what people decided holds,
whatever the model says; no column is configured, no truth is seen, no clock, no
disk, no network; the same table, options and seed give the same bits, in whatever order the rows come.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analysis_worker.engines.workers import Workers
from analysis_worker.steps.match import cluster
from analysis_worker.steps.match.basis import Masks
from analysis_worker.steps.match.blocking import Candidates, find_candidates
from analysis_worker.steps.match.bridges import without_bridges
from analysis_worker.steps.match.comparisons import Comparison, build_comparisons
from analysis_worker.steps.match.engine import open_engine
from analysis_worker.steps.match.evidence import Prior, probability, weigh
from analysis_worker.steps.match.features import Features, build_features
from analysis_worker.steps.match.identical import Identical, find_identical
from analysis_worker.steps.match.levels import LevelEngine
from analysis_worker.steps.match.options import MatchOptions
from analysis_worker.steps.match.report import Judged, judged_result, unscored_result
from analysis_worker.steps.match.result import MatchResult
from analysis_worker.steps.match.roles import decide_roles
from analysis_worker.steps.match.scoring import Scorer, Scores, merged
from analysis_worker.steps.match.settled import Settled, settled_of
from analysis_worker.steps.match.strangers import Grouping, group_by_information
from analysis_worker.steps.match.together import Together, worth_sharing
from analysis_worker.steps.match.training import Trained, draw_lessons, train

Rows = npt.NDArray[np.int64]

_LEAST_BITS = -20.0
"""Scored pairs this far under even odds cannot reach an edge, even after the prior is calibrated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """Everything known about a table before the model: what to compare, which pairs, who is surely not whom."""

    features: Features
    comparisons: tuple[Comparison, ...]
    identical: Identical
    candidates: Candidates
    grouping: Grouping
    settled: Settled
    options: MatchOptions
    together: Together | None


def match(
    table: pa.Table,
    options: MatchOptions | None = None,
    decisions: pa.Table | None = None,
    workers: Workers | None = None,
) -> MatchResult:
    """Find the entities of a table with a `row_id` column and any of the vault's customer fields.

    Args:
        table: the customers; `entity` and `entity_leads`, if there, are what the last run found.
        options: bounds, seed and bands.
        decisions: what people decided: `row_id`, `other_row_id` (as in the table), `same` (bool).
        workers: others that may help; the result is the same bits with and without them.

    Raises:
        MatchInputError: `row_id` is missing, null or repeated, or a column cannot be read.
        MatchEngineError: the engine refused, usually at its memory limit.
    """
    options = options or MatchOptions()
    roles = decide_roles(table)
    features = build_features(table, roles)
    settled = settled_of(table, features, decisions, incremental=options.incremental)
    comparisons = build_comparisons(features)
    if features.rows < 2 or not comparisons or settled.kept.all():  # noqa: PLR2004 - nobody to compare with
        return unscored_result(table, features, roles, settled)
    prepared = _prepare(features, comparisons, settled, options, workers)
    with open_engine(threads=options.threads, memory_limit_mb=options.memory_limit_mb) as connection:
        engine = LevelEngine(connection, features, comparisons)
        trained = _train(prepared, engine)
        scores, labels, prior = _score(prepared, trained, engine)
    judged = Judged(
        entity=_entities(prepared, trained, scores, labels, prior),
        scores=scores,
        identical=prepared.identical,
        candidates=prepared.candidates,
        trained=trained,
        prior=prior,
        comparisons=comparisons,
        settled=settled,
    )
    return judged_result(table, features, roles, judged, options)


def _prepare(
    features: Features,
    comparisons: tuple[Comparison, ...],
    settled: Settled,
    options: MatchOptions,
    workers: Workers | None,
) -> _Prepared:
    identical = find_identical(features, settled.apart)
    together = None
    if workers is not None and worth_sharing(features, comparisons, options):
        masks = Masks(active=identical.active, kept=settled.kept)
        together = Together(workers, features, comparisons, masks, options)
    candidates = find_candidates(
        features,
        identical.active,
        budget=options.comparison_budget(features.rows),
        value_rows_max=options.value_rows_max,
        settled=settled.kept,
        count=together.costs if together else None,
        fresh=together.fresh if together else None,
    )
    if together:
        together.last()
    return _Prepared(
        features=features,
        comparisons=comparisons,
        identical=identical,
        candidates=candidates,
        grouping=group_by_information(features, candidates, identical.representative, settled.ties.group),
        settled=settled,
        options=options,
        together=together,
    )


def _train(prepared: _Prepared, engine: LevelEngine) -> Trained:
    options, together = prepared.options, prepared.together
    active = np.flatnonzero(prepared.identical.active)
    lessons = draw_lessons(
        prepared.features,
        prepared.comparisons,
        prepared.grouping,
        active,
        sample_pairs=options.sample_pairs,
        training_pairs=options.training_pairs,
        rng=np.random.default_rng(options.seed),
    )
    return train(
        lessons,
        prepared.comparisons,
        engine.levels_of if together is None else partial(together.levels_of, engine),
        agreeing_pairs=prepared.grouping.agreeing_pairs,
        active_rows=len(active),
    )


def _score(prepared: _Prepared, trained: Trained, engine: LevelEngine) -> tuple[Scores, Rows, Prior]:
    """Scores, the component of every row, and the calibrated prior."""
    options, candidates, identical = prepared.options, prepared.candidates, prepared.identical
    assumed = float(np.log2(trained.parameters.prior / (1 - trained.parameters.prior)))
    scorer = Scorer(engine, prepared.features, prepared.comparisons, trained.parameters, prepared.grouping)
    if prepared.together is None:
        scores = scorer.score(candidates.left, candidates.right, least=_LEAST_BITS)
    else:
        cells = list(prepared.together.scores(scorer, least=_LEAST_BITS))
        scores = merged(cells, fields=len(prepared.comparisons))
    evidence = weigh(scores.weights, scores.levels, prepared.comparisons, trained.parameters)
    prior = evidence.calibrate(assumed, pairs_possible=_pairs_possible(prepared))
    likely = probability(evidence.total(prior))
    labels = cluster.bounded_components(
        prepared.features.rows,
        scores.left,
        scores.right,
        likely,
        rows_max=options.component_rows_max,
        ties=prepared.settled.ties,
    )
    missing = cluster.unscored_inside(
        labels, scores.left, scores.right, rows_max=options.component_rows_max, pairs_max=len(candidates.left)
    )
    fresh = ~(prepared.settled.kept[missing[0]] & prepared.settled.kept[missing[1]])
    missing = missing[0][fresh], missing[1][fresh]
    repeated = identical.repeated
    more = scorer.score(np.concatenate([missing[0], repeated]), np.concatenate([missing[1], repeated]))
    return merged([scores, more], fields=len(prepared.comparisons)), labels, prior


def _pairs_possible(prepared: _Prepared) -> float:
    """Pairs that could have been compared."""
    active, kept = int(prepared.identical.active.sum()), int(prepared.settled.kept.sum())
    return active * (active - 1) / 2 - kept * (kept - 1) / 2


def _entities(prepared: _Prepared, trained: Trained, scores: Scores, labels: Rows, prior: Prior) -> Rows:
    """Smallest row of every row's entity; a repeated row joins its representative when the model says that is enough."""
    identical, ties, options = prepared.identical, prepared.settled.ties, prepared.options
    likely = probability(weigh(scores.weights, scores.levels, prepared.comparisons, trained.parameters).total(prior))
    itself = scores.left == scores.right
    pairs = scores.left[~itself], scores.right[~itself], likely[~itself]
    entity = cluster.average_linkage(labels, *pairs, rows_max=options.component_rows_max, ties=ties)
    entity = without_bridges(entity, *pairs, sure=options.accept_probability, free=~ties.constrained)
    if options.sure_only:
        entity = cluster.sure_parts(entity, *pairs, sure=options.accept_probability, ties=ties)
    telling = np.zeros(len(entity), dtype=np.bool_)
    enough = options.accept_probability if options.sure_only else cluster.CUT_PROBABILITY
    telling[scores.left[itself]] = likely[itself] >= enough
    folded = ~identical.active & telling[identical.representative]
    return np.where(folded, entity[identical.representative], entity)
