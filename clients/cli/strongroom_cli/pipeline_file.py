"""A pipeline as a TOML file, understood and checked before anything is sent.

    purpose = "analysis"
    steps = ["correct", "match", "segment"]
    as_of = 2026-01-31

    [options.segment]
    max_segments = 8

    [schedule]
    cron = "0 2 * * *"

Rules: what the file does not say keeps its default; `as_of` is for every step that looks at purchases up to a day and does not
say another one; a key that means nothing is a mistake. A mistake is told in one line with
its place: the line for what is no TOML, else the key.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from strongroom_cli import exit_codes
from strongroom_cli.faults import CommandError

if TYPE_CHECKING:
    from typing import NoReturn

    from strongroom.run_steps import StepOptions

MAX_BYTES, MAX_LINE_BYTES = 256 * 1024, 8192
_KEYS = {
    "description": str,
    "purpose": str,
    "seed": int,
    "as_of": date,
    "steps": list,
    "options": dict,
    "schedule": dict,
}
_WORDS = {
    str: "a text",
    date: "a date such as 2026-01-31",
    int: "a whole number",
    list: "a list of texts",
    dict: "a table",
    bool: "true or false",
}
_MOST = 2**63 - 1
_SCHEDULE_KEYS = {"cron": str, "every_s": int, "off": bool}


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineFile:
    """What a file declares; `cron` and `every_s` are unset if it has no schedule."""

    steps: Sequence[str]
    purpose: str = "analysis"
    options: Mapping[str, StepOptions]
    seed: int = 0
    description: str = ""
    cron: str = ""
    every_s: int = 0
    off: bool = False


def is_file(given: str) -> bool:
    """Whether `--pipeline` names a file rather than a declared pipeline."""
    return given.endswith(".toml")


def read_pipeline(path: Path) -> PipelineFile:
    """Read and check a file.

    Raises:
        CommandError: it is no pipeline; the message says where.
    """
    if path.exists() and not path.is_file() and not path.is_dir():  # reading a pipe would wait for ever
        _refuse(path, "", "it is not a regular file")
    content = path.read_bytes()
    if len(content) > MAX_BYTES:
        _refuse(path, "", f"a pipeline file has at most {MAX_BYTES} bytes")
    if any(len(line) > MAX_LINE_BYTES for line in content.splitlines()):  # a key of thousands of parts takes minutes to read
        _refuse(path, "", f"a line has at most {MAX_LINE_BYTES} bytes")
    try:
        found = tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError:
        _refuse(path, "", "the file is not UTF-8")
    except RecursionError:
        _refuse(path, "", "it is nested too deeply")
    except tomllib.TOMLDecodeError as error:
        _refuse(path, "", f"this is not TOML: {error}")
    except ValueError:  # Python reads no whole number of thousands of digits
        _refuse(path, "", "it has a number that is far too long")
    return _understood(path, found)


def _understood(path: Path, found: Mapping[str, object]) -> PipelineFile:
    _check_keys(path, "", found, _KEYS)
    steps = found.get("steps")
    if not isinstance(steps, list) or not steps or not all(isinstance(step, str) for step in steps):
        _refuse(path, "steps", "must be a list of one or more step names")
    options = _counted_back(path, found.get("as_of"), steps, _options(path, steps, found.get("options", {})))
    schedule = found.get("schedule")
    _check_keys(path, "schedule", schedule if isinstance(schedule, dict) else {}, _SCHEDULE_KEYS)
    if isinstance(schedule, dict) and ("cron" in schedule) == ("every_s" in schedule):
        _refuse(path, "schedule", "needs either `cron` or `every_s`")
    texts = {key: value for key, value in found.items() if key in {"description", "purpose", "seed"}}
    return PipelineFile(steps=steps, options=options, **texts, **(schedule or {}))  # type: ignore[arg-type]  # types are checked above


def _options(path: Path, steps: Sequence[str], given: object) -> Mapping[str, StepOptions]:
    from strongroom.step_options import STEPS, option_problems

    for number, step in enumerate(steps, start=1):
        if step not in STEPS:
            _refuse(path, f"steps, entry {number}", f"there is no such step; there are: {', '.join(STEPS)}")
        if step in steps[: number - 1]:
            _refuse(path, f"steps, entry {number}", "each step may be given once")
    options: dict[str, StepOptions] = {}
    for step, values in given.items() if isinstance(given, dict) else ():
        if step not in steps:
            _refuse(path, f"options.{step}", "the step is not one of `steps`")
        if not isinstance(values, dict):
            _refuse(path, f"options.{step}", "must be a table")
        for option, problem in option_problems(step, values):
            _refuse(path, f"options.{step}.{option}", problem)
        options[step] = values
    return options


def _counted_back(
    path: Path, as_of: object, steps: Sequence[str], options: Mapping[str, StepOptions]
) -> Mapping[str, StepOptions]:
    """The options, with the file's day in those of every step that has none of its own."""
    from strongroom.step_options import steps_counting_back

    if not isinstance(as_of, date | str):
        return options
    counting = [step for step in steps_counting_back() if step in steps]
    if not counting:
        _refuse(path, "as_of", f"is for the steps {', '.join(steps_counting_back())}")
    return {**options, **{step: {"as_of": as_of, **options.get(step, {})} for step in counting}}


def _check_keys(path: Path, place: str, found: Mapping[str, object], known: Mapping[str, type]) -> None:
    for key, value in found.items():
        where = f"{place}.{key}".lstrip(".")
        if key not in known:
            _refuse(path, where, f"there is no such key; there are: {', '.join(known)}")
        if not _is(value, known[key]):
            _refuse(path, where, f"must be {_WORDS[known[key]]}")
        if isinstance(value, int) and not 0 <= value <= _MOST:
            _refuse(path, where, f"must be from 0 to {_MOST}")


def _is(value: object, kind: type) -> bool:
    """A truth value is no number; a day may be a text."""
    if kind is date:
        from strongroom.step_options import is_day

        return is_day(value)
    return type(value) is kind if kind is int else isinstance(value, kind)


def _refuse(path: Path, place: str, problem: str) -> NoReturn:
    text = ": ".join(part for part in (str(path), place, problem) if part)
    raise CommandError(f"{text}.", exit_code=exit_codes.BAD_FILE)
