"""The command `python -m benchmarks.speed`: measure, print the table, write bench.json.

The vault comes first, each of its rounds between two runs of the bare loop on the same records; then the peers, on the smaller
number of records, beside the bare loop measured with them.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.speed.measurement import Measurement, Outcome
from benchmarks.speed.records import speed_records
from benchmarks.speed.table import TableLine, compare, missing, render, write_json
from benchmarks.speed.vault_lines import postgres_lines, sqlite_lines
from benchmarks.speed.yardsticks import BARE_READ, BARE_WRITE, all_yardsticks


def yardstick_lines(outcomes: Sequence[Outcome]) -> list[TableLine]:
    """Set every peer beside the bare loop on SQLite, writes beside writes and reads beside reads."""
    measured = {outcome.name: outcome for outcome in outcomes if isinstance(outcome, Measurement)}
    return [
        compare(outcome, measured[BARE_READ if " read" in outcome.name else BARE_WRITE])
        if isinstance(outcome, Measurement)
        else missing(outcome)
        for outcome in outcomes
    ]


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark; 1 when a line misses what it must at least reach."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="2,000 records and one run of each, to see that all of it works")
    parser.add_argument("--peers", action=argparse.BooleanOptionalAction, default=True, help="other ways to encrypt")
    parser.add_argument("--json", type=Path, default=Path("bench.json"), help="where to write the lines for machines")
    given = parser.parse_args(arguments)
    small, large, runs = (2_000, 4_000, 1) if given.quick else (20_000, 200_000, 3)
    records = speed_records(large)
    lines = sqlite_lines(records[:small], records, runs)
    lines += postgres_lines(records[:small], records, runs)
    if given.peers:
        lines += yardstick_lines(all_yardsticks(records[:small], runs))
    print(render(lines))
    write_json(lines, given.json)
    return 1 if any(line.ok is False for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
