"""The rows of one stream of a read session, opened and encoded: the same work in the vault's process and in a bulk process.

A page is read in a short snapshot of its own, then opened and encoded outside of it. It leaves in parts that fit a message;
behind each part the stream can be resumed, so a part says where it ends. Resume tokens are not made here: they need a key that
bulk processes are not lent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from strongroom.api.v1.read_session_service_pb2 import ReadRowsResponse
from vault_server.errors import IntegrityError
from vault_server.ports.keys import BatchCipher, Batches, WrappedDek
from vault_server.ports.pages import Part, Place
from vault_server.ports.records import DerivedRow, RecordKind, RecordRow
from vault_server.ports.run_secrets import Pseudonyms
from vault_server.ports.store import ReadableStore
from vault_server.records.dictionary import Dictionary
from vault_server.records.projection import Projection
from vault_server.usecases.attribute_catalogue import Definitions
from vault_server.usecases.record_kinds import BY_KIND
from vault_server.usecases.row_encoding import RowEncoder
from vault_server.usecases.sealed_rows import open_derived, references
from vault_server.usecases.session_plan import SessionPlan
from vault_server.usecases.step_parts import steps_of

PAGE_ROWS = 1000
PART_BYTES = 3 << 19  # of envelopes; a message holds 4 MiB, and batches of about 1 MiB stream best
ANY_POSITION = (1 << 63) - 1


class Page(NamedTuple):
    """What one snapshot gave: parts, made when they are asked for, and where rows may follow; None at the end."""

    parts: Iterator[Part]
    behind: Place | None


class Batch(NamedTuple):
    """Stored rows of one snapshot."""

    rows: list[tuple[RecordRow, WrappedDek]]
    derived: list[DerivedRow]
    behind: Place | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPages:
    """Makes the pages of one session's streams."""

    store: ReadableStore
    keyring: Batches
    tenant: str
    plan: SessionPlan
    encoder: RowEncoder

    def page(self, after: Place, end: Place) -> Page:
        """Up to `PAGE_ROWS` rows behind `after`, up to and with `end`."""
        batch = self._batch(after, end)
        return Page(self._parts(batch), batch.behind)

    def parts(self, after: Place, end: Place) -> Iterator[Part]:
        """Everything behind `after` up to and with `end`; as a rule, one page."""
        place: Place | None = after
        while place is not None:
            page = self.page(place, end)
            yield from page.parts
            place = page.behind

    def end_of_page(self, after: Place, end: Place) -> Place | None:
        """Where a page behind `after` ends; None if the rows up to `end` fill no page."""
        with self.store.read() as view:
            return view.records.place_of_nth(
                self.tenant, self.plan.record_kind, after=after, through_customer=end[0], number=PAGE_ROWS
            )

    def _batch(self, after: Place, end: Place) -> Batch:
        plan, tenant, kind = self.plan, self.tenant, self.plan.record_kind
        with self.store.read() as view:
            scanned = view.records.scan(
                tenant, kind, after=after, through_customer=end[0], max_position=ANY_POSITION, limit=PAGE_ROWS
            )
            last = _place(scanned[-1][0]) if scanned else end
            rows = [pair for pair in scanned if pair[0].created_us <= plan.opened_us]
            if last > end:  # of the last customer's records only some belong to this page
                rows = [pair for pair in rows if _place(pair[0]) <= end]
            if plan.consent_required:
                consented = view.records.consented(tenant, plan.purpose_id, list({row.customer_id for row, _ in rows}))
                rows = [pair for pair in rows if pair[0].customer_id in consented]
            steps = steps_of(plan.fields) if kind is RecordKind.CUSTOMER else frozenset[str]()
            derived = view.records.derived(tenant, [row.customer_id for row, _ in rows]) if steps and rows else []
        wanted = [row for row in derived if row.step in steps]  # rows of other steps are not opened
        return Batch(rows, wanted, last if len(scanned) == PAGE_ROWS and last < end else None)

    def _parts(self, batch: Batch) -> Iterator[Part]:
        if batch.rows:
            for part in split(batch, self.encoder.most_rows(PART_BYTES)):
                yield Part(_place(part.rows[-1][0]), self._encode(part))

    def _encode(self, batch: Batch) -> ReadRowsResponse:
        rows = [row for row, _ in batch.rows]
        deks = [dek for _, dek in batch.rows]
        with self.keyring.batch(self.tenant) as cipher:
            plaintexts = self._opened(cipher, rows, deks)
        derived = open_derived(self.keyring, self.tenant, batch.derived, deks) if batch.derived else {}
        return self.encoder.encode(rows, plaintexts, derived)

    def _opened(self, cipher: BatchCipher, rows: Sequence[RecordRow], deks: Sequence[WrappedDek]) -> list[bytes]:
        """A customer's row is the only one under its key; transactions and needs of a customer share one."""
        kind = self.plan.record_kind
        if kind is RecordKind.CUSTOMER:
            try:
                return cipher.open_each(kind, rows, deks)
            except IntegrityError:  # sealed under an older version of the key, or broken: every version tells
                with self.store.read() as view:
                    deks = view.records.deks(cipher.tenant, [row.customer_id for row in rows])
        cipher.load_deks(list(dict.fromkeys(deks)))
        return cipher.open_many(references(cipher.tenant, kind, rows), [row.sealed for row in rows])


def row_encoder(
    dictionary: Dictionary, attributes: Definitions, tenant: str, plan: SessionPlan, pseudonyms: Pseudonyms | None
) -> RowEncoder:
    """The encoder that a plan asks for."""
    kind, arrow = plan.record_kind, None
    if plan.arrow:
        from vault_server.records.arrow import ArrowEncoder  # late: 36 MB that a bulk process may never need

        arrow = ArrowEncoder(dictionary, kind, plan.fields, attributes, visible_fields=plan.visible, in_full=not plan.run_id)
    projection = Projection(dictionary, kind, plan.fields, attributes, visible_fields=plan.visible)
    return RowEncoder(spec=BY_KIND[kind], tenant=tenant, arrow=arrow, projection=projection, pseudonyms=pseudonyms)


def split(batch: Batch, most_rows: int) -> Iterator[Batch]:
    """The batch in parts that fit a message; as a rule it is one."""
    beside: Counter[bytes] = Counter()
    for one in batch.derived:
        beside[one.customer_id] += len(one.sealed)
    start = size = 0
    for index, (row, _) in enumerate(batch.rows):
        more = len(row.sealed) + beside[row.customer_id]
        if index > start and (size + more > PART_BYTES or index - start >= most_rows):
            yield _cut(batch, start, index)
            start, size = index, 0
        size += more
    yield batch if start == 0 else _cut(batch, start, len(batch.rows))


def _cut(batch: Batch, start: int, end: int) -> Batch:
    rows = batch.rows[start:end]
    customers = {row.customer_id for row, _ in rows}
    return Batch(rows, [one for one in batch.derived if one.customer_id in customers], None)


def _place(row: RecordRow) -> Place:
    return row.customer_id, row.record_id
