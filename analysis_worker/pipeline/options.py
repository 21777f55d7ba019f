"""Options of a step from the run's message: checked by name and type against the step's own dataclass.

Rule: what the runner decides (seed, threads, the day) cannot be given; a refusal names the option, never its value.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from analysis_worker.pipeline.errors import RunFailureError

Options = TypeVar("Options")


def step_options(kind: type[Options], given: Mapping[str, object], **decided: object) -> Options:
    """Build a step's options.

    Args:
        kind: the step's dataclass of options.
        given: names to values as JSON knows them: text, number, truth value, list of texts, None.
        decided: values that only the runner sets.

    Raises:
        RunFailureError: INVALID_OPTIONS, an option does not exist, has another type, or the step refuses it.
    """
    hints = get_type_hints(kind)
    names = {field.name for field in fields(kind)} - set(decided)  # type: ignore[arg-type]  # options are dataclasses
    values = {}
    for name, value in given.items():
        if name not in names:
            raise _invalid(f"there is no option {name[:60]!r}; there are: {', '.join(sorted(names)) or 'none'}")
        values[name] = _converted(name, value, hints[name])
    try:
        return kind(**decided, **values)
    except (ValueError, TypeError) as error:
        raise _invalid(f"the step refuses its options: {error}") from None


def _converted(name: str, value: object, hint: Any) -> object:
    choices = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    for choice in choices:
        fits, converted = _as(value, choice)
        if fits:
            return converted
    raise _invalid(f"the option {name!r} has the wrong type")


def _as(value: object, choice: Any) -> tuple[bool, object]:
    if choice is type(None):
        return value is None, None
    if isinstance(value, bool):
        return choice is bool, value
    if choice is int and isinstance(value, int | float):  # a Struct knows floats only
        return float(value).is_integer(), int(value) if float(value).is_integer() else None
    if choice is float and isinstance(value, int | float):
        return True, float(value)
    if choice is str:
        return isinstance(value, str), value
    if get_origin(choice) is tuple and isinstance(value, list | tuple):
        return all(isinstance(item, str) for item in value), tuple(value)
    return False, None


def _invalid(message: str) -> RunFailureError:
    return RunFailureError("INVALID_OPTIONS", message)
