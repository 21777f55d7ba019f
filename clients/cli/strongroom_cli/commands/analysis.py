"""`strongroom analysis`: start, watch, cancel, list, report; `analysis_results` has results, diff and undo."""

from __future__ import annotations

import argparse
import itertools
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from strongroom_cli import exit_codes
from strongroom_cli.commands import analysis_results
from strongroom_cli.commands.step_arguments import OPTION_HELP, STEPS_HELP, option_table, step_list
from strongroom_cli.faults import CommandError
from strongroom_cli.output import Record, enum_word, moment, plain, short
from strongroom_cli.pipeline_file import PipelineFile, is_file, read_pipeline
from strongroom_cli.session import count, day, open_client, output_of, seed, shared_options

if TYPE_CHECKING:
    from strongroom import Client, Run

_COLUMNS = ("run", "state", "steps", "pipeline", "progress", "created", "ended", "report", "undone")


def register(noun: argparse.ArgumentParser) -> None:
    """Add the verbs."""
    verbs = noun.add_subparsers(dest="verb", metavar="VERB", title="verbs", required=True)
    shared = shared_options()
    start = verbs.add_parser("start", parents=[shared], help="queue a run; --wait follows it to its end")
    what = start.add_mutually_exclusive_group(required=True)
    what.add_argument("--steps", default="", metavar="A,B", help=STEPS_HELP)
    what.add_argument("--pipeline", default="", metavar="NAME|FILE.toml", help="declared pipeline, or a file that declares one")
    start.add_argument("--purpose", default="", metavar="ID", help="purpose of the run (default: the file's, else analysis)")
    start.add_argument("--option", action="append", default=[], metavar="STEP.KEY=VALUE", help=OPTION_HELP)
    start.add_argument("--seed", type=seed, default=0, metavar="N", help="seed of everything random (default: 1)")
    start.add_argument(
        "--as-of",
        type=day,
        metavar="DATE",
        help="last day that segment, value, classify and associate look at (default: the day of the run; where transactions "
        "end long before it, the day of the newest)",
    )
    start.add_argument("--wait", action="store_true", help="wait for the end; the exit code tells whether it succeeded")
    start.add_argument("--plan", action="store_true", help="check everything, queue nothing")
    start.set_defaults(run=_start)
    watch = verbs.add_parser("watch", parents=[shared], help="follow a run to its end")
    watch.add_argument("analysis", metavar="RUN", help="id or name of the run, as `strongroom analysis list` shows it")
    watch.set_defaults(run=_watch)
    cancel = verbs.add_parser("cancel", parents=[shared], help="stop a run; nothing of it is kept")
    cancel.add_argument("analysis", metavar="RUN", help="id or name of the run, as `strongroom analysis list` shows it")
    cancel.set_defaults(run=_cancel)
    listing = verbs.add_parser("list", parents=[shared], help="list runs, the newest first")
    listing.add_argument("--limit", type=count, default=20, metavar="N", help="most runs to show, 0 for all (default: 20)")
    listing.set_defaults(run=_list)
    analysis_results.register(verbs)
    report = verbs.add_parser(
        "report",
        parents=[shared_options(formats=("html", "json"), default="html")],
        help="save the report of a run",
        description="Save the report of a run: one page that loads and runs nothing, or with -o json the same figures for "
        "programs. Aggregates of ten customers or more only; docs/guide/report.md tells how to read it.",
    )
    report.add_argument("analysis", metavar="RUN", help="id or name of the run, as `strongroom analysis list` shows it")
    report.add_argument("--out", type=Path, metavar="FILE", help="file to write, readable by you alone (default: stdout)")
    report.add_argument("--force", action="store_true", help="replace FILE if it is there")
    report.set_defaults(run=_report)


