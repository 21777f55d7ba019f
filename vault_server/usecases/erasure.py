"""Erasure: destroy a customer's key, for ever, and what it sealed."""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.api.v1.privacy_service_pb2 import EraseCustomerResponse
from vault_server.errors import NotFoundError
from vault_server.ports.records import RecordKind
from vault_server.usecases import names
from vault_server.usecases.call import Call, timestamp
from vault_server.usecases.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """The right to be forgotten."""

    vault: Vault

    def erase(self, call: Call, name: str, *, validate_only: bool) -> EraseCustomerResponse:
        """Erase a customer; erasing again is harmless. One transaction: key, tokens, rows, derived data; a tombstone stays.

        Raises:
            NotFoundError: there never was such a customer.
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
        counts = self.vault.store.write(lambda view: view.records.erase(tenant, customer_id, now_us))
        self.vault.keyring.invalidate(tenant)
        return EraseCustomerResponse(name=name, erase_time=timestamp(now_us), records=sum(counts))
