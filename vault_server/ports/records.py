"""What the use cases ask of the tables of records: customers, transactions, needs, derived rows, keys, tokens, consents.

The rules of `ports.store` hold. Repositories see sealed bytes only; the bulk paths are marked as such and take thousands of
rows a call.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple, Protocol

from vault_server.ports.keys import WrappedDek


class RecordKind(IntEnum):
    """Which table a record lives in; also bound into its envelope. Numbers are stored: never reuse one."""

    CUSTOMER = 1
    TRANSACTION = 2
    NEED = 3
    DERIVED = 4
    CHECKPOINT = 5
    PROPOSAL = 6


class RowState(IntEnum):
    """A record's life, as stored."""

    LIVE = 1
    DELETED = 2


class RecordRow(NamedTuple):
    """One stored record. For customers `record_id == customer_id`.

    Attributes:
        version: grows by one with every write, from 1.
        position: change position; 0 in a row to be written.
        sealed: the envelope.
    """

    customer_id: bytes
    record_id: bytes
    version: int
    state: int
    created_us: int
    updated_us: int
    schema_revision: int
    position: int
    sealed: bytes


class SearchToken(NamedTuple):
    """One blind-index token of one record's field.

    Attributes:
        field: number of the indexed field (see records.dictionary), unique over all record kinds.
        token: 16 bytes.
    """

    field: int
    index_version: int
    token: bytes
    kind: int
    customer_id: bytes
    record_id: bytes


class ErasedCounts(NamedTuple):
    """What an erasure removed."""

    transactions: int
    needs: int
    derived: int


class DerivedRow(NamedTuple):
    """What one step of one run derived for one customer; `sealed` holds a DerivedData."""

    customer_id: bytes
    run_id: bytes
    step: str
    schema_revision: int
    sealed: bytes


class ConsentRow(NamedTuple):
    """A customer's word on a purpose (the purpose's id, not its name)."""

    customer_id: bytes
    purpose: str
    given: bool
    time_us: int


class RecordReader(Protocol):
    """Reads sealed records, keys and tokens of one tenant."""

    def get(self, tenant: str, kind: RecordKind, record_ids: Sequence[bytes]) -> list[RecordRow]:
        """The rows that exist, in the order asked for; absent ids are left out. DELETED rows are included."""
        ...

    def get_with_keys(self, tenant: str, kind: RecordKind, record_id: bytes) -> tuple[list[RecordRow], list[WrappedDek]]:
        """One record, if it exists, and every stored version of its customer's key, in one query."""
        ...

    def deks(self, tenant: str, customer_ids: Sequence[bytes]) -> list[WrappedDek]:
        """Every stored version of each customer's key; erased customers have none."""
        ...

    def page(
        self,
        tenant: str,
        kind: RecordKind,
        *,
        after_id: bytes,
        limit: int,
        customer_id: bytes | None = None,
        show_deleted: bool = False,
    ) -> list[RecordRow]:
        """Rows with record_id > after_id (b"" means from the start) in id order; only of one customer if given."""
        ...

    def scan(
        self,
        tenant: str,
        kind: RecordKind,
        *,
        after: tuple[bytes, bytes],
        through_customer: bytes,
        max_position: int,
        limit: int,
    ) -> list[tuple[RecordRow, WrappedDek]]:
        """The bulk path: LIVE rows in (customer_id, record_id) order behind `after`, each with its customer's newest key.

        Up to and with customer `through_customer` and position <= max_position. One joined query.
        """
        ...

    def place_of_nth(
        self, tenant: str, kind: RecordKind, *, after: tuple[bytes, bytes], through_customer: bytes, number: int
    ) -> tuple[bytes, bytes] | None:
        """The place (customer_id, record_id) of the `number`-th stored row behind `after`, whatever its state.

        None if there are fewer up to and with customer `through_customer`. One query on an index; no row is read.
        """
        ...

    def split(self, tenant: str, kind: RecordKind, parts: int) -> list[bytes]:
        """Upper customer ids (inclusive) that cut the LIVE rows into about equal, disjoint parts; the last is 16 times 0xff."""
        ...

    def count(self, tenant: str, kind: RecordKind, *, show_deleted: bool = False) -> int: ...

    def erased(self, tenant: str, customer_ids: Sequence[bytes]) -> frozenset[bytes]:
        """Those of the ids that have a tombstone."""
        ...

    def find_tokens(self, tenant: str, field: int, tokens: Sequence[bytes], *, limit: int) -> list[SearchToken]:
        """Records that carry any of the tokens."""
        ...

    def match_unique(self, tenant: str, field: int, tokens: Sequence[bytes]) -> dict[bytes, tuple[bytes, bytes]]:
        """The bulk path of keys: token to (customer_id, record_id) for those that exist. One set query per call."""
        ...

    def derived(self, tenant: str, customer_ids: Sequence[bytes]) -> list[DerivedRow]:
        """Visible derived rows (of each step's current run) of the customers."""
        ...

    def derived_scan(self, tenant: str, run_id: bytes, *, after: bytes, limit: int) -> list[DerivedRow]:
        """Rows of one run over all its steps in customer order behind customer `after`; never splits one customer."""
        ...

    def consents(self, tenant: str, customer_ids: Sequence[bytes]) -> list[ConsentRow]: ...

    def consented(self, tenant: str, purpose: str, customer_ids: Sequence[bytes]) -> frozenset[bytes]:
        """Those of the customers whose newest word on the purpose is yes."""
        ...


class RecordWriter(RecordReader, Protocol):
    """Writes sealed records, keys and tokens of one tenant."""

    def insert(self, tenant: str, kind: RecordKind, rows: Sequence[RecordRow]) -> None:
        """The bulk path.

        Raises:
            AlreadyExistsError: an id exists.
            ErasedError: the customer was erased.
        """
        ...

    def insert_deks(self, tenant: str, deks: Sequence[WrappedDek]) -> None: ...

    def update(self, tenant: str, kind: RecordKind, rows: Sequence[RecordRow]) -> None:
        """Writes each row over the one with version - 1. Raises ConflictError(reason ETAG_MISMATCH) if any is not at it."""
        ...

    def put_tokens(self, tenant: str, tokens: Sequence[SearchToken], *, unique: Sequence[SearchToken] = ()) -> None:
        """Tokens that any number of records may carry, and `unique` ones that one record alone may (external ids).

        Raises AlreadyExistsError(reason DUPLICATE_EXTERNAL_ID).
        """
        ...

    def drop_tokens(self, tenant: str, kind: RecordKind, record_ids: Sequence[bytes]) -> None:
        """Removes all tokens, unique ones too, of the records."""
        ...

    def put_consent(self, tenant: str, row: ConsentRow) -> None: ...

    def erase(self, tenant: str, customer_id: bytes, now_us: int) -> ErasedCounts:
        """DEKs, tokens, sealed rows, derived rows, consents go; a tombstone and a ledger entry stay; the tenant's fence grows.

        Raises NotFoundError if the customer never existed; erasing again is harmless and counts nothing.
        """
        ...
