"""Executes runs: understands the message, reads once for all steps, then goes through the steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from analysis_worker.engines.workers import Help
from analysis_worker.pipeline.customers import CUSTOMER_ID, ROW_ID, TRANSACTION_ROW_ID, Customers
from analysis_worker.pipeline.errors import RunFailureError
from analysis_worker.pipeline.execution import Execution, Source, Surroundings, worth_sharing
from analysis_worker.pipeline.plan import Plan, plan_run
from analysis_worker.pipeline.ports import Kind, RunVault
from analysis_worker.pipeline.step_adapter import SharesCells, StepAdapter
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
        first = plan.steps[0]

        def opened(customers: int) -> None:
            if run.attempts <= 1 and worth_sharing(first, customers):
                vault.workers(first.name)  # so that helpers are there when this worker has read
                self.get_ready(first.name)

        source = self._read(plan, vault, opened)
        self.around.log.emit(
            "run_read",
            run=plan.run,
            customers=source.customers.table.num_rows,
            transactions=source.transactions.num_rows if source.transactions is not None else 0,
        )
        Execution(plan=plan, source=source, vault=vault, around=self.around).go()

    def get_ready(self, step: str) -> None:
        """Load what a shared step needs, while the vault or another worker is still at work for it."""
        adapter = self.steps.get(step)
        if isinstance(adapter, SharesCells):
            with self.around.stop.interruptible():
                adapter.get_ready()

    @contextmanager
    def helping(self, run: Run, name: str, handed_over: bytes) -> Iterator[Help]:
        """The helper's side of one step of a run that another worker leads, while the block lasts.

        Raises:
            RunStoppedError: this worker cannot help; the run goes on without it.
        """
        plan = plan_run(run, self.steps)
        step = next((each for each in plan.steps if each.name == name), None)
        if step is None or not isinstance(step.adapter, SharesCells):
            raise RunFailureError("NOT_SHARED", "this worker does not share the step")
        with ExitStack() as stack:
            with self.around.stop.interruptible():
                helping = step.adapter.help(handed_over, step.options, seed=plan.seed, threads=self.around.threads)
                helper = stack.enter_context(helping)
            yield helper

    def _read(self, plan: Plan, vault: RunVault, opened: Callable[[int], None] | None = None) -> Source:
        reading = vault.read(Kind.CUSTOMER, plan.customer_fields, opened)
        if reading is None:
            raise RunFailureError("NOTHING_TO_READ", "the purpose may see none of the fields that the steps need")
        customers = Customers.of(reading.rows)
        bought = vault.read(Kind.TRANSACTION, plan.transaction_fields) if plan.transaction_fields else None
        transactions = None
        if bought is not None and CUSTOMER_ID in bought.rows.column_names:
            named = bought.rows.append_column(TRANSACTION_ROW_ID, bought.rows.column(ROW_ID))
            transactions = customers.placed(named, name=CUSTOMER_ID)
        return Source(customers=customers, transactions=transactions, position=reading.position)
