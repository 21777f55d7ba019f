"""Files that appear whole or not at all: written beside their name, then renamed. Private, because they hold customers."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TextIO


@contextmanager
def text_target(path: Path | None) -> Iterator[TextIO]:
    """Yield a text file for `path`, or stdout."""
    if path is None:
        yield sys.stdout
        return
    with partial_file(path) as partial, _private(partial) as file:
        yield file


@contextmanager
def partial_file(path: Path) -> Iterator[Path]:
    """Yield the path to write to; it becomes `path` when the block ends well and is removed when it does not."""
    partial = path.with_name(path.name + ".partial")
    try:
        yield partial
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    partial.replace(path)


@contextmanager
def _private(path: Path) -> Iterator[TextIO]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def private_binary(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
