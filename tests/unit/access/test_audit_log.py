"""What appending to the audit log promises."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from threading import Barrier, Event, Thread

import pytest

from helpers.audit_memory import HmacSigner, MemoryAuditStore
from strongroom.api.v1.audit_service_pb2 import AuditEvent
from vault_server.access.audit_chain import GENESIS, decode_links
from vault_server.access.audit_log import ChainedAuditLog
from vault_server.errors import UnavailableError
from vault_server.ports.runtime import Runtime

SIGNER = HmacSigner()
START_US = 1_700_000_000_000_000


class Clock:
    """A monotonic clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def store() -> MemoryAuditStore:
    return MemoryAuditStore()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(store: MemoryAuditStore, clock: Clock) -> Iterator[ChainedAuditLog]:
    opened = open_log(store, clock)
    yield opened
    opened.close()


def open_log(store: MemoryAuditStore, clock: Clock, *, signer: HmacSigner = SIGNER) -> ChainedAuditLog:
    runtime = Runtime(now_us=lambda: START_US, monotonic_s=clock)
    return ChainedAuditLog(store, signer, {signer.key_id: signer}, runtime=runtime, head_every_events=10, head_every_s=60)


def event(call: str = "1") -> AuditEvent:
    return AuditEvent(tenant="acme", principal="shop", resources=["tenants/acme/customers/c"], call_id=call)


def test_event_is_stored_when_append_returns(log: ChainedAuditLog, store: MemoryAuditStore) -> None:
    log.append([event("a"), event("b")])
    rows = store.audit.chains[log.writer]
    assert [row.sequence for row in rows] == [1, 2]
    assert rows[0].previous == GENESIS
    assert rows[1].previous == rows[0].hash
    assert (rows[0].tenant, rows[0].resources, rows[0].time_us) == ("acme", ("tenants/acme/customers/c",), START_US)


def test_payload_has_neither_writer_nor_sequence_nor_hash_and_the_event_is_unchanged(
    log: ChainedAuditLog, store: MemoryAuditStore
) -> None:
    given = AuditEvent(tenant="acme", writer="forged", sequence=9, hash=b"x")
    log.append([given])
    stored = AuditEvent.FromString(store.audit.chains[log.writer][0].payload)
    assert (stored.writer, stored.sequence, stored.hash) == ("", 0, b"")
    assert given.writer == "forged"


def test_refused_write_reaches_the_caller_and_leaves_the_chain_usable(log: ChainedAuditLog, store: MemoryAuditStore) -> None:
    log.append([event("a")])
    store.fail_before = 1
    with pytest.raises(UnavailableError) as caught:
        log.append([event("b")])
    assert caught.value.reason == "AUDIT_UNAVAILABLE"
    log.append([event("c")])
    calls = [AuditEvent.FromString(row.payload).call_id for row in store.audit.chains[log.writer]]
    assert calls == ["a", "c"]
    assert log.verify().findings == ()


def test_write_that_was_kept_although_it_failed_does_not_break_the_chain(log: ChainedAuditLog, store: MemoryAuditStore) -> None:
    log.append([event("a")])
    log.sign_head()
    store.fail_after = 1
    with pytest.raises(UnavailableError):
        log.append([event("b")])
    log.append([event("c")])
    assert [row.sequence for row in store.audit.chains[log.writer]] == [1, 2, 3]
    assert log.verify().findings == ()


def test_foreign_rows_in_the_own_chain_refuse_everything(log: ChainedAuditLog, store: MemoryAuditStore) -> None:
    log.append([event("a")])
    log.sign_head()
    store.fail_after = 1
    with pytest.raises(UnavailableError):
        log.append([event("b")])
    rows = store.audit.chains[log.writer]
    rows[1] = rows[1]._replace(hash=bytes(32))
    for _ in range(2):
        with pytest.raises(UnavailableError):
            log.append([event("c")])
    assert len(rows) == 2


def test_every_waiting_caller_of_a_failed_group_is_refused(log: ChainedAuditLog, store: MemoryAuditStore) -> None:
    outcomes = run_together(log, store, callers=5, fail=True)
    assert outcomes == ["refused"] * 5
    assert not store.audit.chains.get(log.writer)


