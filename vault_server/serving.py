"""`strongroom-server serve`: one vault process, from start to drained."""

from __future__ import annotations

import signal
import threading
from types import FrameType

from vault_server.config import Settings
from vault_server.interpreter import SERVER_HEAPS, put_off_collections, spare_memory, tune_interpreter
from vault_server.ports.runtime import Runtime
from vault_server.transport.events import configure_logging


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
        stopping.wait()
    finally:
        vault.stop(settings.server.drain_s)
    return 0


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM or SIGINT sets."""
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    return stopping
