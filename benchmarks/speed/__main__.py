"""The command `python -m benchmarks.speed`: measure, print the table, write bench.json.

Order matters: the yardsticks run first, and what is measured against them runs in the same process tree on the same records.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.speed.measurement import Measurement, Outcome
from benchmarks.speed.records import speed_records
from benchmarks.speed.table import TableLine, compare, missing, render, write_json
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
    parser.add_argument("--json", type=Path, default=Path("bench.json"), help="where to write the lines for machines")
    given = parser.parse_args(arguments)
    records = speed_records(2_000 if given.quick else 20_000)
    lines = yardstick_lines(all_yardsticks(records, runs=1 if given.quick else 3))
    print(render(lines))
    write_json(lines, given.json)
    return 1 if any(line.ok is False for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
