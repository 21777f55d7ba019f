"""Names for segments, from what sets each apart from all customers.

Rules: a name uses only aggregates; a difference is worth a word from a third of a standard deviation on; names within a run
differ, the next distinguishing feature deciding, and a number only where nothing else differs. A segment that goes on from the
run before keeps its name as long as all that the name says is still among what sets the segment apart.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis_worker.steps.segment.choice import Labels
from analysis_worker.steps.segment.encoding import Encoded, Feature, Matrix
from analysis_worker.steps.segment.phrasing import level_phrase, number_phrase

_WORTH_A_WORD = 0.33
_WORTH_A_SHARE = 0.15
_NOBODY = 0.9
_MAX_NAME = 180
_STRONG = 1.0
# From this many features on, a name also says how strongly: `very frequent`.
_EMPHATIC = 4

# (word for low, word for high); the first that differ lead the name.
_ADJECTIVES = {
    "frequency": ("occasional", "frequent"),
    "recency_days": ("recent", "lapsed"),
    "tenure_days": ("new", "long-standing"),
    "stated_age": ("younger", "older"),
}
_NEVER = "never_bought"
# Words of a name that say nothing by themselves.
_GLUE = frozenset({"and", "customers", "very", "who", "with"})
_NOUNS = {"monetary": ("small spenders", "big spenders")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trait:
    """One difference of a segment: strength in standard deviations of all customers, signed."""

    feature: str
    strength: float
    phrase: str


def names(encoded: Encoded, labels: Labels, segments: int, before: Sequence[str] = ()) -> tuple[str, ...]:
    """Return one distinct name per segment, for labels 0..segments-1.

    Args:
        encoded: The customers.
        labels: Segment of each.
        segments: How many there are.
        before: Name that each segment had in the run before, "" for none; empty without such a run.
    """
    if segments == 1:
        return ("All customers",)
    traits = [_traits(encoded, labels == number) for number in range(segments)]
    kept = _kept(traits, before)
    most = max(_EMPHATIC, *(len(found) for found in traits))
    # Names start short; those that collide take in one more feature until they differ.
    lengths = [2] * segments
    while True:
        written = [kept.get(number) or _write(found, lengths[number]) for number, found in enumerate(traits)]
        taken = Counter(written)
        longer = [
            number
            for number in range(segments)
            if taken[written[number]] > 1 and number not in kept and lengths[number] < max(most, _EMPHATIC) + 1
        ]
        if not longer:
            return _numbered(written)
        for number in longer:
            lengths[number] += 1


def _kept(traits: Sequence[Sequence[Trait]], before: Sequence[str]) -> dict[int, str]:
    """Names of the run before that are still true, by segment; of equal ones none."""
    taken = Counter(before)
    return {number: name for number, name in enumerate(before) if name and taken[name] == 1 and _holds(name, traits[number])}


def _holds(name: str, traits: Sequence[Trait]) -> bool:
    """Whether nothing is left of a name when what sets the segment apart is taken out of it."""
    left, said = name.casefold(), False
    for phrase in sorted((trait.phrase.casefold() for trait in traits), key=len, reverse=True):
        said |= phrase in left
        left = left.replace(phrase, " ")
    return said and not set(left.replace(",", " ").split()) - _GLUE


def _numbered(written: Sequence[str]) -> tuple[str, ...]:
    taken, seen = Counter(written), Counter[str]()
    found = []
    for name in written:
        seen[name] += 1
        found.append(f"{name} ({seen[name]})" if taken[name] > 1 else name)
    return tuple(found)


def _traits(encoded: Encoded, inside: np.ndarray) -> list[Trait]:
    found: list[Trait] = []
    frequency = encoded.values.get("frequency")
    if frequency is not None and (np.nan_to_num(frequency[inside]) == 0).mean() >= _NOBODY and np.nan_to_num(frequency).any():
        found.append(Trait(feature=_NEVER, strength=np.inf, phrase="never bought"))
    for feature in encoded.features:
        block = encoded.matrix[:, feature.start : feature.stop]
        found.extend(
            _number_trait(feature, block[:, 0], inside) if feature.kind == "numeric" else _level_trait(feature, block, inside)
        )
    return sorted(found, key=lambda trait: (-abs(trait.strength), trait.feature))


def _number_trait(feature: Feature, column: Matrix, inside: np.ndarray) -> list[Trait]:
    strength = float((column[inside].mean() - column.mean()) / (column.std() or 1.0))
    if abs(strength) < _WORTH_A_WORD:
        return []
    words = _ADJECTIVES.get(feature.name) or _NOUNS.get(feature.name)
    phrase = words[strength > 0] if words else number_phrase(feature.name, high=strength > 0, very=abs(strength) >= _STRONG)
    return [Trait(feature=feature.name, strength=strength, phrase=phrase)]


def _level_trait(feature: Feature, block: Matrix, inside: np.ndarray) -> list[Trait]:
    shares, overall = block[inside].mean(axis=0), block.mean(axis=0)
    gains = shares - overall
    best = int(gains.argmax())
    if gains[best] < _WORTH_A_SHARE:
        return []
    strength = float(gains[best] / np.sqrt(overall[best] * (1 - overall[best])))
    return [Trait(feature=feature.name, strength=strength, phrase=level_phrase(feature.name, feature.levels[best]))]


def _write(traits: Sequence[Trait], length: int) -> str:
    if not traits:
        return "Average customers"
    if traits[0].feature == _NEVER:
        rest = [trait for trait in traits[1:] if trait.feature not in _ADJECTIVES and trait.feature not in _NOUNS]
        return _sentence(f"customers who {traits[0].phrase}", ", with", rest[: length - 2])
    head = [trait for trait in traits if trait.feature in _ADJECTIVES or trait.feature in _NOUNS]
    others = [trait for trait in traits if trait not in head]
    if not head:
        return _sentence("", "", others[:length])
    nouns = [_said(trait, length) for trait in head if trait.feature in _NOUNS]
    adjectives = [trait for trait in head if trait.feature in _ADJECTIVES][:length]
    ordered = sorted(adjectives, key=lambda trait: list(_ADJECTIVES).index(trait.feature))
    start = " ".join([*(_said(trait, length) for trait in ordered), nouns[0] if nouns else "customers"])
    return _sentence(start, " with", others[: max(0, length - (len(adjectives) + len(nouns)))])


def _said(trait: Trait, length: int) -> str:
    return f"very {trait.phrase}" if length >= _EMPHATIC and abs(trait.strength) >= _STRONG else trait.phrase


def _sentence(head: str, link: str, extra: Sequence[Trait]) -> str:
    # Several columns may say the same ("no internet service").
    phrases = list(dict.fromkeys(trait.phrase for trait in extra))
    listed = " and ".join(filter(None, [", ".join(phrases[:-1]), *phrases[-1:]]))
    name = " ".join(filter(None, [head + link if listed else head, listed]))[:_MAX_NAME]
    return name[:1].upper() + name[1:]
