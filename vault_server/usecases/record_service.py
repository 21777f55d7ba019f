"""Single customers, transactions and needs: create, read, update, delete, list, search. One class for all three kinds.

Reads collect sealed rows and keys in one snapshot and open them outside it. Writes seal outside the transaction and write
over exactly the version they read; whoever was overtaken gets ETAG_MISMATCH.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple

from google.protobuf.field_mask_pb2 import FieldMask

from strongroom.api.v1.customer_pb2 import DerivedData
from vault_server.errors import (
    AlreadyExistsError,
    ConflictError,
    ErasedError,
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
)
from vault_server.ports.keys import WrappedDek
from vault_server.ports.records import DerivedRow, RecordKind, RecordRow, RowState
from vault_server.ports.runtime import new_ids
from vault_server.ports.store import ReadView, WriteView
from vault_server.records.sealing import canonical, etag
from vault_server.usecases import names
from vault_server.usecases.call import Call
from vault_server.usecases.checked_record import check_record
from vault_server.usecases.derived_sight import UnderPurpose, seen_derived
from vault_server.usecases.paging import Pages
from vault_server.usecases.record_kinds import KindSpec, R
from vault_server.usecases.replay import Replay, replay_of
from vault_server.usecases.sealed_rows import as_record, only_row, open_rows, require_deks, seal_new, seal_next
from vault_server.usecases.search_tokens import require_unclaimed, search_tokens, unique_tokens
from vault_server.usecases.update_mask import apply_mask
from vault_server.usecases.vault import Vault

MAX_BATCH = 1000
MAX_PAGE = 1000
MAX_FOUND = 100
MAX_HITS = 1000  # of which deleted records and second tokens of one record are left out
PAGE_BYTES = 3 << 20  # a message holds 4 MiB


class Found(NamedTuple, Generic[R]):
    """Records in order, derived data beside them (empty messages unless asked for), names that do not exist, next page.

    Attributes:
        purposes: under which derived data is shown; the audit names each.
    """

    records: list[R]
    derived: list[DerivedData]
    purposes: Sequence[UnderPurpose] = ()
    missing: list[str] = []  # noqa: RUF012 - a named tuple's default; never changed
    next_page_token: str = ""


class _Rows(NamedTuple):
    rows: list[RecordRow]
    deks: list[WrappedDek]
    derived: list[DerivedRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordService(Generic[R]):
    """The use cases of one kind of record."""

    vault: Vault
    spec: KindSpec[R]

    def create(self, call: Call, parent: str, record: R, *, request_id: str, validate_only: bool) -> R:
        """Store a new record.

        Raises:
            InvalidArgumentError: the record breaks a rule; every broken rule is named.
            AlreadyExistsError: another record has one of its external ids.
            NotFoundError: the customer of a transaction or need does not exist.
        """
        tenant, customer_id = self._parse_parent(call, parent)
        content = canonical(record)
        check_record(self.vault, tenant, record)
        replay = replay_of(self.vault, call, request_id, parent.encode() + content)
        return self._once(
            call, replay, lambda: self._create(call, tenant, customer_id, record, content, replay, validate_only=validate_only)
        )

    def _create(
        self,
        call: Call,
        tenant: str,
        customer_id: bytes | None,
        record: R,
        content: bytes,
        replay: Replay,
        *,
        validate_only: bool,
    ) -> R:
        record_id, now_us = new_ids(self.vault.runtime, 1)[0], self.vault.runtime.now_us()
        owner = record_id if customer_id is None else customer_id
        name = self.spec.name(tenant, owner, record_id)
        deks = [] if customer_id is None else self._deks_of_live_customer(tenant, owner)
        new_dek: list[WrappedDek] = []
        with self.vault.keyring.batch(tenant) as cipher:
            if customer_id is None:
                new_dek.append(cipher.create_dek(owner))
            cipher.load_deks(deks)
            row = seal_new(cipher, self.spec.kind, owner, record_id, content, now_us)
        unique = unique_tokens(self.vault, tenant, self.spec, owner, record_id, record)
        tokens = search_tokens(self.vault, tenant, self.spec, owner, record_id, record)
        call.audit([name])
        if validate_only:
            require_unclaimed(self.vault, tenant, unique)
            return as_record(self.spec, tenant, row, content)

        def work(view: WriteView) -> None:
            replay.record(view, name, now_us)
            if new_dek:
                view.records.insert_deks(tenant, new_dek)
            view.records.insert(tenant, self.spec.kind, [row])
            view.records.put_tokens(tenant, tokens, unique=unique)

        self.vault.store.write(work)
        return as_record(self.spec, tenant, row, content)

    def get(self, call: Call, name: str, *, full: bool = False) -> Found[R]:
        """One record; a deleted one too, with its state."""
        parsed = self._parse(call, name)
        found = self._open(call, parsed.tenant, self._read(parsed.tenant, [parsed], full=full))
        if not found.records:
            self._raise_missing(parsed)
        _audit(call, [name], 1, found.purposes)
        return found

    def batch_get(self, call: Call, parent: str, wanted: Sequence[str], *, full: bool = False) -> Found[R]:
        """Up to 1,000 records of one tenant (or one customer) by name, in the order asked for."""
        tenant = self._tenant_of_parent(call, parent)
        if len(wanted) > MAX_BATCH:
            raise InvalidArgumentError(
                f"at most {MAX_BATCH} names in one call", reason="TOO_MANY_NAMES", metadata={"field": "names"}
            )
        parsed = [self._parse(call, name) for name in wanted]
        found = self._open(call, tenant, self._read(tenant, parsed, full=full))
        _audit(call, wanted, len(found.records), found.purposes)
        there = {record.name for record in found.records}
        return found._replace(missing=[name for name in wanted if name not in there])

    def update(self, call: Call, record: R, mask: FieldMask, *, request_id: str, validate_only: bool) -> R:
        """Write the fields that the mask names over the stored record."""
        parsed = self._parse(call, record.name)
        replay = replay_of(
            self.vault, call, request_id, record.SerializeToString(deterministic=True) + repr(list(mask.paths)).encode()
        )
        return self._once(call, replay, lambda: self._update(call, parsed, record, mask, replay, validate_only=validate_only))

    def _update(
        self, call: Call, parsed: names.RecordName, record: R, mask: FieldMask, replay: Replay, *, validate_only: bool
    ) -> R:
        stored = self._require(parsed, record.etag)
        if stored.rows[0].state == RowState.DELETED:
            raise FailedPreconditionError("the record is deleted", reason="DELETED", hint="undelete it first")
        current = self.spec.message.FromString(
            open_rows(self.vault, parsed.tenant, self.spec.kind, stored.rows, stored.deks)[0]
        )
        apply_mask(current, record, mask)
        check_record(self.vault, parsed.tenant, current)
        return self._write_over(call, parsed, stored, current, replay, state=RowState.LIVE, validate_only=validate_only)

    def set_deleted(self, call: Call, name: str, expected_etag: str, *, deleted: bool, request_id: str) -> R:
        """Hide a record, or bring it back. Doing it again is harmless."""
        parsed = self._parse(call, name)
        replay = replay_of(self.vault, call, request_id, f"{name}\n{expected_etag}\n{deleted}".encode())
        return self._once(call, replay, lambda: self._set_deleted(call, parsed, expected_etag, replay, deleted=deleted))

    def _set_deleted(self, call: Call, parsed: names.RecordName, expected_etag: str, replay: Replay, *, deleted: bool) -> R:
        stored = self._require(parsed, expected_etag)
        plaintext = open_rows(self.vault, parsed.tenant, self.spec.kind, stored.rows, stored.deks)[0]
        state = RowState.DELETED if deleted else RowState.LIVE
        if stored.rows[0].state == state:
            call.audit([self.spec.name(*parsed)])
            return as_record(self.spec, parsed.tenant, stored.rows[0], plaintext)
        current = self.spec.message.FromString(plaintext)
        return self._write_over(call, parsed, stored, current, replay, state=state, validate_only=False)

    def list_records(
        self, call: Call, parent: str, *, page_size: int, page_token: str, show_deleted: bool, full: bool = False
    ) -> Found[R]:
        """Records in the order of their creation."""
        tenant, customer_id = self._parse_list_parent(call, parent)
        pages = Pages(self.vault, tenant, f"{self.spec.collection}:{parent}:{show_deleted}")
        limit = pages.size(page_size, default=100, most=MAX_PAGE)
        after_id = pages.start(page_token)
        with self.vault.store.read() as view:
            rows = view.records.page(
                tenant, self.spec.kind, after_id=after_id, limit=limit + 1, customer_id=customer_id, show_deleted=show_deleted
            )
            collected = self._with_keys(view, tenant, rows[:limit], full=full)
        shown = _fitting(collected)
        found = self._open(call, tenant, collected._replace(rows=collected.rows[:shown]))
        _audit(call, [parent], len(found.records), found.purposes)
        token = pages.token(rows[shown - 1].record_id) if len(rows) > shown else ""
        return found._replace(next_page_token=token)

    def search(
        self, call: Call, parent: str, field: str, tokens: Sequence[bytes], *, limit: int = MAX_FOUND, full: bool = False
    ) -> Found[R]:
        """Records that carry any of the search tokens of an indexed field, deleted ones left out."""
        tenant = call.require_tenant(names.parse_tenant(parent))
        wanted = Pages(self.vault, tenant, "").size(limit, default=MAX_FOUND, most=MAX_FOUND)
        number = self.vault.dictionary.index_number(self.spec.kind, field)
        with self.vault.store.read() as view:
            hits = view.records.find_tokens(tenant, number, tokens, limit=MAX_HITS)
            ids = list(dict.fromkeys(hit.record_id for hit in hits if hit.kind == self.spec.kind))
            if len(ids) == 1 and not full:
                rows, deks = view.records.get_with_keys(tenant, self.spec.kind, ids[0])
                collected = _Rows(rows, deks, []) if rows and rows[0].state == RowState.LIVE else _Rows([], [], [])
            else:
                rows = [row for row in view.records.get(tenant, self.spec.kind, ids) if row.state == RowState.LIVE]
                collected = self._with_keys(view, tenant, rows[:wanted], full=full)
        found = self._open(call, tenant, collected)
        _audit(call, [record.name for record in found.records], len(found.records), found.purposes, fields=[field])
        return found

    def _write_over(
        self,
        call: Call,
        parsed: names.RecordName,
        stored: _Rows,
        current: R,
        replay: Replay,
        *,
        state: RowState,
        validate_only: bool,
    ) -> R:
        tenant, kind, row = parsed.tenant, self.spec.kind, stored.rows[0]
        content, now_us = canonical(current), self.vault.runtime.now_us()
        name = self.spec.name(tenant, row.customer_id, row.record_id)
        with self.vault.keyring.batch(tenant) as cipher:
            cipher.load_deks(require_deks(stored.deks))
            following = seal_next(cipher, kind, row, content, now_us, state=state)
        unique = unique_tokens(self.vault, tenant, self.spec, row.customer_id, row.record_id, current)
        tokens = search_tokens(self.vault, tenant, self.spec, row.customer_id, row.record_id, current)
        call.audit([name])
        if validate_only:
            require_unclaimed(self.vault, tenant, unique)
            return as_record(self.spec, tenant, following, content)

        def work(view: WriteView) -> None:
            replay.record(view, name, now_us)
            view.records.update(tenant, kind, [following])
            view.records.drop_tokens(tenant, kind, [row.record_id])
            view.records.put_tokens(tenant, tokens, unique=unique)

        self.vault.store.write(work)
        return as_record(self.spec, tenant, following, content)

    def _once(self, call: Call, replay: Replay, work: Callable[[], R]) -> R:
        """Do a mutation, unless it was done before under its request id, also by a twin that runs at the same time."""
        if replay.done is not None:
            return self.get(call, replay.done).records[0]
        try:
            return work()
        except (AlreadyExistsError, ConflictError):
            done = replay.done_meanwhile(self.vault)
            if done is None:
                raise
            return self.get(call, done).records[0]

    def _read(self, tenant: str, parsed: Sequence[names.RecordName], *, full: bool) -> _Rows:
        owners = {item.record_id: item.customer_id for item in parsed}
        with self.vault.store.read() as view:
            if len(parsed) == 1 and not full:
                rows, deks = view.records.get_with_keys(tenant, self.spec.kind, parsed[0].record_id)
                return _Rows(rows, deks, []) if rows and rows[0].customer_id == parsed[0].customer_id else _Rows([], [], [])
            rows = view.records.get(tenant, self.spec.kind, list(owners))
            mine = [row for row in rows if owners[row.record_id] == row.customer_id]
            return self._with_keys(view, tenant, mine, full=full)

    def _with_keys(self, view: ReadView, tenant: str, rows: list[RecordRow], *, full: bool) -> _Rows:
        customers = list(dict.fromkeys(row.customer_id for row in rows))
        derived = view.records.derived(tenant, customers) if full and customers else []
        return _Rows(rows, view.records.deks(tenant, customers) if customers else [], derived)

    def _open(self, call: Call, tenant: str, collected: _Rows) -> Found[R]:
        plaintexts = open_rows(self.vault, tenant, self.spec.kind, collected.rows, collected.deks)
        rows = collected.rows
        records = [as_record(self.spec, tenant, row, plaintext) for row, plaintext in zip(rows, plaintexts, strict=True)]
        if not collected.derived:
            return Found(records, [DerivedData() for _ in rows])
        shown = {row.customer_id for row in rows}
        beside = [row for row in collected.derived if row.customer_id in shown]
        parts, purposes = seen_derived(self.vault, call, tenant, beside, collected.deks)
        return Found(records, [parts.get(row.customer_id, DerivedData()) for row in rows], purposes)

    def _require(self, parsed: names.RecordName, expected_etag: str) -> _Rows:
        stored = self._read(parsed.tenant, [parsed], full=False)
        row = only_row(stored.rows)
        if row is None:
            self._raise_missing(parsed)
        elif expected_etag and expected_etag != etag(row.record_id, row.version):
            raise ConflictError(
                "the record has changed since it was read", reason="ETAG_MISMATCH", hint="read it again, then update"
            )
        return stored

    def _raise_missing(self, parsed: names.RecordName) -> None:
        with self.vault.store.read() as view:
            erased = bool(view.records.erased(parsed.tenant, [parsed.customer_id]))
        if erased:
            raise ErasedError("the customer was erased", hint="an erased customer cannot come back; create a new one")
        raise NotFoundError(f"there is no such {self.spec.message.DESCRIPTOR.name.lower()}")

    def _deks_of_live_customer(self, tenant: str, customer_id: bytes) -> Sequence[WrappedDek]:
        with self.vault.store.read() as view:
            rows = view.records.get(tenant, RecordKind.CUSTOMER, [customer_id])
            deks = view.records.deks(tenant, [customer_id])
            erased = bool(view.records.erased(tenant, [customer_id]))
        if erased:
            raise ErasedError("the customer was erased")
        if not rows:
            raise NotFoundError("there is no such customer")
        return require_deks(deks)

    def _parse(self, call: Call, name: str) -> names.RecordName:
        parsed = self.spec.parse(name)
        call.require_tenant(parsed.tenant)
        return parsed

    def _parse_parent(self, call: Call, parent: str) -> tuple[str, bytes | None]:
        if self.spec.kind is RecordKind.CUSTOMER:
            return call.require_tenant(names.parse_tenant(parent)), None
        tenant, customer_id = names.parse_customer(parent)
        return call.require_tenant(tenant), customer_id

    def _parse_list_parent(self, call: Call, parent: str) -> tuple[str, bytes | None]:
        if self.spec.kind is RecordKind.CUSTOMER:
            return call.require_tenant(names.parse_tenant(parent)), None
        tenant, customer_id = names.parse_customer_or_any(parent)
        return call.require_tenant(tenant), customer_id

    def _tenant_of_parent(self, call: Call, parent: str) -> str:
        return self._parse_list_parent(call, parent)[0]


def _audit(
    call: Call, resources: Sequence[str], records: int, purposes: Sequence[UnderPurpose], *, fields: Sequence[str] = ()
) -> None:
    """One event; where derived data is shown under several purposes, one for each."""
    for purpose, parts in purposes or [UnderPurpose("", ())]:
        call.audit(resources, records=records, purpose=purpose, fields=[*fields, *parts])


def _fitting(collected: _Rows) -> int:
    """How many of the rows, at least one, fit into a message with their derived data."""
    beside: Counter[bytes] = Counter()
    for part in collected.derived:
        beside[part.customer_id] += len(part.sealed)
    size = 0
    for count, row in enumerate(collected.rows):
        size += len(row.sealed) + beside[row.customer_id]
        if size > PAGE_BYTES and count:
            return count
    return len(collected.rows)
