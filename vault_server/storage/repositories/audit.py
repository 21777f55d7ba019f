"""The audit tables: `ports.audit` on a session. Nothing here updates or deletes a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import BindParameter, Table, and_, bindparam, func, select, tuple_

from vault_server.errors import AlreadyExistsError
from vault_server.ports.audit import AuditHead, AuditRow
from vault_server.storage.session import Row, Session
from vault_server.storage.statements import insert_new, insert_new_rows, numbered
from vault_server.storage.tables import audit_events, audit_heads, audit_resources

_ROWS_AT_ONCE = 32
_SEPARATOR = "\n"  # no resource name contains a control character
_FIELDS = ("writer", "sequence", "time_us", "tenant", "previous", "hash", "payload", "resources")
_COLUMNS = tuple(audit_events.c[name] for name in _FIELDS)
_INSERT_HEAD = insert_new(audit_heads)
_LAST = (
    select(audit_events.c.writer, func.max(audit_events.c.sequence).label("sequence"))
    .group_by(audit_events.c.writer)
    .subquery()
)
_WRITERS = (
    select(audit_events.c.writer, audit_events.c.sequence, audit_events.c.hash)
    .join(_LAST, and_(_LAST.c.writer == audit_events.c.writer, _LAST.c.sequence == audit_events.c.sequence))
    .order_by(audit_events.c.writer)
)
_EVENTS = (
    select(*_COLUMNS)
    .where(audit_events.c.writer == bindparam("writer"), audit_events.c.sequence > bindparam("after"))
    .order_by(audit_events.c.sequence)
    .limit(bindparam("limit"))
)
_HEADS = (
    select(*(audit_heads.c[name] for name in AuditHead._fields))
    .where(audit_heads.c.writer == bindparam("writer"))
    .order_by(audit_heads.c.sequence)
)
_BEFORE: tuple[BindParameter[Any], ...] = (bindparam("time_us"), bindparam("writer"), bindparam("sequence"))
_LATEST = (
    select(*_COLUMNS)
    .where(
        audit_events.c.tenant == bindparam("tenant"),
        tuple_(audit_events.c.time_us, audit_events.c.writer, audit_events.c.sequence) < tuple_(*_BEFORE),
    )
    .order_by(audit_events.c.time_us.desc(), audit_events.c.writer.desc(), audit_events.c.sequence.desc())
    .limit(bindparam("limit"))
)
_LATEST_OF = (
    select(*_COLUMNS)
    .select_from(
        audit_resources.join(
            audit_events,
            and_(audit_events.c.writer == audit_resources.c.writer, audit_events.c.sequence == audit_resources.c.sequence),
        )
    )
    .where(
        audit_resources.c.tenant == bindparam("tenant"),
        audit_resources.c.resource == bindparam("resource"),
        tuple_(audit_resources.c.time_us, audit_resources.c.writer, audit_resources.c.sequence) < tuple_(*_BEFORE),
    )
    .order_by(audit_resources.c.time_us.desc(), audit_resources.c.writer.desc(), audit_resources.c.sequence.desc())
    .limit(bindparam("limit"))
)
_END = (2**63 - 1, "", 0)


class SqlAudit:
    """`ports.audit.AuditRepository` on a session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def append(self, rows: Sequence[AuditRow]) -> None:
        values = [row._asdict() | {"resources": _SEPARATOR.join(row.resources)} for row in rows]
        if self._insert(audit_events, values) != len(values):
            raise AlreadyExistsError("the audit chain has this sequence number already", reason="DUPLICATE_SEQUENCE")
        places: list[dict[str, object]] = [
            {"tenant": row.tenant, "resource": resource, "time_us": row.time_us, "writer": row.writer, "sequence": row.sequence}
            for row in rows
            for resource in row.resources
        ]
        self._insert(audit_resources, places)

    def _insert(self, table: Table, rows: Sequence[Mapping[str, object]]) -> int:
        """How many rows were new."""
        new = 0
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            some = rows[start : start + _ROWS_AT_ONCE]
            new += self._session.run(insert_new_rows(table, len(some)), **numbered(some))
        return new

    def append_head(self, head: AuditHead) -> None:
        if not self._session.run(_INSERT_HEAD, **head._asdict()):
            raise AlreadyExistsError("the audit chain has a head at this sequence number already", reason="DUPLICATE_SEQUENCE")

    def writers(self) -> list[tuple[str, int, bytes]]:
        return cast("list[tuple[str, int, bytes]]", self._session.rows(_WRITERS))

    def events(self, writer: str, *, after: int, limit: int) -> list[AuditRow]:
        return [_audit_row(row) for row in self._session.rows(_EVENTS, writer=writer, after=after, limit=limit)]

    def heads(self, writer: str) -> list[AuditHead]:
        return list(map(AuditHead._make, self._session.rows(_HEADS, writer=writer)))

    def latest(self, tenant: str, *, before: tuple[int, str, int] | None, limit: int, resource: str = "") -> list[AuditRow]:
        time_us, writer, sequence = before or _END
        place = {"tenant": tenant, "time_us": time_us, "writer": writer, "sequence": sequence, "limit": limit}
        if resource:
            return [_audit_row(row) for row in self._session.rows(_LATEST_OF, **place, resource=resource)]
        return [_audit_row(row) for row in self._session.rows(_LATEST, **place)]


def _audit_row(row: Row) -> AuditRow:
    joined = cast("str", row[7])
    return AuditRow._make((*row[:7], tuple(joined.split(_SEPARATOR)) if joined else ()))
