"""How the Python interpreter of a server process is set. Once, when everything is built and before the first call.

Measured on two cores (`make bench`): the collector walked 15 microseconds' worth of long-lived objects for each imported row;
a thread that comes back from SQLite, a socket or a lock waited up to 5 ms, the interpreter's setting, for one that computes.
"""

from __future__ import annotations

import gc
import sys

SWITCH_S = 0.001
YOUNG_OBJECTS, YOUNG_ROUNDS, MIDDLE_ROUNDS = 50_000, 20, 20


def tune_interpreter() -> None:
    """Keep what lives as long as the process out of every collection; collect and switch threads as a server needs it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, YOUNG_ROUNDS, MIDDLE_ROUNDS)
    sys.setswitchinterval(SWITCH_S)
