"""Small configuration resources: `ports.resources` on a session.

A removed resource stays as its own tombstone with an empty payload; using its id again goes on from its version, so a version
that somebody remembers never comes back with other content.
"""

from __future__ import annotations

from typing import cast

from sqlalchemy import bindparam, select, update

from vault_server.errors import AlreadyExistsError, ConflictError
from vault_server.ports.resources import Resource, ResourceKind
from vault_server.storage.session import Row, Session
from vault_server.storage.statements import insert_new
from vault_server.storage.tables import resources

_OF_KIND = (resources.c.tenant == bindparam("tenant"), resources.c.kind == bindparam("kind"))
_COLUMNS = (resources.c.id, resources.c.version, resources.c.payload, resources.c.removed)
_GET = select(*_COLUMNS).where(*_OF_KIND, resources.c.id == bindparam("id"))
_LIST = select(*_COLUMNS).where(*_OF_KIND, resources.c.removed == 0).order_by(resources.c.id)
_INSERT = insert_new(resources)
_UPDATE = (
    update(resources)
    .where(
        resources.c.tenant == bindparam("of_tenant"),
        resources.c.kind == bindparam("of_kind"),
        resources.c.id == bindparam("of_id"),
        resources.c.version == bindparam("of_version"),
    )
    .values(
        version=bindparam("of_version") + 1,
        payload=bindparam("new_payload"),
        removed=bindparam("new_removed"),
        position=bindparam("new_position"),
    )
)
_ATTEMPTS = 3


class SqlResources:
    """`ports.resources.ResourceWriter` on a session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, tenant: str, kind: ResourceKind, resource_id: str) -> Resource | None:
        found = self._row(tenant, kind, resource_id)
        return None if found is None or found[3] else Resource._make(found[:3])

    def list(self, tenant: str, kind: ResourceKind) -> list[Resource]:
        return [Resource._make(row[:3]) for row in self._session.rows(_LIST, tenant=tenant, kind=int(kind))]

    def put(
        self, tenant: str, kind: ResourceKind, resource_id: str, payload: bytes, *, expected_version: int | None = None
    ) -> Resource:
        for _ in range(_ATTEMPTS):
            row = self._row(tenant, kind, resource_id)
            _check(row, expected_version)
            version = self._write(tenant, kind, resource_id, row, payload)
            if version:
                return Resource(resource_id, version, payload)
        raise ConflictError(
            "the resource is being changed by others", reason="ETAG_MISMATCH", hint="read it again and repeat the change"
        )

    def delete(self, tenant: str, kind: ResourceKind, resource_id: str) -> bool:
        row = self._row(tenant, kind, resource_id)
        if row is None or row[3]:
            return False
        return self._overwrite(tenant, kind, row, b"", removed=1) > 0

    def _row(self, tenant: str, kind: ResourceKind, resource_id: str) -> Row | None:
        rows = self._session.rows(_GET, tenant=tenant, kind=int(kind), id=resource_id)
        return rows[0] if rows else None

    def _write(self, tenant: str, kind: ResourceKind, resource_id: str, row: Row | None, payload: bytes) -> int:
        """The version that was written, or 0 if somebody else was faster."""
        if row is not None:
            return self._overwrite(tenant, kind, row, payload, removed=0)
        position = self._session.position()
        return self._session.run(
            _INSERT, tenant=tenant, kind=int(kind), id=resource_id, version=1, removed=0, payload=payload, position=position
        )

    def _overwrite(self, tenant: str, kind: ResourceKind, row: Row, payload: bytes, *, removed: int) -> int:
        version = cast("int", row[1])
        changed = self._session.run(
            _UPDATE,
            of_tenant=tenant,
            of_kind=int(kind),
            of_id=row[0],
            of_version=version,
            new_payload=payload,
            new_removed=removed,
            new_position=self._session.position(),
        )
        return version + 1 if changed else 0


def _check(row: Row | None, expected_version: int | None) -> None:
    if expected_version is None:
        return
    present = 0 if row is None or row[3] else row[1]
    if expected_version == 0 and present:
        raise AlreadyExistsError("a resource of this name exists")
    if expected_version != present:
        raise ConflictError(
            "the resource was changed meanwhile", reason="ETAG_MISMATCH", hint="read it again and repeat the change"
        )