def _start(given: argparse.Namespace) -> int:
    if given.pipeline and given.option:
        raise CommandError("--option goes with --steps.", hint="Put the options into the pipeline.")
    if given.pipeline and given.purpose and not is_file(given.pipeline):
        raise CommandError("A declared pipeline has its own purpose.", hint="Leave --purpose out.")
    wanted = _wanted(given)
    with open_client(given) as client:
        if wanted is None:
            run = client.analysis.start(pipeline=given.pipeline, seed=given.seed, as_of=given.as_of, validate_only=given.plan)
        else:
            run = client.analysis.start(
                wanted.steps,
                purpose=given.purpose or wanted.purpose,
                options=wanted.options,
                seed=given.seed or wanted.seed,
                as_of=given.as_of,
                validate_only=given.plan,
            )
        if given.wait and not given.plan:
            return _follow(client, run.name, given)
    output_of(given).record(_run_record(run, given))
    return exit_codes.OK


def _wanted(given: argparse.Namespace) -> PipelineFile | None:
    """What is to be run; None if the vault knows it by name."""
    if given.steps:
        return PipelineFile(steps=step_list(given.steps), options=option_table(given.option))
    return read_pipeline(Path(given.pipeline)) if is_file(given.pipeline) else None


def _watch(given: argparse.Namespace) -> int:
    with open_client(given) as client:
        return _follow(client, given.analysis, given)


def _cancel(given: argparse.Namespace) -> int:
    with open_client(given) as client:
        run = client.analysis.cancel(given.analysis)
    output_of(given).record(_run_record(run, given))
    return exit_codes.OK


def _follow(client: Client, name: str, given: argparse.Namespace) -> int:
    from strongroom.api.v1.analysis_service_pb2 import RUN_STATE_SUCCEEDED, RunState
    from strongroom_cli.progress import progress

    out = output_of(given)
    run = None
    said = ""
    try:
        with progress(f"run {short(name)}", 1.0) as bar, given.interrupts.heard():
            for run in client.analysis.watch(name):
                state = enum_word(RunState.Name(run.state), "RUN_STATE_")
                bar.update(run.progress.fraction, f"{state} {run.progress.step} {run.progress.message}".strip())
                line = f"{state} {run.progress.step}".strip()
                if line != said and not sys.stderr.isatty():
                    out.say(f"run {short(name)}: {line}")
                said = line
    except KeyboardInterrupt:
        out.say(f"\nThe run goes on. `strongroom analysis watch {short(name)}` follows it, `analysis cancel` stops it.")
        raise
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
        "pipeline": short(run.pipeline),
        "progress": f"{run.progress.fraction:.0%}",
        "created": moment(run, "create_time"),
        "ended": moment(run, "end_time"),
        "attempts": run.attempts,
        "report": run.has_report,
        "undone": moment(run, "undo_time"),
    }


def _list(given: argparse.Namespace) -> int:
    out = output_of(given)
    with open_client(given) as client:
        runs = itertools.islice(client.analysis.list(), given.limit or None)
        if out.format == "table":
            out.records(map(_row, runs), _COLUMNS, empty="No runs.")
        else:
            out.records(map(plain, runs), ())
    return exit_codes.OK


def _report(given: argparse.Namespace) -> int:
    from strongroom_cli.exporting.files import partial_file, private_binary

    _refuse_target(given)
    with open_client(given) as client:
        data = client.analysis.report(given.analysis, format=given.output)
    if given.out is None:
        sys.stdout.buffer.write(data)
        return exit_codes.OK
    with partial_file(given.out) as partial, private_binary(partial) as file:
        file.write(data)
    sys.stderr.write(f"The report was written to {given.out}.\n")
    return exit_codes.OK


def _refuse_target(given: argparse.Namespace) -> None:
    """Before the vault is asked: nothing is overwritten unasked, and no page goes to a terminal.

    Raises:
        CommandError: see above.
    """
    if given.out is None and given.output == "html" and sys.stdout.isatty():
        hint = "Write it to a file: --out report.html. Or take the figures: -o json."
        raise CommandError("The report is a page for a browser, not for a terminal.", hint=hint)
    if given.out is not None and given.out.exists() and not given.force:
        hint = "Name another file, or add --force to replace it."
        raise CommandError(f"{given.out} is there already.", hint=hint, exit_code=exit_codes.BAD_FILE)
