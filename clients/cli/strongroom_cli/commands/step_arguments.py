"""Steps and their options as people type them on a command line.

Rules: the kind of an option decides how its value is read. A list is typed as it is said, `income,stated_age`, or as JSON where
a name holds a comma; typed twice, an option of a list grows and any other one is refused. Whole lines (`enrich.joins`) are not
cut. A value that cannot be what its option wants is refused here, with what to type.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from strongroom_cli.faults import CommandError

if TYPE_CHECKING:
    from strongroom.run_steps import StepOption, StepOptions

STEPS_HELP = "steps in order, of: correct, enrich, match, impute, segment, value, classify, associate"
OPTION_HELP = "option of a step, a list as A,B; can be repeated"
_WHOLE_LINES = frozenset({"enrich.joins"})  # a join has commas of its own
_TRUE, _FALSE = frozenset({"true", "yes", "on"}), frozenset({"false", "no", "off"})
_MOST_CHARS, _LONG_CHARS = 64 * 1024, 19
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_HOW = {
    "int": "a whole number such as 8",
    "float": "a number such as 0.9",
    "bool": "true or false",
}


def step_list(text: str) -> list[str]:
    return [step.strip() for step in text.split(",") if step.strip()]


def option_table(pairs: Sequence[str]) -> dict[str, StepOptions]:
    """Parse `STEP.KEY=VALUE`, each value as its option wants it.

    Raises:
        CommandError: a pair has another form, says something twice, or has a value that its option cannot take.
    """
    from strongroom.step_option_table import STEP_OPTIONS

    found: dict[str, dict[str, StepOption]] = {}
    for pair in pairs:
        path, equals, text = pair.partition("=")
        step, dot, key = (part.strip() for part in path.partition("."))
        if not (step and dot and key and equals):
            raise CommandError("An option is written STEP.KEY=VALUE, such as segment.max_segments=8.")
        if len(text) > _MOST_CHARS:
            raise CommandError(f"{step}.{key}: a value has at most {_MOST_CHARS:,} characters.")
        options = found.setdefault(step, {})
        value = _value(f"{step}.{key}", STEP_OPTIONS.get(step, {}).get(key, "any"), text)
        options[key] = _together(f"{step}.{key}", options[key], value) if key in options else value
    return dict(found)


def _together(place: str, before: StepOption, value: StepOption) -> StepOption:
    if isinstance(before, list) and isinstance(value, list):
        return [*before, *value]
    raise CommandError(f"{place} is given twice.", hint="Only an option that is a list can be repeated.")


def _value(place: str, kind: str, text: str) -> StepOption:
    plain = kind.rstrip("?")
    if kind.endswith("?") and text.strip() == "null":
        return None
    if plain == "texts":
        return _texts(place, text)
    if plain in {"text", "date"}:
        return _text(text)
    if plain == "bool":
        return _yes_or_no(place, text)
    if plain in {"int", "float"}:
        return _number(place, plain, text)
    found = _json(text)  # an option that takes anything, or that its step does not have: the vault says which there are
    return found if isinstance(found, str | int | float | bool) and _is_finite(found) else text


def _texts(place: str, text: str) -> list[str]:
    """A list as JSON, or as names between commas, in brackets or not."""
    found = _json(text)
    if isinstance(found, list):
        if all(isinstance(item, str) for item in found):
            return found
        raise CommandError(f"{place}: a list holds texts.", hint=f'Type it as {place}=A,B or {place}=\'["A","B"]\'.')
    if place in _WHOLE_LINES:
        return [_text(text)]
    inner = text.strip()
    if inner.startswith("[") and inner.endswith("]"):
        inner = inner[1:-1]
    return [_text(item) for item in (part.strip() for part in inner.split(",")) if item]


def _text(text: str) -> str:
    """As it is typed; quotes that make it JSON are taken off."""
    found = _json(text) if text.startswith('"') else text
    return found if isinstance(found, str) else text


def _yes_or_no(place: str, text: str) -> bool:
    word = text.strip().lower()
    if word not in _TRUE | _FALSE:
        raise _refusal(place, "bool")
    return word in _TRUE


def _number(place: str, kind: str, text: str) -> StepOption:
    typed = text.strip()
    if _NUMBER.fullmatch(typed) is None:
        raise _refusal(place, kind)
    value = int(typed) if len(typed) < _LONG_CHARS and typed.lstrip("+-").isdigit() else float(typed)
    if not math.isfinite(value):
        raise _refusal(place, kind)
    return value


def _refusal(place: str, kind: str) -> CommandError:
    return CommandError(f"{place}: must be {_HOW[kind]}.", hint=f"Type it as {place}={_HOW[kind].rpartition(' ')[2]}.")


def _is_finite(value: str | float) -> bool:
    """JSON of Python knows numbers that are none, and whole numbers that no message can carry."""
    try:
        return isinstance(value, str) or math.isfinite(value)
    except OverflowError:
        return False


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
