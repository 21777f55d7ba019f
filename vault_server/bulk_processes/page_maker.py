"""Makes the pages of bulk reads that a bulk process is asked for. All it keeps of a page is the session's compiled encoder."""

from __future__ import annotations

from collections.abc import Iterator

from vault_server.bulk_processes.page_frames import PageRequest
from vault_server.crypto.lent_keys import LentKeyring
from vault_server.ports.pages import Part
from vault_server.ports.store import ReadableStore
from vault_server.records.dictionary import Dictionary
from vault_server.usecases.attribute_catalogue import AttributeCatalogue
from vault_server.usecases.row_encoding import RowEncoder
from vault_server.usecases.session_pages import SessionPages, row_encoder
from vault_server.usecases.session_plan import SessionPlan


class PageMaker:
    """Makes pages from a store."""

    def __init__(self, store: ReadableStore, dictionary: Dictionary, attributes: AttributeCatalogue) -> None:
        self._store = store
        self._dictionary = dictionary
        self._attributes = attributes
        self._compiled: tuple[str, bytes, SessionPlan, RowEncoder] | None = None

    def parts(self, request: PageRequest) -> Iterator[Part]:
        keyring = LentKeyring(request.keys)
        plan, encoder = self._encoder(request.tenant, request.plan)
        pages = SessionPages(
            store=self._store,
            keyring=keyring,
            tenant=request.tenant,
            plan=plan,
            encoder=encoder.under(keyring.pseudonyms()) if plan.run_id else encoder,
        )
        return pages.parts(request.after, request.end)

    def _encoder(self, tenant: str, encoded: bytes) -> tuple[SessionPlan, RowEncoder]:
        """The plan and an encoder without a run's secret; compiled once for the pages of a session."""
        known = self._compiled
        if known is None or known[:2] != (tenant, encoded):
            plan = SessionPlan.decode(encoded)
            attributes = self._attributes.of(tenant, refresh=True)
            known = (tenant, encoded, plan, row_encoder(self._dictionary, attributes, tenant, plan, None))
            self._compiled = known
        return known[2], known[3]
