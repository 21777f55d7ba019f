"""Wrapped key-encryption keys and the fence: `ports.keks.KekStore` and `KeyFence` over a store.

Each method is one transaction of its own. Destroying a key raises the tenant's fence in the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar, cast

from sqlalchemy import bindparam, select, update

from vault_server.errors import AlreadyExistsError, FailedPreconditionError, NotFoundError
from vault_server.ports.keks import KekState, KeyUse, WrappedKek
from vault_server.storage.session import Row, Session
from vault_server.storage.statements import insert_new
from vault_server.storage.tables import keks, tenants

T = TypeVar("T")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COLUMNS = (
    keks.c.id,
    keks.c.tenant,
    keks.c.key_use,
    keks.c.epoch,
    keks.c.root_key_id,
    keks.c.wrapped,
    keks.c.state,
    keks.c.created_us,
    keks.c.wraps,
)
_LIST = (
    select(*_COLUMNS).where(keks.c.tenant == bindparam("tenant"), keks.c.key_use == bindparam("key_use")).order_by(keks.c.epoch)
)
_BY_ROOT = (
    select(*_COLUMNS)
    .where(keks.c.root_key_id == bindparam("root_key_id"), keks.c.state != KekState.DESTROYED.value)
    .order_by(keks.c.id)
    .limit(bindparam("limit"))
)
_INSERT = insert_new(keks)
_RETIRE = (
    update(keks)
    .where(
        keks.c.tenant == bindparam("of_tenant"),
        keks.c.key_use == bindparam("of_use"),
        keks.c.epoch < bindparam("of_epoch"),
        keks.c.state == KekState.ACTIVE.value,
    )
    .values(state=KekState.DECRYPT_ONLY.value, position=bindparam("new_position"))
)
_REWRAP = (
    update(keks)
    .where(keks.c.id == bindparam("of_id"), keks.c.state != KekState.DESTROYED.value)
    .values(root_key_id=bindparam("new_root"), wrapped=bindparam("new_wrapped"), position=bindparam("new_position"))
)
_ADD_WRAPS = (
    update(keks)
    .where(keks.c.id == bindparam("of_id"))
    .values(wraps=keks.c.wraps + bindparam("count"), position=bindparam("new_position"))
    .returning(keks.c.wraps)
)
_LOCK_STATE = select(keks.c.state, keks.c.tenant).where(keks.c.id == bindparam("id")).with_for_update()
_SET_STATE = (
    update(keks).where(keks.c.id == bindparam("of_id")).values(state=bindparam("new_state"), position=bindparam("new_position"))
)
_DESTROY = (
    update(keks)
    .where(keks.c.id == bindparam("of_id"))
    .values(state=KekState.DESTROYED.value, wrapped=b"", position=bindparam("new_position"))
)
_RAISE_FENCE = (
    update(tenants)
    .where(tenants.c.id == bindparam("of_tenant"))
    .values(fence=tenants.c.fence + 1, position=bindparam("new_position"))
)
_FENCE = select(tenants.c.fence).where(tenants.c.id == bindparam("tenant"))


class Transactions(Protocol):
    """How an engine runs sessions."""

    def read_session(self) -> AbstractContextManager[Session]: ...

    def write_session(self, work: Callable[[Session], T]) -> T: ...


class SqlKekStore:
    """`ports.keks.KekStore` on either engine."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def list_keks(self, tenant: str, use: KeyUse) -> Sequence[WrappedKek]:
        with self._transactions.read_session() as session:
            return [_wrapped_kek(row) for row in session.rows(_LIST, tenant=tenant, key_use=use.value)]

    def list_by_root_key(self, root_key_id: str, *, limit: int) -> Sequence[WrappedKek]:
        with self._transactions.read_session() as session:
            return [_wrapped_kek(row) for row in session.rows(_BY_ROOT, root_key_id=root_key_id, limit=limit)]

    def insert_kek(self, kek: WrappedKek) -> None:
        self._transactions.write_session(lambda session: _insert(session, kek))

    def replace_wrapped(self, kek_id: bytes, *, root_key_id: str, wrapped: bytes) -> None:
        def work(session: Session) -> None:
            changes = {"new_root": root_key_id, "new_wrapped": wrapped, "new_position": session.position()}
            if not session.run(_REWRAP, of_id=kek_id, **changes):
                raise NotFoundError("there is no such key-encryption key, or it was destroyed")

        self._transactions.write_session(work)

    def add_wraps(self, kek_id: bytes, count: int) -> int:
        def work(session: Session) -> int:
            rows = session.rows(_ADD_WRAPS, of_id=kek_id, count=count, new_position=session.position())
            if not rows:
                raise NotFoundError("there is no such key-encryption key")
            return cast("int", rows[0][0])

        return self._transactions.write_session(work)

    def set_state(self, kek_id: bytes, state: KekState) -> None:
        self._transactions.write_session(lambda session: _set_state(session, kek_id, state))


class SqlKeyFence:
    """`ports.keks.KeyFence` on either engine."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def number(self, tenant: str) -> int:
        with self._transactions.read_session() as session:
            rows = session.rows(_FENCE, tenant=tenant)
        return cast("int", rows[0][0]) if rows else 0


def _insert(session: Session, kek: WrappedKek) -> None:
    position = session.position()
    if kek.state is KekState.ACTIVE:
        session.run(_RETIRE, of_tenant=kek.tenant, of_use=kek.use.value, of_epoch=kek.epoch, new_position=position)
    inserted = session.run(
        _INSERT,
        id=kek.id,
        tenant=kek.tenant,
        key_use=kek.use.value,
        epoch=kek.epoch,
        root_key_id=kek.root_key_id,
        wrapped=kek.wrapped,
        state=kek.state.value,
        created_us=(kek.created_at - _EPOCH) // timedelta(microseconds=1),
        wraps=kek.wraps,
        position=position,
    )
    if not inserted:
        raise AlreadyExistsError("this epoch of the key exists; another process was faster")


def _set_state(session: Session, kek_id: bytes, state: KekState) -> None:
    rows = session.rows(_LOCK_STATE, id=kek_id)
    if not rows:
        raise NotFoundError("there is no such key-encryption key")
    present, tenant = rows[0]
    if present == KekState.DESTROYED.value:
        if state is not KekState.DESTROYED:
            raise FailedPreconditionError("the key was destroyed; that cannot be undone")
        return
    position = session.position()
    if state is KekState.DESTROYED:
        session.run(_DESTROY, of_id=kek_id, new_position=position)
        session.run(_RAISE_FENCE, of_tenant=tenant, new_position=position)
    else:
        session.run(_SET_STATE, of_id=kek_id, new_state=state.value, new_position=position)


def _wrapped_kek(row: Row) -> WrappedKek:
    kek_id, tenant, use, epoch, root_key_id, wrapped, state, created_us, wraps = row
    return WrappedKek(
        id=cast("bytes", kek_id),
        tenant=cast("str", tenant),
        use=KeyUse(cast("str", use)),
        epoch=cast("int", epoch),
        root_key_id=cast("str", root_key_id),
        wrapped=cast("bytes", wrapped),
        state=KekState(cast("str", state)),
        created_at=_EPOCH + timedelta(microseconds=cast("int", created_us)),
        wraps=cast("int", wraps),
    )
