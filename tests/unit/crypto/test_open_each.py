"""Every row under the key beside it: the same plaintexts as the general path, and the same refusals."""

import os

import pytest

from helpers.memory_keks import KeyringBuilder
from vault_server.errors import IntegrityError, KeyUnavailableError
from vault_server.ports.keys import BatchCipher, RecordRef, WrappedDek
from vault_server.ports.records import RecordKind, RecordRow, RowState

TENANT, REVISION = "acme", 1
CUSTOMERS = [bytes([number]) * 16 for number in range(1, 5)]


@pytest.fixture
def cipher() -> BatchCipher:
    return KeyringBuilder().build().batch(TENANT)


def _row(cipher: BatchCipher, customer: bytes, plaintext: bytes, *, version: int = 1) -> RecordRow:
    ref = RecordRef(TENANT, customer, RecordKind.CUSTOMER, customer, version, REVISION)
    return RecordRow(customer, customer, version, RowState.LIVE, 1, 1, REVISION, 0, cipher.seal(ref, plaintext))


def test_rows_open_as_on_the_general_path(cipher: BatchCipher) -> None:
    deks = cipher.create_deks(CUSTOMERS)
    plaintexts = [os.urandom(50) for _ in CUSTOMERS]
    rows = [_row(cipher, customer, plaintext) for customer, plaintext in zip(CUSTOMERS, plaintexts, strict=True)]
    assert cipher.open_each(RecordKind.CUSTOMER, rows, deks) == plaintexts


def test_another_customers_key_beside_a_row_is_refused(cipher: BatchCipher) -> None:
    deks = cipher.create_deks(CUSTOMERS)
    rows = [_row(cipher, customer, b"text") for customer in CUSTOMERS]
    with pytest.raises(KeyUnavailableError):
        cipher.open_each(RecordKind.CUSTOMER, rows, deks[::-1])


def test_a_row_under_an_older_key_is_left_to_the_general_path(cipher: BatchCipher) -> None:
    first: WrappedDek = cipher.create_dek(CUSTOMERS[0])
    row = _row(cipher, CUSTOMERS[0], b"text")
    second = cipher.next_dek(first)
    with pytest.raises(IntegrityError):
        cipher.open_each(RecordKind.CUSTOMER, [row], [second])
    assert cipher.open_each(RecordKind.CUSTOMER, [row], [first]) == [b"text"]


@pytest.mark.parametrize("change", [{"version": 2}, {"schema_revision": 2}, {"record_id": b"z" * 16}])
def test_a_row_moved_or_replayed_does_not_open(cipher: BatchCipher, change: dict[str, object]) -> None:
    dek = cipher.create_dek(CUSTOMERS[0])
    row = _row(cipher, CUSTOMERS[0], b"text")
    with pytest.raises(IntegrityError):
        cipher.open_each(RecordKind.CUSTOMER, [row._replace(**change)], [dek])  # type: ignore[arg-type]  # fields of the row


@pytest.mark.parametrize("at", [0, 7, 15, 30, 45, -1])
def test_a_changed_byte_does_not_open(cipher: BatchCipher, at: int) -> None:
    dek = cipher.create_dek(CUSTOMERS[0])
    row = _row(cipher, CUSTOMERS[0], b"text")
    sealed = bytearray(row.sealed)
    sealed[at] ^= 1
    with pytest.raises(IntegrityError):
        cipher.open_each(RecordKind.CUSTOMER, [row._replace(sealed=bytes(sealed))], [dek])
