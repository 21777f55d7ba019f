"""Everything that is measured about the quality of the analysis, beside what others reach for, in one run.

Run as `python -m benchmarks.quality [STEP ...] [--large] [--out quality.json]`, or `make quality`. STRONGROOM_DATA names the
folder with the public data sets; without it lines say "not available". STRONGROOM_PEERS names a Python that has the peers
(`make quality` builds one in .venv-peers from benchmarks/quality/peers.lock); without it the peers' lines say so. Every step is
measured in a process of its own, so that its seconds and peak memory are its own and a crash costs one step. Exit code 1: a
figure misses its limit, or a step has no figures.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.quality.table import StepFigures, as_json, failures, render

STEPS = ("correct", "enrich", "match", "match_workers", "impute", "segment", "value", "classify", "associate")
ROOT = Path(__file__).resolve().parents[2]
PEERS_VARIABLE = "STRONGROOM_PEERS"
_MARK = "figures of this step as JSON: "


def measured_here(step: str, *, large: bool) -> StepFigures:
    """Measure one step in this process; a problem in place of figures where that is impossible."""
    name = f"benchmarks.quality.{step}"
    if not (ROOT / "benchmarks" / "quality" / f"{step}.py").exists():
        return StepFigures(step=step, figures={}, problem="no module")
    measure: Callable[..., dict[str, object]] | None = getattr(importlib.import_module(name), "measure", None)
    if measure is None:
        return StepFigures(step=step, figures={}, problem="its module has no measure()")
    options = {"large": True} if large and "large" in inspect.signature(measure).parameters else {}
    started = time.perf_counter()
    figures = measure(**options)
    seconds = time.perf_counter() - started
    return StepFigures(step=step, figures=figures, seconds=round(seconds, 2), peak_mb=round(_peak_mb(), 1))


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # Linux counts in KiB


def measured_apart(step: str, *, large: bool) -> StepFigures:
    """The same in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.quality", step, "--inner", *(["--large"] if large else [])]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=_surroundings())
    for line in reversed(done.stdout.splitlines()):
        if line.startswith(_MARK):
            return StepFigures(**json.loads(line.removeprefix(_MARK)))
    print("\n".join(done.stderr.splitlines()[-20:]), file=sys.stderr)  # what peers chatter is of no use unless it failed
    return StepFigures(step=step, figures={}, problem=f"ended with exit code {done.returncode}")


def _surroundings() -> dict[str, str]:
    """The environment, with the peers of `make quality` if no others are named."""
    beside = ROOT / ".venv-peers" / "bin" / "python"
    return ({PEERS_VARIABLE: str(beside)} if beside.exists() else {}) | dict(os.environ)


def run(steps: Sequence[str], out: Path, *, large: bool) -> int:
    found: list[StepFigures] = []
    for step in steps:
        print(f"measuring {step} ...", file=sys.stderr, flush=True)
        found.append(measured_apart(step, large=large))
    print("\n".join(render(found)))
    out.write_text(json.dumps(as_json(found), indent=1, default=str) + "\n", encoding="utf-8")
    failed = failures(found)
    print(f"\n{out}: " + (f"{len(failed)} not reached: {'; '.join(failed)}" if failed else "everything reached"))
    return 1 if failed else 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description="Quality of every step beside its peers.")
    parser.add_argument("steps", nargs="*", metavar="STEP", help=f"only these, of: {', '.join(STEPS)}")
    parser.add_argument(
        "--large", action="store_true", help="also a million customers, where a step promises something about them"
    )
    parser.add_argument("--out", type=Path, default=Path("quality.json"), metavar="FILE", help="default: quality.json")
    parser.add_argument("--inner", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    unknown = [step for step in given.steps if step not in STEPS]
    if unknown:
        parser.error(f"unknown step {unknown[0]}; known are {', '.join(STEPS)}")
    if given.inner:
        one = measured_here(given.steps[0], large=given.large)
        print(_MARK + json.dumps({name: getattr(one, name) for name in StepFigures.__slots__}, default=_plain))
        return 0
    return run(given.steps or STEPS, given.out, large=given.large)


def _plain(value: object) -> object:
    """Numbers of array libraries as plain ones."""
    return value.item() if hasattr(value, "item") else str(value)


if __name__ == "__main__":
    sys.exit(main())
