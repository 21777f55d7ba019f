"""`strongroom-server dev`: the one-command start for a developer or a script.

Makes what is missing in the folder, serves on loopback with TLS and generated certificates, writes the client profile that
CLI, SDK and worker use by default, and keeps one worker running beside the server.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from vault_server.config import Settings, load_settings
from vault_server.errors import InvalidArgumentError
from vault_server.interpreter import SERVER_HEAPS, put_off_collections, spare_memory, tune_interpreter
from vault_server.new_folder import MadeKeys, make_certificates, make_configuration, make_keys
from vault_server.ports.runtime import Runtime
from vault_server.serving import stop_on_signals, wait_until

if TYPE_CHECKING:
    from vault_server.open_keys import OpenKeys

MAX_PORT = 65535
RESTART_S = 1.0
STEADY_S = 30.0
LONGEST_PAUSE_S = 60.0
WORKER_STOP_S = 10.0


def dev(folder: Path, *, port: int, worker: bool) -> int:
    """Serve until stopped. Prints one line when ready."""
    if not 0 <= port <= MAX_PORT:
        raise InvalidArgumentError(f"--port must be 0 to {MAX_PORT}")
    spare_memory(SERVER_HEAPS)
    put_off_collections()
    folder, runtime = folder.resolve(), Runtime()
    stopping = stop_on_signals()
    make_configuration(folder, "main")
    settings = _on_port(load_settings(folder / "config.toml", os.environ), port)
    with ThreadPoolExecutor(1) as beside:  # keys are made and opened while the rest of the program loads
        opening = beside.submit(_keys, folder, settings, runtime)
        from vault_server.bootstrap import RunningVault, migrate_store
        from vault_server.provisioning import make_tenant
        from vault_server.transport.events import configure_logging

        configure_logging(settings.server.log_level if "STRONGROOM_SERVER_LOG_LEVEL" in os.environ else "warning")
        migrate_store(settings)
        vault = RunningVault(settings, runtime, opening.result())
    try:
        tenant = settings.server.home_tenant
        make_tenant(vault.store, folder, tenant, runtime, developer=True)
        tune_interpreter()
        vault.start()
        profile = _write_profiles(settings, folder, vault.server.port)
        sys.stdout.write(f"Strongroom is ready on 127.0.0.1:{vault.server.port} (tenant {tenant}, profile {profile})\n")
        sys.stdout.flush()
        if worker:
            _keep_worker(stopping)
        wait_until(stopping)
    finally:
        vault.stop(settings.server.drain_s)
    return 0


def _keys(folder: Path, settings: Settings, runtime: Runtime) -> OpenKeys:
    made: MadeKeys = make_keys(folder)
    make_certificates(folder, runtime)
    from vault_server.open_keys import open_keys

    return open_keys(settings, made)


def _on_port(settings: Settings, port: int) -> Settings:
    return dataclasses.replace(settings, server=dataclasses.replace(settings.server, address=f"127.0.0.1:{port}"))


def _write_profiles(settings: Settings, folder: Path, port: int) -> Path:
    from strongroom import Profile, write_profile
    from vault_server.provisioning import DEVELOPER, token_file

    profile = Profile(
        target=f"127.0.0.1:{port}",
        tenant=settings.server.home_tenant,
        token_file=str(token_file(folder, settings.server.home_tenant, DEVELOPER)),
        ca_file="" if settings.server.plaintext else str(settings.tls.client_ca_file),
        insecure=settings.server.plaintext,
    )
    worker = dataclasses.replace(profile, token_file=str(token_file(folder, profile.tenant, "worker")))
    write_profile(worker, name="worker", make_default=False)
    return write_profile(profile, name="default")


def _keep_worker(stopping: threading.Event) -> None:
    """Run one worker, start it again if it dies, end it when the server stops."""
    if importlib.util.find_spec("duckdb") is None:
        sys.stdout.write("No worker runs: install the worker extra (pip install 'strongroom[worker]')\n")
        return

    def keep() -> None:
        pause_s = RESTART_S
        while not stopping.is_set():
            started_s = time.monotonic()
            process = subprocess.Popen([sys.executable, "-m", "analysis_worker.main", "run", "--profile", "worker"])
            while process.poll() is None and not stopping.wait(0.2):
                pass
            if stopping.is_set():
                _end(process)
                return
            pause_s = pause_before_restart(pause_s, lived_s=time.monotonic() - started_s)
            sys.stderr.write(f"The worker ended with {process.returncode}; it is started again in {pause_s:.0f} s\n")
            stopping.wait(pause_s)

    thread = threading.Thread(target=keep, name="worker-keeper")
    thread.start()


def pause_before_restart(last_s: float, *, lived_s: float) -> float:
    """Seconds; twice as many each time for a worker that dies as soon as it is started."""
    return RESTART_S if lived_s > STEADY_S else min(last_s * 2, LONGEST_PAUSE_S)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(WORKER_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
