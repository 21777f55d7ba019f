"""Rows held back while all of them have one source of external ids, so that a CSV can show bare ids after one read.

Rules: nothing is read twice, because a second read would be a second entry in the audit log and count twice against a
budget; up to 32 MiB are held in memory, more in a private file without a name.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

_HELD_BYTES = 32 * 1024 * 1024
Cells = Sequence[str]


class OneSourceRows:
    """Passes rows on once it is known how their ids are shown.

    Args:
        show: takes the cells with bare ids, or with SOURCE:ID.
    """

    def __init__(self, show: Callable[[Cells], None]) -> None:
        self._show = show
        self._source = ""
        self._several = False
        self._held = tempfile.SpooledTemporaryFile(_HELD_BYTES, "w+", encoding="utf-8")  # noqa: SIM115 - closed in __exit__

    def add(self, sources: frozenset[str], bare: Cells, named: Cells) -> None:
        """Take one row in both forms; `sources` are those of its external ids."""
        if not self._several and not sources <= {self._source or next(iter(sources), "")}:
            self._several = True
            self._release(named=True)
        self._source = self._source or next(iter(sources), "")
        if self._several:
            self._show(named)
        else:
            self._held.write(json.dumps([bare, named]) + "\n")

    def finish(self) -> None:
        """Show what is held: there is one source, or none."""
        if not self._several:
            self._release(named=False)

    def _release(self, *, named: bool) -> None:
        self._held.seek(0)
        for line in self._held:
            self._show(json.loads(line)[named])
        self._held.seek(0)
        self._held.truncate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._held.close()
