"""`strongroom backup`: create, list, verify."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from strongroom_cli import exit_codes
from strongroom_cli.output import Output, Record, enum_word, moment, plain, short
from strongroom_cli.session import count, open_client, output_of, shared_options

if TYPE_CHECKING:
    from strongroom.api.v1.backup_service_pb2 import Backup


def register(noun: argparse.ArgumentParser) -> None:
    """Add the verbs."""
    verbs = noun.add_subparsers(dest="verb", metavar="VERB", title="verbs", required=True)
    shared = shared_options()
    create = verbs.add_parser("create", parents=[shared], help="make a full backup and wait until it is published")
    create.add_argument("--no-wait", action="store_true", help="start it and return")
    create.set_defaults(run=_create)
    listing = verbs.add_parser("list", parents=[shared], help="list backups, the newest first")
    listing.add_argument("--limit", type=count, default=100, metavar="N", help="most backups to show (default: 100)")
    listing.set_defaults(run=_list)
    verify = verbs.add_parser("verify", parents=[shared], help="read a backup back and check every byte, hash and signature")
    verify.add_argument("backup", metavar="BACKUP", help="id of the backup, as `strongroom backup list` shows it")
    verify.set_defaults(run=_verify)


def _create(given: argparse.Namespace) -> int:
    from strongroom_cli.progress import progress

    with open_client(given) as client:
        backup = client.backups.create()
        if not given.no_wait:
            with progress("backing up", None):
                backup = client.backups.wait(backup.name)
    _show(output_of(given), backup)
    return exit_codes.OK


def _list(given: argparse.Namespace) -> int:
    out = output_of(given)
    with open_client(given) as client:
        backups = client.backups.list(limit=given.limit)
    if out.format == "table":
        out.records(
            map(_row, backups),
            ("backup", "state", "created", "published", "verified", "rows", "bytes"),
            empty="No backups yet.",
        )
    else:
        out.records(map(plain, backups), ())
    return exit_codes.OK


def _verify(given: argparse.Namespace) -> int:
    with open_client(given) as client:
        backup = client.backups.verify(given.backup)
    _show(output_of(given), backup)
    return exit_codes.OK


def _show(out: Output, backup: Backup) -> None:
    out.record({**_row(backup), "digest": backup.digest} if out.format == "table" else plain(backup))


def _row(backup: Backup) -> Record:
    from strongroom.api.v1.backup_service_pb2 import BackupState

    return {
        "backup": short(backup.name),
        "state": enum_word(BackupState.Name(backup.state), "BACKUP_STATE_"),
        "created": moment(backup, "create_time"),
        "published": moment(backup, "complete_time"),
        "verified": moment(backup, "verify_time"),
        "rows": backup.rows,
        "bytes": backup.size_bytes,
        "failure": backup.failure_message,
    }
