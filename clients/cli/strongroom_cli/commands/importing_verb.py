"""The verb `import`, the same for customers, transactions and needs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from strongroom_cli import exit_codes
from strongroom_cli.output import Output, Record
from strongroom_cli.session import open_client, output_of, shared_options

if TYPE_CHECKING:
    from strongroom_cli.importing.plan import ImportPlan
    from strongroom_cli.importing.run import ImportJob

_SHOWN_REFUSALS = 10
_SHOWN_ISSUES = 12


def add_import(verbs: argparse._SubParsersAction[argparse.ArgumentParser], kind: str) -> None:
    """Add the verb to a noun."""
    parser = verbs.add_parser(
        "import",
        parents=[shared_options()],
        help=f"import {kind} from CSV, JSON lines or Parquet",
        description=f"Import {kind} from a file. Column meanings are guessed from names and values and printed;\n"
        "--map fixes them. The same command again resumes an interrupted import and never stores a row twice.",
        epilog=exit_codes.epilog(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="CSV (.csv, .tsv), JSON lines (.jsonl) or Parquet (.parquet)")
    parser.add_argument("--source", required=True, metavar="NAME", help="source system that the ids belong to, such as crm")
    parser.add_argument("--id-column", default="", metavar="COLUMN", help="column with the id of a row (default: guessed)")
    if kind != "customers":
        parser.add_argument(
            "--customer-source", default="", metavar="NAME", help="source system of the customer ids (default: --source)"
        )
    parser.add_argument("--map", type=Path, dest="map_file", metavar="FILE", help="TOML file that says what columns mean")
    parser.add_argument("--write-map", type=Path, metavar="FILE", help="write what was guessed as a map file, to edit")
    parser.add_argument("--plan", action="store_true", help="read the whole file, say what would happen, send nothing")
    parser.add_argument("--unknown", choices=("attributes", "ignore", "reject"), default="attributes",
                        help="columns without a field: make attributes (default), leave out, or refuse the file")  # fmt: skip
    parser.add_argument("--rejects", type=Path, metavar="FILE", help="write refused rows to FILE as they were")
    parser.add_argument("--encoding", default="utf-8-sig", help="encoding of a text file (default: UTF-8)")
    parser.add_argument("--delimiter", default="", help="delimiter of a CSV file (default: found out)")
    parser.add_argument(
        "--format", dest="file_format", choices=("csv", "jsonl", "parquet"), default="", help="format (default: by name)"
    )
    parser.add_argument("--again", default="", metavar="WORD", help="import a file anew; any word, a new one each time")
    parser.set_defaults(run=run_import, kind=kind)


def run_import(given: argparse.Namespace) -> int:
    """Plan, tell, send, count."""
    from strongroom_cli.importing.plan import ImportOptions, make_plan
    from strongroom_cli.importing.run import ImportJob
    from strongroom_cli.progress import progress

    out = output_of(given)
    options = ImportOptions(
        kind=given.kind,
        path=given.file,
        source=given.source,
        customer_source=getattr(given, "customer_source", ""),
        id_column=given.id_column,
        map_file=given.map_file,
        unknown=given.unknown,
        encoding="utf-8-sig" if given.encoding.lower() in {"utf-8", "utf8"} else given.encoding,
        delimiter="\t" if given.delimiter in {"\\t", "tab"} else given.delimiter,
        file_format=given.file_format,
        again=given.again,
    )
    if given.plan:
        plan = make_plan(options, ())
        job = ImportJob(plan, given.rejects)
        _tell_plan(out, given, plan)
        job.rehearse()
    else:
        with open_client(given) as client:
            attributes = client.attributes.list()
            with given.interrupts.raising():  # a file is read, and nothing else
                plan = make_plan(options, attributes)
            job = ImportJob(plan, given.rejects)
            _tell_plan(out, given, plan)
            with progress(f"importing {given.file.name}", None) as bar:
                try:
                    with given.interrupts.heard():
                        job.send(client, lambda rows: bar.update(rows, f"{rows:,} rows"))
                except KeyboardInterrupt:
                    out.say("\nWhat was sent is kept. Run the same command again: it goes on there and stores no row twice.")
                    raise
    _tell_result(out, given, plan, job)
    return exit_codes.CHECK_FAILED if job.tally.outcomes["rejected"] else exit_codes.OK


def _tell_plan(out: Output, given: argparse.Namespace, plan: ImportPlan) -> None:
    from strongroom_cli.importing.attribute_types import NAME_BY_TYPE

    out.say(f"{given.file}: {'; '.join(plan.source.notes)}")
    attributes = {attribute.column: attribute for attribute in plan.attributes}
    width = max(len(column) for column in plan.mapping.targets)
    for column, target in plan.mapping.targets.items():
        meaning = target
        if target == "attributes":
            attribute = attributes.get(column)
            meaning = "left out"
            if attribute is not None:
                unit = f", in {attribute.unit}" if attribute.unit else ""
                meaning = f"attribute {attribute.key} ({NAME_BY_TYPE[attribute.type]}{', new' if attribute.new else ''}{unit})"
        out.say(f"  {column:<{width}}  {meaning}  [{plan.mapping.why.get(column, '')}]")
    if plan.mapping.date_order:
        out.say(f"  dates that could be read in two ways are read {plan.mapping.date_order.replace('_', ' ')}")
    if given.write_map is not None:
        given.write_map.write_text(plan.mapping.as_toml(), encoding="utf-8")
        out.say(f"  map written to {given.write_map}")


def _tell_result(out: Output, given: argparse.Namespace, plan: ImportPlan, job: ImportJob) -> None:
    tally = job.tally
    if job.resent and job.summary is not None:
        out.say("This file was imported before with the same settings: nothing was sent. Use --again WORD to import it anew.")
        if job.summary.rejected:
            out.say(f"  The vault refused {_counted(job.summary.rejected, 'row')} then; --again WORD tells which.")
    for row in tally.refused[:_SHOWN_REFUSALS]:
        field = f" {row.field}:" if row.field else ""
        out.say(f"  line {row.line}:{field} {row.message} [{row.reason}]")
    refused = tally.outcomes["rejected"]
    if len(tally.refused) > _SHOWN_REFUSALS:
        out.say(
            f"  … and {_counted(refused - _SHOWN_REFUSALS, 'more refused row')}"
            + ("" if given.rejects else "; --rejects FILE keeps them")
        )
    for (field, reason), count in tally.issues.most_common(_SHOWN_ISSUES):
        line = tally.first_issue_line[field, reason]
        out.say(f"  {field}: {_counted(count, 'cell')} kept verbatim [{reason}], first on line {line}")
    if given.rejects and refused:
        out.say(f"Refused rows were written to {given.rejects}.")
    out.record(_summary(given, plan, job))


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _summary(given: argparse.Namespace, plan: ImportPlan, job: ImportJob) -> Record:
    tally = job.tally
    refused = [{"line": row.line, "field": row.field, "reason": row.reason, "message": row.message} for row in tally.refused]
    kept = [
        {"field": field, "reason": reason, "cells": count, "first_line": tally.first_issue_line[field, reason]}
        for (field, reason), count in tally.issues.most_common()
    ]
    machine = given.output != "table"
    if given.plan:
        return {
            "plan": True,
            "rows": tally.rows,
            "would_be_sent": tally.outcomes["would be sent"],
            "rejected": tally.outcomes["rejected"],
            "with_issues": tally.rows_with_issues,
            "mapping": dict(plan.mapping.targets) if machine else None,
            "refused": refused if machine else None,
            "kept_verbatim": kept if machine else None,
        }
    summary = job.summary
    resent = job.resent and summary is not None
    return {
        "import": plan.import_id,
        "rows": tally.rows,
        "created": summary.created if resent and summary else tally.outcomes["created"],
        "updated": summary.updated if resent and summary else tally.outcomes["updated"],
        "unchanged": summary.unchanged if resent and summary else tally.outcomes["unchanged"],
        "rejected": tally.outcomes["rejected"],
        "with_issues": summary.with_issues if resent and summary else tally.rows_with_issues,
        "already_imported": job.resent or None,
        "mapping": dict(plan.mapping.targets) if machine else None,
        "refused": refused if machine else None,
        "kept_verbatim": kept if machine else None,
    }
