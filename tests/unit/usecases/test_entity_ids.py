"""Entity ids last over runs and are opaque to workers."""

import pytest

from helpers.memory_keks import KeyringBuilder
from strongroom.api.v1.analysis_worker_service_pb2 import RowResult
from strongroom.api.v1.customer_pb2 import DerivedData, EntityAssignment
from vault_server.errors import InvalidArgumentError
from vault_server.ports.run_secrets import Pseudonyms
from vault_server.usecases.entity_ids import name_entities

FIRST, SECOND = b"a" * 16, b"b" * 16


def _results(pseudonyms: Pseudonyms, stands_for: bytes) -> list[RowResult]:
    row_id = pseudonyms.encode_many([stands_for])[0]
    return [RowResult(row_id=row_id, derived=DerivedData(entity=EntityAssignment(entity=row_id.hex())))]


def test_the_same_record_names_the_same_entity_in_every_run() -> None:
    keyring = KeyringBuilder().build()
    secrets, index = keyring.run_secrets("acme"), keyring.blind_index("acme")
    named = []
    for run_id, record in ((b"1" * 16, FIRST), (b"2" * 16, FIRST), (b"2" * 16, SECOND)):
        pseudonyms = secrets.pseudonyms(run_id, secrets.new_pseudonym_key(run_id))
        results = _results(pseudonyms, record)
        name_entities(results, pseudonyms, index)
        named.append(results[0].derived.entity.entity)
    assert named[0] == named[1] != named[2]
    assert FIRST.hex() not in named


def test_an_entity_that_is_no_row_id_is_refused() -> None:
    keyring = KeyringBuilder().build()
    secrets = keyring.run_secrets("acme")
    pseudonyms = secrets.pseudonyms(b"1" * 16, secrets.new_pseudonym_key(b"1" * 16))
    for wrong in ("no hex", "abcd"):
        results = [RowResult(derived=DerivedData(entity=EntityAssignment(entity=wrong)))]
        with pytest.raises(InvalidArgumentError):
            name_entities(results, pseudonyms, keyring.blind_index("acme"))
