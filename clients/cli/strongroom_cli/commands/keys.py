"""`strongroom keys`: list."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from strongroom_cli import exit_codes
from strongroom_cli.output import Record, enum_word, moment, plain, short
from strongroom_cli.session import open_client, output_of, shared_options

if TYPE_CHECKING:
    from strongroom.api.v1.key_service_pb2 import Key


def register(noun: argparse.ArgumentParser) -> None:
    """Add the verbs."""
    verbs = noun.add_subparsers(dest="verb", metavar="VERB", title="verbs", required=True)
    verbs.add_parser("list", parents=[shared_options()], help="list key-encryption keys, never their bytes").set_defaults(
        run=_list
    )


def _list(given: argparse.Namespace) -> int:
    out = output_of(given)
    with open_client(given) as client:
        keys = client.keys.list()
    if out.format == "table":
        out.records(map(_row, keys), ("key", "use", "epoch", "state", "wraps", "created", "root key"), empty="No keys.")
    else:
        out.records(map(plain, keys), ())
    return exit_codes.OK


def _row(key: Key) -> Record:
    from strongroom.api.v1.key_service_pb2 import KeyState, KeyUse

    return {
        "key": short(key.name),
        "use": enum_word(KeyUse.Name(key.use), "KEY_USE_"),
        "epoch": key.epoch,
        "state": enum_word(KeyState.Name(key.state), "KEY_STATE_"),
        "wraps": key.wraps,
        "created": moment(key, "create_time"),
        "root key": key.root_key_id,
    }
