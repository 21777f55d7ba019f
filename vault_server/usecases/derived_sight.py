"""What is shown beside a customer (`CUSTOMER_VIEW_FULL`): each result as the purpose of its run lets the caller see it.

Rules. `result_sight` decides, run by run. What the caller may not see is left out and not refused: who may read a customer gets
the customer, and an empty part says nothing about whether there is more. Nothing here runs for a customer alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from strongroom.api.v1.analysis_service_pb2 import Run
from strongroom.api.v1.customer_pb2 import DerivedData
from vault_server.errors import NotFoundError, PermissionDeniedError, ResourceExhaustedError
from vault_server.ports.keys import WrappedDek
from vault_server.ports.records import DerivedRow
from vault_server.ports.runs import RunRow
from vault_server.usecases.call import Call
from vault_server.usecases.result_sight import ResultSight, require_few, sight_under_purpose
from vault_server.usecases.sealed_rows import open_derived
from vault_server.usecases.vault import Vault


class UnderPurpose(NamedTuple):
    """What an event of the audit says about results that were shown.

    Attributes:
        purpose: of the runs.
        fields: parts of derived data that it may see.
    """

    purpose: str
    fields: tuple[str, ...]


class SeenDerived(NamedTuple):
    """Derived data by customer, and under which purposes it is shown."""

    parts: dict[bytes, DerivedData]
    purposes: list[UnderPurpose]


def seen_derived(vault: Vault, call: Call, tenant: str, rows: Sequence[DerivedRow], deks: Iterable[WrappedDek]) -> SeenDerived:
    """Open the rows that the caller may see, and cut them down to what it may see of them."""
    sights = _sights(vault, call, tenant, list(dict.fromkeys(row.run_id for row in rows)))
    if not sights:
        return SeenDerived({}, [])
    of_run: dict[bytes, set[bytes]] = {}
    for row in rows:
        if row.run_id in sights:
            of_run.setdefault(row.run_id, set()).add(row.customer_id)
    with vault.store.read() as view:
        willing = {run_id: sights[run_id].willing(view, customers) for run_id, customers in of_run.items()}
    kept = [row for row in rows if row.customer_id in willing.get(row.run_id, ())]
    parts = open_derived(vault.keyring, tenant, kept, deks, shown=lambda row, part: sights[row.run_id].shown(part))
    purposes = dict.fromkeys(
        UnderPurpose(sight.purpose, sight.projection.derived) for sight in (sights[row.run_id] for row in kept)
    )
    return SeenDerived(parts, list(purposes))


def _sights(vault: Vault, call: Call, tenant: str, run_ids: Sequence[bytes]) -> dict[bytes, ResultSight]:
    """What may be seen of each run; those of which nothing may are left out."""
    with vault.store.read() as view:
        stored = [row for run_id in run_ids if (row := view.runs.run(tenant, run_id)) is not None]
    by_purpose: dict[str, ResultSight | None] = {}
    found = {}
    for row in stored:
        run = Run.FromString(row.payload)
        if run.purpose not in by_purpose:
            by_purpose[run.purpose] = _sight(vault, call, tenant, run.purpose)
        sight = by_purpose[run.purpose]
        if sight is not None and _fits(vault, row, run, sight.row_budget):
            found[row.run_id] = sight
    return found


def _sight(vault: Vault, call: Call, tenant: str, purpose: str) -> ResultSight | None:
    try:
        return sight_under_purpose(vault, call, tenant, purpose)
    except (PermissionDeniedError, NotFoundError):
        return None


def _fits(vault: Vault, row: RunRow, run: Run, budget: int) -> bool:
    try:
        require_few(vault, row, run, budget)
    except ResourceExhaustedError:
        return False
    return True
