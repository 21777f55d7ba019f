"""`strongroom purposes`: list."""

from __future__ import annotations

import argparse

from strongroom_cli import exit_codes
from strongroom_cli.output import enum_word, plain, short
from strongroom_cli.session import open_client, output_of, shared_options


def register(noun: argparse.ArgumentParser) -> None:
    """Add the verbs."""
    verbs = noun.add_subparsers(dest="verb", metavar="VERB", title="verbs", required=True)
    verbs.add_parser("list", parents=[shared_options()], help="list purposes and what they may see").set_defaults(run=_list)


def _list(given: argparse.Namespace) -> int:
    from strongroom.api.v1.privacy_service_pb2 import LegalBasis
    from strongroom.api.v1.rules_pb2 import Category

    out = output_of(given)
    with open_client(given) as client:
        purposes = client.privacy.purposes()
    if out.format != "table":
        out.records(map(plain, purposes), ())
        return exit_codes.OK
    rows = (
        {
            "purpose": short(purpose.name),
            "legal basis": enum_word(LegalBasis.Name(purpose.legal_basis), "LEGAL_BASIS_"),
            "may see": [enum_word(Category.Name(category), "CATEGORY_") for category in purpose.categories],
            "description": purpose.description,
        }
        for purpose in purposes
    )
    out.records(rows, ("purpose", "legal basis", "may see", "description"), empty="No purposes.")
    return exit_codes.OK
