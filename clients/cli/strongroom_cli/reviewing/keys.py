"""Single keys from a terminal, with the standard library only."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from strongroom_cli.faults import CommandError

_LOOK_UP_S = 0.5
ReadKey = Callable[[], str]
"""Waits for a key; "" when the terminal is gone."""


@contextmanager
def terminal_keys(check: Callable[[], None]) -> Iterator[ReadKey]:
    """Read keys without Enter until the block ends; the terminal is then as it was.

    Args:
        check: called now and then while nobody presses a key; may raise.

    Raises:
        CommandError: there is no terminal.
    """
    if sys.stdin is None or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise CommandError(
            "The keyboard review needs a terminal.", hint="Use `strongroom review list -o jsonl`, then accept or reject."
        )
    try:
        import termios
        import tty
    except ImportError:
        raise CommandError("This system has no terminal that single keys can be read from.") from None
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    try:
        tty.setcbreak(terminal)
        yield lambda: _key(terminal, check)
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _key(terminal: int, check: Callable[[], None]) -> str:
    """Looks up now and then: a Ctrl-C that comes just before a read that waits would be heard only with the next key."""
    while not select.select([terminal], [], [], _LOOK_UP_S)[0]:
        check()
    check()
    return os.read(terminal, 1).decode("ascii", "replace")
