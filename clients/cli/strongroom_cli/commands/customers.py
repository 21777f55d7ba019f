"""`strongroom customers`: import, export, get, list, search, erase.

Rules: a table masks personal values unless `--reveal` is given; json, jsonl and exports hold the values. Erasing asks for
the customer's id on a terminal and needs `--yes` elsewhere.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from strongroom_cli import exit_codes
from strongroom_cli.commands.importing_verb import add_import
from strongroom_cli.commands.listing_verb import Listing, add_list, add_reveal, print_found
from strongroom_cli.derived_data import PARTS, derived_plain, derived_text
from strongroom_cli.faults import CommandError
from strongroom_cli.output import Record, plain, short
from strongroom_cli.session import open_client, output_of, shared_options

if TYPE_CHECKING:
    from strongroom import Client, Customer
    from strongroom.api.v1.customer_service_pb2 import GetCustomerResponse

_COLUMNS = ("id", "external_ids", "given_name", "family_name", "emails", "phones", "birth_date", "city")


def register(noun: argparse.ArgumentParser) -> None:
    """Add the verbs."""
    verbs = noun.add_subparsers(dest="verb", metavar="VERB", title="verbs", required=True)
    add_import(verbs, "customers")
    _add_export(verbs)
    shared = shared_options()
    get = verbs.add_parser("get", parents=[shared], help="show one customer with the results of analyses")
    get.add_argument("customer", metavar="ID", help="id, resource name, or SOURCE:ID of a source system")
    add_reveal(get)
    get.set_defaults(run=_get)
    add_list(verbs, _listing())
    search = verbs.add_parser("search", parents=[shared], help="find customers by an exact value")
    key = search.add_mutually_exclusive_group(required=True)
    key.add_argument("--email", metavar="ADDRESS", help="case and blanks do not matter")
    key.add_argument("--phone", metavar="NUMBER", help="any way of writing it")
    key.add_argument("--external-id", metavar="SOURCE:ID", help="such as crm:4711")
    key.add_argument("--national-id", metavar="ID", help="such as a tax or passport number")
    add_reveal(search)
    search.set_defaults(run=_search)
    erase = verbs.add_parser("erase", parents=[shared], help="erase a customer for ever, in old backups too")
    erase.add_argument("customer", metavar="ID", help="id, resource name, or SOURCE:ID of a source system")
    erase.add_argument("--yes", action="store_true", help="do not ask; needed where there is no terminal")
    erase.set_defaults(run=_erase)


def _add_export(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = verbs.add_parser(
        "export",
        parents=[shared_options(formats=("csv", "jsonl", "parquet"), default="csv")],
        help="export what a purpose may see, results included",
        description="Export customers through a purpose. CSV neutralises spreadsheet formulas; external ids are bare\n"
        "where all rows have one source, else SOURCE:ID joined by `;`.",
        epilog=exit_codes.epilog(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    fields_help = (
        f"such as external_ids,emails,attributes.KEY, and results: {','.join(PARTS)} (default: all that the purpose may see)"
    )
    parser.add_argument("--fields", default="", metavar="A,B", help=fields_help)
    parser.add_argument("--purpose", default="export", metavar="ID", help="purpose to read under (default: export)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="file to write (default: stdout)")
    parser.add_argument("--allow-withheld", action="store_true", help="leave out fields that the purpose may not see")
    parser.set_defaults(run=_export)


def _export(given: argparse.Namespace) -> int:
    from strongroom_cli.exporting.export import ExportOptions, export_customers
    from strongroom_cli.progress import progress

    fields = [field.strip() for field in given.fields.split(",") if field.strip()]
    options = ExportOptions(
        purpose=given.purpose, fields=fields, file_format=given.output, out=given.out, allow_withheld=given.allow_withheld
    )
    with open_client(given) as client, progress("exporting", None) as bar:
        result = export_customers(
            client, options, lambda rows: bar.update(rows, f"{rows:,} rows") if rows % 1000 == 0 else None
        )
    if given.out is not None:
        sys.stderr.write(f"{result.rows:,} customers written to {given.out}.\n")
    if result.withheld:
        sys.stderr.write(f"Withheld by the purpose: {', '.join(result.withheld)}.\n")
    return exit_codes.OK


def _get(given: argparse.Namespace) -> int:
    with open_client(given) as client:
        found = client.customers.get_full(resolved(client, given.customer))
    out = output_of(given)
    if out.format != "table":
        out.record(
            {**plain(found.customer), "derived": derived_plain(found.derived)}
            if found.HasField("derived")
            else plain(found.customer)
        )
        return exit_codes.OK
    out.record(_detail(found, reveal=given.reveal))
    if not given.reveal:
        out.say("Personal values are masked; --reveal shows them.")
    return exit_codes.OK


def _detail(found: GetCustomerResponse, *, reveal: bool) -> Record:
    from strongroom.masking import is_masked, masked_value

    customer = found.customer
    values = plain(customer)
    shown: dict[str, object] = {
        field: masked_value(customer, field) if is_masked(customer, field) and not reveal else values[field]
        for field in values
        if field != "etag"
    }
    return shown | {part: derived_text(found.derived, part, reveal=reveal) for part in PARTS}


def _listing() -> Listing[Customer]:
    return Listing(noun="customers", columns=_COLUMNS, row=_row, find=_find)


def _find(client: Client, given: argparse.Namespace, page_size: int) -> Iterator[Customer]:
    return client.customers.list(show_deleted=given.deleted, page_size=page_size)


def _search(given: argparse.Namespace) -> int:
    external_id = _source_and_id(given.external_id) if given.external_id else None
    with open_client(given) as client:
        found = client.customers.search(
            email=given.email, phone=given.phone, external_id=external_id, national_id=given.national_id
        )
    printed = print_found(given, _listing(), iter(found))
    return exit_codes.OK if printed else exit_codes.NOT_FOUND


def _row(customer: Customer, reveal: bool) -> Record:  # noqa: FBT001 - the form that every listing shares
    from strongroom.api.v1.rules_pb2 import MASK_EMAIL, MASK_INITIAL, MASK_LAST_TWO, MASK_YEAR
    from strongroom.masking import STARS, mask_text

    def show(text: str, mask: int) -> str:
        return text if reveal or not text else mask_text(text, mask)  # type: ignore[arg-type]  # enum values are ints at run time

    city = customer.addresses[0].city if customer.addresses else ""
    return {
        "id": short(customer.name),
        "external_ids": [f"{item.source}:{show(item.id, MASK_LAST_TWO)}" for item in customer.external_ids],
        "given_name": show(customer.given_name or customer.full_name, MASK_INITIAL),
        "family_name": show(customer.family_name, MASK_INITIAL),
        "emails": [show(item, MASK_EMAIL) for item in customer.emails],
        "phones": [show(item, MASK_LAST_TWO) for item in customer.phones],
        "birth_date": show(customer.birth_date, MASK_YEAR),
        "city": city if reveal or not city else STARS,
    }


def _erase(given: argparse.Namespace) -> int:
    out = output_of(given)
    with open_client(given) as client:
        name = resolved(client, given.customer)
        plan = client.customers.erase(name, validate_only=True)
        if not given.yes:
            with given.interrupts.raising():
                _confirm(name, plan.records)
        done = client.customers.erase(name)
    out.record({"erased": done.name or name, "records": done.records})
    return exit_codes.OK


def _confirm(name: str, records: int) -> None:
    if not sys.stdin.isatty():
        raise CommandError("Erasing cannot be undone and there is no terminal to ask on.", hint="Give --yes if you are sure.")
    wanted = short(name)
    sys.stderr.write(
        f"This destroys the key of customer {wanted} and {records:,} records with it, for ever, also in old backups.\n"
        f"Type the customer id to go on: "
    )
    sys.stderr.flush()
    if sys.stdin.readline().strip() != wanted:
        raise CommandError("The id does not match; nothing was erased.")


def resolved(client: Client, given: str) -> str:
    """Return the resource name for an id, a resource name, or SOURCE:ID."""
    if ":" not in given or "/" in given:
        return given
    source, identity = _source_and_id(given)
    found = client.customers.search(external_id=(source, identity))
    if not found:
        raise CommandError(f"No customer has that id in source `{source}`.", exit_code=exit_codes.NOT_FOUND)
    return found[0].name


def _source_and_id(text: str) -> tuple[str, str]:
    source, colon, identity = text.partition(":")
    if not (source and colon and identity):
        raise CommandError("An external id is written SOURCE:ID, such as crm:4711.")
    return source, identity
