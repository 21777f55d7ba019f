"""Cells over real gRPC on both engines: who may join and do them, until when, and that nothing of them outlives the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from google.protobuf.struct_pb2 import Struct

from helpers.running_vault import Tenant
from strongroom import (
    ConflictError,
    Customer,
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
)
from strongroom.api.v1.access_service_pb2 import Principal
from strongroom.api.v1.analysis_service_pb2 import Run
from strongroom.api.v1.cell_service_pb2 import ClaimCellResponse
from strongroom.api.v1.rules_pb2 import ROLE_WORKER
from vault_server.ports.store import Store, WriteView
from vault_server.usecases import names
from vault_server.usecases.cells import MAX_CELL_BYTES, MAX_CELLS

DIGEST = b"digest-of-a-grid"


@dataclass
class Shared:
    """A run of `steps` that is led and takes helpers for match."""

    tenant: Tenant
    steps: tuple[str, ...] = ("match",)

    def __post_init__(self) -> None:
        self.tenant.analyst.analysis.start(list(self.steps))
        answer = self.tenant.worker.worker.claim(self.steps, lease_s=60)
        self.run: Run = answer.run
        self.name, self.token = answer.run.name, answer.lease_token
        self.tenant.worker.cells.share(self.name, self.token, step="match")

    @property
    def run_id(self) -> bytes:
        return names.parse_uuid_child(self.name, "runs")[1]

    def publish(self, *tasks: bytes, digest: bytes = DIGEST, first: int = 0, cells: int = 0, grid: str = "levels") -> None:
        self.tenant.worker.cells.publish(
            self.name,
            self.token,
            grid=grid,
            digest=digest,
            cells=cells or first + len(tasks) or 1,
            setup=b"setup",
            first=first,
            tasks=tasks,
        )

    def join(self) -> str:
        answer = self.tenant.worker.cells.join(["match"])
        assert answer.run.name == self.name
        return answer.help_token

    def claim(self, token: str, **how: object) -> ClaimCellResponse:
        return self.tenant.worker.cells.claim(self.name, token, **how)  # type: ignore[arg-type]  # named as the method's

    def write(self, token: str, cell: int, result: bytes = b"result", *, digest: bytes = DIGEST, grid: str = "levels") -> None:
        self.tenant.worker.cells.write(self.name, token, grid=grid, digest=digest, cell=cell, result=result)

    def result(self, cell: int) -> bytes:
        return self.tenant.worker.cells.result(self.name, self.token, grid="levels", cell=cell)

    def expire(self) -> None:
        """As if the leader had died long ago."""

        def work(view: WriteView) -> None:
            row = view.runs.lock_run(self.tenant.id, self.run_id)
            assert row
            view.runs.update_run(replace(row, lease_expires_us=1))

        self.tenant.vault.store.write(work)

    def kept(self, name: str = "levels") -> tuple[bool, list[int]]:
        """Whether the vault still has a grid of the run, and its finished cells."""
        store: Store = self.tenant.vault.store
        with store.read() as view:
            grid = view.cells.grid(self.tenant.id, self.run_id, name)
            shared = view.cells.shared(self.tenant.id, self.run_id)
            return grid is not None or shared is not None, view.cells.finished(self.tenant.id, self.run_id, name)


@pytest.fixture
def shared(acme: Tenant) -> Shared:
    acme.admin.customers.create(Customer(given_name="Ada", family_name="Dunwoody", emails=["ada@example.org"]))
    return Shared(acme)


def test_helpers_do_cells_that_the_leader_collects(shared: Shared) -> None:
    shared.publish(b"task-0", b"task-1", cells=3)
    one, two = shared.join(), shared.join()
    first = shared.claim(one)
    assert (first.claimed, first.grid, first.cell, first.task, first.setup) == (True, "levels", 0, b"task-0", b"setup")
    assert first.digest == DIGEST
    again = shared.claim(one, known_digest=DIGEST)
    assert (again.cell, again.setup) == (0, b"")
    assert shared.claim(two).cell == 1
    assert not shared.claim(shared.token).claimed
    shared.write(one, 0, b"by-one")
    shared.publish(b"task-2", first=2, cells=3)
    led = shared.claim(shared.token, grid="levels", without_task=True)
    assert (led.cell, led.task) == (2, b"")
    shared.write(shared.token, 1, b"by-the-leader")
    shared.write(two, 1, b"too-late")
    for token in (shared.token, one):
        assert shared.tenant.worker.cells.finished(shared.name, token, grid="levels") == [0, 1]
    assert (shared.result(0), shared.result(1)) == (b"by-one", b"by-the-leader")
    with pytest.raises(NotFoundError):
        shared.result(2)


def _handed_over(shared: Shared, *pieces: bytes) -> None:
    shared.publish(*[b""] * len(pieces), grid="basis")
    for cell, piece in enumerate(pieces):
        shared.write(shared.token, cell, piece, grid="basis")


def test_a_helper_takes_over_what_the_leader_computed_from_and_reads_nothing_by_itself(shared: Shared) -> None:
    token, worker = shared.join(), shared.tenant.worker
    assert worker.cells.finished(shared.name, token, grid="basis") == []
    _handed_over(shared, b"piece-0", b"piece-1")
    assert worker.cells.finished(shared.name, token, grid="basis") == [0, 1]
    assert worker.cells.result(shared.name, token, grid="basis", cell=1) == b"piece-1"
    with pytest.raises(ConflictError):
        list(worker.read("analysis", fields=["given_name"], run=shared.name, lease_token=token))
    with pytest.raises(PermissionDeniedError) as refused:
        shared.write(token, 0, b"another", grid="basis")
    assert refused.value.reason == "NOT_LEADING"


def test_who_takes_over_is_in_the_audit_log_with_purpose_and_fields(shared: Shared) -> None:
    _handed_over(shared, b"piece")
    token = shared.join()
    shared.tenant.worker.cells.result(shared.name, token, grid="basis", cell=0)
    events = [event for event in shared.tenant.auditor.audit.events(resource=shared.name) if event.method.endswith("ReadCell")]
    (seen,) = [event for event in events if event.fields]
    assert (seen.purpose, list(seen.resources)) == (f"{shared.tenant.name}/purposes/analysis", [shared.name])
    assert {"given_name", "emails"} <= set(seen.fields)
    assert "income" not in seen.fields


def test_what_was_handed_over_goes_when_no_help_is_wanted(shared: Shared) -> None:
    _handed_over(shared, b"piece")
    shared.publish(b"task")
    shared.write(shared.token, 0)
    shared.tenant.worker.cells.share(shared.name, shared.token, step="")
    assert shared.kept("basis")[1] == []
    assert shared.kept()[1] == [0]
    shared.write(shared.token, 0, b"late", grid="basis")
    assert shared.kept("basis")[1] == []


def test_an_erasure_takes_what_was_handed_over_with_it(shared: Shared) -> None:
    _handed_over(shared, b"piece")
    tenant = shared.tenant
    gone = tenant.admin.customers.create(Customer(given_name="Bo"))
    tenant.admin.customers.erase(gone.name)
    assert shared.kept("basis")[1] == []
    with pytest.raises(NotFoundError):
        tenant.worker.cells.result(shared.name, shared.join(), grid="basis", cell=0)
    shared.write(shared.token, 0, b"written just after", grid="basis")
    assert shared.kept("basis")[1] == []


def test_a_help_token_leads_nothing(shared: Shared) -> None:
    shared.publish(b"task")
    token, worker = shared.join(), shared.tenant.worker
    shared.write(token, 0)
    for call in (
        lambda: worker.cells.share(shared.name, token, step=""),
        lambda: worker.worker.heartbeat(shared.name, token),
        lambda: worker.worker.list_checkpoints(shared.name, token),
        lambda: worker.worker.save_checkpoint(shared.name, token, step="match", data=b"x"),
        lambda: list(worker.worker.decisions(shared.name, token)),
        lambda: worker.worker.commit(shared.name, token, summary=Struct(), expected_offsets={"match": 0}),
    ):
        with pytest.raises(ConflictError) as refused:
            call()
        assert refused.value.reason == "LEASE_LOST"
    with pytest.raises(NotFoundError):
        worker.cells.result(shared.name, token, grid="levels", cell=0)


def test_help_is_over_when_the_leader_says_so_dies_or_is_followed_by_another(shared: Shared) -> None:
    shared.publish(b"task-0", b"task-1")
    token = shared.join()
    shared.tenant.worker.cells.share(shared.name, shared.token, step="")
    _assert_over(shared, token)
    shared.tenant.worker.cells.share(shared.name, shared.token, step="match")
    assert shared.claim(token).claimed
    shared.expire()
    _assert_over(shared, token)
    answer = shared.tenant.worker.worker.claim(["match"], lease_s=60)
    assert answer.run.name == shared.name
    _assert_over(shared, token)
    _assert_over(shared, shared.token)
    shared.token = answer.lease_token
    assert not shared.tenant.worker.cells.join(["match"]).HasField("run")
    shared.tenant.worker.cells.share(shared.name, shared.token, step="match")
    _assert_over(shared, token)
    assert shared.claim(shared.join()).cell == 1  # the claim of the helper that is gone still stands
    shared.publish(b"task-0", b"task-1")
    assert shared.claim(shared.join()).cell == 0


def _assert_over(shared: Shared, token: str) -> None:
    for call in (
        lambda: shared.claim(token),
        lambda: shared.write(token, 1),
        lambda: shared.tenant.worker.cells.finished(shared.name, token, grid="basis"),
        lambda: shared.tenant.worker.cells.result(shared.name, token, grid="basis", cell=0),
    ):
        with pytest.raises(ConflictError) as refused:
            call()
        assert refused.value.reason == "LEASE_LOST"


def test_finished_cells_outlive_their_leader_for_the_same_grid_only(shared: Shared) -> None:
    shared.publish(b"task-0", b"task-1")
    shared.write(shared.join(), 1, b"kept")
    shared.expire()
    shared.token = shared.tenant.worker.worker.claim(["match"], lease_s=60).lease_token
    shared.publish(b"task-0", b"task-1")
    assert shared.result(1) == b"kept"
    shared.publish(b"task-0", b"task-1", digest=b"another-digest--")
    assert shared.kept()[1] == []


def test_a_result_of_another_grid_is_refused(shared: Shared) -> None:
    shared.publish(b"task")
    token = shared.join()
    for digest in (b"another-digest--", b""):
        with pytest.raises(ConflictError) as refused:
            shared.write(token, 0, digest=digest)
        assert refused.value.reason == "GRID_CHANGED"
    with pytest.raises(ConflictError):
        shared.publish(b"more", first=1, digest=b"another-digest--")


def test_other_tenants_roles_and_principals_do_no_cells(shared: Shared, other: Tenant) -> None:
    shared.publish(b"task")
    token = shared.join()
    assert not other.worker.cells.join(["match"]).HasField("run")
    for client in (other.worker, shared.tenant.analyst):
        with pytest.raises(PermissionDeniedError):
            client.cells.claim(shared.name, token)
        with pytest.raises(PermissionDeniedError):
            client.cells.write(shared.name, token, grid="levels", digest=DIGEST, cell=0, result=b"")
    with pytest.raises(PermissionDeniedError):
        shared.tenant.analyst.cells.join(["match"])
    tenant, name = shared.tenant, f"{shared.tenant.name}/principals/other-worker"
    tenant.admin.access.put_principal(Principal(name=name, roles=[ROLE_WORKER]))
    colleague = tenant.vault.connect(tenant.id, tenant.admin.access.issue_token(name)[1].reveal())
    with pytest.raises(ConflictError):  # the token is of another principal
        colleague.cells.claim(shared.name, token)
    assert colleague.cells.claim(shared.name, colleague.cells.join(["match"]).help_token).claimed
    with pytest.raises(ConflictError):
        shared.claim("srh_" + token.removeprefix("srh_")[::-1])


def test_nobody_joins_what_it_cannot_do_or_what_takes_no_help(acme: Tenant) -> None:
    shared = Shared(acme)
    assert not acme.worker.cells.join(["segment"]).HasField("run")
    with pytest.raises(InvalidArgumentError):
        acme.worker.cells.share(shared.name, shared.token, step="segment")
    acme.worker.cells.share(shared.name, shared.token, step="")
    assert not acme.worker.cells.join(["match"]).HasField("run")


@pytest.mark.parametrize("end", ["commit", "fail", "cancel"])
def test_nothing_of_the_cells_outlives_the_run(shared: Shared, end: str) -> None:
    shared.publish(b"task-0", b"task-1")
    token, worker = shared.join(), shared.tenant.worker.worker
    shared.write(token, 0)
    assert shared.kept() == (True, [0])
    if end == "commit":
        worker.commit(shared.name, shared.token, summary=Struct(), expected_offsets={"match": 0}, report_html=b"<p>")
    elif end == "fail":
        worker.release(shared.name, shared.token, failed=True, reason="STEP_FAILED")
    else:
        shared.tenant.analyst.analysis.cancel(shared.name)
    assert shared.kept() == (False, [])
    with pytest.raises(ConflictError):
        shared.claim(token)


def test_what_is_over_its_limit_is_refused(shared: Shared) -> None:
    calls: tuple[Callable[[], None], ...] = (
        lambda: shared.publish(b"task", grid="Levels"),
        lambda: shared.publish(b"task", digest=b"short"),
        lambda: shared.publish(b"task", cells=MAX_CELLS + 1),
        lambda: shared.publish(b"a", b"b", cells=1),
        lambda: shared.publish(b"a", first=-1, cells=4),
        lambda: shared.publish(bytes(MAX_CELL_BYTES), b"b"),
        lambda: shared.write(shared.token, 0, bytes(MAX_CELL_BYTES + 1)),
    )
    for call in calls:
        with pytest.raises(InvalidArgumentError):
            call()


def test_tasks_and_results_lie_sealed(shared: Shared) -> None:
    shared.publish(b"task-in-the-clear")
    shared.write(shared.token, 0, b"result-in-the-clear")
    store: Store = shared.tenant.vault.store
    with store.read() as view:
        sealed = view.cells.result(shared.tenant.id, shared.run_id, "levels", 0)
        grid = view.cells.grid(shared.tenant.id, shared.run_id, "levels")
    assert sealed
    assert grid
    assert b"clear" not in sealed
    assert b"setup" not in grid.setup
