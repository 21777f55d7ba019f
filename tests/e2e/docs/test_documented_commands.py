"""Every command that the documentation names is one that the programs take: nouns, verbs, options, modules, targets.

Found are lines of code blocks and words `in code` that begin with one of our programs. They are parsed, not run.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import re
import shlex
from pathlib import Path

import pytest

from analysis_worker import main as worker
from helpers.documents import ROOT, blocks
from strongroom_cli import main as cli
from vault_server import main as server

PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
PROGRAMS = ("strongroom ", "strongroom-server ", "strongroom-worker ", "python -m ")


def _named(page: Path) -> list[str]:
    lines = [line for block in blocks(page) for line in block.lines()]
    words = re.findall(r"`([^`\n]+)`", page.read_text(encoding="utf-8"))
    return [re.split(r" [|#] ", one.removeprefix("$ "))[0].strip() for one in (*lines, *words)]


COMMANDS = sorted(
    {(page.relative_to(ROOT).as_posix(), one) for page in PAGES for one in _named(page) if one.startswith(PROGRAMS)}
)


@pytest.mark.parametrize(("page", "command"), COMMANDS)
def test_every_command_of_the_documentation_is_understood(page: str, command: str) -> None:
    program, *arguments = shlex.split(command)
    if any(word.isupper() and word in {"NOUN", "VERB", "ARGUMENTS"} for word in arguments):
        return  # the general form of a command
    if program == "python":
        assert importlib.util.find_spec(arguments[1]) is not None, f"{page}: no module {arguments[1]}"
        return
    assert _understood(_parser(program, arguments), arguments), f"{page}: `{command}` is not understood"


def test_a_wrong_verb_and_a_wrong_option_are_not_understood() -> None:
    understood = ("customers import", "customers import people.csv --plan", "backup create --no-wait")
    refused = ("customers steal", "customers import --plant", "backup create --wait", "backup create today")
    for command in (*understood, *refused):
        words = command.split()
        assert _understood(cli.parser_for(words[0]), words) is (command in understood), command


def test_enough_commands_are_named_to_be_worth_the_test() -> None:
    assert len(COMMANDS) > 30


def _parser(program: str, arguments: list[str]) -> argparse.ArgumentParser:
    if program == "strongroom":
        return cli.parser_for(next((word for word in arguments if word in cli.NOUNS), ""))
    return server._parser() if program == "strongroom-server" else worker._parser()


def _understood(parser: argparse.ArgumentParser, arguments: list[str]) -> bool:
    """Whether the parser takes it; what it requires may be missing, because prose names `config check` without its file."""
    _require_nothing(parser)
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
        try:
            parser.parse_args(arguments)
        except SystemExit as ended:
            return ended.code == 0
    return True


def _require_nothing(parser: argparse.ArgumentParser) -> None:
    for action in parser._actions:
        action.required = False
        if isinstance(action, argparse._SubParsersAction):
            for child in action.choices.values():
                _require_nothing(child)
        elif not action.option_strings and action.nargs is None:
            action.nargs = "?"
