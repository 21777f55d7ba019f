"""`strongroom-server serve`: one vault process, from start to drained."""

from __future__ import annotations

import signal
import threading
from types import FrameType

from vault_server.config import Settings
from vault_server.interpreter import SERVER_HEAPS, put_off_collections, spare_memory, tune_interpreter
from vault_server.ports.runtime import Runtime
from vault_server.transport.events import configure_logging

LOOK_S = 0.25


def serve(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT, then drain."""
    put_off_collections()
    from vault_server.bootstrap import RunningVault, migrate_store  # late: `dev` makes keys while it loads

    spare_memory(SERVER_HEAPS)
    configure_logging(settings.server.log_level)
    stopping = stop_on_signals()
    migrate_store(settings)
    vault = RunningVault(settings, Runtime())
    try:
        tune_interpreter()
        vault.start()
        wait_until(stopping)
    finally:
        vault.stop(settings.server.drain_s)
    return 0


def wait_until(stopping: threading.Event) -> None:
    """Wait for a signal, and look again now and then.

    A signal that comes when the interpreter has just looked for one and does not sleep yet wakes nobody: of servers that were
    stopped right after their start on a busy machine, 1 in 15 went on serving.
    """
    while not stopping.wait(LOOK_S):
        pass


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM or SIGINT sets."""
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    return stopping
