"""Prepares one chunk of an import: checks rows, finds the records they belong to, seals what is new or changed.

This is the bulk path: everything works on lists, keys live for the chunk, and the storage transaction that follows only
writes. Costs are measured by `make bench` (import stream).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from strongroom.api.v1.import_service_pb2 import Import, ImportRow, ImportRowsRequest, ImportRowsResponse, RowIssue, RowOutcome
from vault_server.ports.chunks import PreparedChunk
from vault_server.ports.keys import BatchCipher, RecordRef
from vault_server.ports.records import RecordKind, RecordRow, RowState, SearchToken
from vault_server.ports.runtime import new_ids
from vault_server.ports.store import WriteView
from vault_server.records.checks import Violation
from vault_server.records.sealing import canonical
from vault_server.records.search import IndexedValue, external_id_key
from vault_server.usecases.checked_record import size_violations, violations_of
from vault_server.usecases.import_issues import fitting
from vault_server.usecases.import_merge import merged, same_content
from vault_server.usecases.record_kinds import BY_KIND, AnyKind, Record, external_ids
from vault_server.usecases.sealed_rows import SCHEMA_REVISION, reference, seal_next
from vault_server.usecases.search_tokens import tokens_of_many
from vault_server.usecases.vault import Preparing

NO_RECORD = bytes(16)


@dataclass(slots=True)
class _Candidate:
    """One row that is still in the race: its record, its key and the key's search token, what it was matched with."""

    index: int
    line: int
    record: Record
    key: bytes
    owner_key: bytes = b""
    token: bytes = b""
    owner_id: bytes = b""
    record_id: bytes = NO_RECORD


def prepare_chunk(vault: Preparing, tenant: str, found: Import, request: ImportRowsRequest) -> PreparedChunk:
    """Check, match and seal the rows of one chunk of an import."""
    spec = BY_KIND[RecordKind(found.kind)]
    return _ChunkBuilder(vault, tenant, spec, found, request).build()


def write_chunk(prepared: PreparedChunk, view: WriteView) -> None:
    """Write everything; part of the chunk's one transaction."""
    records, tenant = view.records, prepared.tenant
    if prepared.deks:
        records.insert_deks(tenant, prepared.deks)
    if prepared.inserts:
        records.insert(tenant, prepared.kind, prepared.inserts)
    if prepared.updates:
        records.update(tenant, prepared.kind, prepared.updates)
        records.drop_tokens(tenant, prepared.kind, [row.record_id for row in prepared.updates])
    records.put_tokens(tenant, prepared.tokens, unique=prepared.unique)


