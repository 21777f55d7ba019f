"""One match done by one worker, and by several: seconds, where they went, and whether the results are the same bits.

Run as `python -m benchmarks.quality.match_workers [--customers N] [--workers N] [--repeat N]`. A real vault process on a
fresh folder, loopback and TLS as in production, a generated CRM without attributes, and worker processes with one thread
each, which are there before the run is started. Seconds of the step are those that the leading worker logs; the grids' are
from their opening until all their cells are done. Wall seconds mean something only while nobody else has the cores, so
processor seconds stand beside them: where the leader has a core of its own, its processor seconds are what the step takes,
but for waiting. The customers are read twice by two workers; that goes on beside the leader and is told as seconds before the
step.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.generator import GeneratorOptions, generate
from strongroom import Client, Customer, ExternalId, PostalAddress, Profile, connect, write_profile
from strongroom.api.v1.analysis_service_pb2 import RUN_STATE_SUCCEEDED, Run
from strongroom.api.v1.customer_pb2 import DerivedData

TICKS = os.sysconf("SC_CLK_TCK")
TARGET_RATIO = 1.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One run. Seconds are wall seconds, unless they are of a processor.

    Attributes:
        read_s: from the claim until the leader had read everything.
        step_s: of the whole match step.
        grid_s: by grid, until all its cells were done.
        cells: by grid, all of them and those that the leader did.
        leader_cpu_s: processor seconds of the leader in the step.
        helpers_cpu_s: processor seconds of all others in the run.
        digest: of the results.
    """

    read_s: float
    step_s: float
    grid_s: Mapping[str, float]
    cells: Mapping[str, tuple[int, int]]
    leader_cpu_s: float
    helpers_cpu_s: float
    digest: str


class Worker:
    """A worker process and what it says."""

    def __init__(self, config: Path, threads: int) -> None:
        environment = {**os.environ, "STRONGROOM_CONFIG_DIR": str(config)}
        arguments = ["run", "--threads", str(threads), "--poll-s", "0.2"]
        command = [sys.executable, "-m", "analysis_worker.main", *arguments]
        self.process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)

    def until(self, *events: str) -> dict[str, object]:
        for line in self.process.stderr or ():
            said: dict[str, object] = json.loads(line)
            if said["event"] in events:
                return said
        raise RuntimeError(f"the worker ended without {events}")

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def end(self) -> None:
        self.process.terminate()
        self.process.communicate(timeout=30)


