"""Options that every command shares, and the client that they open."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from strongroom_cli.output import FORMATS, Output

if TYPE_CHECKING:
    from strongroom import Client


def shared_options(*, formats: tuple[str, ...] = FORMATS, default: str = "table") -> argparse.ArgumentParser:
    """Return a parent parser with profile, tenant, timeout and output format."""
    parser = argparse.ArgumentParser(add_help=False)
    add_shared_options(parser, formats=formats, default=default)
    return parser


def add_shared_options(parser: argparse.ArgumentParser, *, formats: tuple[str, ...] = FORMATS, default: str = "table") -> None:
    """Add them to a parser that is its own verb."""
    group = parser.add_argument_group("connection and output")
    group.add_argument("-o", "--output", choices=formats, default=default, help=f"format of the output (default: {default})")
    group.add_argument("--profile", default="", metavar="NAME", help="profile of config.toml (default: its default_profile)")
    group.add_argument("--tenant", default="", metavar="ID", help="tenant, in place of the profile's")
    group.add_argument(
        "--timeout", type=float, default=30.0, metavar="S", help="seconds for one call, retries included (default: 30)"
    )


def open_client(given: argparse.Namespace) -> Client:
    """Return the client that the options ask for."""
    import strongroom

    return strongroom.connect(given.profile, tenant=given.tenant, timeout_s=given.timeout)


def output_of(given: argparse.Namespace) -> Output:
    return Output(given.output)
