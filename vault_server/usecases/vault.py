"""What every use case is given: the ports of one vault, and the data dictionary compiled."""

from __future__ import annotations

from dataclasses import dataclass

from vault_server.ports.keys import Keyring
from vault_server.ports.runtime import Runtime
from vault_server.ports.store import Store
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
