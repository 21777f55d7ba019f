"""`strongroom tokens`: issue, list, revoke.

Rules: a secret is shown once; `--out` writes it to a private file instead of the screen.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from strongroom_cli import exit_codes
from strongroom_cli.faults import CommandError
from strongroom_cli.output import moment, plain, short
from strongroom_cli.session import count, open_client, output_of, shared_options

_DAY_S = 86_400


def register(noun: argparse.ArgumentParser) -> None:
    """Add the verbs."""
    verbs = noun.add_subparsers(dest="verb", metavar="VERB", title="verbs", required=True)
    shared = shared_options()
    issue = verbs.add_parser("issue", parents=[shared], help="issue a token; its secret is shown once")
    issue.add_argument("principal", metavar="PRINCIPAL", help="who will call with it, such as shop-service")
    roles = "admin, operator, service, analyst, worker, auditor"
    issue.add_argument(
        "--role", action="append", default=[], metavar="ROLE", help=f"first create the principal with it: {roles}"
    )
    issue.add_argument("--days", type=count, default=0, metavar="N", help="how long it holds (default: 90, at most 400)")
    issue.add_argument("--out", type=Path, metavar="FILE", help="write the secret to FILE, readable by you only")
    issue.set_defaults(run=_issue)
    verbs.add_parser("list", parents=[shared], help="list tokens without their secrets").set_defaults(run=_list)
    revoke = verbs.add_parser("revoke", parents=[shared], help="make a token useless at once")
    revoke.add_argument("token", metavar="TOKEN", help="id of the token, as `strongroom tokens list` shows it; not its secret")
    revoke.set_defaults(run=_revoke)


def _issue(given: argparse.Namespace) -> int:
    from strongroom.api.v1.access_service_pb2 import Principal
    from strongroom.api.v1.rules_pb2 import Role
    from strongroom.names import resource_name
    from strongroom.profile_writing import write_private

    with open_client(given) as client:
        if given.role:
            names = [f"ROLE_{role.upper()}" for role in given.role]
            if unknown := [name for name in names if name not in _role_names()]:
                raise CommandError(f"There is no role `{unknown[0].removeprefix('ROLE_').lower()}`.")
            name = resource_name(client.tenant, "principals", given.principal)
            client.access.put_principal(Principal(name=name, roles=[Role.Value(role) for role in names]))
        token, secret = client.access.issue_token(given.principal, lifetime_s=given.days * _DAY_S)
    out = output_of(given)
    record: dict[str, object] = {
        "token": short(token.name),
        "principal": short(token.principal),
        "expires": moment(token, "expire_time"),
    }
    if given.out is not None:
        write_private(given.out, secret.reveal().encode() + b"\n")
        out.say(f"The secret was written to {given.out}.")
    else:
        record["secret"] = secret.reveal()
        out.say("The secret is shown only now; keep it in a file that only you can read.")
    out.record(record)
    return exit_codes.OK


def _role_names() -> set[str]:
    from strongroom.api.v1.rules_pb2 import Role

    return set(Role.keys())


def _list(given: argparse.Namespace) -> int:
    out = output_of(given)
    with open_client(given) as client:
        tokens = client.access.tokens()
    if out.format != "table":
        out.records(map(plain, tokens), ())
        return exit_codes.OK
    rows = (
        {
            "token": short(token.name),
            "principal": short(token.principal),
            "issued": moment(token, "create_time"),
            "expires": moment(token, "expire_time"),
            "revoked": token.revoked,
        }
        for token in tokens
    )
    out.records(rows, ("token", "principal", "issued", "expires", "revoked"), empty="No tokens.")
    return exit_codes.OK


def _revoke(given: argparse.Namespace) -> int:
    with open_client(given) as client:
        token = client.access.revoke_token(given.token)
    output_of(given).record({"revoked": short(token.name), "principal": short(token.principal)})
    return exit_codes.OK
