"""From field weights to one total per pair, and the prior under which the totals are consistent.

The model adds weights as if fields were independent. They are not: two people of one household agree on family name, street,
postal code and phone at once, and a naive sum calls them one person (precision 0.67 on a generated CRM with households).

Rules: what a household shares opens the question and no more: however much of it agrees, it counts as the odds that such
a pair is one person in this very table, learnt from what the pairs' personal fields say; traits of thousands count a few
bits together. What was taken back is told as its own weight, so that the weights still add up.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis_worker.steps.match.comparisons import Bearing, Comparison

Floats = npt.NDArray[np.float64]

_TRAIT_BITS_MAX = 4.0
_PRIOR_START_PAIRS = 200.0
_PRIOR_ROUNDS_MAX = 60
_PRIOR_TOLERANCE_BITS = 1e-6
_HOUSEHOLD_START_PAIRS = 20.0
_LEAST_DOUBT = 2.0**-10


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Bits per pair by bearing, each float64, shape (n_pairs,)."""

    person: Floats
    household: Floats
    trait: Floats

    def total(self, prior: "Prior") -> Floats:
        """Match weight in bits under a prior, dependence taken back."""
        opened = np.minimum(self.household, prior.household_bits - prior.bits)
        return prior.bits + opened + self._answer()

    def taken_back(self, prior: "Prior") -> Floats:
        """What the total lacks of the plain sum, in bits."""
        return self.total(prior) - (prior.bits + self.person + self.household + self.trait)

    def calibrate(self, assumed_bits: float, *, pairs_possible: float) -> "Prior":
        """The prior under which the expected number of matches is the one it assumes, as a fixed point.

        A tiny table cannot say how common matches are, so one match among imagined pairs is added to both counts.
        """
        prior = Prior(bits=assumed_bits, household_bits=0.0)
        for _ in range(_PRIOR_ROUNDS_MAX):
            likely = probability(self.total(prior))
            alike = self.household >= -prior.bits
            confirmed, asked = likely[alike].sum() + _HOUSEHOLD_START_PAIRS / 2, alike.sum() + _HOUSEHOLD_START_PAIRS
            found = Prior(
                bits=_odds_bits(likely.sum() + 1.0, pairs_possible + _PRIOR_START_PAIRS),
                household_bits=_odds_bits(confirmed, asked),
            )
            settled = max(abs(found.bits - prior.bits), abs(found.household_bits - prior.household_bits))
            prior = found
            if settled < _PRIOR_TOLERANCE_BITS:
                break
        return prior

    def _answer(self) -> Floats:
        return self.person + np.clip(self.trait, -_TRAIT_BITS_MAX, _TRAIT_BITS_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """Log2 odds that a pair is one person before its fields are looked at.

    Attributes:
        bits: of any pair of the table.
        household_bits: of a pair that a household's fields make look alike.
    """

    bits: float
    household_bits: float


def weigh(weights: Floats, comparisons: tuple[Comparison, ...]) -> Evidence:
    """Sum field weights, shape (n_pairs, n_fields), by what they speak of."""

    def of(bearing: Bearing) -> Floats:
        chosen = np.array([entry.bearing is bearing for entry in comparisons], dtype=np.bool_)
        summed: Floats = weights[:, chosen].sum(axis=1)
        return summed

    return Evidence(person=of(Bearing.PERSON), household=of(Bearing.HOUSEHOLD), trait=of(Bearing.TRAIT))


def probability(bits: Floats) -> Floats:
    """Match weight in bits to probability, stable at both ends."""
    return 1.0 / (1.0 + np.exp2(-np.clip(bits, -1000.0, 1000.0)))


def _odds_bits(expected: float, possible: float) -> float:
    return float(np.log2(expected / max(possible - expected, expected * _LEAST_DOUBT)))
