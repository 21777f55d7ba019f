"""What the worker says about itself: one JSON object a line, a constant event name and ids, never a customer's value."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import datetime
from typing import TextIO


class EventLog:
    """Writes events to a text stream; safe for several threads.

    Args:
        stream: where to.
        now: the time, with zone.
    """

    def __init__(self, stream: TextIO, now: Callable[[], datetime]) -> None:
        self._stream = stream
        self._now = now
        self._lock = threading.Lock()

    def emit(self, event: str, **facts: str | float | bool) -> None:
        line = json.dumps({"time": self._now().isoformat(timespec="milliseconds"), "event": event, **facts})
        with self._lock:
            self._stream.write(line + "\n")
            self._stream.flush()
