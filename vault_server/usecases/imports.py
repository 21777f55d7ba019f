"""Bulk import: a named sequence of chunks, each stored whole or not at all, answered when it is durable.

A chunk that was stored before is answered from the ledger, so a caller may send anything again after a broken connection.
Rows are keyed by their id in the import's source: a known id updates its record, the same content leaves it unchanged. One
bad row is reported and never stops or hides the others. A chunk is prepared (checked, keyed, sealed) outside the storage
transaction, while those in front of it are being written (`chunks_ahead`); if one of them has rows of the same keys, or another
writer was faster, it is prepared again on what is stored by then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from strongroom.api.v1.attribute_service_pb2 import RecordKind as ApiKind
from strongroom.api.v1.import_service_pb2 import (
    CreateImportRequest,
    Import,
    ImportRowsRequest,
    ImportRowsResponse,
    ImportState,
    RowOutcome,
)
from vault_server.errors import (
    AlreadyExistsError,
    ConflictError,
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
    OutOfRangeError,
)
from vault_server.ports.chunks import ChunkHelpers, ChunkToPrepare, PreparedChunk
from vault_server.ports.pages import NoHelpers
from vault_server.ports.records import RecordKind
from vault_server.ports.resources import Resource, ResourceKind
from vault_server.ports.store import WriteView
from vault_server.usecases import names
from vault_server.usecases.call import Call, timestamp
from vault_server.usecases.chunks_ahead import CHUNKS_AHEAD, OVERTAKEN, Begun, ChunksAhead
from vault_server.usecases.import_chunks import prepare_chunk, write_chunk
from vault_server.usecases.look_ahead import ahead
from vault_server.usecases.vault import Vault

MAX_ROWS = 5000
MAX_TRIES = 5
COUNTERS = {
    RowOutcome.ROW_OUTCOME_CREATED: "created",
    RowOutcome.ROW_OUTCOME_UPDATED: "updated",
    RowOutcome.ROW_OUTCOME_UNCHANGED: "unchanged",
    RowOutcome.ROW_OUTCOME_REJECTED: "rejected",
}


@dataclass(slots=True)
class _Chunk:
    """A chunk on its way: where it belongs, and either what the ledger has of it or its preparation."""

    tenant: str
    import_id: str
    of_import: Import
    request: ImportRowsRequest
    digest: bytes
    done: tuple[bytes, bytes] | None = None
    begun: Begun | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Imports:
    """The use cases of imports."""

    vault: Vault
    helpers: ChunkHelpers = field(default_factory=NoHelpers)

    def create(self, call: Call, request: CreateImportRequest) -> Import:
        """Start an import, or find the one with this id, kind and source.

        Raises:
            AlreadyExistsError: the id belongs to an import of another kind or source.
        """
        tenant = call.require_tenant(names.parse_tenant(request.parent))
        import_id = names.require_slug(request.import_id, "import_id")
        source = names.require_slug(request.source, "source")
        kind = request.kind or ApiKind.RECORD_KIND_CUSTOMER
        if kind not in ApiKind.values():
            raise InvalidArgumentError("no such kind of record", reason="INVALID_KIND", metadata={"field": "kind"})
        name = names.child_name(tenant, "imports", import_id)
        call.audit([name])
        fresh = Import(
            name=name,
            kind=kind,
            source=source,
            state=ImportState.IMPORT_STATE_OPEN,
            create_time=timestamp(self.vault.runtime.now_us()),
        )

        def work(view: WriteView) -> Import:
            known = view.resources.get(tenant, ResourceKind.IMPORT, import_id)
            if known is None:
                view.resources.put(tenant, ResourceKind.IMPORT, import_id, fresh.SerializeToString(), expected_version=0)
                return fresh
            found = Import.FromString(known.payload)
            if (found.kind, found.source) != (kind, source):
                raise AlreadyExistsError(
                    "this import id belongs to another import", reason="IMPORT_EXISTS", hint="choose another id"
                )
            return found

        return self.vault.store.write(work)

    def rows(self, call: Call, requests: Iterator[ImportRowsRequest]) -> Iterator[ImportRowsResponse]:
        """Store chunk after chunk; the next are prepared while one is being written."""
        with ChunksAhead(self.helpers, fence=self.vault.store.fence.number) as prepared:
            for chunk in ahead(self._arriving(call, requests, prepared), "import-intake", items=CHUNKS_AHEAD):
                yield self._stored(call, chunk, prepared)
        if not call.audited:
            call.audit()  # nothing was sent, nothing was touched

    def _arriving(self, call: Call, requests: Iterator[ImportRowsRequest], prepared: ChunksAhead) -> Iterator[_Chunk]:
        name = ""
        for request in requests:
            name = request.name or name
            yield self._arrived(call, name, request, prepared)

    def finish(self, call: Call, name: str) -> Import:
        """End an import. Ending it again is harmless."""
        tenant, import_id = self._parse(call, name)
        call.audit([name])

        def work(view: WriteView) -> Import:
            row, found = _require(view, tenant, import_id)
            found.state = ImportState.IMPORT_STATE_FINISHED
            view.resources.put(tenant, ResourceKind.IMPORT, import_id, found.SerializeToString(), expected_version=row.version)
            return found

        return self.vault.store.write(work)

    def get(self, call: Call, name: str) -> Import:
        tenant, import_id = self._parse(call, name)
        with self.vault.store.read() as view:
            row = view.resources.get(tenant, ResourceKind.IMPORT, import_id)
        if row is None:
            raise _missing()
        call.audit([name])
        return Import.FromString(row.payload)

    def _arrived(self, call: Call, name: str, request: ImportRowsRequest, prepared: ChunksAhead) -> _Chunk:
        """What can be done before the chunks in front of this one are stored."""
        tenant, import_id = self._parse(call, name)
        if len(request.rows) > MAX_ROWS:
            raise InvalidArgumentError(
                f"at most {MAX_ROWS} rows in one chunk", reason="TOO_MANY_ROWS", metadata={"field": "rows"}
            )
        request.name = name
        raw = request.SerializeToString(deterministic=True)
        digest = self._digest(tenant, raw)
        with self.vault.store.read() as view:
            row = view.resources.get(tenant, ResourceKind.IMPORT, import_id)
            done = view.access.import_chunk(tenant, import_id, request.chunk)
        if row is None:
            raise _missing()
        found = Import.FromString(row.payload)
        chunk = _Chunk(tenant, import_id, found, request, digest)
        if done is not None and not request.validate_only:
            chunk.done = done
            return chunk
        _require_open(found)
        given = ChunkToPrepare(
            tenant=tenant, of_import=row.payload, request=raw, kind=RecordKind(found.kind), rows=len(request.rows)
        )
        chunk.begun = prepared.begin(given, lambda: self._prepare(chunk))
        return chunk

    def _stored(self, call: Call, chunk: _Chunk, ahead_of: ChunksAhead) -> ImportRowsResponse:
        """The answer, when it is durable."""
        call.audit([chunk.request.name], records=len(chunk.request.rows))
        if chunk.done is not None:
            return _replayed(chunk.done, chunk.digest)
        prepared = ahead_of.take(chunk.begun, chunk.tenant) if chunk.begun is not None else None
        for _ in range(MAX_TRIES):
            try:
                if prepared is None:
                    prepared = self._prepare(chunk)
                if chunk.request.validate_only:
                    return prepared.response
                done = self._store(chunk, prepared)
            except OVERTAKEN:
                prepared = None
            else:
                ahead_of.stored(prepared.keys)
                return prepared.response if done is None else _replayed(done, chunk.digest)
        raise ConflictError(
            "other writers keep changing the same records", reason="CHUNK_CONTENDED", hint="send the chunk again"
        )

    def _prepare(self, chunk: _Chunk) -> PreparedChunk:
        return prepare_chunk(self.vault, chunk.tenant, chunk.of_import, chunk.request)

    def _store(self, chunk: _Chunk, prepared: PreparedChunk) -> tuple[bytes, bytes] | None:
        """Write the chunk; what the ledger says of it instead, if it was stored meanwhile."""
        tenant, import_id, number = chunk.tenant, chunk.import_id, chunk.request.chunk
        payload = prepared.response.SerializeToString()

        def work(view: WriteView) -> tuple[bytes, bytes] | None:
            done = view.access.import_chunk(tenant, import_id, number)
            if done is not None:
                return done
            row, found = _require(view, tenant, import_id)
            _require_open(found)
            _require_next(found, number)
            view.access.put_import_chunk(tenant, import_id, number, chunk.digest, payload)
            write_chunk(prepared, view)
            _count(found, prepared.response)
            found.next_chunk = number + 1
            view.resources.put(tenant, ResourceKind.IMPORT, import_id, found.SerializeToString(), expected_version=row.version)
            return None

        return self.vault.store.write(work)

    def _digest(self, tenant: str, request: bytes) -> bytes:
        """A keyed hash, so that the ledger tells nothing about small or guessable chunks."""
        return self.vault.keyring.blind_index(tenant).token(0, hashlib.sha256(request).digest())

    def _parse(self, call: Call, name: str) -> tuple[str, str]:
        tenant, import_id = names.parse_child(name, "imports")
        return call.require_tenant(tenant), import_id


def _missing() -> NotFoundError:
    return NotFoundError("there is no such import", hint="create the import first")


def _require(view: WriteView, tenant: str, import_id: str) -> tuple[Resource, Import]:
    row = view.resources.get(tenant, ResourceKind.IMPORT, import_id)
    if row is None:
        raise _missing()
    return row, Import.FromString(row.payload)


def _require_open(found: Import) -> None:
    if found.state != ImportState.IMPORT_STATE_OPEN:
        raise FailedPreconditionError("the import has ended", reason="IMPORT_FINISHED", hint="start another import")


def _require_next(found: Import, chunk: int) -> None:
    if chunk != found.next_chunk:
        raise OutOfRangeError(
            f"chunk {found.next_chunk} comes next",
            reason="UNEXPECTED_CHUNK",
            metadata={"next_chunk": str(found.next_chunk)},
        )


def _replayed(done: tuple[bytes, bytes], digest: bytes) -> ImportRowsResponse:
    if done[0] != digest:
        raise FailedPreconditionError(
            "this chunk was sent before with other rows", reason="CHUNK_REUSED", hint="use a new import id for another file"
        )
    return ImportRowsResponse.FromString(done[1])


def _count(found: Import, response: ImportRowsResponse) -> None:
    for outcome in response.outcomes:
        counter = COUNTERS[outcome]
        setattr(found, counter, getattr(found, counter) + 1)
    refused = {issue.line for issue in response.issues if issue.fatal}
    found.with_issues += len({issue.line for issue in response.issues} - refused)
