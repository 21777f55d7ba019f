"""What a proposal says is sealed under the key of every customer that it speaks of."""

from __future__ import annotations

import pytest

from helpers.memory_keks import KeyringBuilder
from helpers.sealing import ALICE, BOB, TENANT
from strongroom.api.v1.review_service_pb2 import ProposalEvidence
from vault_server.crypto.keyring import EnvelopeKeyring
from vault_server.errors import IntegrityError, KeyUnavailableError
from vault_server.ports.keys import WrappedDek
from vault_server.ports.proposals import ProposalRow
from vault_server.usecases.review.sealed_proposals import Pair, open_row, seal

RUN = bytes(range(40, 56))
RUN_NAME = f"tenants/{TENANT}/runs/28292a2b-2c2d-2e2f-3031-323334353637"


@pytest.fixture
def keyring() -> EnvelopeKeyring:
    return KeyringBuilder().build()


def a_row(keyring: EnvelopeKeyring) -> tuple[ProposalRow, list[WrappedDek]]:
    pair = Pair.of(ALICE, BOB)
    proposal_id = pair.proposal_id(TENANT)
    with keyring.batch(TENANT) as cipher:
        deks = cipher.create_deks(pair)
        evidence = seal(cipher, proposal_id, pair, 0, 1, ProposalEvidence(run=RUN_NAME).SerializeToString())
    return ProposalRow(proposal_id, 1, 1, *pair, RUN, "match", 5, 5, "", 0, 0, 1, 1, 1, 1, evidence, b""), deks


def opened(keyring: EnvelopeKeyring, row: ProposalRow, deks: list[WrappedDek]) -> str:
    with keyring.batch(TENANT) as cipher:
        cipher.load_deks(deks)
        return open_row(cipher, row).evidence.run


def test_both_keys_open_it_and_neither_alone(keyring: EnvelopeKeyring) -> None:
    row, deks = a_row(keyring)
    assert opened(keyring, row, deks) == RUN_NAME
    for dek in deks:
        with pytest.raises(KeyUnavailableError):
            opened(keyring, row, [dek])


@pytest.mark.parametrize(
    "change", [{"state": 2}, {"run_id": b""}, {"votes": 1, "history": b""}, {"proposal_id": BOB}, {"schema_revision": 2}]
)
def test_a_row_that_says_other_than_what_was_sealed_is_refused(keyring: EnvelopeKeyring, change: dict[str, object]) -> None:
    row, deks = a_row(keyring)
    with pytest.raises(IntegrityError):
        opened(keyring, row._replace(**change), deks)  # type: ignore[arg-type]  # fields of a test
