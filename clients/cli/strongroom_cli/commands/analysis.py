"""`strongroom analysis`: start, watch, list, results, report."""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from strongroom_cli import exit_codes
from strongroom_cli.faults import CommandError
from strongroom_cli.output import Record, enum_word, moment, plain, short
from strongroom_cli.session import count, open_client, output_of, shared_options

if TYPE_CHECKING:
    from strongroom import Client, Run
    from strongroom.run_steps import StepOptions


def register(noun: argparse.ArgumentParser) -> None:
    """Add the verbs."""
    verbs = noun.add_subparsers(dest="verb", metavar="VERB", title="verbs", required=True)
    shared = shared_options()
    start = verbs.add_parser("start", parents=[shared], help="queue a run; --wait follows it to its end")
    start.add_argument("--steps", required=True, metavar="A,B", help="steps in order: correct,match,impute,segment")
    start.add_argument("--purpose", default="analysis", metavar="ID", help="purpose of the run (default: analysis)")
    start.add_argument(
        "--option", action="append", default=[], metavar="STEP.KEY=VALUE", help="option of a step; can be repeated"
    )
    start.add_argument("--seed", type=count, default=0, metavar="N", help="seed of everything random (default: 1)")
    start.add_argument("--wait", action="store_true", help="wait for the end; the exit code tells whether it succeeded")
    start.add_argument("--plan", action="store_true", help="check everything, queue nothing")
    start.set_defaults(run=_start)
    watch = verbs.add_parser("watch", parents=[shared], help="follow a run to its end")
    watch.add_argument("analysis", metavar="RUN", help="id or name of the run, as `strongroom analysis list` shows it")
    watch.set_defaults(run=_watch)
    listing = verbs.add_parser("list", parents=[shared], help="list runs, the newest first")
    listing.add_argument("--limit", type=count, default=20, metavar="N", help="most runs to show, 0 for all (default: 20)")
    listing.set_defaults(run=_list)
    results = verbs.add_parser("results", parents=[shared], help="list what a run derived, customer by customer")
    results.add_argument("analysis", metavar="RUN", help="id or name of the run, as `strongroom analysis list` shows it")
    results.add_argument("--limit", type=count, default=50, metavar="N", help="most customers to show, 0 for all (default: 50)")
    results.set_defaults(run=_results)
    report = verbs.add_parser(
        "report", parents=[shared_options(formats=("html", "json"), default="html")], help="save the report of a run"
    )
    report.add_argument("analysis", metavar="RUN", help="id or name of the run, as `strongroom analysis list` shows it")
    report.add_argument("--out", type=Path, metavar="FILE", help="file to write (default: stdout)")
    report.set_defaults(run=_report)


def _start(given: argparse.Namespace) -> int:
    steps = [step.strip() for step in given.steps.split(",") if step.strip()]
    with open_client(given) as client:
        run = client.analysis.start(
            steps, purpose=given.purpose, options=_options(given.option), seed=given.seed, validate_only=given.plan
        )
        if given.wait and not given.plan:
            return _follow(client, run.name, given)
    output_of(given).record(_run_record(run, given))
    return exit_codes.OK


def _options(pairs: list[str]) -> dict[str, StepOptions]:
    found: dict[str, dict[str, str | float | bool | None]] = {}
    for pair in pairs:
        path, equals, text = pair.partition("=")
        step, dot, key = path.partition(".")
        if not (step and dot and key and equals):
            raise CommandError("An option is written STEP.KEY=VALUE, such as segment.max_segments=8.")
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        found.setdefault(step, {})[key] = value if isinstance(value, str | int | float | bool) or value is None else text
    return dict(found)


def _watch(given: argparse.Namespace) -> int:
    with open_client(given) as client:
        return _follow(client, given.analysis, given)


