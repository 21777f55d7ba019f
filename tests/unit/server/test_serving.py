"""A server hears that it is to stop, whenever that comes."""

from __future__ import annotations

import threading

from vault_server.dev import pause_before_restart
from vault_server.serving import wait_until


def test_a_signal_that_wakes_nobody_is_heard_all_the_same() -> None:
    stopping = threading.Event()
    waiting = threading.Thread(target=wait_until, args=(stopping,), daemon=True)
    waiting.start()
    while not stopping._cond._waiters:  # type: ignore[attr-defined]  # what says that it sleeps
        pass

    stopping._flag = True  # type: ignore[attr-defined]  # set without a call that wakes

    waiting.join(30)
    assert not waiting.is_alive()


def test_a_worker_that_dies_at_once_is_started_more_and_more_seldom() -> None:
    pauses = [1.0]
    for _ in range(8):
        pauses.append(pause_before_restart(pauses[-1], lived_s=2))

    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert pause_before_restart(60, lived_s=600) == 1