@contextmanager
def vault(folder: Path) -> Iterator[tuple[Client, Path]]:
    """A vault of its own; yields a client for its developer and the folder of the workers' profile."""
    environment = {**os.environ, "STRONGROOM_CONFIG_DIR": str(folder / "profile")}
    command = [sys.executable, "-m", "vault_server.main", "dev", "--data", str(folder / "vault"), "--port", "0", "--no-worker"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        line = next((line for line in process.stdout or () if "ready on" in line), "")
        port = int(line.split("ready on ")[1].split()[0].rpartition(":")[2])
        tokens, authority = folder / "vault/tokens", str(folder / "vault/tls/ca.crt.pem")
        target, config = f"localhost:{port}", folder / "workers"
        write_profile(
            Profile(target=target, ca_file=authority, token_file=str(tokens / "worker.token")), name="worker", directory=config
        )
        with connect(Profile(target=target, ca_file=authority, token_file=str(tokens / "developer.token"))) as client:
            yield client, config
    finally:
        process.terminate()
        process.wait(60)


def customers(count: int) -> Iterator[Customer]:
    """A generated CRM as a vault takes it."""
    for row in generate(GeneratorOptions(customers=count, transactions=0, needs=0)).customers:
        address = {"street": row["street"], "city": row["city"], "region": row["region"], "postal_code": row["postcode"]}
        yield Customer(
            given_name=row["first_name"],
            family_name=row["last_name"],
            emails=[row["email"]] if row["email"] else [],
            phones=[row[name] for name in ("phone", "mobile") if row[name]],
            addresses=[PostalAddress(**address)],
            organisation=row["company"],
            job_title=row["job_title"],
            external_ids=[ExternalId(source="bench", id=row["id"])],
            unparsed={name: row[name] for name in ("birth_date", "gender") if row[name]},  # as the source writes them
        )


def measured(client: Client, config: Path, count: int, threads: int) -> Figures:
    """Start `count` workers, then a run of match; its figures."""
    with ExitStack() as closing:
        workers = [Worker(config, threads) for _ in range(count)]
        for worker in workers:
            closing.callback(worker.end)
            worker.until("worker_started")
        before = {worker: worker.cpu_s() for worker in workers}
        run = client.analysis.start(["match"])
        joined = {worker: worker.until("run_claimed", "run_joined") for worker in workers}
        leader = next(worker for worker, said in joined.items() if said["event"] == "run_claimed")
        read_s = _time(leader.until("run_read")) - _time(joined[leader])
        begun_cpu_s = leader.cpu_s()
        grids: dict[str, dict[str, object]] = {}
        while (said := leader.until("cells_done", "step_computed"))["event"] == "cells_done":
            grids[str(said["grid"])] = said
        leader_cpu_s = leader.cpu_s() - begun_cpu_s
        helpers_cpu_s = sum(worker.cpu_s() - before[worker] for worker in workers if worker is not leader)
        leader.until("run_committed")
    return Figures(
        read_s=read_s,
        step_s=float(str(said["seconds"])),
        grid_s={name: float(str(grid["seconds"])) for name, grid in grids.items()},
        cells={name: (int(str(grid["cells"])), int(str(grid["here"]))) for name, grid in grids.items()},
        leader_cpu_s=leader_cpu_s,
        helpers_cpu_s=helpers_cpu_s,
        digest=results_digest(client, run),
    )


def _time(said: Mapping[str, object]) -> float:
    return datetime.fromisoformat(str(said["time"])).timestamp()


def results_digest(client: Client, run: Run) -> str:
    """Of all results, without the names of entities and origins, which are a run's own: who is with whom stands for them."""
    ended = client.analysis.get(run.name)
    if ended.state != RUN_STATE_SUCCEEDED:
        raise RuntimeError(f"the run did not succeed: {ended.failure_reason}")
    running, numbers = hashlib.sha256(), dict[str, int]()
    for one in client.analysis.results(run.name):
        derived = DerivedData(entity=one.derived.entity)
        derived.entity.entity = str(numbers.setdefault(derived.entity.entity, len(numbers)))
        running.update(one.customer.encode() + derived.SerializeToString(deterministic=True))
    return running.hexdigest()


def show(name: str, figures: Figures) -> str:
    grids = ", ".join(
        f"{grid} {figures.grid_s[grid]:.1f} s ({cells} cells, {here} by the leader)"
        for grid, (cells, here) in sorted(figures.cells.items())
    )
    return (
        f"{name:<12}step {figures.step_s:6.1f} s, leader {figures.leader_cpu_s:6.1f} processor s, "
        f"helpers {figures.helpers_cpu_s:6.1f}, read {figures.read_s:5.1f} s; {grids}; results {figures.digest[:12]}"
    )


def compare(count: int, workers: int, repeat: int, threads: int) -> tuple[Figures, Figures]:
    """The fastest of several runs with one worker and with several, in turns; prints each."""
    with tempfile.TemporaryDirectory(prefix="strongroom-bench-") as folder, vault(Path(folder)) as (client, config):
        client.imports.customers(customers(count), source="bench")
        found: dict[int, list[Figures]] = {1: [], workers: []}
        for _ in range(repeat):
            for number, runs in found.items():
                runs.append(measured(client, config, number, threads))
                print(show(f"{number} worker{'s' * (number > 1)}", runs[-1]), flush=True)
    one, several = (min(runs, key=lambda figures: figures.step_s) for runs in found.values())
    return one, several


def measure(count: int = 200_000, workers: int = 2, repeat: int = 1, threads: int = 1) -> dict[str, object]:
    """Flat figures: how many times faster several workers are than one."""
    one, several = compare(count, workers, repeat, threads)
    key = f"match.workers/{count}"
    ratio = one.step_s / several.step_s
    return {
        f"{key}.seconds.ours": round(several.step_s, 1),
        f"{key}.seconds.one worker": round(one.step_s, 1),
        f"{key}.ratio.ours": round(ratio, 2),
        f"{key}.ratio.floor": TARGET_RATIO,
        f"{key}.ratio.ok": ratio >= TARGET_RATIO,
        f"{key}.grid_ratio.ours": round(one.grid_s["levels"] / several.grid_s["levels"], 2),
        f"{key}.processor_ratio.ours": round(one.leader_cpu_s / several.leader_cpu_s, 2),
        f"{key}.same_bits.ours": one.digest == several.digest,
        f"{key}.same_bits.ok": one.digest == several.digest,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="One match by one worker and by several.")
    parser.add_argument("--customers", type=int, default=200_000, metavar="N")
    parser.add_argument("--workers", type=int, default=2, choices=range(2, 65), metavar="N")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="of each worker")
    parser.add_argument("--repeat", type=int, default=1, choices=range(1, 20), metavar="N")
    arguments = parser.parse_args()
    found = measure(arguments.customers, arguments.workers, arguments.repeat, arguments.threads)
    for name, figure in found.items():
        print(f"{name:<50}{figure}")


if __name__ == "__main__":
    main()
