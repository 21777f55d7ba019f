"""Starts the run of a pipeline's slot, in the name of whoever owns the schedule and with the rights that they have now.

The run's request id is made of pipeline and slot: however often a slot is begun, one run comes of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.api.v1.access_service_pb2 import Principal
from strongroom.api.v1.analysis_service_pb2 import StartAnalysisRequest
from strongroom.api.v1.audit_service_pb2 import AuditOutcome
from vault_server.errors import NotFoundError, PermissionDeniedError, VaultError
from vault_server.ports.access import AuditLog, Identity, Policy
from vault_server.ports.resources import ResourceKind
from vault_server.usecases import names, pipeline_schedules
from vault_server.usecases.call import Call
from vault_server.usecases.recurring import Occasion
from vault_server.usecases.runs import Runs
from vault_server.usecases.vault import Vault

METHOD = "AnalysisService/StartAnalysis"
FULL_METHOD = f"/strongroom.api.v1.{METHOD}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledPipelines:
    """The job of the scheduler that starts runs."""

    vault: Vault
    runs: Runs
    policy: Policy
    log: AuditLog
    home_tenant: str

    def start(self, occasion: Occasion) -> str:
        """Start the slot's run, or find it started; its name.

        Raises:
            NotFoundError: the pipeline or its schedule is gone.
            PermissionDeniedError: the owner is gone, disabled, has no role or no grant for it any more.
        """
        tenant, pipeline_id = names.parse_child(occasion.name, "pipelines")
        with self.vault.store.read() as view:
            schedule = pipeline_schedules.stored(view, occasion.name)
        if schedule is None:
            raise NotFoundError("the schedule is gone", reason="SCHEDULE_GONE")
        _, principal = names.parse_child(schedule.principal, "principals")
        call = self._call(tenant, principal)
        request = StartAnalysisRequest(
            parent=names.tenant_name(tenant), pipeline=occasion.name, request_id=f"slot:{pipeline_id}:{occasion.slot_us}"
        )
        try:
            call.identity = self._owner(tenant, principal)
            self.policy.require(call.identity, FULL_METHOD)
            return self.runs.start(call, request).name
        except VaultError as error:
            denied = isinstance(error, PermissionDeniedError)
            outcome = AuditOutcome.AUDIT_OUTCOME_DENIED if denied else AuditOutcome.AUDIT_OUTCOME_FAILED
            call.audit([occasion.name], outcome=outcome, reason=error.reason)
            raise

    def _owner(self, tenant: str, principal: str) -> Identity:
        with self.vault.store.read() as view:
            row = view.resources.get(tenant, ResourceKind.PRINCIPAL, principal)
        stored = None if row is None else Principal.FromString(row.payload)
        if stored is None or stored.disabled:
            raise PermissionDeniedError("the owner of the schedule is gone or disabled", reason="OWNER_GONE")
        return Identity(tenant=tenant, principal=principal, roles=frozenset(stored.roles), credential="schedule")

    def _call(self, tenant: str, principal: str) -> Call:
        nobody = Identity(tenant=tenant, principal=principal, roles=frozenset(), credential="schedule")
        return Call(
            identity=nobody,
            method=METHOD,
            call_id=self.vault.runtime.random_bytes(8).hex(),
            home_tenant=self.home_tenant,
            log=self.log,
            now_us=self.vault.runtime.now_us,
        )
