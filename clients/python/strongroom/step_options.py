"""What may be asked of a step: its options by name and kind, checked where a run is declared and where it is queued.

Rules: a refusal names the place and never the value; a step that the table does not know is somebody else's to refuse. Numbers
follow JSON: a whole number may come as 3.0, and true is no number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from strongroom.step_option_table import STEP_OPTIONS

STEPS = ("correct", "enrich", "match", "impute", "segment", "value", "classify", "associate")
_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "text": "a text",
    "date": "a date such as 2026-01-31",
    "texts": "a list of texts",
}
_SHOWN_CHARS = 60


def option_problems(step: str, options: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield (option, what is wrong with it) for each option that the step would refuse for its name or kind."""
    known = STEP_OPTIONS.get(step)
    if known is None:
        return
    for name, value in options.items():
        if name not in known:
            shown = name[:_SHOWN_CHARS]
            yield shown, f"{step} has no option {shown!r}; it has: {', '.join(sorted(known)) or 'none'}"
        elif not _fits(known[name], value):
            kind = known[name]
            yield name, f"must be {_WORDS[kind.rstrip('?')]}" + (" or null" if kind.endswith("?") else "")


def is_day(value: object) -> bool:
    """Whether it is a date, or a text that writes one as 2026-01-31; a moment is none."""
    if not isinstance(value, str):
        return type(value) is date
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def steps_counting_back() -> tuple[str, ...]:
    """Steps that look at purchases up to a day: they have the option `as_of`."""
    return tuple(step for step in STEPS if "as_of" in STEP_OPTIONS.get(step, {}))


def _fits(kind: str, value: object) -> bool:
    if value is None:
        return kind.endswith("?")
    plain = kind.rstrip("?")
    if plain == "any":
        return True
    if isinstance(value, bool):
        return plain == "bool"
    if isinstance(value, int | float):
        return plain == "float" or (plain == "int" and float(value).is_integer())
    if isinstance(value, str | date):
        return (plain == "text" and isinstance(value, str)) or (plain == "date" and is_day(value))
    return plain == "texts" and isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)
