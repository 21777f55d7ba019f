"""Erasure: destroy a customer's key, for ever, and what it sealed."""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.api.v1.privacy_service_pb2 import EraseCustomerResponse
from vault_server.errors import NotFoundError
from vault_server.ports.backup import ErasureNotes
from vault_server.ports.records import ErasedCounts, RecordKind
from vault_server.ports.store import WriteView
from vault_server.usecases import names
from vault_server.usecases.call import Call, timestamp
from vault_server.usecases.cells import BASIS
from vault_server.usecases.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """The right to be forgotten."""

    vault: Vault
    ledger: ErasureNotes

    def erase(self, call: Call, name: str, *, validate_only: bool) -> EraseCustomerResponse:
        """Erase a customer; erasing again is harmless. One transaction: key, tokens, rows, derived data; a tombstone stays.

        The erasure is then noted where the backups are, so that a restore of an older one repeats it.

        Raises:
            NotFoundError: there never was such a customer.
            UnavailableError, StorageFullError: erased, but not noted beside the backups; send it again.
        """
        tenant, customer_id = names.parse_customer(name)
        call.require_tenant(tenant)
        now_us = self.vault.runtime.now_us()
        with self.vault.store.read() as view:
            there = bool(view.records.get(tenant, RecordKind.CUSTOMER, [customer_id]))
            erased = bool(view.records.erased(tenant, [customer_id]))
        if not there and not erased:
            raise NotFoundError("there is no such customer")
        call.audit([name])
        if validate_only:
            return EraseCustomerResponse(name=name)

        def work(view: WriteView) -> ErasedCounts:
            view.cells.drop_cells(tenant, BASIS)
            return view.records.erase(tenant, customer_id, now_us)

        counts = self.vault.store.write(work)
        self.vault.keyring.invalidate(tenant)
        self.ledger.note(tenant, customer_id, now_us)
        return EraseCustomerResponse(name=name, erase_time=timestamp(now_us), records=sum(counts))
