"""When recurring work is due: arithmetic on slots, without a clock.

The first slot of a schedule is the moment at which it is first seen; each later one lies a whole number of intervals behind the
slot before. Slots that were missed are caught up by one run, in the newest of them.
"""

from __future__ import annotations


def due_slot(last_us: int | None, interval_us: int, now_us: int) -> int | None:
    """The slot to run now, or None.

    Args:
        last_us: the newest slot that was begun, or None before the first.
    """
    if last_us is None:
        return now_us
    behind = (now_us - last_us) // interval_us
    return last_us + behind * interval_us if behind >= 1 else None


def next_slot(last_us: int | None, interval_us: int, now_us: int) -> int:
    """The slot that is due next, `now_us` if one is due already."""
    return now_us if last_us is None else max(last_us + interval_us, now_us)
