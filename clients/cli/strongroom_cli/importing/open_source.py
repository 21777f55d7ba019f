"""Which reader a file needs, by its name."""

from __future__ import annotations

from pathlib import Path

from strongroom_cli.faults import CommandError
from strongroom_cli.importing.csv_file import CsvFile
from strongroom_cli.importing.json_lines_file import JsonLinesFile
from strongroom_cli.importing.parquet_file import ParquetFile
from strongroom_cli.importing.source_rows import RowSource
from strongroom_cli.importing.text_file import file_sha256, require_file, text_facts

FORMATS = ("csv", "jsonl", "parquet")
_BY_SUFFIX = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv",
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl",
    ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip


def open_source(
    path: Path, *, file_format: str = "", encoding: str = "utf-8-sig", delimiter: str = ""
) -> tuple[RowSource, str]:
    """Return the reader of `path` and the hash of its bytes.

    Raises:
        BadFileError: the file is missing, empty, not text in `encoding`, or broken.
    """
    chosen = file_format or _BY_SUFFIX.get(path.suffix.lower(), "")
    if not chosen:
        require_file(path)
        raise CommandError(f"The name of {path} does not tell what it is.", hint=f"Say it: --format {'|'.join(FORMATS)}.")
    if chosen == "parquet":
        return ParquetFile(path), file_sha256(path)
    facts = text_facts(path, encoding)
    if chosen == "jsonl":
        return JsonLinesFile(path, facts, encoding=encoding), facts.sha256
    return CsvFile(path, facts, encoding=encoding, delimiter=delimiter), facts.sha256
