"""Single keys from a terminal, with the standard library only.

Rules: an arrow or a function key is one key that means nothing, not the letters that it sends; what was typed before something
was shown is no answer to it.
"""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from strongroom_cli.faults import CommandError

_LOOK_UP_S, _SEQUENCE_S = 0.5, 0.05
_ESCAPE = "\x1b"


class Keys(Protocol):
    """Where single keys come from."""

    def read(self) -> str:
        """Wait for a key; "" when the terminal is gone."""
        ...

    def drop(self) -> None:
        """Forget what was typed and not read yet."""
        ...


@contextmanager
def terminal_keys(check: Callable[[], None]) -> Iterator[Keys]:
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
        yield _TerminalKeys(terminal, check)
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


class _TerminalKeys:
    """Keys of a terminal that is set to give them one by one."""

    def __init__(self, terminal: int, check: Callable[[], None]) -> None:
        self._terminal = terminal
        self._check = check

    def read(self) -> str:
        """Looks up now and then: a Ctrl-C that comes just before a read that waits would be heard only with the next key."""
        while not self._waits(_LOOK_UP_S):
            self._check()
        self._check()
        key = self._next()
        if key == _ESCAPE:
            self._swallow()
        return key

    def _swallow(self) -> None:
        """The rest of what one key sends: `[` to a letter or `~`, `O` and one more (ECMA-48), or the key that Alt went with."""
        kind = self._next(_SEQUENCE_S)
        if kind == "O":
            self._next(_SEQUENCE_S)
        elif kind == "[":
            while (part := self._next(_SEQUENCE_S)) and not "@" <= part <= "~":
                pass

    def _next(self, patience_s: float | None = None) -> str:
        """One byte; "" if none comes in time."""
        if patience_s is not None and not self._waits(patience_s):
            return ""
        return os.read(self._terminal, 1).decode("ascii", "replace")

    def drop(self) -> None:
        import termios

        termios.tcflush(self._terminal, termios.TCIFLUSH)

    def _waits(self, seconds: float) -> bool:
        return bool(select.select([self._terminal], [], [], seconds)[0])
