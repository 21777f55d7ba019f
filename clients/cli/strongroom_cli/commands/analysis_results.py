"""`strongroom analysis results`, `diff` and `undo`: what runs derived, how two runs differ, and back."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from strongroom_cli import exit_codes
from strongroom_cli.derived_data import PART_OF_STEP, PARTS, derived_plain, derived_text
from strongroom_cli.output import Record, enum_word, short
from strongroom_cli.session import count, open_client, output_of, shared_options

if TYPE_CHECKING:
    from strongroom.api.v1.analysis_service_pb2 import CustomerChange, PartCounts, StepReturn

_RUN_HELP = "id or name of the run, as `strongroom analysis list` shows it"
_COUNTS = ("part", "added", "removed", "changed", "same")


def register(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verbs."""
    shared = shared_options()
    results = verbs.add_parser(
        "results", parents=[shared], help="list what a run derived, customer by customer; needs a grant of its purpose"
    )
    results.add_argument("analysis", metavar="RUN", help=_RUN_HELP)
    results.add_argument("--limit", type=count, default=50, metavar="N", help="most customers to show, 0 for all (default: 50)")
    _add_reveal(results)
    results.set_defaults(run=_results)
    diff = verbs.add_parser("diff", parents=[shared], help="compare what two runs derived, customer by customer")
    diff.add_argument("before", metavar="RUN", help="the first run")
    diff.add_argument("after", metavar="RUN", help="the second run")
    diff.add_argument("--parts", default="", metavar="A,B", help=f"only these parts, of: {','.join(PARTS)}")
    diff.add_argument("--limit", type=count, default=50, metavar="N", help="most customers to show, 0 for all (default: 50)")
    diff.add_argument("--counts", action="store_true", help="count only, show no customers")
    _add_reveal(diff)
    diff.set_defaults(run=_diff)
    undo = verbs.add_parser("undo", parents=[shared], help="take the results of a run back: everything is as it was before it")
    undo.add_argument("analysis", metavar="RUN", help=_RUN_HELP)
    undo.add_argument("--redo", action="store_true", help="put the results of an undone run back in their place")
    undo.add_argument("--plan", action="store_true", help="say what would happen, change nothing")
    undo.set_defaults(run=_undo)


def _add_reveal(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reveal", action="store_true", help="show personal values in a table unmasked")


def _results(given: argparse.Namespace) -> int:
    out = output_of(given)
    with open_client(given) as client:
        found = itertools.islice(client.analysis.results(given.analysis), given.limit or None)
        if out.format != "table":
            out.records(({"customer": item.customer, "derived": derived_plain(item.derived)} for item in found), ())
            return exit_codes.OK
        parts = [PART_OF_STEP[step.step] for step in client.analysis.get(given.analysis).steps if step.step in PART_OF_STEP]
        rows = (
            {"customer": short(item.customer)} | {part: derived_text(item.derived, part, reveal=given.reveal) for part in parts}
            for item in found
        )
        shown = out.records(rows, ("customer", *parts), empty="No results.")
    if shown and not given.reveal:
        out.say("Personal values are masked; --reveal shows them.")
    return exit_codes.OK


def _diff(given: argparse.Namespace) -> int:
    out = output_of(given)
    parts = [part.strip() for part in given.parts.split(",") if part.strip()]
    with open_client(given) as client:
        counts = client.analysis.diff_counts(given.before, given.after, parts=parts)
        changes: Iterator[CustomerChange] = iter(())
        if not given.counts:
            changes = itertools.islice(client.analysis.diff(given.before, given.after, parts=parts), given.limit or None)
        if out.format != "table":
            out.records(itertools.chain(map(_count_row, counts), map(_plain_change, changes)), ())
            return exit_codes.OK
        out.records(map(_count_row, counts), _COUNTS, empty="Neither run derived anything.")
        if given.counts:
            return exit_codes.OK
        rows = (row for change in changes for row in _change_rows(change, reveal=given.reveal))
        shown = out.records(rows, ("customer", "part", "change", "before", "after"), empty="No customer's results differ.")
    _say_more(given, counts, shown)
    return exit_codes.OK


def _say_more(given: argparse.Namespace, counts: Sequence[PartCounts], shown: int) -> None:
    out = output_of(given)
    differences = sum(one.added + one.removed + one.changed for one in counts)
    if shown < differences:
        out.say(f"{differences - shown:,} more differences are not shown; --limit 0 shows all.")
    if shown and not given.reveal:
        out.say("Personal values are masked; --reveal shows them.")


def _count_row(counts: PartCounts) -> Record:
    return {key: getattr(counts, key) for key in _COUNTS}


def _plain_change(change: CustomerChange) -> Record:
    return {
        "customer": change.customer,
        "parts": {one.part: _kind(one.change) for one in change.parts},
        "before": derived_plain(change.before),
        "after": derived_plain(change.after),
    }


def _change_rows(change: CustomerChange, *, reveal: bool) -> Iterator[Record]:
    for one in change.parts:
        yield {
            "customer": short(change.customer),
            "part": one.part,
            "change": _kind(one.change),
            "before": derived_text(change.before, one.part, reveal=reveal),
            "after": derived_text(change.after, one.part, reveal=reveal),
        }


def _kind(kind: int) -> str:
    from strongroom.api.v1.analysis_service_pb2 import ChangeKind

    return enum_word(ChangeKind.Name(kind), "CHANGE_KIND_")  # type: ignore[arg-type]  # enum values are ints at run time


def _undo(given: argparse.Namespace) -> int:
    out = output_of(given)
    with open_client(given) as client:
        answer = client.analysis.undo(given.analysis, redo=given.redo, validate_only=given.plan)
    if out.format != "table":
        steps = [dict(_return_row(step)) for step in answer.steps]
        out.record({"run": answer.run.name, "undone": answer.run.HasField("undo_time"), "steps": steps})
        return exit_codes.OK
    rows = ({**_return_row(step), "seen": short(step.run), "then": short(step.next_run) or "nothing"} for step in answer.steps)
    out.records(rows, ("step", "seen", "results", "then", "next_results"), empty="It was done before.")
    verb = "put back" if given.redo else "undone"
    out.say(f"This is what would happen; nothing was {verb}." if given.plan else f"The run {short(answer.run.name)} is {verb}.")
    return exit_codes.OK


def _return_row(step: StepReturn) -> Record:
    return {
        "step": step.step,
        "run": step.run,
        "results": step.results,
        "next_run": step.next_run,
        "next_results": step.next_results,
    }
