"""Executes runs: understands the message, reads once for all steps, then goes through the steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analysis_worker.pipeline.customers import CUSTOMER_ID, ROW_ID, TRANSACTION_ROW_ID, Customers
from analysis_worker.pipeline.errors import RunFailureError
from analysis_worker.pipeline.execution import Execution, Source, Surroundings
from analysis_worker.pipeline.plan import Plan, plan_run
from analysis_worker.pipeline.ports import Kind, RunVault
from analysis_worker.pipeline.step_adapter import StepAdapter
from strongroom.api.v1.analysis_service_pb2 import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """Executes runs of the steps it knows, by name."""

    steps: Mapping[str, StepAdapter]
    around: Surroundings

    def execute(self, run: Run, vault: RunVault) -> None:
        """Bring a claimed run to its commit.

        Raises:
            RunStoppedError: it does not go on here; the leaf says what to do.
        """
        plan = plan_run(run, self.steps)
        source = self._read(plan, vault)
        self.around.log.emit(
            "run_read",
            run=plan.run,
            customers=source.customers.table.num_rows,
            transactions=source.transactions.num_rows if source.transactions is not None else 0,
        )
        Execution(plan=plan, source=source, vault=vault, around=self.around).go()

    def _read(self, plan: Plan, vault: RunVault) -> Source:
        reading = vault.read(Kind.CUSTOMER, plan.customer_fields)
        if reading is None:
            raise RunFailureError("NOTHING_TO_READ", "the purpose may see none of the fields that the steps need")
        customers = Customers.of(reading.rows)
        bought = vault.read(Kind.TRANSACTION, plan.transaction_fields) if plan.transaction_fields else None
        transactions = None
        if bought is not None and CUSTOMER_ID in bought.rows.column_names:
            named = bought.rows.append_column(TRANSACTION_ROW_ID, bought.rows.column(ROW_ID))
            transactions = customers.placed(named, name=CUSTOMER_ID)
        return Source(customers=customers, transactions=transactions, position=reading.position)
