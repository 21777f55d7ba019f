"""`strongroom transactions`: import and list."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from strongroom_cli.commands.customers import resolved
from strongroom_cli.commands.importing_verb import add_import
from strongroom_cli.commands.listing_verb import Listing, add_list_of_customer, owned_row
from strongroom_cli.currencies import major_text
from strongroom_cli.output import Record, enum_word

if TYPE_CHECKING:
    from strongroom import Client, Transaction


def register(noun: argparse.ArgumentParser) -> None:
    """Add the verbs."""
    verbs = noun.add_subparsers(dest="verb", metavar="VERB", title="verbs", required=True)
    add_import(verbs, "transactions")
    columns = ("id", "customer", "time", "kind", "total", "lines", "channel")
    add_list_of_customer(verbs, Listing(noun="transactions", columns=columns, row=_row, find=_find))


def _find(client: Client, given: argparse.Namespace, page_size: int) -> Iterator[Transaction]:
    return client.transactions.list(customer=resolved(client, given.customer), show_deleted=given.deleted, page_size=page_size)


def _row(transaction: Transaction, reveal: bool) -> Record:  # noqa: FBT001 - the form that every listing shares
    from strongroom.api.v1.transaction_pb2 import TransactionKind
    from strongroom.masking import STARS

    return owned_row(transaction) | {
        "kind": enum_word(TransactionKind.Name(transaction.kind), "TRANSACTION_KIND_"),
        "total": f"{major_text(transaction.total_minor, transaction.currency)} {transaction.currency}" if reveal else STARS,
        "lines": len(transaction.lines),
        "channel": transaction.channel if reveal else STARS,
    }
