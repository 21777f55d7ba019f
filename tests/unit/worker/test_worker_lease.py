"""A lease is kept by beats, believed as long as promised, and given up for good when the vault says so."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from analysis_worker.pipeline.errors import LeaseLostError, VaultAwayError
from analysis_worker.pipeline.events import EventLog
from analysis_worker.vault_io.claiming import RunQueue
from analysis_worker.vault_io.lease import Lease, LeaseKeeper
from helpers.fake_worker_vault import FakeWorkerVault
from strongroom.api.v1.analysis_service_pb2 import Run, RunProgress
from strongroom.api.v1.analysis_worker_service_pb2 import HeartbeatRunResponse


class _Vault:
    """Answers beats as told."""

    def __init__(self) -> None:
        self.now = 0.0
        self.answer: Callable[[], None] = lambda: None
        self.heard: list[RunProgress] = []

    def beat(self, progress: RunProgress, *, timeout_s: float) -> None:
        assert timeout_s == pytest.approx(10.0)
        self.answer()
        self.heard.append(progress)


def _keeper(vault: _Vault) -> LeaseKeeper:
    lease = Lease(run=Run(name="tenants/main/runs/1"), token="srl_30_secret", lease_s=30.0)
    log = EventLog(io.StringIO(), lambda: datetime(2026, 1, 1, tzinfo=UTC))
    return LeaseKeeper(lease, vault.beat, lambda: vault.now, log, claimed_at=0.0)


def _refuse(error: Exception) -> Callable[[], None]:
    def answer() -> None:
        raise error

    return answer


def test_a_lease_holds_as_long_as_promised_and_not_longer() -> None:
    vault = _Vault()
    keeper = _keeper(vault)
    vault.now = 29.9
    keeper.check()
    vault.now = 30.0
    with pytest.raises(LeaseLostError):
        keeper.check()


def test_a_good_beat_prolongs_the_lease_from_when_it_was_sent() -> None:
    vault = _Vault()
    keeper = _keeper(vault)
    vault.now = 20.0
    vault.answer = lambda: setattr(vault, "now", 25.0)
    keeper.beat_once()
    vault.now = 49.9
    keeper.check()
    vault.now = 50.0
    with pytest.raises(LeaseLostError):
        keeper.check()


def test_a_missed_beat_is_forgiven_until_the_lease_ends() -> None:
    vault = _Vault()
    keeper = _keeper(vault)
    vault.now, vault.answer = 20.0, _refuse(VaultAwayError())
    keeper.beat_once()
    keeper.check()
    vault.now = 31.0
    with pytest.raises(LeaseLostError):
        keeper.check()


def test_a_lost_lease_is_lost_for_good() -> None:
    vault = _Vault()
    keeper = _keeper(vault)
    vault.answer = _refuse(LeaseLostError())
    keeper.beat_once()
    vault.answer = lambda: None
    keeper.beat_once()
    with pytest.raises(LeaseLostError):
        keeper.check()


def test_progress_arrives_with_the_next_beat() -> None:
    vault = _Vault()
    keeper = _keeper(vault)
    keeper.tell(RunProgress(step="match", fraction=0.25, rows=7))
    keeper.beat_once()
    assert vault.heard == [RunProgress(step="match", fraction=0.25, rows=7)]


def test_telling_progress_wakes_the_thread_and_leaving_ends_it() -> None:
    vault = _Vault()
    keeper = _keeper(vault)
    with keeper:
        keeper.tell(RunProgress(step="match"))
        while not vault.heard:
            keeper._thread.join(0.01)
    assert not keeper._thread.is_alive()


def test_a_cancelled_run_counts_as_a_lost_lease() -> None:
    vault = FakeWorkerVault(customers={"family_name": ["Eichholz"]})
    vault.start("correct")
    client = vault.client()
    queue = RunQueue(client, ("correct",), 30)
    lease = queue.claim()
    assert lease is not None
    client.worker.heartbeat = lambda *_arguments, **_named: HeartbeatRunResponse(cancelled=True)
    with pytest.raises(LeaseLostError):
        queue.beat(lease, RunProgress(), 1.0)


def test_the_token_of_a_lease_is_in_no_text() -> None:
    lease = Lease(run=Run(), token="srl_30_secret", lease_s=30.0)
    assert "secret" not in repr(lease)
