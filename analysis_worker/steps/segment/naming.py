"""Names for segments, from what sets each apart from all customers.

Rules: a name uses only aggregates; a difference is worth a word from a third of a standard deviation on; names within a run
differ, the next distinguishing feature deciding, and a number only where nothing else differs.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis_worker.steps.segment.choice import Labels
from analysis_worker.steps.segment.encoding import MISSING, Encoded, Feature, Matrix

_WORTH_A_WORD = 0.33
_WORTH_A_SHARE = 0.15
_NOBODY = 0.9
_MAX_LEVEL = 30
_MAX_NAME = 180
_STRONG = 1.0
# From this many features on, a name also says how strongly: `very frequent`.
_EMPHATIC = 4

# (word for low, word for high); the first that differ lead the name.
_ADJECTIVES = {
    "frequency": ("occasional", "frequent"),
    "recency_days": ("recent", "lapsed"),
    "tenure_days": ("new", "long-standing"),
}
_NOUNS = {"monetary": ("small spenders", "big spenders")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trait:
    """One difference of a segment: strength in standard deviations of all customers, signed."""

    feature: str
    strength: float
    phrase: str


def names(encoded: Encoded, labels: Labels, segments: int) -> tuple[str, ...]:
    """Return one distinct name per segment, for labels 0..segments-1."""
    if segments == 1:
        return ("All customers",)
    traits = [_traits(encoded, labels == number) for number in range(segments)]
    most = max(_EMPHATIC, *(len(found) for found in traits))
    # Names start short; those that collide take in one more feature until they differ.
    lengths = [2] * segments
    while True:
        written = [_write(found, length) for found, length in zip(traits, lengths, strict=True)]
        taken = Counter(written)
        longer = [
            number for number in range(segments) if taken[written[number]] > 1 and lengths[number] < max(most, _EMPHATIC) + 1
        ]
        if not longer:
            return _numbered(written)
        for number in longer:
            lengths[number] += 1


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
        found.append(Trait(feature="never_bought", strength=np.inf, phrase="never bought"))
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
    low, high = ("very low", "very high") if abs(strength) >= _STRONG else ("low", "high")
    phrase = f"{high if strength > 0 else low} {feature.name.replace('_', ' ')}"
    words = _ADJECTIVES.get(feature.name) or _NOUNS.get(feature.name)
    return [Trait(feature=feature.name, strength=strength, phrase=words[strength > 0] if words else phrase)]


def _level_trait(feature: Feature, block: Matrix, inside: np.ndarray) -> list[Trait]:
    shares, overall = block[inside].mean(axis=0), block.mean(axis=0)
    gains = shares - overall
    best = int(gains.argmax())
    if gains[best] < _WORTH_A_SHARE:
        return []
    level = feature.levels[best]
    said = "not said" if level == MISSING else level[:_MAX_LEVEL]
    strength = float(gains[best] / np.sqrt(overall[best] * (1 - overall[best])))
    return [Trait(feature=feature.name, strength=strength, phrase=f"{feature.name.replace('_', ' ')} {said}")]


def _write(traits: Sequence[Trait], length: int) -> str:
    if not traits:
        return "Average customers"
    if traits[0].feature == "never_bought":
        rest = [trait for trait in traits[1:] if trait.feature not in _ADJECTIVES and trait.feature not in _NOUNS]
        return _sentence("customers who never bought", rest[: length - 2])
    bought = [trait for trait in traits if trait.feature in _ADJECTIVES or trait.feature in _NOUNS]
    others = [trait for trait in traits if trait not in bought]
    nouns = [_said(trait, length) for trait in bought if trait.feature in _NOUNS]
    adjectives = [trait for trait in bought if trait.feature in _ADJECTIVES][:length]
    ordered = sorted(adjectives, key=lambda trait: list(_ADJECTIVES).index(trait.feature))
    head = " ".join([*(_said(trait, length) for trait in ordered), nouns[0] if nouns else "customers"])
    extra = others[: max(0, length - (len(adjectives) + len(nouns)))] if bought else others[:length]
    return _sentence(head, extra)


def _said(trait: Trait, length: int) -> str:
    return f"very {trait.phrase}" if length >= _EMPHATIC and abs(trait.strength) >= _STRONG else trait.phrase


def _sentence(head: str, extra: Sequence[Trait]) -> str:
    with_ = f" with {' and '.join(trait.phrase for trait in extra)}" if extra else ""
    name = (head + with_)[:_MAX_NAME]
    return name[:1].upper() + name[1:]
