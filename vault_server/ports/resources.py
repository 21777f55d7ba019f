"""Small configuration resources: attributes, purposes, principals, grants, imports, schedules, backups, pipelines.

Stored as serialised API messages under (tenant, kind, id), so that a new kind needs no table.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple, Protocol


class ResourceKind(IntEnum):
    """Small configuration resources, stored as serialised API messages. Numbers are stored: never reuse one."""

    ATTRIBUTE = 1
    PURPOSE = 2
    PRINCIPAL = 3
    GRANT = 4
    IMPORT = 5
    SCHEDULE = 6
    BACKUP = 7
    PIPELINE = 8
    REVIEW_SETTINGS = 9
    PIPELINE_SCHEDULE = 10


class Resource(NamedTuple):
    """One small resource. `tenant` is "" for what belongs to the vault itself; `version` grows from 1."""

    id: str
    version: int
    payload: bytes


class ResourceReader(Protocol):
    """Reads small resources."""

    def get(self, tenant: str, kind: ResourceKind, resource_id: str) -> Resource | None: ...

    def list(self, tenant: str, kind: ResourceKind) -> list[Resource]:
        """All, by id."""
        ...


class ResourceWriter(ResourceReader, Protocol):
    """Writes small resources."""

    def put(
        self, tenant: str, kind: ResourceKind, resource_id: str, payload: bytes, *, expected_version: int | None = None
    ) -> Resource:
        """Insert or replace.

        Args:
            expected_version: 0 means it must be new, n > 0 that it must be at n.

        Raises:
            AlreadyExistsError: it must be new and is not.
            ConflictError: it is at another version.
        """
        ...

    def delete(self, tenant: str, kind: ResourceKind, resource_id: str) -> bool: ...
