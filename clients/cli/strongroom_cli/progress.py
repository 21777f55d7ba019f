"""Progress on long work: a bar on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Progress(Protocol):
    """Takes how far the work is."""

    def update(self, done: float, text: str = "") -> None: ...


class _Silent:
    def update(self, done: float, text: str = "") -> None:
        """A pipe or a log wants no bar."""


@contextmanager
def progress(label: str, total: float | None) -> Iterator[Progress]:
    """Show progress of `total` units (None where it is not known) while the block runs."""
    if not sys.stderr.isatty():
        yield _Silent()
        return
    try:
        from rich.console import Console
        from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bars
    except ImportError:
        yield _Silent()
        return
    columns = (TextColumn(label), BarColumn(), TextColumn("{task.fields[text]}"), TimeElapsedColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        task: TaskID = bars.add_task(label, total=total, text="")

        class _Bar:
            def update(self, done: float, text: str = "") -> None:
                bars.update(task, completed=done, text=text)

        yield _Bar()
