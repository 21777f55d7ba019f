"""Each way to falsify an audit log, and the finding that names it."""

from __future__ import annotations

from typing import Any

import pytest

from helpers.audit_memory import HmacSigner, MemoryAuditStore
from strongroom.api.v1.audit_service_pb2 import AuditEvent
from vault_server.access.audit_chain import GENESIS, Link, chain_rows, prepare, sign_head
from vault_server.access.audit_log import ChainedAuditLog
from vault_server.access.audit_verification import Chain, verify_chains
from vault_server.ports.access import AuditVerification
from vault_server.ports.runtime import Runtime

SIGNER = HmacSigner()
VERIFIERS = {SIGNER.key_id: SIGNER}


def written(store: MemoryAuditStore, count: int = 5, *, head_every_events: int = 1000) -> str:
    """A closed chain of `count` events; its writer."""
    log = ChainedAuditLog(store, SIGNER, VERIFIERS, runtime=Runtime(), head_every_events=head_every_events)
    for number in range(count):
        log.append([AuditEvent(tenant="acme", principal="shop", method="CustomerService/GetCustomer", call_id=str(number))])
    log.close()
    return log.writer


def verified(store: MemoryAuditStore, max_unsigned_events: int | None = None) -> AuditVerification:
    audit = store.audit
    writers = sorted(audit.chains.keys() | audit.signed.keys())
    chains = [Chain(writer, audit.events(writer, after=0, limit=10_000), audit.heads(writer)) for writer in writers]
    return verify_chains([chain for chain in chains if chain.events], VERIFIERS, max_unsigned_events=max_unsigned_events)


@pytest.fixture
def store() -> MemoryAuditStore:
    return MemoryAuditStore()


def test_untouched_log_is_whole(store: MemoryAuditStore) -> None:
    written(store)
    written(store)
    result = verified(store)
    assert result.findings == ()
    assert (result.valid, result.events, result.writers) == (True, 10, 2)
    assert result.heads >= 2


def test_edited_event_is_found(store: MemoryAuditStore) -> None:
    rows = store.audit.chains[written(store)]
    event = AuditEvent.FromString(rows[2].payload)
    event.principal = "nobody"
    rows[2] = rows[2]._replace(payload=event.SerializeToString(deterministic=True))
    assert any("event 3: was changed" in finding for finding in verified(store).findings)


def test_edited_event_with_recomputed_hashes_is_found(store: MemoryAuditStore) -> None:
    writer = written(store)
    rows = store.audit.chains[writer]
    events = [AuditEvent.FromString(row.payload) for row in rows]
    events[1].principal = "nobody"
    store.audit.chains[writer] = chain_rows(writer, Link(writer, 0, GENESIS), [prepare(event, 0) for event in events])
    assert any("rewritten" in finding for finding in verified(store).findings)


def test_edited_time_is_found(store: MemoryAuditStore) -> None:
    rows = store.audit.chains[written(store)]
    rows[0] = rows[0]._replace(time_us=1)
    assert any("event 1: was changed" in finding for finding in verified(store).findings)


@pytest.mark.parametrize("changed", [{"tenant": "other"}, {"resources": ("tenants/acme/customers/x",)}])
def test_edited_index_column_is_found(store: MemoryAuditStore, changed: dict[str, Any]) -> None:
    rows = store.audit.chains[written(store)]
    rows[3] = rows[3]._replace(**changed)
    assert any("event 4: its index columns" in finding for finding in verified(store).findings)


def test_removed_event_is_found(store: MemoryAuditStore) -> None:
    rows = store.audit.chains[written(store)]
    del rows[1]
    assert any("event 3: expected 2" in finding for finding in verified(store).findings)


def test_removed_first_event_is_found(store: MemoryAuditStore) -> None:
    rows = store.audit.chains[written(store)]
    del rows[0]
    assert any("event 2: expected 1" in finding for finding in verified(store).findings)


def test_reordered_events_are_found(store: MemoryAuditStore) -> None:
    rows = store.audit.chains[written(store)]
    rows[1], rows[2] = rows[2]._replace(sequence=2), rows[1]._replace(sequence=3)
    assert not verified(store).valid


