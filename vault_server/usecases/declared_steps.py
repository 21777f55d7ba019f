"""Checks the steps of a run or a pipeline before anything is kept: a mistake is told to whoever made it, not to a worker."""

from __future__ import annotations

from collections.abc import Sequence

from google.protobuf.json_format import MessageToDict

from strongroom.api.v1.analysis_service_pb2 import RunStep
from strongroom.step_options import STEPS, is_day, option_problems, steps_counting_back
from vault_server.errors import InvalidArgumentError

KNOWN_STEPS = STEPS
MAX_STEP_BYTES = 64 * 1024


def checked_steps(steps: Sequence[RunStep]) -> Sequence[RunStep]:
    """The steps, if each is known and given once, and every option is one of its step and of its kind.

    Raises:
        InvalidArgumentError: NO_STEPS, UNKNOWN_STEP, REPEATED_STEP, INVALID_OPTIONS; the message names the place, no value.
    """
    wanted = [step.step for step in steps]
    unknown = sorted(set(wanted) - set(KNOWN_STEPS))
    if not wanted or unknown:
        raise InvalidArgumentError(
            f"steps must be some of {', '.join(KNOWN_STEPS)}",
            reason="UNKNOWN_STEP" if unknown else "NO_STEPS",
            metadata={"field": "steps"},
        )
    if len(set(wanted)) < len(wanted):
        raise InvalidArgumentError("each step may be given once", reason="REPEATED_STEP", metadata={"field": "steps"})
    for step in steps:
        _check_options(step)
    return steps


def counted_back(steps: Sequence[RunStep], as_of: str) -> Sequence[RunStep]:
    """The steps with one last day for all that look at purchases; as they are without a day.

    Raises:
        InvalidArgumentError: INVALID_AS_OF, it is no day, or no step looks at purchases.
    """
    if not as_of:
        return steps
    counting = steps_counting_back()
    if not is_day(as_of):
        raise _no_day("as_of must be a date such as 2026-01-31")
    if not any(step.step in counting for step in steps):
        raise _no_day(f"as_of is for the steps {', '.join(counting)}")
    told = [RunStep.FromString(step.SerializeToString()) for step in steps]
    for step in told:
        if step.step in counting:
            step.options.update({"as_of": as_of})
    return told


def _no_day(problem: str) -> InvalidArgumentError:
    return InvalidArgumentError(problem, reason="INVALID_AS_OF", metadata={"field": "as_of"})


def _check_options(step: RunStep) -> None:
    if step.ByteSize() > MAX_STEP_BYTES:
        raise _invalid(step.step, "", f"the options of a step have at most {MAX_STEP_BYTES} bytes")
    try:
        options = MessageToDict(step.options)
    except ValueError:  # what JSON has no number for
        raise _invalid(step.step, "", "a number is not finite") from None
    for option, problem in option_problems(step.step, options):
        raise _invalid(step.step, option, problem)


def _invalid(step: str, option: str, problem: str) -> InvalidArgumentError:
    place = f"{step}.{option}".rstrip(".")
    return InvalidArgumentError(f"{place}: {problem}", reason="INVALID_OPTIONS", metadata={"field": place})
