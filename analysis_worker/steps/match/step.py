"""The match step: which rows are one person. A table in, entities, scored pairs and a summary out.

The path: roles -> features -> identical rows folded -> candidates under a budget -> strangers -> training -> scoring ->
prior calibrated -> components -> average linkage -> bands. Rules: no column is configured, no truth is seen, no clock, no
disk, no network; the same table, options and seed give the same bits, in whatever order the rows come.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analysis_worker.steps.match import cluster
from analysis_worker.steps.match.blocking import Candidates, find_candidates
from analysis_worker.steps.match.comparisons import Comparison, build_comparisons
from analysis_worker.steps.match.engine import open_engine
from analysis_worker.steps.match.features import Features, build_features
from analysis_worker.steps.match.identical import Identical, find_identical
from analysis_worker.steps.match.options import MatchOptions
from analysis_worker.steps.match.report import Judged, empty_result, judged_result
from analysis_worker.steps.match.result import MatchResult
from analysis_worker.steps.match.roles import decide_roles
from analysis_worker.steps.match.scoring import Scorer, Scores, merged
from analysis_worker.steps.match.strangers import Grouping, group_by_information
from analysis_worker.steps.match.training import Trained, train

Rows = npt.NDArray[np.int64]

_LEAST_BITS = -20.0
"""Scored pairs this far under even odds cannot reach an edge, even after the prior is calibrated."""


def match(table: pa.Table, options: MatchOptions | None = None) -> MatchResult:
    """Find the entities of a table with a `row_id` column and any of the vault's customer fields.

    Raises:
        MatchInputError: `row_id` is missing, null or repeated, or a column cannot be read.
        MatchEngineError: the engine refused, usually at its memory limit.
    """
    options = options or MatchOptions()
    roles = decide_roles(table)
    features = build_features(table, roles)
    comparisons = build_comparisons(features)
    if features.rows < 2 or not comparisons:  # noqa: PLR2004 - nobody to compare with
        return empty_result(table, features, roles)
    identical = find_identical(features)
    budget = options.comparison_budget(features.rows)
    candidates = find_candidates(features, identical.active, budget=budget, value_rows_max=options.value_rows_max)
    grouping = group_by_information(features, candidates, identical.representative)
    trained = _train(features, comparisons, grouping, identical, options)
    scores, labels, prior_bits = _score(features, comparisons, grouping, trained, candidates, identical, options)
    entity = _entities(scores, labels, identical, options)
    judged = Judged(
        entity=entity,
        scores=scores,
        identical=identical,
        candidates=candidates,
        trained=trained,
        prior_bits=prior_bits,
        comparisons=comparisons,
    )
    return judged_result(table, features, roles, judged, options)


def _train(
    features: Features, comparisons: tuple[Comparison, ...], grouping: Grouping, identical: Identical, options: MatchOptions
) -> Trained:
    with open_engine(threads=1, memory_limit_mb=options.memory_limit_mb) as connection:
        return train(
            connection,
            features,
            comparisons,
            grouping,
            np.flatnonzero(identical.active),
            sample_pairs=options.sample_pairs,
            training_pairs=options.training_pairs,
            rng=np.random.default_rng(options.seed),
        )


def _score(
    features: Features,
    comparisons: tuple[Comparison, ...],
    grouping: Grouping,
    trained: Trained,
    candidates: Candidates,
    identical: Identical,
    options: MatchOptions,
) -> tuple[Scores, Rows, float]:
    """Scores with the calibrated prior, component of every row, and that prior in bits."""
    assumed = float(np.log2(trained.parameters.prior / (1 - trained.parameters.prior)))
    with open_engine(threads=options.threads, memory_limit_mb=options.memory_limit_mb) as connection:
        scorer = Scorer(connection, features, comparisons, trained.parameters, grouping)
        scores = scorer.score(candidates.left, candidates.right, least=_LEAST_BITS)
        active = int(identical.active.sum())
        prior_bits = cluster.calibrated_prior_bits(scores.total, assumed, pairs_possible=active * (active - 1) / 2)
        likely = cluster.probability(scores.total - assumed + prior_bits)
        labels = cluster.bounded_components(
            features.rows, scores.left, scores.right, likely, rows_max=options.component_rows_max
        )
        missing = cluster.unscored_inside(
            labels, scores.left, scores.right, rows_max=options.component_rows_max, pairs_max=len(candidates.left)
        )
        repeated = identical.repeated
        more = scorer.score(np.concatenate([missing[0], repeated]), np.concatenate([missing[1], repeated]))
    scores = merged([scores, more], fields=len(comparisons))
    return scores.shifted(prior_bits - assumed), labels, prior_bits


def _entities(scores: Scores, labels: Rows, identical: Identical, options: MatchOptions) -> Rows:
    """Smallest row of every row's entity; a repeated row joins its representative when the model says that is enough."""
    likely = cluster.probability(scores.total)
    itself = scores.left == scores.right
    entity = cluster.average_linkage(
        labels, scores.left[~itself], scores.right[~itself], likely[~itself], rows_max=options.component_rows_max
    )
    telling = np.zeros(len(entity), dtype=np.bool_)
    telling[scores.left[itself]] = likely[itself] >= cluster.CUT_PROBABILITY
    folded = ~identical.active & telling[identical.representative]
    return np.where(folded, entity[identical.representative], entity)