def test_callers_at_the_same_time_share_one_write(log: ChainedAuditLog, store: MemoryAuditStore) -> None:
    outcomes = run_together(log, store, callers=5, fail=False)
    assert outcomes == ["written"] * 5
    assert len(store.audit.chains[log.writer]) == 6  # with the first one, which led
    assert store.writes <= 4  # first group, shared group, at most two heads
    assert log.verify().findings == ()


def run_together(log: ChainedAuditLog, store: MemoryAuditStore, *, callers: int, fail: bool) -> list[str]:
    """Holds the writer in one write until `callers` others wait, then lets all go."""
    if fail:
        store.fail_before = 1000
    held, go = Event(), Event()
    outcomes: list[str] = []

    def hold() -> None:
        held.set()
        go.wait(10)

    store.before_write = hold
    first = Thread(target=attempt, args=(log, []))
    first.start()
    assert held.wait(10)
    barrier = Barrier(callers + 1)
    threads = [Thread(target=attempt, args=(log, outcomes, barrier)) for _ in range(callers)]
    for thread in threads:
        thread.start()
    barrier.wait(10)
    while log._turns.waiting < callers:
        pass
    go.set()
    for thread in (first, *threads):
        thread.join(10)
    return outcomes


def attempt(log: ChainedAuditLog, outcomes: list[str], start: Barrier | None = None) -> None:
    if start is not None:
        start.wait(10)
    try:
        log.append([event()])
    except UnavailableError:
        outcomes.append("refused")
    else:
        outcomes.append("written")


def test_closed_log_refuses_and_closing_twice_is_harmless(store: MemoryAuditStore, clock: Clock) -> None:
    log = open_log(store, clock)
    log.append([event()])
    log.close()
    log.close()
    with pytest.raises(UnavailableError):
        log.append([event()])


def test_closing_signs_the_last_event(store: MemoryAuditStore, clock: Clock) -> None:
    log = open_log(store, clock)
    for number in range(4):
        log.append([event(str(number))])
    log.close()
    assert store.audit.heads(log.writer)[-1].sequence == 4


def test_head_is_signed_after_the_first_group_and_then_by_count(store: MemoryAuditStore, clock: Clock) -> None:
    log = open_log(store, clock)
    log.append([event()])
    for _ in range(2):
        log.append([event() for _ in range(10)])
    log.close()
    assert [head.sequence for head in store.audit.heads(log.writer)][:2] == [1, 11]


def test_head_is_signed_when_the_oldest_unsigned_event_is_old_enough(store: MemoryAuditStore, clock: Clock) -> None:
    log = open_log(store, clock)
    log.append([event()])
    log.sign_head()
    log.append([event()])
    clock.now_s = 61
    log.append([event()])
    log.append([event()])  # the thread has looked at the clock before it takes this one
    second = store.audit.heads(log.writer)[1]
    assert second.sequence in {2, 3}, "long before ten events"
    log.close()


def test_failing_signer_does_not_lose_events_and_is_tried_again(store: MemoryAuditStore, clock: Clock) -> None:
    signer = HmacSigner()
    signer.failing = True
    log = open_log(store, clock, signer=signer)
    log.append([event()])
    assert store.audit.heads(log.writer) == []
    signer.failing = False
    log.sign_head()
    assert [head.sequence for head in store.audit.heads(log.writer)] == [1]
    log.close()


def test_head_names_how_far_every_other_chain_had_come(store: MemoryAuditStore, clock: Clock) -> None:
    first = open_log(store, clock)
    first.append([event(), event()])
    second = open_log(store, clock)
    second.append([event()])
    second.sign_head()
    links = decode_links(store.audit.heads(second.writer)[0].links)
    assert [(link.writer, link.sequence) for link in links] == [(first.writer, 2)]
    first.close()
    second.close()


def test_each_start_is_a_chain_of_its_own(store: MemoryAuditStore, clock: Clock) -> None:
    numbers = count()
    writers = set()
    for _ in range(3):
        log = open_log(store, clock)
        log.append([event(str(next(numbers)))])
        writers.add(log.writer)
        log.close()
    assert len(writers) == 3
