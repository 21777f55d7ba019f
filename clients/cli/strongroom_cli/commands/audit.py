"""`strongroom audit`: tail, verify."""

from __future__ import annotations

import argparse
import itertools
from typing import TYPE_CHECKING

from strongroom_cli import exit_codes
from strongroom_cli.output import Record, enum_word, moment, plain, short
from strongroom_cli.session import count, open_client, output_of, shared_options

if TYPE_CHECKING:
    from strongroom.api.v1.audit_service_pb2 import AuditEvent


def register(noun: argparse.ArgumentParser) -> None:
    """Add the verbs."""
    verbs = noun.add_subparsers(dest="verb", metavar="VERB", title="verbs", required=True)
    shared = shared_options()
    tail = verbs.add_parser("tail", parents=[shared], help="show the newest events")
    tail.add_argument("-n", "--limit", type=count, default=20, metavar="N", help="most events to show, 0 for all (default: 20)")
    tail.add_argument("--resource", default="", metavar="NAME", help="only events that touched this resource name")
    tail.set_defaults(run=_tail)
    verbs.add_parser("verify", parents=[shared], help="recompute every hash and check every signature").set_defaults(
        run=_verify
    )


def _tail(given: argparse.Namespace) -> int:
    out = output_of(given)
    with open_client(given) as client:
        events = itertools.islice(
            client.audit.events(resource=given.resource, page_size=min(given.limit or 1000, 1000)), given.limit or None
        )
        if out.format == "table":
            columns = ("time", "principal", "method", "outcome", "records", "purpose", "reason", "resources")
            out.records(map(_row, events), columns, empty="No events.")
        else:
            out.records(map(plain, events), ())
    return exit_codes.OK


def _row(event: AuditEvent) -> Record:
    from strongroom.api.v1.audit_service_pb2 import AuditOutcome

    return {
        "time": moment(event, "time"),
        "principal": short(event.principal),
        "method": event.method,
        "outcome": enum_word(AuditOutcome.Name(event.outcome), "AUDIT_OUTCOME_"),
        "records": event.records,
        "purpose": short(event.purpose),
        "reason": event.reason,
        "resources": [short(name) for name in event.resources[:3]],
    }


def _verify(given: argparse.Namespace) -> int:
    out = output_of(given)
    with open_client(given) as client:
        found = client.audit.verify()
    if out.format == "table":
        for finding in found.findings:
            out.say(f"  {finding}")
        counts = {"valid": found.valid, "events": found.events, "chains": found.writers, "signed heads": found.heads}
        out.record(counts)
    else:
        out.record({"valid": found.valid, **plain(found)})
    return exit_codes.OK if found.valid else exit_codes.CHECK_FAILED