def test_repeated_event_is_found(store: MemoryAuditStore) -> None:
    rows = store.audit.chains[written(store)]
    rows.insert(2, rows[1])
    assert any("repeated" in finding for finding in verified(store).findings)


def test_truncated_chain_is_found_by_its_signed_head(store: MemoryAuditStore) -> None:
    rows = store.audit.chains[written(store)]
    del rows[-2:]
    assert any("ends at 3, but 5 was signed" in finding for finding in verified(store).findings)


def test_chain_truncated_with_its_heads_is_found_by_another_chains_head(store: MemoryAuditStore) -> None:
    first = written(store)
    written(store)
    del store.audit.chains[first][-1]
    del store.audit.signed[first][1:]
    assert any(finding.startswith(f"chain {first}: ends at 4") for finding in verified(store).findings)


def test_removed_chain_is_found_by_another_chains_head(store: MemoryAuditStore) -> None:
    first = written(store)
    written(store)
    del store.audit.chains[first], store.audit.signed[first]
    assert verified(store).findings == (f"chain {first}: removed, but a signed head names it",)


def test_removed_heads_leave_an_unsigned_chain_which_is_found(store: MemoryAuditStore) -> None:
    writer = written(store)
    del store.audit.signed[writer]
    assert any("no signed head" in finding for finding in verified(store).findings)


def test_long_unsigned_tail_is_found(store: MemoryAuditStore) -> None:
    writer = written(store, 20, head_every_events=5)
    store.audit.signed[writer] = store.audit.signed[writer][:1]
    assert any("never signed" in finding for finding in verified(store, max_unsigned_events=10).findings)


def test_forged_head_is_found(store: MemoryAuditStore) -> None:
    writer = written(store)
    head = store.audit.signed[writer][-1]
    store.audit.signed[writer][-1] = head._replace(sequence=3, hash=store.audit.chains[writer][2].hash)
    assert any("the signature does not fit" in finding for finding in verified(store).findings)


def test_head_with_forged_links_is_found(store: MemoryAuditStore) -> None:
    written(store)
    second = written(store)
    store.audit.signed[second] = [head._replace(links=b"") for head in store.audit.signed[second]]
    assert any("the signature does not fit" in finding for finding in verified(store).findings)


def test_head_signed_by_an_unknown_key_is_found(store: MemoryAuditStore) -> None:
    writer = written(store)
    last = store.audit.chains[writer][-1]
    store.audit.append_head(sign_head(HmacSigner(b"attacker"), Link(writer, last.sequence, last.hash), 0, []))
    assert any("unknown key" in finding for finding in verified(store).findings)


def test_head_moved_from_another_chain_is_found(store: MemoryAuditStore) -> None:
    first, second = written(store), written(store)
    store.audit.signed[first].append(store.audit.signed[second][-1])
    assert any("belongs to another chain" in finding for finding in verified(store).findings)


def test_chain_under_another_writers_name_is_found(store: MemoryAuditStore) -> None:
    first = written(store)
    store.audit.chains["ff" * 16] = [row._replace(writer="ff" * 16) for row in store.audit.chains[first]]
    assert not verified(store).valid


def test_cut_behind_everything_signed_is_found_by_the_process_that_wrote_it(store: MemoryAuditStore) -> None:
    log = ChainedAuditLog(store, SIGNER, VERIFIERS, runtime=Runtime())
    log.append([AuditEvent(tenant="acme") for _ in range(3)])
    assert log.verify().findings == ()
    del store.audit.chains[log.writer][-1]
    store.audit.signed[log.writer] = []
    store.audit.append_head(sign_head(SIGNER, Link(log.writer, 2, store.audit.chains[log.writer][-1].hash), 0, []))
    assert any("ends at 2" in finding for finding in log.verify().findings)
    log.close()


def test_garbage_payload_is_a_finding_and_not_a_crash(store: MemoryAuditStore) -> None:
    rows = store.audit.chains[written(store)]
    rows[0] = rows[0]._replace(payload=b"\xff\xff\xff")
    assert not verified(store).valid
