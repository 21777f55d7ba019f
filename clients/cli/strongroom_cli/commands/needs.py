"""`strongroom needs`: import and list."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from strongroom_cli import exit_codes
from strongroom_cli.commands.customers import resolved
from strongroom_cli.commands.importing_verb import add_import
from strongroom_cli.output import Record, enum_word, moment, plain, short
from strongroom_cli.session import count, open_client, output_of, shared_options

if TYPE_CHECKING:
    from strongroom import Need

_COLUMNS = ("id", "customer", "time", "kind", "state", "priority", "topic", "text")


def register(noun: argparse.ArgumentParser) -> None:
    """Add the verbs."""
    verbs = noun.add_subparsers(dest="verb", metavar="VERB", title="verbs", required=True)
    add_import(verbs, "needs")
    listing = verbs.add_parser("list", parents=[shared_options()], help="list needs in the order of their creation")
    listing.add_argument("--customer", default="-", metavar="ID", help="only those of this customer: id, name, or SOURCE:ID")
    listing.add_argument("--limit", type=count, default=50, metavar="N", help="most needs to show, 0 for all (default: 50)")
    listing.add_argument("--deleted", action="store_true", help="also list deleted ones")
    listing.add_argument("--reveal", action="store_true", help="show personal values in a table (json and jsonl always do)")
    listing.set_defaults(run=_list)


def _list(given: argparse.Namespace) -> int:
    out = output_of(given)
    with open_client(given) as client:
        customer = resolved(client, given.customer)
        found: Iterator[Need] = client.needs.list(
            customer=customer, show_deleted=given.deleted, page_size=min(given.limit or 500, 500)
        )
        chosen = itertools.islice(found, given.limit or None)
        if out.format == "table":
            out.records((_row(record, reveal=given.reveal) for record in chosen), _COLUMNS, empty="No needs.")
        else:
            out.records((plain(record) for record in chosen), ())
    return exit_codes.OK


def _row(record: Need, *, reveal: bool) -> Record:
    from strongroom.api.v1.need_pb2 import NeedKind, NeedPriority, NeedState
    from strongroom.masking import STARS

    return {
        "id": short(record.name),
        "customer": record.name.split("/")[3] if record.name.count("/") > 3 else "",  # noqa: PLR2004 - tenants/T/customers/C/…
        "time": moment(record, "time"),
        "kind": enum_word(NeedKind.Name(record.kind), "NEED_KIND_"),
        "state": enum_word(NeedState.Name(record.need_state), "NEED_STATE_"),
        "priority": enum_word(NeedPriority.Name(record.priority), "NEED_PRIORITY_"),
        "topic": record.topic if reveal else STARS,
        "text": record.text if reveal else STARS,
    }
