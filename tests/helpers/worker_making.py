"""Builds a worker over a fake vault: no network, no signals, a clock that counts."""

from __future__ import annotations

import io
import itertools
from collections.abc import Mapping
from datetime import UTC, datetime

from analysis_worker.pipeline.adapters.registry import known_steps
from analysis_worker.pipeline.events import EventLog
from analysis_worker.pipeline.execution import Surroundings
from analysis_worker.pipeline.runner import Runner
from analysis_worker.pipeline.step_adapter import StepAdapter
from analysis_worker.pipeline.stopping import StopSignal
from analysis_worker.vault_io.claiming import RunQueue
from analysis_worker.vault_io.serving import WorkerLoop
from helpers.fake_worker_vault import FakeWorkerVault

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


class Worker:
    """A worker and what it says about itself."""

    def __init__(self, vault: FakeWorkerVault, steps: Mapping[str, StepAdapter] | None = None, *, lease_s: int = 300) -> None:
        steps = known_steps() if steps is None else steps
        self.stream = io.StringIO()
        self.stop = StopSignal()
        ticks = itertools.count()
        log = EventLog(self.stream, lambda: NOW)
        around = Surroundings(stop=self.stop, log=log, threads=1, monotonic=lambda: float(next(ticks)), now=lambda: NOW)
        client = vault.client()
        self.loop = WorkerLoop(
            client=client,
            queue=RunQueue(client, tuple(steps), lease_s),
            runner=Runner(steps=steps, around=around),
            stop=self.stop,
            log=log,
            clock=lambda: 0.0,
        )
