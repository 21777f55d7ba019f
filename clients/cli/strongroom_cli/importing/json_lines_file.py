"""JSON lines: one object a line; keys are columns, `attributes` is flattened.

Rules: columns are those of the first lines; a key that first appears later is kept as `extra`. A line that is no object is
refused. An escape for half a character, which no text can hold, stays the six characters that the file has.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from strongroom_cli.faults import BadFileError
from strongroom_cli.importing.source_rows import Cell, RefusedRow, SourceRow
from strongroom_cli.importing.text_file import TextFacts

_SAMPLE_ROWS = 2_000
_MAX_LINE_CHARS = 4 * 1024 * 1024
_HALF = re.compile(r"\\u[dD][89a-fA-F]")


class JsonLinesFile:
    """A file with one JSON object on each line."""

    reject_header = ""

    def __init__(self, path: Path, facts: TextFacts, *, encoding: str) -> None:
        self._path = path
        self._encoding = encoding
        columns: dict[str, None] = {}
        for item in itertools.islice(self._objects(), _SAMPLE_ROWS):
            if not isinstance(item, RefusedRow):
                columns.update(dict.fromkeys(item[1]))
        if not columns:
            hint = 'One object a line: {"id": "1", …}.'
            if self._starts_as_array():
                hint += f" It seems to be one JSON array; `jq -c '.[]' {path.name}` writes its objects line by line."
            raise BadFileError(f"{path} has no JSON object on any line.", hint=hint)
        self.columns: Sequence[str] = list(columns)
        self.notes = [f"JSON lines, {len(columns)} keys"]
        if not facts.ends_with_newline:
            self.notes.append("the last line has no line end: check that the file was not cut off")

    def rows(self) -> Iterator[SourceRow | RefusedRow]:
        known = frozenset(self.columns)
        for item in self._objects():
            if isinstance(item, RefusedRow):
                yield item
                continue
            line, cells, raw = item
            extra = {key: value for key, value in cells.items() if key not in known}
            yield SourceRow(line, [cells.get(column) for column in self.columns], raw, extra)

    def _starts_as_array(self) -> bool:
        with self._path.open(encoding=self._encoding) as file:
            return file.read(1_000).lstrip().startswith("[")

    def _objects(self) -> Iterator[RefusedRow | tuple[int, Mapping[str, Cell], str]]:
        with self._path.open(encoding=self._encoding, newline="\n") as file:
            for number in itertools.count(1):
                raw = file.readline(_MAX_LINE_CHARS)
                if not raw:
                    return
                if len(raw) == _MAX_LINE_CHARS and not raw.endswith("\n"):
                    while (rest := file.readline(_MAX_LINE_CHARS)) and not rest.endswith("\n"):
                        pass
                    yield RefusedRow(
                        number, "ROW_TOO_LARGE", f"the line is longer than {_MAX_LINE_CHARS:,} characters", raw[:1000]
                    )
                elif raw.strip():
                    yield _parsed(number, raw)


def _parsed(number: int, raw: str) -> RefusedRow | tuple[int, Mapping[str, Cell], str]:
    try:
        found = json.loads(raw, parse_constant=_no_constant)
        if _HALF.search(raw):
            found = _whole(found)
    except (ValueError, RecursionError) as error:
        place = f" at column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        return RefusedRow(number, "MALFORMED_JSON", f"the line is not valid JSON{place}", raw)
    if not isinstance(found, dict):
        return RefusedRow(number, "NOT_A_RECORD", "the line is not a JSON object", raw)
    attributes = found.pop("attributes", None)
    if isinstance(attributes, dict):
        found.update({f"attributes.{key}": _attribute(value) for key, value in attributes.items()})
    elif attributes is not None:
        found["attributes"] = attributes
    return number, found, raw


def _whole(found: Any) -> Any:
    """Return what was read without halves of characters."""
    if isinstance(found, str):
        return found.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(found, dict):
        return {_whole(key): _whole(value) for key, value in found.items()}
    return [_whole(item) for item in found] if isinstance(found, list) else found


def _attribute(value: Cell) -> Cell:
    """Return the plain value of an exported attribute (`{"int_value": 3}`), or the value as it is."""
    if isinstance(value, dict) and len(value) == 1:
        key, inner = next(iter(value.items()))
        return inner if str(key).endswith("_value") else value
    return value


def _no_constant(name: str) -> float:
    raise ValueError(name)
