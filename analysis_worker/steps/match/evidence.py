"""From field weights to one total per pair, and the prior under which the totals are consistent.

The model adds weights as if fields were independent. They are not: two people of one household agree on family name, street,
postal code and phone at once, and a naive sum calls them one person (precision 0.67 on a generated CRM with households).
Nor are two people of one household strangers to each other in what is their own: a son bears his father's given name, a
wife's mailbox is spelt like her husband's. Against strangers these agreements are rare; against housemates they are not.

Rules: what a household shares opens the question and no more: however much of it agrees, it counts as the odds that such
a pair is one person in this very table, learnt from what the pairs' personal fields say. The further the question is open,
the more a field is judged against housemates and not against strangers: how often housemates agree in a field is learnt
from the same pairs, each counted as far as its *other* fields say two people (a field that judged itself would in the end
explain every match away), and it only ever lowers a weight. That holds for what a household shares, too: one address with
two phones, two employers, is rarer of one person than of two. Traits of thousands count a few bits together. What was taken
back is told as its own weight, so that the weights still add up.

m is counted once more when the prior stands, on all pairs, each as far as it is one person. The training blocks on equal
names and takes namesakes of one address for matches with another birth date, so a contradiction would weigh too little.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from analysis_worker.steps.match.comparisons import Bearing, Comparison
from analysis_worker.steps.match.parameters import M_MIN, Parameters

Floats = npt.NDArray[np.float64]
Levels = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]

ABSENT = -1
_TRAIT_BITS_MAX = 4.0
_PRIOR_START_PAIRS = 200.0
_PRIOR_ROUNDS_MAX = 60
_PRIOR_TOLERANCE_BITS = 1e-6
_HOUSEHOLD_START_PAIRS = 20.0
_MATCH_START_PAIRS = 20.0
_HOUSEMATE_START_PAIRS = 20.0
_HOUSEMATE_DOUBT_MIN = 0.9
"""A pair that is more likely than this to be one person, by all its other fields, teaches nothing about housemates: thousands
of matches with a small doubt each would otherwise outweigh a few real housemates."""
_LEAST_DOUBT = 2.0**-10


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """Log2 odds that a pair is one person before its fields are looked at, and what the table's own pairs teach about levels.

    Attributes:
        bits: of any pair of the table.
        household_bits: of a pair that a household's fields make look alike.
        matches: per field, the bits that each level gains since m was counted anew, shape (levels,).
        housemates: per field, of one person's own the most that each level may weigh in bits between housemates, of a
            household's what each level loses, shape (levels,).
    """

    bits: float
    household_bits: float
    matches: tuple[Floats, ...] = ()
    housemates: tuple[Floats, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field over all pairs.

    Attributes:
        bearing: whom it speaks of.
        weights: float64, shape (n_pairs,), bits against strangers.
        levels: int8, shape (n_pairs,), ABSENT where a side has no value.
        m, u: of every level, shape (levels,).
    """

    bearing: Bearing
    weights: Floats
    levels: Levels
    m: Floats
    u: Floats

    def matches_bits(self, likely: Floats) -> Floats:
        """What each level gains when m is counted on all pairs, each as far as it is one person."""
        counted = self._counted(likely, self.levels != ABSENT) + _MATCH_START_PAIRS * self.m
        gained: Floats = np.log2(np.maximum(counted / counted.sum(), M_MIN) / self.m)
        return gained

    def gaining(self, bits: Floats) -> "Field":
        """The field with an m that is so many bits likelier, level by level."""
        return replace(self, weights=self.weights + np.append(bits, 0.0)[self.levels], m=self.m * np.exp2(bits))

    def housemates_bits(self, doubt: Floats, among: Flags) -> Floats:
        """Bits of every level where the pairs in `among`, each as far as it is not one person, are the other side."""
        own = self.bearing is Bearing.PERSON
        counted = self._counted(doubt, among & (self.levels != ABSENT) & (doubt >= _HOUSEMATE_DOUBT_MIN))
        counted = np.maximum(counted - 1.0, 0.0)  # no pair testifies against itself
        shares = (counted + _HOUSEMATE_START_PAIRS * (self.u if own else self.m)) / (counted.sum() + _HOUSEMATE_START_PAIRS)
        bits: Floats = np.log2(self.m / shares)
        # a slip makes nobody more of one person than the name without it; what a household shares makes nobody one person
        return np.minimum.accumulate(bits) if own else np.minimum(bits, 0.0)

    def lowered(self, bits: Floats) -> Floats:
        """What judging against housemates takes away from every pair, at most 0; disagreement is never softened."""
        if self.bearing is Bearing.HOUSEHOLD:
            taken: Floats = np.append(bits, 0.0)[self.levels]
            return taken
        most = np.append(np.maximum(bits, np.minimum(np.log2(self.m / self.u), 0.0)), np.inf)  # ABSENT is the last place
        return np.minimum(most[self.levels] - self.weights, 0.0)

    def _counted(self, shares: Floats, among: Flags) -> Floats:
        return np.bincount(self.levels[among], weights=shares[among], minlength=len(self.m)).astype(np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Bits per pair by bearing, each float64, shape (n_pairs,), and the fields behind them."""

    person: Floats
    household: Floats
    trait: Floats
    fields: tuple[Field, ...] = ()

    def total(self, prior: Prior) -> Floats:
        """Match weight in bits under a prior, dependence taken back."""
        return _total(self.anew(prior), prior)

    def taken_back(self, prior: Prior) -> Floats:
        """What the total lacks of the plain sum, in bits."""
        anew = self.anew(prior)
        return _total(anew, prior) - (prior.bits + anew.person + anew.household + anew.trait)

    def anew(self, prior: Prior) -> "Evidence":
        """The evidence with m as the prior's table has taught it."""
        if not prior.matches:
            return self
        return summed(tuple(field.gaining(bits) for field, bits in zip(self.fields, prior.matches, strict=True)))

    def calibrate(self, assumed_bits: float, *, pairs_possible: float) -> Prior:
        """The prior under which the expected number of matches is the one it assumes, as a fixed point.

        A tiny table cannot say how common matches are, so one match among imagined pairs is added to both counts.
        """
        first = _calibrated(self, Prior(bits=assumed_bits, household_bits=0.0), pairs_possible=pairs_possible)
        likely = probability(_total(self, first))
        taught = replace(first, matches=tuple(field.matches_bits(likely) for field in self.fields), housemates=())
        return _calibrated(self.anew(taught), taught, pairs_possible=pairs_possible)


def weigh(weights: Floats, levels: Levels, comparisons: tuple[Comparison, ...], parameters: Parameters) -> Evidence:
    """Sum field weights, shape (n_pairs, n_fields), by what they speak of."""
    odds = [parameters.levels[entry.name] for entry in comparisons]
    return summed(
        tuple(
            Field(
                bearing=entry.bearing,
                weights=weights[:, number],
                levels=levels[:, number],
                m=np.array([level.m for level in odds[number]]),
                u=np.array([level.u for level in odds[number]]),
            )
            for number, entry in enumerate(comparisons)
        )
    )


def summed(fields: tuple[Field, ...]) -> Evidence:
    """Fields, one at least, by what they speak of."""

    def of(bearing: Bearing) -> Floats:
        total = np.zeros(len(fields[0].weights))
        for field in fields:
            if field.bearing is bearing:
                total += field.weights
        return total

    return Evidence(person=of(Bearing.PERSON), household=of(Bearing.HOUSEHOLD), trait=of(Bearing.TRAIT), fields=fields)


def _calibrated(evidence: Evidence, prior: Prior, *, pairs_possible: float) -> Prior:
    naive = _settled(evidence, prior, pairs_possible=pairs_possible)
    return _settled(evidence, replace(naive, housemates=_housemates(evidence, naive)), pairs_possible=pairs_possible)


def _settled(evidence: Evidence, prior: Prior, *, pairs_possible: float) -> Prior:
    taken = _taken_of_housemates(evidence, prior)
    for _ in range(_PRIOR_ROUNDS_MAX):
        likely = probability(_among_strangers(evidence, prior) + _openness(evidence, prior) * taken)
        alike = evidence.household >= -prior.bits
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


def _housemates(evidence: Evidence, naive: Prior) -> tuple[Floats, ...]:
    alike, total = evidence.household >= -naive.bits, _among_strangers(evidence, naive)
    doubt = 1.0 - probability(total)

    def of(field: Field) -> Floats:
        if field.bearing is Bearing.PERSON:
            return field.housemates_bits(1.0 - probability(total - field.weights), alike)
        # of a household's fields the total holds the odds of being alike, not their weights: none of them judges itself
        return field.housemates_bits(doubt, alike) if field.bearing is Bearing.HOUSEHOLD else np.zeros(len(field.m))

    return tuple(of(field) for field in evidence.fields)


def _total(evidence: Evidence, prior: Prior) -> Floats:
    return _among_strangers(evidence, prior) + _openness(evidence, prior) * _taken_of_housemates(evidence, prior)


def _among_strangers(evidence: Evidence, prior: Prior) -> Floats:
    opened = np.minimum(evidence.household, prior.household_bits - prior.bits)
    return prior.bits + opened + evidence.person + np.clip(evidence.trait, -_TRAIT_BITS_MAX, _TRAIT_BITS_MAX)


def _openness(evidence: Evidence, prior: Prior) -> Floats:
    """How far each pair may be two people of one household, 0 to 1: as far as the household is alike."""
    return np.clip(evidence.household / max(prior.household_bits - prior.bits, 1.0), 0.0, 1.0)


def _taken_of_housemates(evidence: Evidence, prior: Prior) -> Floats:
    """What every pair loses where it is judged against housemates alone."""
    taken = np.zeros(len(evidence.household))
    for field, bits in zip(evidence.fields, prior.housemates, strict=False):
        if field.bearing is not Bearing.TRAIT:
            taken += field.lowered(bits)
    return taken


def probability(bits: Floats) -> Floats:
    """Match weight in bits to probability, stable at both ends."""
    return 1.0 / (1.0 + np.exp2(-np.clip(bits, -1000.0, 1000.0)))


def _odds_bits(expected: float, possible: float) -> float:
    return float(np.log2(expected / max(possible - expected, expected * _LEAST_DOUBT)))
