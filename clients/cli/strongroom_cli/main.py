"""The `strongroom` command: noun, then verb. Loads only the module of the noun that is asked for.

Rules: data goes to stdout, words to stderr; every failure says what happened, why and what to do next, and ends with a
documented exit code; no traceback reaches a user.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import select
import sys
from importlib import import_module
from pathlib import Path

from strongroom_cli import exit_codes
from strongroom_cli.faults import CommandError, exit_code_of
from strongroom_cli.interrupts import Interrupts

_INTERRUPTED, _STDERR = "\nInterrupted.\n", 2
NOUNS: dict[str, str] = {
    "customers": "import, export, get, list, search, erase customers",
    "transactions": "import and list purchases and refunds",
    "needs": "import and list product and service needs",
    "analysis": "start runs, follow, compare and undo them, read results and reports",
    "review": "decide what analyses propose: pairs that may be one person, doubtful corrections",
    "pipelines": "declare analyses under a name, run them by themselves",
    "backup": "create, list and verify backups",
    "restore": "plan and run a restore beside a stopped vault",
    "keys": "list key-encryption keys",
    "audit": "read and prove the audit log",
    "tokens": "issue and revoke API tokens",
    "purposes": "list the purposes that data may be used for",
    "schedules": "list and set recurring work",
    "doctor": "check profile, files, connection, clock, versions and backups",
}


def parser_for(noun: str = "") -> argparse.ArgumentParser:
    """Return the parser; the verbs of `noun` are loaded, of other nouns only the name is known."""
    parser = argparse.ArgumentParser(
        prog="strongroom",
        description="Work with a Strongroom vault: encrypted customer data, analysed and backed up.",
        epilog=f"Each noun has its own help: strongroom customers --help\n\n{exit_codes.epilog()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=_version())
    nouns = parser.add_subparsers(dest="noun", metavar="NOUN", title="nouns", required=True)
    for name, summary in NOUNS.items():
        child = nouns.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            epilog=exit_codes.epilog(),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if name == noun:
            import_module(f"strongroom_cli.commands.{name}").register(child)
            _complete(child)
    return parser


def _complete(noun: argparse.ArgumentParser) -> None:
    """Every verb's help says what it does and how it ends, whoever wrote it."""
    for action in noun._actions:  # noqa: SLF001 - argparse has no public way to its subparsers
        if not isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - the same
            continue
        summaries = {choice.dest: choice.help or "" for choice in action._choices_actions}  # noqa: SLF001 - the same
        for verb, parser in action.choices.items():
            summary = summaries[verb]
            parser.description = parser.description or f"{summary[:1].upper()}{summary[1:]}."
            parser.epilog = parser.epilog or exit_codes.epilog()
            parser.formatter_class = argparse.RawDescriptionHelpFormatter


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code; without `arguments` it is the whole process, and ends it when interrupted."""
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # a failed handshake is told once, in the command's own words
    if sys.stdout is None:  # closed by the caller, who wants no output
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - lives as long as the process
    whole_process = arguments is None
    interrupts = Interrupts(_give_up if whole_process else _stay)
    try:
        with interrupts.listening():
            return _outcome(sys.argv[1:] if arguments is None else arguments, interrupts)
    except KeyboardInterrupt:
        if whole_process:  # what an interrupted library left half done must not keep the process
            _give_up()
    sys.stderr.write(_INTERRUPTED)
    return exit_codes.INTERRUPTED


def _outcome(argv: list[str], interrupts: Interrupts) -> int:
    noun = next((word for word in argv if word in NOUNS), "")
    given = parser_for(noun).parse_args(argv)
    given.interrupts = interrupts
    try:
        with interrupts.heard():
            code: int = given.run(given)
            sys.stdout.flush()
    except BrokenPipeError:
        _drop_stdout()
        return exit_codes.OK
    except CommandError as error:
        return _failed(error.message, error.hint, error.exit_code)
    except OSError as error:
        _drop_stdout()
        what = (
            f"{str(error.filename).removesuffix('.partial')} cannot be opened"
            if error.filename
            else "The output cannot be written"
        )
        return _failed(f"{what}: {error.strerror or 'a file operation failed'}.", "", exit_codes.BAD_FILE)
    except Exception as error:
        return _sdk_failure(error)
    return code


def _give_up() -> None:
    """End the process as it stands: nothing is written that could wait for ever, and no thread is asked."""
    with contextlib.suppress(OSError, ValueError):
        if select.select([], [_STDERR], [], 0)[1]:
            os.write(_STDERR, _INTERRUPTED.encode())
    os._exit(exit_codes.INTERRUPTED)


def _stay() -> None:
    """A command that runs in somebody else's process does not end it."""


def _drop_stdout() -> None:
    """Nothing may flush into a reader that is gone, or a disk that is full, when the process ends."""
    sys.stdout = None


def _sdk_failure(error: Exception) -> int:
    from strongroom.errors import StrongroomError

    if isinstance(error, UnicodeEncodeError) and any(map(_is_no_text, sys.argv)):
        return _failed("An argument is not text in UTF-8.", "Write it as text; file names may be anything.", exit_codes.USAGE)
    if not isinstance(error, StrongroomError):
        if os.environ.get("STRONGROOM_DEBUG"):
            raise error
        message = f"The command itself failed ({type(error).__name__}); its details may hold customer values and are not shown."
        return _failed(
            message, "Run it again with STRONGROOM_DEBUG=1 to see them, and report the fault.", exit_codes.CHECK_FAILED
        )
    about = f"[{error.reason}]" + (f" id {error.request_id}" if error.request_id else "")
    return _failed(f"{error.message} {about}", error.hint, exit_code_of(error))


def _is_no_text(argument: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in argument)


def _failed(message: str, hint: str, code: int) -> int:
    from strongroom_cli.output import printable

    sys.stderr.write(f"strongroom: {printable(message)}\n" + (f"  {printable(hint)}\n" if hint else ""))
    return code


def _version() -> str:
    import strongroom

    return f"strongroom {strongroom.__version__}"


if __name__ == "__main__":
    raise SystemExit(main())
