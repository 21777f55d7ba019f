"""How likely a rule is by chance, and which of many rules are worth believing.

Rules: two tests, of which the worse counts. Fisher's exact test says whether body and head meet more often than their numbers
explain (hypergeometric upper tail). Mantel and Haenszel's test over strata of equally large baskets says whether they do so
beyond basket size: who buys much buys everything, which joins any two products and says nothing about either. Of the tests made
(those of sets that turned out rare too), Benjamini and Yekutieli's step-up keeps the share of false rules down under any
dependence.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, ndtr

from analysis_worker.steps.associate.bitmaps import Counts

Numbers = NDArray[np.float64]

_NEGLIGIBLE = 1e-12


def chance(joint: Counts, body: Counts, head: Counts, total: Counts) -> Numbers:
    """Return the larger p-value of the two tests.

    Args:
        joint: Baskets with body and head, by stratum, shape (m, strata).
        body: With the body, shape (m, strata).
        head: With the head, shape (m, strata).
        total: All, shape (m, strata) or (strata,).
    """
    everywhere = np.broadcast_to(total, joint.shape)
    exact = fisher_upper(joint.sum(axis=1), body.sum(axis=1), head.sum(axis=1), everywhere.sum(axis=1))
    return np.maximum(exact, stratified_upper(joint, body, head, everywhere))


def fisher_upper(joint: Counts, body: Counts, head: Counts, total: Counts) -> Numbers:
    """Return the probability of `joint` or more by chance, shape (m,); 1 where there is no more than expected."""
    x, k, n, all_ = (np.asarray(one, np.float64) for one in (joint, body, head, total))
    result = np.ones(len(x))
    above = np.flatnonzero(x * all_ > k * n)
    x, k, n, all_ = x[above], k[above], n[above], all_[above]
    log_first = _log_choose(n, x) + _log_choose(all_ - n, k - x) - _log_choose(all_, k)
    term, tail = np.ones(len(x)), np.ones(len(x))
    open_ = np.arange(len(x))
    # Above the expectation the terms fall ever faster.
    while len(open_):
        at = x[open_]
        term[open_] *= (k[open_] - at) * (n[open_] - at) / ((at + 1) * (all_[open_] - n[open_] - k[open_] + at + 1))
        tail[open_] += term[open_]
        x[open_] += 1
        open_ = open_[term[open_] > _NEGLIGIBLE * tail[open_]]
    result[above] = np.minimum(np.exp(log_first) * tail, 1.0)
    return result


def stratified_upper(joint: Counts, body: Counts, head: Counts, total: Counts) -> Numbers:
    """Return Mantel and Haenszel's one-sided p-value with continuity correction, shape (m,)."""
    k, n, all_ = (np.asarray(one, np.float64) for one in (body, head, total))
    size = np.maximum(all_, 1.0)
    expected = (k * n / size).sum(axis=1)
    variance = (k * (all_ - k) * n * (all_ - n) / (size**2 * np.maximum(all_ - 1, 1.0))).sum(axis=1)
    score = (joint.sum(axis=1) - expected - 0.5) / np.sqrt(np.maximum(variance, _NEGLIGIBLE))
    return np.asarray(np.where(variance > _NEGLIGIBLE, ndtr(-score), 1.0), np.float64)


def discoveries(p_values: Numbers, share: float, tests: int, *, dependent: bool) -> NDArray[np.bool_]:
    """Return which of `tests` null hypotheses are rejected so that at most `share` of the rejections are false.

    Args:
        p_values: Of those that could be rejected, shape (m,); of the other tests it is enough to know that they were made.
        share: Of false rejections, expected.
        tests: At least m.
        dependent: Benjamini and Yekutieli 2001, for any dependence; else Benjamini and Hochberg 1995.
    """
    if not len(p_values):
        return np.zeros(0, bool)
    tests = max(tests, len(p_values))
    # The harmonic number, Euler and Mascheroni.
    penalty = np.log(tests) + 0.5772156649 + 1 / (2 * tests) if dependent else 1.0
    order = np.argsort(p_values, kind="stable")
    limits = share * np.arange(1, len(order) + 1) / (tests * penalty)
    passed = np.flatnonzero(p_values[order] <= limits)
    rejected = np.zeros(len(order), bool)
    rejected[order[: passed[-1] + 1 if len(passed) else 0]] = True
    return rejected


def _log_choose(n: Numbers, k: Numbers) -> Numbers:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1), np.float64)
