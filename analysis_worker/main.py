"""The `strongroom-worker` command: reads its arguments, then builds the worker; nothing heavy is imported before that.

Exit codes: 0 ended as asked (with --once also when nothing waited), 1 the run failed or was lost, 2 wrong arguments, 3 the
profile cannot be used, 4 the vault does not answer.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

_DESCRIPTION = """\
Takes analysis runs from a vault and does them: correct, enrich, match, impute, segment, value, classify, associate.

The worker never opens the vault: it reads what the run's purpose allows over the API, under pseudonyms, and writes results
back the same way. Several workers may run at once: a run that one leaves, another finishes, and a worker without a run helps
with another's: matching 50,000 customers or more goes in cells that all of them do. Nothing is stored on this machine.
"""
_EPILOG = """\
The vault is found through the SDK's profiles: the one named `worker` if there is one, else the default. STRONGROOM_CONFIG_DIR
moves the folder they are in. SIGTERM and Ctrl-C give the run back to the queue and end the worker with exit code 0.

exit codes: 0 ended as asked, 1 the run failed or was lost (--once) or the vault refuses this worker, 2 wrong arguments,
3 profile not usable, 4 vault does not answer
"""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    from analysis_worker.bootstrap import WorkerSettings, run_worker

    settings = WorkerSettings(
        profile=options.profile,
        once=options.once,
        poll_s=options.poll_s,
        lease_s=options.lease_s,
        threads=options.threads,
        references=options.references,
    )
    return run_worker(settings, log_to=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="strongroom-worker", description="Does the analysis runs of a Strongroom vault.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    run = commands.add_parser(
        "run",
        help="take runs and do them",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run.add_argument("--once", action="store_true", help="take at most one run and end; ends at once when none waits")
    run.add_argument("--profile", default="", metavar="NAME", help="profile to use (default: worker, else the default profile)")
    run.add_argument(
        "--poll-s", type=_positive, default=1.0, metavar="S", help="seconds between looks at the queue (default: 1)"
    )
    run.add_argument(
        "--lease-s",
        type=_lease,
        default=30,
        metavar="S",
        help="seconds that a run stays ours without a sign of life (default: 30)",
    )
    run.add_argument("--threads", type=_threads, default=1, metavar="N", help="threads that a step may use (default: 1)")
    run.add_argument(
        "--references",
        default="",
        metavar="FILE",
        help="TOML file that names the reference tables which runs may join (default: none)",
    )
    return parser


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value <= 3600:  # noqa: PLR2004 - an hour between looks is a mistake
        raise argparse.ArgumentTypeError("must lie between 0 and 3600")
    return value


def _lease(text: str) -> int:
    value = int(text)
    if not 3 <= value <= 300:  # noqa: PLR2004 - the vault's own limit, and three beats of a second
        raise argparse.ArgumentTypeError("must lie between 3 and 300")
    return value


def _threads(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 64:  # noqa: PLR2004 - more is a mistake
        raise argparse.ArgumentTypeError("must lie between 1 and 64")
    return value


if __name__ == "__main__":
    sys.exit(main())
