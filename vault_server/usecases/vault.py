"""What every use case is given: the ports of one vault, and the data dictionary compiled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from vault_server.ports.keys import ImportKeys, Keyring
from vault_server.ports.runtime import Runtime
from vault_server.ports.store import ReadableStore, Store
from vault_server.records.dictionary import Dictionary
from vault_server.records.search import SearchIndex
from vault_server.records.validation import Validator
from vault_server.usecases.attribute_catalogue import AttributeCatalogue


@dataclass(frozen=True, slots=True, kw_only=True)
class Vault:
    """The ports that the use cases share."""

    store: Store
    keyring: Keyring
    dictionary: Dictionary
    validator: Validator
    search: SearchIndex
    attributes: AttributeCatalogue
    runtime: Runtime


class Preparing(Protocol):
    """What it takes to check and seal records without storing them: a `Vault`, or less in another process."""

    @property
    def store(self) -> ReadableStore: ...

    @property
    def keyring(self) -> ImportKeys: ...

    @property
    def dictionary(self) -> Dictionary: ...

    @property
    def validator(self) -> Validator: ...

    @property
    def search(self) -> SearchIndex: ...

    @property
    def attributes(self) -> AttributeCatalogue: ...

    @property
    def runtime(self) -> Runtime: ...
