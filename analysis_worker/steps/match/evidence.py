"""From field weights to one total per pair, and the prior under which the totals are consistent.

The model adds weights as if fields were independent. They are not: two people of one household agree on family name, street,
postal code and phone at once, and a naive sum calls them one person (precision 0.67 on a generated CRM with households).
Nor are two people of one household strangers to each other in what is their own: a son bears his father's given name, a
wife's mailbox is spelt like her husband's. Against strangers these agreements are rare; against housemates they are not.

Rules: what a household shares opens the question and no more: however much of it agrees, it counts as the odds that such
a pair is one person in this very table, learnt from what the pairs' personal fields say. The further the question is open,
the more a personal field is judged against housemates and not against strangers: how often housemates agree in a field is
learnt from the same pairs, each counted as far as its *other* fields say two people (a field that judged itself would in the
end explain every match away), and it only ever lowers a weight. Traits of thousands count a few bits together. What was taken
back is told as its own weight, so that the weights still add up.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from analysis_worker.steps.match.comparisons import Bearing, Comparison
from analysis_worker.steps.match.parameters import LevelOdds, Parameters

Floats = npt.NDArray[np.float64]
Levels = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]

ABSENT = -1
_TRAIT_BITS_MAX = 4.0
_PRIOR_START_PAIRS = 200.0
_PRIOR_ROUNDS_MAX = 60
_PRIOR_TOLERANCE_BITS = 1e-6
_HOUSEHOLD_START_PAIRS = 20.0
_HOUSEMATE_START_PAIRS = 20.0
_HOUSEMATE_DOUBT_MIN = 0.9
"""A pair that is more likely than this to be one person, by all its other fields, teaches nothing about housemates: thousands
of matches with a small doubt each would otherwise outweigh a few real housemates."""
_LEAST_DOUBT = 2.0**-10


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """Log2 odds that a pair is one person before its fields are looked at, and how housemates agree.

    Attributes:
        bits: of any pair of the table.
        household_bits: of a pair that a household's fields make look alike.
        housemates: per field of one person, the most that each level may weigh in bits between housemates, shape (levels,).
    """

    bits: float
    household_bits: float
    housemates: tuple[Floats, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal:
    """One field of one person over all pairs.

    Attributes:
        weights: float64, shape (n_pairs,), bits against strangers.
        levels: int8, shape (n_pairs,), ABSENT where a side has no value.
        odds: m and u of every level.
    """

    weights: Floats
    levels: Levels
    odds: tuple[LevelOdds, ...]

    def strangers_bits(self) -> Floats:
        return np.array([np.log2(level.m / level.u) for level in self.odds])

    def housemates_bits(self, doubt: Floats, among: Flags) -> Floats:
        """Bits of every level where the pairs in `among`, each as far as it is not one person, are the other side."""
        seen = among & (self.levels != ABSENT) & (doubt >= _HOUSEMATE_DOUBT_MIN)
        counted = np.bincount(self.levels[seen], weights=doubt[seen], minlength=len(self.odds))
        counted = np.maximum(counted - 1.0, 0.0)  # no pair testifies against itself
        u = np.array([level.u for level in self.odds])
        shares = (counted + _HOUSEMATE_START_PAIRS * u) / (counted.sum() + _HOUSEMATE_START_PAIRS)
        bits = np.log2(np.array([level.m for level in self.odds]) / shares)
        return np.minimum.accumulate(bits)  # a slip makes nobody more of one person than the name without it

    def lowered(self, bits: Floats) -> Floats:
        """What judging against housemates takes away from every pair, at most 0; disagreement is never softened."""
        most = np.append(np.maximum(bits, np.minimum(self.strangers_bits(), 0.0)), np.inf)  # ABSENT is the last place
        return np.minimum(most[self.levels] - self.weights, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Bits per pair by bearing, each float64, shape (n_pairs,), and the fields of one person behind `person`."""

    person: Floats
    household: Floats
    trait: Floats
    fields: tuple[Personal, ...] = ()

    def total(self, prior: Prior) -> Floats:
        """Match weight in bits under a prior, dependence taken back."""
        return self._among_strangers(prior) + self._among_housemates(prior)

    def taken_back(self, prior: Prior) -> Floats:
        """What the total lacks of the plain sum, in bits."""
        return self.total(prior) - (prior.bits + self.person + self.household + self.trait)

    def calibrate(self, assumed_bits: float, *, pairs_possible: float) -> Prior:
        """The prior under which the expected number of matches is the one it assumes, as a fixed point.

        A tiny table cannot say how common matches are, so one match among imagined pairs is added to both counts.
        """
        strangers = tuple(field.strangers_bits() for field in self.fields)
        naive = self._settled(Prior(bits=assumed_bits, household_bits=0.0, housemates=strangers), pairs_possible=pairs_possible)
        return self._settled(replace(naive, housemates=self._housemates(naive)), pairs_possible=pairs_possible)

    def _settled(self, prior: Prior, *, pairs_possible: float) -> Prior:
        for _ in range(_PRIOR_ROUNDS_MAX):
            likely = probability(self.total(prior))
            alike = self.household >= -prior.bits
            confirmed, asked = likely[alike].sum() + _HOUSEHOLD_START_PAIRS / 2, alike.sum() + _HOUSEHOLD_START_PAIRS
            found = replace(
                prior,
                bits=_odds_bits(likely.sum() + 1.0, pairs_possible + _PRIOR_START_PAIRS),
                household_bits=_odds_bits(confirmed, asked),
            )
            settled = max(abs(found.bits - prior.bits), abs(found.household_bits - prior.household_bits))
            prior = found
            if settled < _PRIOR_TOLERANCE_BITS:
                break
        return prior

    def _housemates(self, naive: Prior) -> tuple[Floats, ...]:
        alike, total = self.household >= -naive.bits, self._among_strangers(naive)
        return tuple(field.housemates_bits(1.0 - probability(total - field.weights), alike) for field in self.fields)

    def _among_strangers(self, prior: Prior) -> Floats:
        opened = np.minimum(self.household, prior.household_bits - prior.bits)
        return prior.bits + opened + self.person + np.clip(self.trait, -_TRAIT_BITS_MAX, _TRAIT_BITS_MAX)

    def _among_housemates(self, prior: Prior) -> Floats:
        """What is taken away because the pair may be two people of one household, as far as the household is alike."""
        width = max(prior.household_bits - prior.bits, 1.0)
        share = np.clip(self.household / width, 0.0, 1.0)
        taken = np.zeros(len(self.household))
        for field, bits in zip(self.fields, prior.housemates, strict=False):
            taken += field.lowered(bits)
        return share * taken


def weigh(weights: Floats, levels: Levels, comparisons: tuple[Comparison, ...], parameters: Parameters) -> Evidence:
    """Sum field weights, shape (n_pairs, n_fields), by what they speak of."""

    def of(bearing: Bearing) -> Floats:
        chosen = np.array([entry.bearing is bearing for entry in comparisons], dtype=np.bool_)
        summed: Floats = weights[:, chosen].sum(axis=1)
        return summed

    fields = tuple(
        Personal(weights=weights[:, number], levels=levels[:, number], odds=parameters.levels[entry.name])
        for number, entry in enumerate(comparisons)
        if entry.bearing is Bearing.PERSON
    )
    return Evidence(person=of(Bearing.PERSON), household=of(Bearing.HOUSEHOLD), trait=of(Bearing.TRAIT), fields=fields)


def probability(bits: Floats) -> Floats:
    """Match weight in bits to probability, stable at both ends."""
    return 1.0 / (1.0 + np.exp2(-np.clip(bits, -1000.0, 1000.0)))


def _odds_bits(expected: float, possible: float) -> float:
    return float(np.log2(expected / max(possible - expected, expected * _LEAST_DOUBT)))
