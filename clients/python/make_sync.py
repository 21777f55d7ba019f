"""Make the blocking SDK from the asyncio one: drop `async` and `await`, rename what has another name, format.

Rules: `_aio` is written by hand; every file of it but `calls.py` has a twin in `_sync` that this script writes. `--check`
fails on drift.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent / "strongroom"
BY_HAND = frozenset({"__init__.py", "calls.py"})
_RENAMED: tuple[tuple[str, str], ...] = (
    (r"\basync (def|for|with)\b", r"\1"),
    (r"\bawait ", ""),
    (r"Awaitable\[(.*?)\]\]", r"\1]"),
    (r", Awaitable\b", ""),
    (r"\bAsyncIterator\b", "Iterator"),
    (r"\bAsyncClient\b", "Client"),
    (r"__aiter__", "__iter__"),
    (r"__aenter__", "__enter__"),
    (r"__aexit__", "__exit__"),
    (r"strongroom\._aio\b", "strongroom._sync"),
    (r"Iterable, Iterator, Iterator", "Iterable, Iterator"),
    (r"Iterator, Iterable, Iterator", "Iterable, Iterator"),
)


def blocking(source: str) -> str:
    """Return the blocking text of an asyncio module."""
    for pattern, replacement in _RENAMED:
        source = re.sub(pattern, replacement, source)
    return _formatted(source)


def _formatted(source: str) -> str:
    root = str(HERE.parents[2])
    name = ["--stdin-filename", "clients/python/strongroom/_sync/made.py"]
    sort = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--select",
        "I,F401,C416,UP028",
        "--fix",
        "--unsafe-fixes",
        "--quiet",
        "--exit-zero",
        *name,
        "-",
    ]
    tidy = [sys.executable, "-m", "ruff", "format", "--quiet", *name, "-"]
    for command in (sort, tidy):
        source = subprocess.run(command, input=source, capture_output=True, text=True, check=True, cwd=root).stdout
    return source


def main(arguments: list[str] | None = None) -> int:
    """Write the twins, or with --check compare them; 1 on drift."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail where a twin differs")
    check = parser.parse_args(arguments).check
    stale = []
    for path in sorted((HERE / "_aio").glob("*.py")):
        if path.name in BY_HAND:
            continue
        twin = HERE / "_sync" / path.name
        text = blocking(path.read_text(encoding="utf-8"))
        if not twin.exists() or twin.read_text(encoding="utf-8") != text:
            stale.append(twin.name)
            if not check:
                twin.write_text(text, encoding="utf-8")
    if check and stale:
        sys.stderr.write(f"stale in _sync: {', '.join(stale)}; run clients/python/make_sync.py\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
