"""Who may see what runs derived: the one rule for lists of results, for comparisons, and for what is shown beside a customer.

Rules. Results show values (what a correction says, what was estimated), so reading them is a bulk read: it needs a grant of the
run's purpose that holds now, and what the purpose may see now decides part by part and field by field, as in a read session;
customers who have to consent and do not are left out; a row budget counts. A role alone sees aggregates only: summary, report,
counts of a comparison. An administrator needs a grant, too.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass

from strongroom.api.v1.analysis_service_pb2 import Run
from strongroom.api.v1.customer_pb2 import DerivedData
from vault_server.errors import PermissionDeniedError, ResourceExhaustedError
from vault_server.ports.records import RecordKind
from vault_server.ports.runs import RunRow
from vault_server.ports.store import ReadView
from vault_server.records.projection import DERIVED_FIELDS, Projection
from vault_server.usecases.call import Call
from vault_server.usecases.purposes import decide_under_purpose, purpose_id_of
from vault_server.usecases.standing_corrections import TOTAL, TRANSACTIONS
from vault_server.usecases.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultSight:
    """What a caller may see of one run's results.

    Attributes:
        purpose: of the run, for the audit.
        consent_to: id of the purpose that customers must have consented to, "" if they need not.
        row_budget: most results that may be returned, 0 for no limit.
        fields: names that may be seen.
    """

    tenant: str
    purpose: str
    consent_to: str
    row_budget: int
    fields: tuple[str, ...]
    projection: Projection

    def shown(self, derived: DerivedData) -> DerivedData:
        """Derived data, itself, cut down to what may be seen."""
        return self.projection.project_derived(derived)

    def willing(self, view: ReadView, customers: Collection[bytes]) -> frozenset[bytes]:
        """The customers whose results may be seen."""
        if not self.consent_to or not customers:
            return frozenset(customers)
        return frozenset(view.records.consented(self.tenant, self.consent_to, list(customers)))


def sight_of_results(vault: Vault, call: Call, row: RunRow) -> ResultSight:
    """What the caller may see of the run's results.

    Raises:
        PermissionDeniedError: no grant of the run's purpose or one that has ended, or the purpose may not see derived data.
        ResourceExhaustedError: the run has more results than the purpose or the grant may return.
    """
    run = Run.FromString(row.payload)
    sight = sight_under_purpose(vault, call, row.tenant, run.purpose)
    require_few(vault, row, run, sight.row_budget)
    return sight


def sight_under_purpose(vault: Vault, call: Call, tenant: str, purpose: str) -> ResultSight:
    """What the caller may see of results under a purpose, whichever run they are of.

    Raises:
        PermissionDeniedError: no grant of the purpose or one that has ended, or it may not see derived data.
    """
    decision = decide_under_purpose(vault, call, purpose, RecordKind.CUSTOMER)
    if not set(DERIVED_FIELDS) & set(decision.visible):
        raise PermissionDeniedError(
            "the run's purpose may not see derived data",
            reason="FIELD_WITHHELD",
            hint="a purpose sees results if derived data is one of its categories",
        )
    seen = (*decision.visible, *([TRANSACTIONS] if sees_totals(vault, call, purpose) else ()))
    attributes = vault.attributes.of(tenant)
    return ResultSight(
        tenant=tenant,
        purpose=purpose,
        consent_to=purpose_id_of(call, purpose) if decision.consent_required else "",
        row_budget=decision.row_budget,
        fields=decision.visible,
        projection=Projection(vault.dictionary, RecordKind.CUSTOMER, decision.visible, attributes, visible_fields=seen),
    )


def require_few(vault: Vault, row: RunRow, run: Run, budget: int) -> None:
    """Return if the run has no more results than the budget, 0 for no limit.

    Raises:
        ResourceExhaustedError: ROW_BUDGET.
    """
    if not budget:
        return
    with vault.store.read() as view:
        rows = max((view.runs.result_offset(row.tenant, row.run_id, step.step) for step in run.steps), default=0)
    if rows > budget:
        raise ResourceExhaustedError(
            f"the run has results of {rows} customers, and {budget} are allowed",
            reason="ROW_BUDGET",
            hint="ask for a larger grant",
        )


def sees_totals(vault: Vault, call: Call, purpose: str) -> bool:
    """Whether the caller may see under a purpose what transactions come to, and so what corrections say of it."""
    with suppress(PermissionDeniedError):
        return TOTAL in decide_under_purpose(vault, call, purpose, RecordKind.TRANSACTION).visible
    return False
