"""Opened rows as a response of a read session: records or Arrow, under ids or under a run's pseudonyms."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from strongroom.api.v1.customer_pb2 import DerivedData
from strongroom.api.v1.read_session_service_pb2 import ReadRowsResponse
from vault_server.ports.records import RecordKind, RecordRow
from vault_server.ports.run_secrets import Pseudonyms
from vault_server.records.projection import Projection
from vault_server.records.sealing import MetaFramer, with_meta
from vault_server.usecases.record_kinds import AnyKind
from vault_server.usecases.sealed_rows import as_bytes
from vault_server.usecases.standing_corrections import keep_standing

if TYPE_CHECKING:
    from vault_server.records.arrow import ArrowEncoder

ARROW_CELL_BYTES = 9  # of a number, or of the offset of a text, and the bits that say whether it is there


@dataclass(frozen=True, slots=True, kw_only=True)
class RowEncoder:
    """Encodes batches of one session. A full read of records is framed without parsing them."""

    spec: AnyKind
    tenant: str
    arrow: ArrowEncoder | None
    projection: Projection
    pseudonyms: Pseudonyms | None

    def under(self, pseudonyms: Pseudonyms | None) -> RowEncoder:
        """The same encoder for a run."""
        return replace(self, pseudonyms=pseudonyms)

    @property
    def schema_bytes(self) -> bytes:
        return b"" if self.arrow is None else self.arrow.schema_bytes

    def most_rows(self, size_bytes: int) -> int:
        """How many rows fit: a column of Arrow takes its place in every row, empty or not."""
        return sys.maxsize if self.arrow is None else max(1, size_bytes // (ARROW_CELL_BYTES * len(self.arrow.schema)))

    def encode(
        self, rows: Sequence[RecordRow], plaintexts: Sequence[bytes], derived: Mapping[bytes, DerivedData]
    ) -> ReadRowsResponse:
        """One response, without a resume token.

        Args:
            rows: the stored rows.
            plaintexts: what they hold, in the same order.
            derived: derived data by customer; empty if none was asked for.
        """
        beside = self._derived(rows, plaintexts, derived)
        if self.arrow is not None:
            return self._as_arrow(self.arrow, rows, plaintexts, beside)
        return ReadRowsResponse(
            records=self._records(rows, plaintexts),
            row_count=len(rows),
            derived=beside or (),
        )

    def _derived(
        self, rows: Sequence[RecordRow], plaintexts: Sequence[bytes], derived: Mapping[bytes, DerivedData]
    ) -> list[bytes] | None:
        if not self.projection.derived:
            return None
        empty = DerivedData()
        return [
            self._shown_derived(derived.get(row.customer_id, empty), plaintext).SerializeToString()
            for row, plaintext in zip(rows, plaintexts, strict=True)
        ]

    def _shown_derived(self, derived: DerivedData, plaintext: bytes) -> DerivedData:
        """Under a run without the origins of golden records, which name customers, and of corrections those that stand."""
        shown = self.projection.project_derived(derived)
        if self.pseudonyms is not None:
            if shown.HasField("entity"):
                shown.entity.ClearField("golden")
            if shown.corrections:
                keep_standing(shown, plaintext, self.pseudonyms)
        return shown

    def _as_arrow(
        self,
        arrow: ArrowEncoder,
        rows: Sequence[RecordRow],
        plaintexts: Sequence[bytes],
        derived: list[bytes] | None,
    ) -> ReadRowsResponse:
        customers = self._shown([row.customer_id for row in rows])
        same = self.spec.kind is RecordKind.CUSTOMER
        batch = arrow.encode(
            plaintexts,
            row_ids=customers if same else self._shown([row.record_id for row in rows]),
            customer_ids=customers,
            derived=derived,
        )
        return ReadRowsResponse(arrow_batch=batch, row_count=len(rows))

    def _shown(self, ids: list[bytes]) -> list[bytes]:
        return ids if self.pseudonyms is None else self.pseudonyms.encode_many(ids)

    def _records(self, rows: Sequence[RecordRow], plaintexts: Sequence[bytes]) -> list[bytes]:
        start = self.spec.name_start(self.tenant)
        if self.pseudonyms is not None or start is None:
            return [self._record(row, plaintext) for row, plaintext in zip(rows, plaintexts, strict=True)]
        if not self.projection.identity:
            plaintexts = list(map(self.projection.project_bytes, plaintexts))
        frame = MetaFramer(start).frame
        return [
            frame(plaintext, record_id, version, state, created_us, updated_us)
            for plaintext, (_, record_id, version, state, created_us, updated_us, *_) in zip(plaintexts, rows, strict=True)
        ]

    def _record(self, row: RecordRow, plaintext: bytes) -> bytes:
        cut = self.projection.project_bytes(plaintext)
        if self.pseudonyms is None:
            return as_bytes(self.spec, self.tenant, row, cut)
        name = f"rows/{self.pseudonyms.encode_many([row.record_id])[0].hex()}"
        return with_meta(cut, name=name, etag="", version=0, state=row.state, created_us=0, updated_us=0)
