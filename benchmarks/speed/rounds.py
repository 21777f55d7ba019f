"""The server-side rounds: a fresh vault, its work, and the yardsticks measured before and after it in the same minutes.

Figures are medians over the rounds. On a machine that others use too a round is slow as a whole, yardstick included; that is
why the bare loop runs around every vault and not once at the beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from benchmarks.speed import server
from benchmarks.speed.loops import Record
from benchmarks.speed.measurement import Measurement, median_of
from benchmarks.speed.vault_process import RunningServer

CALLS = 2_000
CALL_RUNS = 7
READ_RUNS = 3
BareLoop = Callable[[Sequence[Record]], tuple[Measurement, Measurement]]
OpenVault = Callable[[], AbstractContextManager[RunningServer]]


@dataclass(slots=True)
class Samples:
    """Seconds of every run, by what was done."""

    rows: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    peak_memory_bytes: int = 0

    def add(self, name: str, one: Measurement) -> None:
        self.rows[name] = one.rows
        self.seconds.setdefault(name, []).append(one.seconds)

    def median(self, name: str, label: str) -> Measurement:
        return median_of(label, self.rows[name], self.seconds[name])


BARE_WRITE, BARE_READ = "bare write", "bare read"
IMPORT, READ_FULL, READ_ARROW = "import", "read full", "read arrow"
GET, SEARCH, EMPTY = "get", "search", "empty"


def bulk_round(samples: Samples, records: Sequence[Record], bare: BareLoop, open_vault: OpenVault, *, calls: bool) -> None:
    """One vault: import, read both ways, single calls if wanted; the bare loop before and after."""
    _bare(samples, records, bare)
    with open_vault() as vault:
        samples.add(IMPORT, server.measure_import(vault, records, "bench", "vault"))
        for _ in range(READ_RUNS):
            samples.add(READ_FULL, server.measure_read(vault, len(records), arrow=False, runs=1))
            samples.add(READ_ARROW, server.measure_read(vault, len(records), arrow=True, runs=1))
        # what the process needed for the bulk jobs: read before single calls add to it
        samples.peak_memory_bytes = max(samples.peak_memory_bytes, vault.peak_memory_bytes())
        if calls:
            _calls(samples, vault, records)
    _bare(samples, records, bare)


def import_round(samples: Samples, records: Sequence[Record], bare: BareLoop, open_vault: OpenVault) -> None:
    """One vault that only imports."""
    _bare(samples, records, bare)
    with open_vault() as vault:
        samples.add(IMPORT, server.measure_import(vault, records, "bench", "vault"))
    _bare(samples, records, bare)


def _bare(samples: Samples, records: Sequence[Record], bare: BareLoop) -> None:
    write, read = bare(records)
    samples.add(BARE_WRITE, write)
    samples.add(BARE_READ, read)


def _calls(samples: Samples, vault: RunningServer, records: Sequence[Record]) -> None:
    """Single calls take turns with the empty one, so that a slow minute hits them alike."""
    gets = server.get_calls(vault, server.some_names(vault, CALLS))
    step = max(1, len(records) // CALLS)
    searches = server.search_calls(vault, [record["email"] for record in records[::step] if record["email"]][:CALLS])
    empties = server.empty_calls(vault, CALLS)
    for _ in range(CALL_RUNS):
        samples.add(EMPTY, server.measure_calls("empty", empties, 1))
        samples.add(GET, server.measure_calls("get", gets, 1))
        samples.add(SEARCH, server.measure_calls("search", searches, 1))
