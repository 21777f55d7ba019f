"""The verb `list`, the same for customers, transactions and needs.

Rules: a table masks personal values unless `--reveal` is given, and says so; json and jsonl hold the values.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from strongroom_cli import exit_codes
from strongroom_cli.output import Record, moment, plain, short
from strongroom_cli.session import count, open_client, output_of, shared_options

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from strongroom import Client, Need, Transaction

Listed = TypeVar("Listed", bound="Message")
Verbs = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it

_PAGE_ROWS = 500
_OWNER_PARTS = 4  # tenants/T/customers/C/...


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Generic[Listed]):
    """What a noun lists.

    Attributes:
        noun: in the plural.
        columns: of a table.
        row: a record as a row of a table; the second argument says whether personal values are shown.
        find: records in the order of their creation, by the options of the verb and a size of pages.
    """

    noun: str
    columns: Sequence[str]
    row: Callable[[Listed, bool], Record]
    find: Callable[[Client, argparse.Namespace, int], Iterator[Listed]]


def add_list(verbs: Verbs[argparse.ArgumentParser], listing: Listing[Listed]) -> argparse.ArgumentParser:
    """Add the verb to a noun."""
    noun = listing.noun
    parser = verbs.add_parser("list", parents=[shared_options()], help=f"list {noun} in the order of their creation")
    parser.add_argument("--limit", type=count, default=50, metavar="N", help=f"most {noun} to show, 0 for all (default: 50)")
    parser.add_argument("--deleted", action="store_true", help="also list deleted ones")
    add_reveal(parser)
    parser.set_defaults(run=lambda given: _list(given, listing))
    return parser


def add_list_of_customer(verbs: Verbs[argparse.ArgumentParser], listing: Listing[Listed]) -> None:
    """Add the verb to a noun whose records belong to customers."""
    parser = add_list(verbs, listing)
    parser.add_argument("--customer", default="-", metavar="ID", help="only those of this customer: id, name, or SOURCE:ID")


def add_reveal(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reveal", action="store_true", help="show personal values in a table (json and jsonl always do)")


def _list(given: argparse.Namespace, listing: Listing[Listed]) -> int:
    with open_client(given) as client:
        found = listing.find(client, given, min(given.limit or _PAGE_ROWS, _PAGE_ROWS))
        print_found(given, listing, itertools.islice(found, given.limit or None))
    return exit_codes.OK


def print_found(given: argparse.Namespace, listing: Listing[Listed], found: Iterator[Listed]) -> int:
    """Print records in the format asked for; returns how many there were."""
    out = output_of(given)
    if out.format != "table":
        return out.records(map(plain, found), ())
    rows = (listing.row(record, given.reveal) for record in found)
    printed = out.records(rows, listing.columns, empty=f"No {listing.noun}.")
    if printed and not given.reveal:
        out.say("Personal values are masked; --reveal shows them.")
    return printed


def owned_row(record: Need | Transaction) -> dict[str, object]:
    """The first cells of what belongs to a customer."""
    parts = record.name.split("/")
    return {
        "id": short(record.name),
        "customer": parts[_OWNER_PARTS - 1] if len(parts) > _OWNER_PARTS else "",
        "time": moment(record, "time"),
    }
