"""`strongroom schedules`: list, put."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from strongroom_cli import exit_codes
from strongroom_cli.output import Record, moment, plain, short
from strongroom_cli.session import count, open_client, output_of, shared_options

if TYPE_CHECKING:
    from strongroom.api.v1.system_service_pb2 import Schedule

_COLUMNS = ("schedule", "job", "every", "off", "last slot", "outcome", "next slot")


def register(noun: argparse.ArgumentParser) -> None:
    """Add the verbs."""
    verbs = noun.add_subparsers(dest="verb", metavar="VERB", title="verbs", required=True)
    shared = shared_options()
    verbs.add_parser("list", parents=[shared], help="list recurring work").set_defaults(run=_list)
    put = verbs.add_parser("put", parents=[shared], help="create or change recurring work")
    put.add_argument("schedule", metavar="NAME", help="a name for it, such as nightly")
    put.add_argument("--job", default="backup", help="what is done (default: backup)")
    put.add_argument("--every", type=count, required=True, metavar="S", help="seconds between two slots")
    put.add_argument("--off", action="store_true", help="switch it off")
    put.set_defaults(run=_put)


def _list(given: argparse.Namespace) -> int:
    out = output_of(given)
    with open_client(given) as client:
        schedules = client.system.schedules()
    if out.format == "table":
        out.records(map(_row, schedules), _COLUMNS, empty="No schedules.")
    else:
        out.records(map(plain, schedules), ())
    return exit_codes.OK


def _put(given: argparse.Namespace) -> int:
    from strongroom.api.v1.system_service_pb2 import Schedule
    from strongroom.names import top_level_name

    name = top_level_name("schedules", given.schedule)
    wanted = Schedule(name=name, job=given.job, interval_s=given.every, disabled=given.off)
    with open_client(given) as client:
        schedule = client.system.put_schedule(wanted)
    out = output_of(given)
    out.record(_row(schedule) if out.format == "table" else plain(schedule))
    return exit_codes.OK


def _row(schedule: Schedule) -> Record:
    return {
        "schedule": short(schedule.name),
        "job": schedule.job,
        "every": f"{schedule.interval_s} s",
        "off": schedule.disabled,
        "last slot": moment(schedule, "last_slot"),
        "outcome": schedule.last_outcome.lower(),
        "next slot": moment(schedule, "next_slot"),
    }
