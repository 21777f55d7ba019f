"""`strongroom needs`: import and list."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from strongroom_cli.commands.customers import resolved
from strongroom_cli.commands.importing_verb import add_import
from strongroom_cli.commands.listing_verb import Listing, add_list_of_customer, owned_row
from strongroom_cli.output import Record, enum_word

if TYPE_CHECKING:
    from strongroom import Client, Need


def register(noun: argparse.ArgumentParser) -> None:
    """Add the verbs."""
    verbs = noun.add_subparsers(dest="verb", metavar="VERB", title="verbs", required=True)
    add_import(verbs, "needs")
    columns = ("id", "customer", "time", "kind", "state", "priority", "topic", "text")
    add_list_of_customer(verbs, Listing(noun="needs", columns=columns, row=_row, find=_find))


def _find(client: Client, given: argparse.Namespace, page_size: int) -> Iterator[Need]:
    return client.needs.list(customer=resolved(client, given.customer), show_deleted=given.deleted, page_size=page_size)


def _row(need: Need, reveal: bool) -> Record:  # noqa: FBT001 - the form that every listing shares
    from strongroom.api.v1.need_pb2 import NeedKind, NeedPriority, NeedState
    from strongroom.masking import STARS

    return owned_row(need) | {
        "kind": enum_word(NeedKind.Name(need.kind), "NEED_KIND_"),
        "state": enum_word(NeedState.Name(need.need_state), "NEED_STATE_"),
        "priority": enum_word(NeedPriority.Name(need.priority), "NEED_PRIORITY_"),
        "topic": need.topic if reveal else STARS,
        "text": need.text if reveal else STARS,
    }
