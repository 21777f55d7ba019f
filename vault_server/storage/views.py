"""The views of a store: one session, all repositories on it. The same class reads and writes; the port decides what is seen."""

from __future__ import annotations

from functools import cached_property

from vault_server.storage.repositories.access_data import SqlAccess
from vault_server.storage.repositories.audit import SqlAudit
from vault_server.storage.repositories.cells import SqlCells
from vault_server.storage.repositories.proposals import SqlProposals
from vault_server.storage.repositories.record_writes import SqlRecordWriter
from vault_server.storage.repositories.resources import SqlResources
from vault_server.storage.repositories.runs import SqlRuns
from vault_server.storage.repositories.scheduling import SqlScheduling
from vault_server.storage.session import Session


class SqlView:
    """`ports.store.WriteView` (and so `ReadView`) on a session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @cached_property
    def records(self) -> SqlRecordWriter:
        return SqlRecordWriter(self._session)

    @cached_property
    def resources(self) -> SqlResources:
        return SqlResources(self._session)

    @cached_property
    def access(self) -> SqlAccess:
        return SqlAccess(self._session)

    @cached_property
    def runs(self) -> SqlRuns:
        return SqlRuns(self._session)

    @cached_property
    def cells(self) -> SqlCells:
        return SqlCells(self._session)

    @cached_property
    def proposals(self) -> SqlProposals:
        return SqlProposals(self._session)

    @cached_property
    def audit(self) -> SqlAudit:
        return SqlAudit(self._session)

    @cached_property
    def scheduling(self) -> SqlScheduling:
        return SqlScheduling(self._session)

    def watermark(self) -> int:
        return self._session.watermark()

    def now_us(self) -> int:
        return self._session.now_us()