def _follow(client: Client, name: str, given: argparse.Namespace) -> int:
    from strongroom.api.v1.analysis_service_pb2 import RUN_STATE_SUCCEEDED, RunState
    from strongroom_cli.progress import progress

    out = output_of(given)
    run = None
    said = ""
    with progress(f"run {short(name)}", 1.0) as bar:
        for run in client.analysis.watch(name):
            state = enum_word(RunState.Name(run.state), "RUN_STATE_")
            bar.update(run.progress.fraction, f"{state} {run.progress.step} {run.progress.message}".strip())
            line = f"{state} {run.progress.step}".strip()
            if line != said and not sys.stderr.isatty():
                out.say(f"run {short(name)}: {line}")
            said = line
    if run is None:
        raise CommandError("The run could not be followed.", exit_code=exit_codes.UNAVAILABLE)
    out.record(_run_record(run, given))
    if run.state == RUN_STATE_SUCCEEDED:
        return exit_codes.OK
    out.say(f"The run did not succeed: {run.failure_message or 'it was cancelled'} [{run.failure_reason or 'CANCELLED'}]")
    return exit_codes.CHECK_FAILED


def _run_record(run: Run, given: argparse.Namespace) -> Record:
    if given.output != "table":
        return plain(run)
    record = dict(_row(run))
    record["failure"] = run.failure_message
    if run.HasField("summary"):
        summary = plain(run)["summary"]
        for step in run.steps:
            if isinstance(summary, dict) and step.step in summary:
                record[f"{step.step} found"] = _flat(summary[step.step])
    return record


def _flat(found: object) -> str:
    """Return the plain numbers and words of a step's summary; nested parts are in json."""
    if not isinstance(found, dict):
        return str(found)
    return ", ".join(f"{key} {value:g}" if isinstance(value, float) else f"{key} {value}" for key, value in found.items()
                     if isinstance(value, str | int | float))  # fmt: skip


def _row(run: Run) -> Record:
    from strongroom.api.v1.analysis_service_pb2 import RunState

    return {
        "run": short(run.name),
        "state": enum_word(RunState.Name(run.state), "RUN_STATE_"),
        "steps": [step.step for step in run.steps],
        "progress": f"{run.progress.fraction:.0%}",
        "created": moment(run, "create_time"),
        "ended": moment(run, "end_time"),
        "attempts": run.attempts,
        "report": run.has_report,
    }


def _list(given: argparse.Namespace) -> int:
    out = output_of(given)
    with open_client(given) as client:
        runs = itertools.islice(client.analysis.list(), given.limit or None)
        if out.format == "table":
            out.records(map(_row, runs), ("run", "state", "steps", "progress", "created", "ended", "report"), empty="No runs.")
        else:
            out.records(map(plain, runs), ())
    return exit_codes.OK


def _results(given: argparse.Namespace) -> int:
    out = output_of(given)
    with open_client(given) as client:
        found = itertools.islice(client.analysis.results(given.analysis), given.limit or None)
        if out.format != "table":
            out.records(map(plain, found), ())
            return exit_codes.OK
        rows = (
            {
                "customer": short(item.customer),
                "entity": item.derived.entity.entity,
                "records": item.derived.entity.size or None,
                "segment": item.derived.segment.label,
                "corrected": [correction.field for correction in item.derived.corrections],
                "imputed": [value.field for value in item.derived.imputed],
            }
            for item in found
        )
        out.records(rows, ("customer", "entity", "records", "segment", "corrected", "imputed"), empty="No results.")
    return exit_codes.OK


def _report(given: argparse.Namespace) -> int:
    from strongroom_cli.exporting.files import partial_file, private_binary

    with open_client(given) as client:
        data = client.analysis.report(given.analysis, format=given.output)
    if given.out is None:
        sys.stdout.buffer.write(data)
        return exit_codes.OK
    with partial_file(given.out) as partial, private_binary(partial) as file:
        file.write(data)
    sys.stderr.write(f"The report was written to {given.out}.\n")
    return exit_codes.OK
