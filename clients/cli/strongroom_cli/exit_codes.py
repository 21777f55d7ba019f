"""What the command's exit code means: the one list, shown in `--help` and in docs/guide/cli.md."""

from __future__ import annotations

OK = 0
CHECK_FAILED = 1
USAGE = 2
NOT_FOUND = 3
DENIED = 4
UNAVAILABLE = 5
CONFLICT = 6
BAD_FILE = 7
CONFIGURATION = 8
INTERRUPTED = 130

MEANING: dict[int, str] = {
    OK: "done",
    CHECK_FAILED: "it ran, and something failed: rows were refused, a run failed, a check or a verification did not hold",
    USAGE: "the command or an argument makes no sense",
    NOT_FOUND: "the named thing does not exist",
    DENIED: "not authenticated, or not permitted",
    UNAVAILABLE: "the vault cannot be reached, is busy, or failed",
    CONFLICT: "somebody else was faster, or the state does not allow it",
    BAD_FILE: "a file cannot be read as what it should be, and nothing of it was sent; or the output cannot be written",
    CONFIGURATION: "the profile, a credential file or an installed extra is missing or unusable",
    INTERRUPTED: "interrupted from the keyboard; an import goes on where it stopped when it is run again",
}


def epilog() -> str:
    return "exit codes:\n" + "\n".join(f"  {code:<4} {meaning}" for code, meaning in MEANING.items())
