"""Options that every command shares, and the client that they open."""

from __future__ import annotations

import argparse
from contextlib import AbstractContextManager
from datetime import date
from typing import TYPE_CHECKING

from strongroom_cli.output import FORMATS, Output

if TYPE_CHECKING:
    from strongroom import Client
    from strongroom_cli.interrupts import Interrupts


_LONGEST_S = 7 * 86_400
_MOST = 2**31 - 1
_LARGEST_SEED = 2**63 - 1


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
        "--timeout", type=seconds, default=30.0, metavar="S", help="seconds for one call, retries included (default: 30)"
    )


def count(text: str) -> int:
    """Parse a number of things, 0 or more; argparse words the refusal."""
    return _whole(text, _MOST)


def seed(text: str) -> int:
    """Parse the seed of everything random."""
    return _whole(text, _LARGEST_SEED)


def day(text: str) -> date:
    """Parse a day."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date such as 2026-01-31") from None
    if found.isoformat() != text:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date such as 2026-01-31")
    return found


def _whole(text: str, most: int) -> int:
    value = int(text)
    if not 0 <= value <= most:
        raise argparse.ArgumentTypeError(f"{text} is not from 0 to {most:,}")
    return value


def seconds(text: str) -> float:
    """Parse a span of time that can pass."""
    value = float(text)
    if not 0 < value <= _LONGEST_S:
        raise argparse.ArgumentTypeError(f"{text} is not more than 0 and at most {_LONGEST_S:,}")
    return value


def open_client(given: argparse.Namespace) -> AbstractContextManager[Client]:
    """Return the client that the options ask for, to be used in `with`; from then on Ctrl-C closes it (see `interrupts`)."""
    import strongroom

    interrupts: Interrupts = given.interrupts
    return interrupts.holding(lambda: strongroom.connect(given.profile, tenant=given.tenant, timeout_s=given.timeout))


def output_of(given: argparse.Namespace) -> Output:
    return Output(given.output)