class _ChunkBuilder:
    def __init__(self, vault: Preparing, tenant: str, spec: AnyKind, found: Import, request: ImportRowsRequest) -> None:
        self._vault, self._tenant, self._spec = vault, tenant, spec
        self._import, self._request = found, request
        self._index = vault.keyring.blind_index(tenant)
        self._now_us = vault.runtime.now_us()
        self._outcomes = [RowOutcome.ROW_OUTCOME_REJECTED] * len(request.rows)
        self._ids = [NO_RECORD] * len(request.rows)
        self._issues: list[RowIssue] = []
        self._twins: list[tuple[_Candidate, _Candidate]] = []
        self._member = spec.message.DESCRIPTOR.name.lower()
        self._key_field = vault.dictionary.for_kind(spec.kind).unique[0].index_number
        self._owner_field = vault.dictionary.for_kind(RecordKind.CUSTOMER).unique[0].index_number

    def build(self) -> PreparedChunk:
        candidates = self._checked(self._request.rows)
        if self._spec.kind is not RecordKind.CUSTOMER:
            candidates = self._with_owners(candidates)
        fresh, known = self._split(self._without_twins(candidates))
        keys = frozenset([*(one.token for one in (*fresh, *known)), *(one.record_id for one in known)])
        if any(len(external_ids(one.record)) > 1 for one in (*fresh, *known)):
            stolen = self._with_ids_of_others([*fresh, *known])
            fresh, known = [one for one in fresh if one.index not in stolen], [one for one in known if one.index not in stolen]
        prepared = PreparedChunk(tenant=self._tenant, kind=self._spec.kind, response=ImportRowsResponse(), keys=keys)
        with self._vault.keyring.batch(self._tenant) as cipher:
            self._seal_fresh(cipher, fresh, prepared)
            self._seal_known(cipher, known, prepared)
        self._settle_twins()
        prepared.response = ImportRowsResponse(
            chunk=self._request.chunk, outcomes=self._outcomes, issues=fitting(self._issues), record_ids=b"".join(self._ids)
        )
        return prepared

    def _checked(self, rows: Sequence[ImportRow]) -> list[_Candidate]:
        candidates = []
        member, source, of_customers = self._member, self._import.source, self._spec.kind is RecordKind.CUSTOMER
        for index, row in enumerate(rows):
            line = row.line
            if row.WhichOneof("record") != member:
                self._refuse(line, "", "NOT_A_RECORD", f"the row is not a {member}")
                continue
            record: Record = getattr(row, member)
            key = self._key_of(record)
            if key is None:
                self._refuse(line, "external_ids", "MISSING_ID", f"the row has no id in the source {source}")
                continue
            self._stamp(record, line)
            found = violations_of(self._vault, self._tenant, record)
            if found:
                self._refuse_all(line, found)
                continue
            owner_key = b""
            if not of_customers:
                owner = row.customer_key
                if not owner.id:
                    self._refuse(line, "customer_key", "MISSING_CUSTOMER", "the row names no customer")
                    continue
                owner_key = external_id_key(owner.source or source, owner.id)
            candidates.append(_Candidate(index, line, record, key, owner_key))
        return candidates

    def _key_of(self, record: Record) -> bytes | None:
        source = self._import.source
        for one in external_ids(record):
            if one.source == source and one.id:
                return external_id_key(source, one.id)
        return None

    def _stamp(self, record: Record, line: int) -> None:
        provenance = record.provenance
        provenance.source, provenance.import_batch, provenance.line = self._import.source, self._import.name, line

    def _with_owners(self, candidates: list[_Candidate]) -> list[_Candidate]:
        tokens = self._index.tokens(self._owner_field, [candidate.owner_key for candidate in candidates])
        with self._vault.store.read() as view:
            owners = view.records.match_unique(self._tenant, self._owner_field, tokens)
        kept = []
        for candidate, token in zip(candidates, tokens, strict=True):
            owner = owners.get(token)
            if owner is None:
                self._refuse(candidate.line, "customer_key", "UNKNOWN_CUSTOMER", "no customer has this id in the source")
            else:
                candidate.owner_id = owner[0]
                kept.append(candidate)
        return kept

    def _without_twins(self, candidates: list[_Candidate]) -> list[_Candidate]:
        first: dict[bytes, _Candidate] = {}
        for candidate in candidates:
            twin = first.setdefault(candidate.key, candidate)
            if twin is candidate:
                continue
            if same_content(twin.record, candidate.record):
                self._twins.append((candidate, twin))
            else:
                self._refuse_twin(candidate.line, twin.line)
        return list(first.values())

    def _settle_twins(self) -> None:
        """A row that says the same as one before it stands for the same record, and is refused if that one was."""
        for candidate, first in self._twins:
            if self._outcomes[first.index] == RowOutcome.ROW_OUTCOME_REJECTED:
                self._refuse(candidate.line, "", "TWIN_REFUSED", f"line {first.line} says the same and was refused")
            else:
                self._outcomes[candidate.index] = RowOutcome.ROW_OUTCOME_UNCHANGED
                self._ids[candidate.index] = self._ids[first.index]

    def _split(self, candidates: list[_Candidate]) -> tuple[list[_Candidate], list[_Candidate]]:
        tokens = self._index.tokens(self._key_field, [candidate.key for candidate in candidates])
        with self._vault.store.read() as view:
            held = view.records.match_unique(self._tenant, self._key_field, tokens)
        fresh, known = [], []
        for candidate, token in zip(candidates, tokens, strict=True):
            candidate.token, match = token, held.get(token)
            if match is None:
                fresh.append(candidate)
            elif candidate.owner_id not in (b"", match[0]):
                self._refuse(
                    candidate.line, "customer_key", "OTHER_CUSTOMER", "the record with this id belongs to another customer"
                )
            else:
                candidate.owner_id, candidate.record_id = match
                known.append(candidate)
        return fresh, known

    def _with_ids_of_others(self, candidates: list[_Candidate]) -> set[int]:
        """Refuses rows that carry, beside their own id, one that another record or row has; returns their indexes."""
        beside = [
            (candidate, key)
            for candidate in candidates
            for key in (external_id_key(one.source, one.id) for one in external_ids(candidate.record))
            if key != candidate.key
        ]
        tokens = self._index.tokens(self._key_field, [key for _, key in beside])
        with self._vault.store.read() as view:
            held = view.records.match_unique(self._tenant, self._key_field, tokens)
        claimed, refused = {candidate.key: candidate for candidate in candidates}, set[int]()
        for (candidate, key), token in zip(beside, tokens, strict=True):
            first, holder = claimed.setdefault(key, candidate), held.get(token)
            if candidate.index in refused or (first is candidate and (holder is None or holder[1] == candidate.record_id)):
                continue
            refused.add(candidate.index)
            self._refuse(candidate.line, "external_ids", "DUPLICATE_EXTERNAL_ID", "another record has one of the row's ids")
        return refused

    def _seal_fresh(self, cipher: BatchCipher, fresh: list[_Candidate], prepared: PreparedChunk) -> None:
        kind, ids = self._spec.kind, new_ids(self._vault.runtime, len(fresh))
        if kind is RecordKind.CUSTOMER:
            prepared.deks = cipher.create_deks(ids)
            owners = ids
        else:
            owners = [candidate.owner_id for candidate in fresh]
            self._load_deks(cipher, owners)
        refs = [
            RecordRef(self._tenant, owner, kind, record_id, 1, SCHEMA_REVISION)
            for owner, record_id in zip(owners, ids, strict=True)
        ]
        sealed = cipher.seal_many(refs, [canonical(candidate.record) for candidate in fresh])
        now = self._now_us
        prepared.inserts = [
            RecordRow(owner, record_id, 1, RowState.LIVE, now, now, SCHEMA_REVISION, 0, envelope)
            for owner, record_id, envelope in zip(owners, ids, sealed, strict=True)
        ]
        for candidate, owner, record_id in zip(fresh, owners, ids, strict=True):
            candidate.owner_id, candidate.record_id = owner, record_id
            self._done(candidate, RowOutcome.ROW_OUTCOME_CREATED)
        self._add_tokens(fresh, prepared)

    def _seal_known(self, cipher: BatchCipher, known: list[_Candidate], prepared: PreparedChunk) -> None:
        if not known:
            return
        with self._vault.store.read() as view:
            rows = {
                row.record_id: row for row in view.records.get(self._tenant, self._spec.kind, [one.record_id for one in known])
            }
        self._load_deks(cipher, [one.owner_id for one in known])
        changed: dict[bytes, _Candidate] = {}
        for candidate in known:
            row = rows.get(candidate.record_id)
            if row is None or row.state == RowState.DELETED:
                self._refuse(candidate.line, "", "DELETED", "the record is deleted; undelete it first")
                continue
            current = self._spec.message.FromString(cipher.open(reference(self._tenant, self._spec.kind, row), row.sealed))
            if same_content(current, candidate.record) or same_content(current, after := merged(current, candidate.record)):
                self._done(candidate, RowOutcome.ROW_OUTCOME_UNCHANGED)
            elif current.provenance.import_batch == self._import.name:
                self._refuse_twin(candidate.line, current.provenance.line)
            elif twin := changed.get(candidate.record_id):
                self._refuse_twin(candidate.line, twin.line)
            elif broken := [*violations_of(self._vault, self._tenant, after), *size_violations(after)]:
                self._refuse_all(candidate.line, broken)
            else:
                candidate.record = after
                prepared.updates.append(seal_next(cipher, self._spec.kind, row, canonical(after), self._now_us))
                changed[candidate.record_id] = candidate
                self._done(candidate, RowOutcome.ROW_OUTCOME_UPDATED)
        self._add_tokens(list(changed.values()), prepared)

    def _load_deks(self, cipher: BatchCipher, customers: Sequence[bytes]) -> None:
        wanted = [customer for customer in dict.fromkeys(customers) if not cipher.has_dek(customer)]
        with self._vault.store.read() as view:
            cipher.load_deks(view.records.deks(self._tenant, wanted))

    def _add_tokens(self, candidates: list[_Candidate], prepared: PreparedChunk) -> None:
        kind, search, index = self._spec.kind, self._vault.search, self._index
        ids = [(candidate.owner_id, candidate.record_id) for candidate in candidates]
        prepared.tokens += tokens_of_many(index, kind, ids, [search.search_values(one.record) for one in candidates])
        known = (self._key_field, index.version)
        others: list[list[IndexedValue]] = []
        for candidate, (owner_id, record_id) in zip(candidates, ids, strict=True):
            prepared.unique.append(SearchToken(*known, candidate.token, kind, owner_id, record_id))
            # the token of the row's own key was made when it was looked up
            others.append(
                []
                if len(external_ids(candidate.record)) == 1
                else [one for one in search.unique_values(candidate.record) if one != (self._key_field, candidate.key)]
            )
        prepared.unique += tokens_of_many(index, kind, ids, others)

    def _done(self, candidate: _Candidate, outcome: RowOutcome.ValueType) -> None:
        self._outcomes[candidate.index] = outcome
        self._ids[candidate.index] = candidate.record_id
        for name in sorted(candidate.record.unparsed):
            self._issues.append(
                RowIssue(
                    line=candidate.line,
                    field=name,
                    reason="UNPARSED",
                    message="kept as written; it does not parse",
                    fatal=False,
                )
            )

    def _refuse(self, line: int, where: str, reason: str, message: str) -> None:
        self._issues.append(RowIssue(line=line, field=where, reason=reason, message=message, fatal=True))

    def _refuse_all(self, line: int, found: Sequence[Violation]) -> None:
        for violation in found:
            self._refuse(line, violation.field, violation.reason, violation.message)

    def _refuse_twin(self, line: int, first_line: int) -> None:
        self._refuse(
            line,
            "external_ids",
            "DUPLICATE_EXTERNAL_ID",
            f"line {first_line} has the same id and other content; give it another id",
        )
