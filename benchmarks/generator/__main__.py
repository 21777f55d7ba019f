"""The command `python -m benchmarks.generator`: write a messy CRM and its truth into a folder."""

import argparse
import sys
import time
from datetime import date
from pathlib import Path

from benchmarks.generator.crm import generate
from benchmarks.generator.options import GeneratorOptions
from benchmarks.generator.writers import write_crm

_DEFAULTS = GeneratorOptions()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generator", description=__doc__)
    parser.add_argument("--customers", type=int, default=_DEFAULTS.customers, help="rows of customers.csv")
    parser.add_argument("--transactions", type=int, default=_DEFAULTS.transactions)
    parser.add_argument("--needs", type=int, default=_DEFAULTS.needs)
    parser.add_argument("--seed", type=int, default=_DEFAULTS.seed)
    parser.add_argument("--duplicate-share", type=float, default=_DEFAULTS.duplicate_share)
    parser.add_argument("--mess", type=float, default=_DEFAULTS.mess, help="multiplier of the error rates")
    parser.add_argument("--more-mess", type=float, default=_DEFAULTS.more_mess, help="multiplier of further kinds of damage")
    parser.add_argument("--missing", type=float, default=_DEFAULTS.missing, help="multiplier of the rates of empty cells")
    parser.add_argument("--as-of", type=date.fromisoformat, default=_DEFAULTS.as_of, help="day of the export, YYYY-MM-DD")
    parser.add_argument("--clean", action="store_true", help="no duplicates, no errors, no empty cells")
    parser.add_argument("--format", choices=("jsonl", "csv", "parquet"), default="jsonl", help="of transactions and needs")
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Generate and write; 0 on success, 2 on options that make no sense."""
    given = _parser().parse_args(arguments)
    try:
        options = GeneratorOptions(
            customers=given.customers,
            transactions=given.transactions,
            needs=given.needs,
            seed=given.seed,
            duplicate_share=given.duplicate_share,
            mess=given.mess,
            more_mess=given.more_mess,
            missing=given.missing,
            as_of=given.as_of,
        )
    except ValueError as error:
        print(f"generator: {error}", file=sys.stderr)
        return 2
    started = time.perf_counter()
    crm = generate(options.clean() if given.clean else options)
    paths = write_crm(crm, given.out, given.format)
    print(
        f"{len(crm.customers)} customers ({len(crm.truth.segment_of)} people, {len(crm.truth.errors)} wrong cells, "
        f"{len(crm.truth.missing)} empty cells), {len(crm.transactions)} transactions, {len(crm.needs)} needs "
        f"in {time.perf_counter() - started:.1f} s",
    )
    for path in paths.values():
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
