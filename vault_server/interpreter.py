"""How the Python interpreter of a server process is set. Once, when everything is built and before the first call.

Measured on two cores (`make bench`): the collector walked 15 microseconds' worth of long-lived objects for each imported row;
a thread that comes back from SQLite, a socket or a lock waited up to 5 ms, the interpreter's setting, for one that computes.
"""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import sys

SWITCH_S = 0.001
YOUNG_OBJECTS, YOUNG_ROUNDS, MIDDLE_ROUNDS = 50_000, 20, 20

SERVER_HEAPS = 2
_M_ARENA_MAX = -8  # of mallopt(3)
_PR_SET_DUMPABLE = 4  # of prctl(2)


def spare_memory(heaps: int) -> None:
    """Do without what costs a server process memory and gives it nothing. Call it before threads are started.

    All threads, and Arrow, share a few heaps of the C library: with a heap for each of 64 threads a vault held 226 MB after two
    bulk jobs, with two heaps 174, at the same speed; a heap of Arrow's own is 14 MB more. And Arrow loads NumPy if it can,
    11 MB that nothing here uses. Elsewhere than with glibc the heaps stay as they are.
    """
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    sys.modules.setdefault("numpy", None)  # type: ignore[arg-type]  # how one says that a module cannot be imported
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(_M_ARENA_MAX, heaps)


def forbid_core_dumps() -> None:
    """No file and no crash reporter gets the memory of this process: it holds keys and customers in plain text.

    The limit keeps the kernel from writing a file; a program named in `core_pattern` gets the memory whatever the limit says,
    unless the process is not dumpable, which also keeps debuggers of the same user out. A started program is dumpable again.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    control = getattr(ctypes.CDLL(None), "prctl", None)
    if control is not None:  # Linux
        control(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def put_off_collections() -> None:
    """Collect nothing while the program loads: nearly all of it stays. `tune_interpreter` ends this."""
    gc.disable()


def tune_interpreter() -> None:
    """Keep what lives as long as the process out of every collection; collect and switch threads as a server needs it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, YOUNG_ROUNDS, MIDDLE_ROUNDS)
    gc.enable()
    sys.setswitchinterval(SWITCH_S)
