"""What a run keeps opens only in its place; pseudonyms are a permutation that only the run's key undoes."""

import pytest

from helpers.memory_keks import KeyringBuilder
from vault_server.errors import IntegrityError, InvalidArgumentError
from vault_server.ports.run_secrets import RunSecrets

RUN, OTHER_RUN = b"r" * 16, b"s" * 16
IDS = [bytes([number]) * 16 for number in range(5)]


@pytest.fixture
def secrets() -> RunSecrets:
    return KeyringBuilder().build().run_secrets("acme")


def test_what_was_sealed_opens_in_its_place(secrets: RunSecrets) -> None:
    assert secrets.open(RUN, "report.html", secrets.seal(RUN, "report.html", b"page")) == b"page"


@pytest.mark.parametrize(("run_id", "what"), [(OTHER_RUN, "report.html"), (RUN, "report.json")])
def test_moved_to_another_run_or_place_it_does_not_open(secrets: RunSecrets, run_id: bytes, what: str) -> None:
    sealed = secrets.seal(RUN, "report.html", b"page")
    with pytest.raises(IntegrityError):
        secrets.open(run_id, what, sealed)


def test_another_tenants_key_does_not_open_it() -> None:
    keyring = KeyringBuilder().build()
    sealed = keyring.run_secrets("acme").seal(RUN, "report.html", b"page")
    with pytest.raises(IntegrityError):
        keyring.run_secrets("other").open(RUN, "report.html", sealed)


def test_pseudonyms_come_back_as_the_ids_they_stand_for(secrets: RunSecrets) -> None:
    pseudonyms = secrets.pseudonyms(RUN, secrets.new_pseudonym_key(RUN))
    row_ids = pseudonyms.encode_many(IDS)
    assert pseudonyms.decode_many(row_ids) == IDS
    assert len(set(row_ids)) == len(IDS)
    assert not set(row_ids) & set(IDS)


def test_two_runs_give_one_customer_two_pseudonyms(secrets: RunSecrets) -> None:
    first, second = (secrets.pseudonyms(RUN, secrets.new_pseudonym_key(RUN)) for _ in range(2))
    assert not set(first.encode_many(IDS)) & set(second.encode_many(IDS))


def test_the_pseudonym_key_of_another_run_is_refused(secrets: RunSecrets) -> None:
    sealed = secrets.new_pseudonym_key(RUN)
    with pytest.raises(IntegrityError):
        secrets.pseudonyms(OTHER_RUN, sealed)


@pytest.mark.parametrize("row_id", [b"", b"short", b"x" * 17])
def test_a_row_id_of_another_length_is_refused(secrets: RunSecrets, row_id: bytes) -> None:
    pseudonyms = secrets.pseudonyms(RUN, secrets.new_pseudonym_key(RUN))
    with pytest.raises(InvalidArgumentError):
        pseudonyms.decode_many([row_id])
