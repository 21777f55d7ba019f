"""Make the table of step options from the worker's own dataclasses, so that an option is declared once.

The vault and the command refuse an unknown option or a wrong type before a run is queued, and may not import the worker: they
read the table. `--check` fails on drift. A step's options are the dataclass `<Step>Options` of its package and those that its
adapter reads itself (`own_options`); what the runner decides (seed, threads, and `DECIDED`) is left out.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import types
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

TABLE = Path(__file__).resolve().parent / "strongroom" / "step_option_table.py"
DECIDED: Mapping[str, frozenset[str]] = {"correct": frozenset({"as_of"})}
_DECIDED_EVERYWHERE = frozenset({"seed", "threads"})
_KINDS = {int: "int", float: "float", bool: "bool", str: "text", date: "date"}
_HEAD = '''"""Options of each step, by name. Made by make_step_options.py from the worker's own: do not edit.

Kinds: int, float, bool, text, date (2026-01-31), texts (a list of texts), any; a `?` behind says that null is a value too.
"""

from collections.abc import Mapping

STEP_OPTIONS: Mapping[str, Mapping[str, str]] = {
'''


def known_steps() -> dict[str, Any]:
    """Every step that a worker knows, in order, with its adapter."""
    registry = importlib.import_module("analysis_worker.pipeline.adapters.registry")
    return dict(registry.known_steps())


def step_names() -> tuple[str, ...]:
    """Every step that a worker knows, in order."""
    return tuple(known_steps())


def options_of(step: str) -> dict[str, str]:
    """Option to kind."""
    package = importlib.import_module(f"analysis_worker.steps.{step}")
    options = getattr(package, f"{step.capitalize()}Options")
    own = getattr(known_steps()[step], "own_options", None)
    found: dict[str, str] = {}
    decided = _DECIDED_EVERYWHERE | DECIDED.get(step, frozenset())
    for declared in filter(None, (options, own)):
        hints = get_type_hints(declared)
        found |= {field.name: kind_of(hints[field.name]) for field in fields(declared) if field.name not in decided}
    return found


def kind_of(hint: Any) -> str:
    """The kind that a type hint stands for."""
    choices = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    kinds = {_single(choice) for choice in choices if choice is not type(None)}
    kind = kinds.pop() if len(kinds) == 1 else "any"
    return f"{kind}?" if type(None) in choices else kind


def _single(hint: Any) -> str:
    if get_origin(hint) is tuple and get_args(hint) == (str, ...):
        return "texts"
    return _KINDS.get(hint, "any")


def table() -> str:
    """The module's text."""
    lines = [_HEAD]
    for step in step_names():
        lines.append(f'    "{step}": {{\n')
        lines.extend(f'        "{name}": "{kind}",\n' for name, kind in options_of(step).items())
        lines.append("    },\n")
    return "".join([*lines, "}\n"])


def main(arguments: list[str] | None = None) -> int:
    """Write the table, or with --check compare it; 1 on drift."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail where the table differs")
    check = parser.parse_args(arguments).check
    made = table()
    if check:
        if not TABLE.exists() or TABLE.read_text(encoding="utf-8") != made:
            sys.stderr.write(f"stale: {TABLE.name}; run clients/python/make_step_options.py\n")
            return 1
        return 0
    TABLE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
