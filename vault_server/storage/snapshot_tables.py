"""Which tables and columns a backup holds, in loading order, and what the left-out columns are when it is loaded.

Left out: search tokens (rebuilt), read sessions, leases of the scheduler and of runs, cells of runs under way (computed again),
change positions (they belong to one database's epoch), and the epoch itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, Table, select

from vault_server.ports.snapshot import SnapshotTable
from vault_server.storage import review_tables, run_tables
from vault_server.storage import tables as t
from vault_server.storage.whole_schema import metadata

_LEFT_OUT_VALUES: dict[str, object] = {"position": 0, "lease_digest": b"", "lease_expires_us": 0}
_LEFT_OUT = {run_tables.runs.name: frozenset({"position", "lease_digest", "lease_expires_us"})}
_POSITION = frozenset({"position"})


@dataclass(frozen=True, slots=True)
class BackedUpTable:
    """A table as backups see it."""

    table: Table
    columns: tuple[str, ...]
    left_out: dict[str, object]

    @property
    def described(self) -> SnapshotTable:
        return SnapshotTable(self.table.name, self.columns, keys=self.table is t.deks)

    def query(self) -> Select[tuple[object, ...]]:
        key: list[ColumnElement[object]] = list(self.table.primary_key)
        return select(*(self.table.c[name] for name in self.columns)).order_by(*key)


def _backed_up(table: Table) -> BackedUpTable:
    names = [column.name for column in table.columns]
    left_out = _LEFT_OUT.get(table.name, _POSITION) & set(names)
    kept = tuple(name for name in names if name not in left_out)
    return BackedUpTable(table, kept, {name: _LEFT_OUT_VALUES[name] for name in sorted(left_out)})


BACKED_UP = {
    table.name: _backed_up(table)
    for table in (
        t.vault,
        t.tenants,
        t.keks,
        t.deks,
        t.customers,
        t.transactions,
        t.needs,
        t.consents,
        t.erasures,
        run_tables.derived,
        run_tables.result_streams,
        run_tables.current_runs,
        run_tables.step_commits,
        run_tables.runs,
        run_tables.checkpoints,
        run_tables.artifacts,
        review_tables.proposals,
        review_tables.proposal_drafts,
        t.resources,
        t.api_tokens,
        t.certificates,
        t.requests,
        t.import_chunks,
        t.audit_events,
        t.audit_resources,
        t.audit_heads,
        t.schedule_slots,
    )
}
NOT_BACKED_UP = frozenset(metadata.tables) - frozenset(BACKED_UP)
