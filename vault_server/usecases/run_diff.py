"""Compares what two runs derived: a merge of both runs' results in customer order.

Rules. One page looks at a bounded number of results of each run and answers with a bounded number of bytes, so neither memory
nor a message grows with the runs. Results are compared as they were sealed, to the byte, without their origins; only results
that differ are parsed. Counts are aggregates, for roles; who may see both runs' results (`result_sight`) may see what changed,
each run's side as its own purpose allows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from strongroom.api.v1.analysis_service_pb2 import (
    ChangeKind,
    CustomerChange,
    DiffRunsRequest,
    DiffRunsResponse,
    PartChange,
    PartCounts,
)
from strongroom.api.v1.customer_pb2 import DerivedData
from vault_server.errors import InvalidArgumentError
from vault_server.ports.records import DerivedRow
from vault_server.records.projection import DERIVED_FIELDS
from vault_server.usecases import names
from vault_server.usecases.call import Call
from vault_server.usecases.paging import Pages
from vault_server.usecases.result_sight import ResultSight, sight_of_results
from vault_server.usecases.runs import Runs
from vault_server.usecases.sealed_rows import derived_reference, set_origins
from vault_server.usecases.step_parts import PART_OF_STEP
from vault_server.usecases.vault import Vault

DEFAULT_ROWS, MAX_ROWS = 500, 1000
MAX_BYTES = 1 << 20
ADDED, REMOVED = ChangeKind.CHANGE_KIND_ADDED, ChangeKind.CHANGE_KIND_REMOVED
CHANGED = ChangeKind.CHANGE_KIND_CHANGED

Opened = dict[tuple[bytes, str], tuple[DerivedRow, bytes]]
"""Plaintexts by customer and part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDiff:
    """Compares runs."""

    vault: Vault
    runs: Runs

    def page(self, call: Call, request: DiffRunsRequest) -> DiffRunsResponse:
        """One page.

        Raises:
            FailedPreconditionError: one of the runs has no results (reason RUN_NOT_SUCCEEDED).
            InvalidArgumentError: no such part.
            PermissionDeniedError: more than counts are asked for, and the purpose of one of the runs is not granted.
        """
        before, after = (self.runs.require_results(call, name) for name in (request.before, request.after))
        tenant, before_id, after_id = before.tenant, before.run_id, after.run_id
        sights = () if request.counts_only else [sight_of_results(self.vault, call, row) for row in (before, after)]
        parts = _checked_parts(request.parts)
        pages = Pages(self.vault, tenant, f"diff:{request.before}:{request.after}:{','.join(parts)}:{request.counts_only}")
        limit = pages.size(request.page_size, default=DEFAULT_ROWS, most=MAX_ROWS)
        start = pages.start(request.page_token)
        with self.vault.store.read() as view:
            one = view.records.derived_scan(tenant, before_id, after=start, limit=limit)
            two = view.records.derived_scan(tenant, after_id, after=start, limit=limit)
            through = min((rows[-1].customer_id for rows in (one, two) if rows), default=b"")
            one, two = _through(one, through), _through(two, through)
            customers = sorted({row.customer_id for row in (*one, *two)})
            deks = view.records.deks(tenant, customers)
            willing = [sight.willing(view, customers) for sight in sights]
        with self.vault.keyring.batch(tenant) as cipher:
            cipher.load_deks(list(deks))
            opened = []
            for rows in (one, two):
                held = [row for row in rows if cipher.has_dek(row.customer_id) and PART_OF_STEP.get(row.step, "") in parts]
                texts = cipher.open_many([derived_reference(tenant, row) for row in held], [row.sealed for row in held])
                pairs = zip(held, texts, strict=True)
                opened.append({(row.customer_id, PART_OF_STEP[row.step]): (row, text) for row, text in pairs})
        page = _Page(tenant, *opened)
        last = page.fill(customers, parts, sides=[_Side(*one) for one in zip(sights, willing, strict=True)])
        for purpose, fields in dict.fromkeys((sight.purpose, sight.fields) for sight in sights) or [("", ())]:
            call.audit([request.before, request.after], records=len(page.changes), purpose=purpose, fields=fields)
        return DiffRunsResponse(
            counts=[page.counts[part] for part in parts if part in page.counts],
            changes=page.changes,
            next_page_token=pages.token(last) if last else "",
        )


class _Side(NamedTuple):
    """What may be seen of one run, and of whom."""

    sight: ResultSight
    willing: frozenset[bytes]


class _Page:
    """The counts and changes of one page."""

    def __init__(self, tenant: str, before: Opened, after: Opened) -> None:
        self._tenant = tenant
        self._before, self._after = before, after
        self.counts: dict[str, PartCounts] = {}
        self.changes: list[CustomerChange] = []

    def fill(self, customers: Sequence[bytes], parts: Sequence[str], *, sides: Sequence[_Side]) -> bytes:
        """Compare until the message is large; the last customer compared, b"" if there was none. Without sides, count only."""
        size, last = 0, b""
        for last in customers:
            found = list(self._parts_of(last, parts))
            if found and sides and all(last in side.willing for side in sides):
                self.changes.append(self._change(last, found, sides))
                size += self.changes[-1].ByteSize()
            if size > MAX_BYTES:
                break
        return last

    def _parts_of(self, customer: bytes, parts: Sequence[str]) -> Iterator[tuple[str, ChangeKind.ValueType]]:
        for part in parts:
            before, after = self._before.get((customer, part)), self._after.get((customer, part))
            if before is None and after is None:
                continue
            counts = self.counts.setdefault(part, PartCounts(part=part))
            if before is None:
                counts.added += 1
                yield part, ADDED
            elif after is None:
                counts.removed += 1
                yield part, REMOVED
            elif before[1] == after[1]:
                counts.same += 1
            else:
                counts.changed += 1
                yield part, CHANGED

    def _change(
        self, customer: bytes, found: Sequence[tuple[str, ChangeKind.ValueType]], sides: Sequence[_Side]
    ) -> CustomerChange:
        change = CustomerChange(customer=names.customer_name(self._tenant, customer))
        for part, kind in found:
            change.parts.append(PartChange(part=part, change=kind))
            both = ((self._before, change.before), (self._after, change.after))
            for (opened, told), side in zip(both, sides, strict=True):
                if (customer, part) in opened:
                    told.MergeFrom(side.sight.shown(_derived(self._tenant, *opened[customer, part])))
        return change


def _derived(tenant: str, row: DerivedRow, plaintext: bytes) -> DerivedData:
    derived = DerivedData.FromString(plaintext)
    set_origins(derived, tenant, row)
    return derived


def _through(rows: Sequence[DerivedRow], customer_id: bytes) -> list[DerivedRow]:
    return [row for row in rows if row.customer_id <= customer_id]


def _checked_parts(asked: Sequence[str]) -> tuple[str, ...]:
    if set(asked) - set(DERIVED_FIELDS):
        raise InvalidArgumentError(
            f"parts must be some of {', '.join(DERIVED_FIELDS)}", reason="UNKNOWN_PART", metadata={"field": "parts"}
        )
    return tuple(part for part in DERIVED_FIELDS if not asked or part in asked)
