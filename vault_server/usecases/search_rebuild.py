"""Rebuilds search tokens from the records: after a restore, because tokens are derived data and are never backed up."""

from __future__ import annotations

from dataclasses import dataclass

from vault_server.ports.records import RecordRow, SearchToken
from vault_server.ports.store import WriteView
from vault_server.usecases.record_kinds import BY_KIND, AnyKind
from vault_server.usecases.sealed_rows import open_rows
from vault_server.usecases.search_tokens import as_tokens
from vault_server.usecases.vault import Vault

BATCH_ROWS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRebuild:
    """Writes the tokens of every record; writing them again is harmless."""

    vault: Vault

    def run(self) -> int:
        """Returns how many records were indexed."""
        with self.vault.store.read() as view:
            tenants = view.access.tenants()
        return sum(self._rebuild(tenant, spec) for tenant in tenants for spec in BY_KIND.values())

    def _rebuild(self, tenant: str, spec: AnyKind) -> int:
        count, after = 0, b""
        while True:
            with self.vault.store.read() as view:
                rows = view.records.page(tenant, spec.kind, after_id=after, limit=BATCH_ROWS, show_deleted=True)
                deks = view.records.deks(tenant, list({row.customer_id for row in rows})) if rows else []
            if not rows:
                return count
            plaintexts = open_rows(self.vault, tenant, spec.kind, rows, deks)
            self._write(tenant, spec, rows, plaintexts)
            count, after = count + len(rows), rows[-1].record_id

    def _write(self, tenant: str, spec: AnyKind, rows: list[RecordRow], plaintexts: list[bytes]) -> None:
        index, search = self.vault.keyring.blind_index(tenant), self.vault.search
        tokens: list[SearchToken] = []
        unique: list[SearchToken] = []
        for row, plaintext in zip(rows, plaintexts, strict=True):
            record = spec.message.FromString(plaintext)
            tokens += as_tokens(index, spec.kind, row.customer_id, row.record_id, search.search_values(record))
            unique += as_tokens(index, spec.kind, row.customer_id, row.record_id, search.unique_values(record))

        def work(view: WriteView) -> None:
            view.records.put_tokens(tenant, tokens, unique=unique)

        self.vault.store.write(work)
