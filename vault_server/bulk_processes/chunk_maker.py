"""Prepares the chunks of imports that a bulk process is given, with the code that the vault's own process uses."""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.api.v1.import_service_pb2 import Import, ImportRowsRequest
from vault_server.bulk_processes.chunk_frames import ChunkRequest
from vault_server.crypto.lent_keys import LentImportKeyring
from vault_server.ports.chunks import PreparedChunk
from vault_server.ports.keys import ImportKeys
from vault_server.ports.runtime import Runtime
from vault_server.ports.store import ReadableStore
from vault_server.records.dictionary import Dictionary
from vault_server.records.search import SearchIndex
from vault_server.records.validation import Validator
from vault_server.usecases.attribute_catalogue import AttributeCatalogue
from vault_server.usecases.import_chunks import prepare_chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class _Preparing:
    """`usecases.vault.Preparing` for one chunk."""

    store: ReadableStore
    keyring: ImportKeys
    dictionary: Dictionary
    validator: Validator
    search: SearchIndex
    attributes: AttributeCatalogue
    runtime: Runtime


class ChunkMaker:
    """Prepares chunks.

    Args:
        default_region: of phone numbers without a country code, as the vault's process has it, or "".
    """

    def __init__(
        self, store: ReadableStore, dictionary: Dictionary, attributes: AttributeCatalogue, *, default_region: str
    ) -> None:
        self._store = store
        self._dictionary = dictionary
        self._attributes = attributes
        self._validator = Validator(dictionary)
        self._search = SearchIndex(dictionary, default_region=default_region)
        self._runtime = Runtime()

    def prepared(self, request: ChunkRequest) -> PreparedChunk:
        preparing = _Preparing(
            store=self._store,
            keyring=LentImportKeyring(request.keys, self._runtime.random_bytes),
            dictionary=self._dictionary,
            validator=self._validator,
            search=self._search,
            attributes=self._attributes,
            runtime=self._runtime,
        )
        of_import = Import.FromString(request.of_import)
        return prepare_chunk(preparing, request.tenant, of_import, ImportRowsRequest.FromString(request.request))
