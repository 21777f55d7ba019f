"""The count of an import, and its refused rows on disk as they were."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from strongroom_cli.importing.built_rows import CellIssue
from strongroom_cli.importing.source_rows import RefusedRow

KEPT_EXAMPLES = 1_000


class Tally:
    """What became of the rows so far; keeps the first refused rows, counts all."""

    def __init__(self) -> None:
        self.rows = 0
        self.outcomes: Counter[str] = Counter()
        self.rows_with_issues = 0
        self.issues: Counter[tuple[str, str]] = Counter()
        self.first_issue_line: dict[tuple[str, str], int] = {}
        self.refused: list[RefusedRow] = []

    def refuse(self, row: RefusedRow) -> None:
        self.outcomes["rejected"] += 1
        if len(self.refused) < KEPT_EXAMPLES:
            self.refused.append(row)

    def note(self, issues: list[CellIssue]) -> None:
        self.rows_with_issues += bool(issues)
        for issue in issues:
            key = (issue.field, issue.reason)
            self.issues[key] += 1
            self.first_issue_line.setdefault(key, issue.line)


class RejectsFile:
    """Writes refused rows verbatim, privately; the file appears only when it is whole."""

    def __init__(self, path: Path | None, header: str, encoding: str) -> None:
        self._path = path
        self._header = header
        self._encoding = encoding.removesuffix("-sig") if encoding.endswith("utf-8-sig") else encoding
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        if self._path is not None:
            descriptor = os.open(self._partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            self._file = os.fdopen(descriptor, "w", encoding=self._encoding, newline="")
            self._file.write(self._header)
        return self

    def write(self, raw: str) -> None:
        if self._file is not None:
            self._file.write(raw if raw.endswith(("\n", "\r")) else raw + "\n")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._file is None or self._path is None:
            return
        self._file.close()
        if kind is None:
            self._partial.replace(self._path)

    @property
    def _partial(self) -> Path:
        path = self._path or Path()
        return path.with_name(path.name + ".partial")
