"""The other end of a pseudo-terminal: what a person at the keyboard sees and presses."""

from __future__ import annotations

import os
import select
import time
from dataclasses import dataclass


@dataclass
class Screen:
    """The other end of a pseudo-terminal."""

    terminal: int
    seen: str = ""

    def until(self, words: str, *, timeout_s: float = 30) -> str:
        """What came since the last call, when the words are among it."""
        deadline = time.monotonic() + timeout_s
        while words not in self.seen:
            assert time.monotonic() < deadline, self.seen
            if select.select([self.terminal], [], [], 0.2)[0]:
                try:
                    self.seen += os.read(self.terminal, 65536).decode()
                except OSError:  # the other end is closed: Linux says EIO
                    assert words in self.seen, self.seen
        head, _, self.seen = self.seen.partition(words)
        return head

    def press(self, key: str) -> None:
        os.write(self.terminal, key.encode())
