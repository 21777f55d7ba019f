"""Steps and their options as they are written on a command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from strongroom_cli.faults import CommandError

if TYPE_CHECKING:
    from strongroom.run_steps import StepOption, StepOptions

STEPS_HELP = "steps in order, of: correct,enrich,match,impute,segment,value,classify,associate"


def step_list(text: str) -> list[str]:
    return [step.strip() for step in text.split(",") if step.strip()]


def option_table(pairs: list[str]) -> dict[str, StepOptions]:
    """Parse `STEP.KEY=VALUE`, values as JSON where they are JSON, else as text.

    Raises:
        CommandError: a pair has another form.
    """
    found: dict[str, dict[str, StepOption]] = {}
    for pair in pairs:
        path, equals, text = pair.partition("=")
        step, dot, key = path.partition(".")
        if not (step and dot and key and equals):
            raise CommandError("An option is written STEP.KEY=VALUE, such as segment.max_segments=8.")
        found.setdefault(step, {})[key] = _value(text)
    return dict(found)


def _value(text: str) -> StepOption:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    return value if isinstance(value, str | int | float | bool) or value is None else text
