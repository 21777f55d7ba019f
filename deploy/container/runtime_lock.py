"""Cuts from the lock what some packages need, hashes and all: an image of the vault has no place for compilers and test tools.

    python runtime_lock.py requirements.lock [ROOT ...]

A ROOT is the name of a locked package; without any, it is the distribution itself with its extras, which the lock calls
`strongroom (pyproject.toml)`. Who needs whom is read from the lock's own `# via` comments. Standard library only, because it
runs before anything is installed.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

RUNTIME = "strongroom (pyproject.toml)"


def runtime_lock(lock: str, roots: Iterable[str] = ()) -> str:
    """The blocks of `lock` that the roots need, and what those need.

    Raises:
        ValueError: a root is not in the lock, or nothing would be left.
    """
    blocks = [block for block in re.split(r"(?m)^(?=[A-Za-z0-9])", lock) if "==" in block]
    needed_by = [(_name(block), _needed_by(block)) for block in blocks]
    kept = set(roots)
    missing = kept - {name for name, _ in needed_by}
    if missing:
        raise ValueError(f"not in the lock: {', '.join(sorted(missing))}")
    sources = kept or {RUNTIME}
    while more := {name for name, parents in needed_by if parents & (sources | kept)} - kept:
        kept |= more
    if not kept:
        raise ValueError("nothing in the lock is needed: its comments have another form")
    return "".join(block for block in blocks if _name(block) in kept)


def _name(block: str) -> str:
    """The package of a block; one that is locked in two versions, for older and newer Pythons, has two."""
    return block.split("==", 1)[0].split("[", 1)[0]


def _needed_by(block: str) -> frozenset[str]:
    comments = re.findall(r"(?m)^ +#(?: via)? +(\S.*)$|^ +# via (\S.*)$", block)
    return frozenset(first or second for first, second in comments)


def main(arguments: list[str]) -> int:
    """Print the cut lock."""
    sys.stdout.write(runtime_lock(Path(arguments[0]).read_text(encoding="utf-8"), arguments[1:]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
