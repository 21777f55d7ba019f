"""CSV as it really comes: unknown delimiter, ragged rows, stray quotes, cells of 50 MB, files cut in the middle.

Rules: a damaged record costs its first line only; the lines that a stray quote swallowed are read again as rows of their
own. Cells and lines are bounded, so a hostile file cannot fill the memory.
"""

from __future__ import annotations

import csv
import itertools
import re
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from strongroom_cli.faults import BadFileError
from strongroom_cli.importing.source_rows import RefusedRow, SourceRow
from strongroom_cli.importing.text_file import TextFacts

MAX_CELL_CHARS = 200_000
_MAX_LINE_CHARS = 4 * 1024 * 1024
_SAMPLE_LINES = 60
_DELIMITERS = (",", ";", "\t", "|")
_MOST_COLUMNS = 2_000


class CsvFile:
    """A CSV file with a header line."""

    def __init__(self, path: Path, facts: TextFacts, *, encoding: str, delimiter: str = "") -> None:
        self._path = path
        self._encoding = encoding
        self._facts = facts
        with self._open() as file:
            sample = [line for line in (file.readline(_MAX_LINE_CHARS) for _ in range(_SAMPLE_LINES)) if line]
        self._delimiter = delimiter or sniffed(sample)
        self._skip_space = _spaced(sample[0], self._delimiter)
        self.header = sample[0]
        self.columns: Sequence[str] = _named(self._header_cells(sample))
        self._width = len(self.columns)
        self.notes = [f"CSV, {_shown(self._delimiter)}-separated, {self._width} columns"]
        if not facts.ends_with_newline:
            self.notes.append("the last line has no line end: check that the file was not cut off")

    @property
    def reject_header(self) -> str:
        return self.header

    def rows(self) -> Iterator[SourceRow | RefusedRow]:
        csv.field_size_limit(MAX_CELL_CHARS)
        with self._open() as file:
            lines = _Lines(file)
            next(self._reader(lines))
            lines.taken.clear()
            yield from self._records(lines)

    def _records(self, lines: _Lines) -> Iterator[SourceRow | RefusedRow]:
        reader = self._reader(lines)
        while True:
            lines.taken.clear()
            lines.oversize = False
            first = lines.number + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield self._refused(lines, first, *_explained(str(error)))
                reader = self._reader(lines)
                continue
            if lines.oversize:
                yield self._refused(lines, first, *_explained("field larger"))
                reader = self._reader(lines)
            elif len(cells) == self._width or (len(cells) > self._width and not any(cells[self._width :])):
                yield SourceRow(first, cells, "".join(lines.taken))
            elif any(cell.strip() for cell in cells):
                yield self._refused(lines, first, "RAGGED_ROW", self._ragged(len(cells), lines))
                reader = self._reader(lines)

    def _ragged(self, found: int, lines: _Lines) -> str:
        text = f"the row has {found} cells, the header has {self._width}"
        cut = lines.at_end and not self._facts.ends_with_newline and found < self._width
        return f"{text}; it is the last line and has no line end: the file seems to be cut off" if cut else text

    def _refused(self, lines: _Lines, first: int, reason: str, message: str) -> RefusedRow:
        raw = lines.taken[0] if lines.taken else ""
        if lines.oversize:
            message += f"; --rejects keeps the first {MAX_CELL_CHARS:,} characters of the line"
        lines.give_back_all_but_first()
        return RefusedRow(first, reason, message, raw)

    def _reader(self, lines: Iterator[str]) -> Iterator[list[str]]:
        return csv.reader(lines, delimiter=self._delimiter, strict=True, skipinitialspace=self._skip_space)

    def _open(self) -> TextIO:
        return self._path.open(encoding=self._encoding, newline="")

    def _header_cells(self, sample: list[str]) -> list[str]:
        try:
            cells = next(self._reader(iter(sample)), [])
        except csv.Error:
            raise BadFileError(
                f"The header of {self._path} has a quote that is never closed.", hint="The first line must name the columns."
            ) from None
        if not any(cell.strip() for cell in cells):
            raise BadFileError(f"{self._path} has no header line.", hint="The first line must name the columns.")
        if len(cells) > _MOST_COLUMNS:
            raise BadFileError(
                f"{self._path} has {len(cells):,} columns; {_MOST_COLUMNS:,} can be read.",
                hint="If that is not so, the first line is no header, or --delimiter is another.",
            )
        return cells


class _Lines:
    """Physical lines, remembered while a record is read, so that they can be read again."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._back: deque[str] = deque()
        self.taken: list[str] = []
        self.number = 0
        self.oversize = False
        self.at_end = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else self._read()
        if not line:
            self.at_end = True
            raise StopIteration
        self.number += 1
        self.taken.append(line)
        self.at_end = not line.endswith(("\n", "\r"))
        return line

    def give_back_all_but_first(self) -> None:
        self._back.extendleft(reversed(self.taken[1:]))
        self.number -= len(self.taken[1:])
        del self.taken[1:]

    def _read(self) -> str:
        line = self._file.readline(_MAX_LINE_CHARS)
        if len(line) == _MAX_LINE_CHARS and not line.endswith(("\n", "\r")):
            self.oversize = True
            while (rest := self._file.readline(_MAX_LINE_CHARS)) and not rest.endswith(("\n", "\r")):
                pass
            return line[:MAX_CELL_CHARS] + "\n"
        return line


def sniffed(sample: Sequence[str]) -> str:
    """Return the delimiter under which the sample's lines agree best on a number of columns above one."""

    def score(delimiter: str) -> tuple[float, int]:
        widths = [_width(line, delimiter) for line in sample]
        return (widths.count(widths[0]) / len(widths) if widths[0] > 1 else 0.0, widths[0])

    return max(_DELIMITERS, key=score)


def _width(line: str, delimiter: str) -> int:
    try:
        return len(next(csv.reader([line], delimiter=delimiter), []))
    except csv.Error:
        return 1


def _spaced(header: str, delimiter: str) -> bool:
    """Whether the file writes a blank after each delimiter."""
    parts = header.split(delimiter)[1:]
    return bool(parts) and all(part.startswith(" ") for part in parts)


def _named(cells: Sequence[str]) -> list[str]:
    """Return the column names: trimmed, nameless ones numbered, repeated ones told apart."""
    names: dict[str, None] = {}
    for index, cell in enumerate(cells, start=1):
        name = re.sub(r"\s+", " ", cell.strip().removeprefix("\ufeff")) or f"column_{index}"
        free = (f"{name}_{number}" for number in itertools.count(2))
        names[next(other for other in free if other not in names) if name in names else name] = None
    return list(names)


def _shown(delimiter: str) -> str:
    return {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar"}.get(delimiter, delimiter)


def _explained(error: str) -> tuple[str, str]:
    if "field larger" in error:
        return "CELL_TOO_LARGE", f"a cell has more than {MAX_CELL_CHARS:,} characters, or its quote is never closed"
    if "unexpected end" in error:
        return "UNCLOSED_QUOTE", "a quoted cell that starts here is never closed; the file may be cut off"
    return "MALFORMED_QUOTE", "a quoted cell is followed by text before the next delimiter"
