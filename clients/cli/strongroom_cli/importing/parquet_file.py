"""Parquet: columns as they are typed, read a batch at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from strongroom_cli.faults import BadFileError
from strongroom_cli.importing.source_rows import RefusedRow, SourceRow
from strongroom_cli.importing.text_file import require_file

_BATCH_ROWS = 1_000


class ParquetFile:
    """A Parquet file; a row's number stands for its line."""

    reject_header = ""

    def __init__(self, path: Path) -> None:
        require_file(path)
        try:
            import pyarrow as pa
            import pyarrow.parquet as pq
        except ImportError:
            raise BadFileError("Reading Parquet needs pyarrow.", hint="Install it: pip install 'strongroom[cli]'.") from None
        try:
            self._file = pq.ParquetFile(path)
            for _ in self._file.iter_batches(batch_size=_BATCH_ROWS):
                pass  # a damaged page is found before the first row is sent
        except (pa.ArrowException, OSError):
            raise BadFileError(
                f"{path} is not a whole Parquet file: it is cut off or damaged, or something else.",
                hint="Nothing was imported. Get the file again from where it was written.",
            ) from None
        self.columns: Sequence[str] = list(self._file.schema_arrow.names)
        self.notes = [f"Parquet, {len(self.columns)} columns, {self._file.metadata.num_rows:,} rows"]
        if not self._file.metadata.num_rows:
            raise BadFileError(f"{path} has no rows.", hint="Check the export that wrote it.")

    def rows(self) -> Iterator[SourceRow | RefusedRow]:
        number = 0
        for batch in self._file.iter_batches(batch_size=_BATCH_ROWS):
            for record in batch.to_pylist():
                number += 1
                raw = json.dumps(record, ensure_ascii=False, default=str) + "\n"
                yield SourceRow(number, [record[column] for column in self.columns], raw)
