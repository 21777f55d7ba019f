"""A person's names as they are read before anything else looks at them: the right encoding, and no titles before them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from analysis_worker.steps.correct.encoding import encoding_change
from analysis_worker.steps.correct.people import Person
from analysis_worker.steps.correct.proposal import Change
from analysis_worker.steps.correct.titles import title_change


@dataclass(frozen=True, slots=True, kw_only=True)
class Readable:
    """One name: the text that the other rules judge, and the change that led to it, if any."""

    text: str
    change: Change | None


@lru_cache(maxsize=100_000)
def readable(name: str, kind: str, country: str | None) -> Readable:
    """Return the name in its encoding and without titles; `kind` is `given`, `family` or `full`."""
    encoding = encoding_change(name)
    text = encoding.after if encoding else name
    title = title_change(text, country) if kind != "family" else None
    return Readable(text=title.after if title else text, change=title or encoding)


def plain_names(person: Person, country: str | None) -> tuple[str, str, str]:
    """Return given, family and full name as the rules judge them, empty where absent."""
    given = readable(person.given_name, "given", country).text if person.given_name else ""
    family = readable(person.family_name, "family", country).text if person.family_name else ""
    full = readable(person.full_name, "full", country).text if person.full_name else ""
    return given, family, full


def then(first: Change | None, text: str, rule: Callable[[str], Change | None]) -> Change | None:
    """Return the change that applies `first`, which led to `text`, and then `rule`; the earlier one gives its name."""
    second = rule(text)
    if first is None or second is None:
        return second or first
    return Change(rule=first.rule, after=second.after, confidence=min(first.confidence, second.confidence))
