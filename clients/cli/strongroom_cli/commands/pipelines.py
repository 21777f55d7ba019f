"""`strongroom pipelines`: create, list, show, delete."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from strongroom_cli import exit_codes
from strongroom_cli.commands.step_arguments import OPTION_HELP, option_table, step_list
from strongroom_cli.faults import CommandError
from strongroom_cli.output import Record, moment, plain, short
from strongroom_cli.pipeline_file import PipelineFile, read_pipeline
from strongroom_cli.session import count, open_client, output_of, seed, shared_options

if TYPE_CHECKING:
    from strongroom.api.v1.analysis_service_pb2 import Pipeline, PipelineSchedule

_COLUMNS = ("pipeline", "steps", "purpose", "when", "outcome", "next slot", "description")


def register(noun: argparse.ArgumentParser) -> None:
    """Add the verbs."""
    verbs = noun.add_subparsers(dest="verb", metavar="VERB", title="verbs", required=True)
    shared = shared_options()
    create = verbs.add_parser("create", parents=[shared], help="declare a pipeline, by a TOML file or by options")
    create.add_argument("pipeline", metavar="NAME", help="a name for it, such as nightly-cleaning")
    create.add_argument("file", nargs="?", type=Path, metavar="FILE.toml", help="file that declares it")
    create.add_argument("--steps", default="", metavar="A,B", help="steps in order, in place of a file")
    create.add_argument("--option", action="append", default=[], metavar="STEP.KEY=VALUE", help=OPTION_HELP)
    create.add_argument("--purpose", default="", metavar="ID", help="purpose of its runs (default: the file's, else analysis)")
    create.add_argument("--seed", type=seed, default=0, metavar="N", help="seed of everything random (default: 1)")
    create.add_argument("--description", default="", metavar="TEXT", help="what it is for")
    when = create.add_mutually_exclusive_group()
    when.add_argument("--cron", default="", metavar="LINE", help="run it by itself, such as '0 2 * * *' (UTC), in your name")
    when.add_argument(
        "--every", type=count, default=0, metavar="S", help="run it by itself every so many seconds, in your name"
    )
    create.add_argument("--off", action="store_true", help="keep the schedule switched off")
    create.add_argument("--replace", action="store_true", help="replace the pipeline of this name")
    create.add_argument("--plan", action="store_true", help="check everything, keep nothing")
    create.set_defaults(run=_create)
    verbs.add_parser("list", parents=[shared], help="list pipelines and when they run").set_defaults(run=_list)
    for verb, what, run in (("show", "show one pipeline", _show), ("delete", "remove a pipeline and its schedule", _delete)):
        parser = verbs.add_parser(verb, parents=[shared], help=what)
        parser.add_argument("pipeline", metavar="NAME", help="name, as `strongroom pipelines list` shows it")
        parser.set_defaults(run=run)


def _create(given: argparse.Namespace) -> int:
    wanted = _declared(given)
    with open_client(given) as client:
        if given.replace:
            from strongroom.api.v1.analysis_service_pb2 import Pipeline
            from strongroom.names import resource_name
            from strongroom.run_steps import run_steps

            asked = Pipeline(
                name=resource_name(client.tenant, "pipelines", given.pipeline),
                purpose=resource_name(client.tenant, "purposes", wanted.purpose),
                steps=run_steps(wanted.steps, wanted.options),
                seed=wanted.seed,
                description=wanted.description,
                schedule=_schedule(wanted),
            )
            made = client.pipelines.update(asked, validate_only=given.plan)
        else:
            made = client.pipelines.create(
                given.pipeline,
                wanted.steps,
                purpose=wanted.purpose,
                options=wanted.options,
                seed=wanted.seed,
                description=wanted.description,
                schedule=_schedule(wanted),
                validate_only=given.plan,
            )
    _print(given, made)
    return exit_codes.OK


def _declared(given: argparse.Namespace) -> PipelineFile:
    """What the file says, and over it what the options say."""
    if bool(given.file) == bool(given.steps):
        raise CommandError("A pipeline is declared by a file or by --steps.", hint="Give one of them.")
    if given.file and given.option:
        raise CommandError("--option goes with --steps.", hint="Put the options into the file.")
    found = read_pipeline(given.file) if given.file else PipelineFile(
        steps=step_list(given.steps), options=option_table(given.option)
    )  # fmt: skip
    timed = bool(given.cron or given.every)
    return PipelineFile(
        steps=found.steps,
        options=found.options,
        purpose=given.purpose or found.purpose,
        seed=given.seed or found.seed,
        description=given.description or found.description,
        cron=given.cron if timed else found.cron,
        every_s=given.every if timed else found.every_s,
        off=given.off or found.off,
    )


def _schedule(wanted: PipelineFile) -> PipelineSchedule | None:
    from strongroom.api.v1.analysis_service_pb2 import PipelineSchedule

    if not (wanted.cron or wanted.every_s):
        return None
    return PipelineSchedule(cron=wanted.cron, interval_s=wanted.every_s, disabled=wanted.off)


def _list(given: argparse.Namespace) -> int:
    out = output_of(given)
    with open_client(given) as client:
        pipelines = client.pipelines.list()
    if out.format == "table":
        out.records(map(_row, pipelines), _COLUMNS, empty="No pipelines.")
    else:
        out.records(map(plain, pipelines), ())
    return exit_codes.OK


def _show(given: argparse.Namespace) -> int:
    with open_client(given) as client:
        pipeline = client.pipelines.get(given.pipeline)
    _print(given, pipeline)
    return exit_codes.OK


def _delete(given: argparse.Namespace) -> int:
    with open_client(given) as client:
        client.pipelines.delete(given.pipeline)
    output_of(given).record({"deleted": short(given.pipeline)})
    return exit_codes.OK


def _print(given: argparse.Namespace, pipeline: Pipeline) -> None:
    out = output_of(given)
    out.record(_detail(pipeline) if out.format == "table" else plain(pipeline))


def _row(pipeline: Pipeline) -> Record:
    schedule = pipeline.schedule
    return {
        "pipeline": short(pipeline.name),
        "steps": [step.step for step in pipeline.steps],
        "purpose": short(pipeline.purpose),
        "when": _when(pipeline),
        "outcome": f"{schedule.last_outcome.lower()} {schedule.last_reason}".strip(),
        "next slot": moment(schedule, "next_slot"),
        "description": pipeline.description,
    }


def _when(pipeline: Pipeline) -> str:
    if not pipeline.HasField("schedule"):
        return ""
    schedule = pipeline.schedule
    text = schedule.cron or f"every {schedule.interval_s} s"
    return f"{text} (off)" if schedule.disabled else text


def _detail(pipeline: Pipeline) -> Record:
    schedule = pipeline.schedule
    shown = dict(_row(pipeline)) | {"seed": pipeline.seed or 1}
    for step in pipeline.steps:
        shown[f"{step.step} options"] = ", ".join(f"{key} = {value}" for key, value in _plain_options(step).items())
    return shown | {
        "in the name of": short(schedule.principal),
        "last slot": moment(schedule, "last_slot"),
        "last run": short(schedule.last_run),
        "created": moment(pipeline, "create_time"),
        "updated": moment(pipeline, "update_time"),
    }


def _plain_options(step: object) -> dict[str, object]:
    found = plain(step).get("options", {})  # type: ignore[arg-type]  # a RunStep
    return {key: int(value) if isinstance(value, float) and value.is_integer() else value for key, value in found.items()}  # type: ignore[attr-defined]  # a Struct is an object in JSON
