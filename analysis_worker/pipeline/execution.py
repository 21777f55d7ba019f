"""One run under way: every step from where it stands to written, then the report and the one commit.

A step is new (no checkpoint), kept (checkpoint, rows missing) or written; each move is one that the vault makes whole or not
at all, so whoever claims a run that was left finds its steps in these states and goes on. Rules: a result is computed once,
kept before its first row is written, and written from what is kept; between two moves the lease and the wish to end are
looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import pyarrow as pa

from analysis_worker.pipeline.corrected import CORRECT, seen_by
from analysis_worker.pipeline.customers import TRANSACTION_ROW_ID, Customers, restricted
from analysis_worker.pipeline.errors import RunFailureError, RunStoppedError
from analysis_worker.pipeline.events import EventLog
from analysis_worker.pipeline.outcome import StepOutcome
from analysis_worker.pipeline.pairs import STEPS_WITH_DECISIONS, asked_pairs, decision_table, most_doubtful
from analysis_worker.pipeline.plan import Plan, PlannedStep
from analysis_worker.pipeline.ports import Conclusion, Kept, RunVault, Stop
from analysis_worker.pipeline.quality import quality_of
from analysis_worker.pipeline.report_input import RunFigures, report_input
from analysis_worker.pipeline.step_adapter import NamesTransactions, SharesCells, StepInputs
from analysis_worker.pipeline.units import income_unit

Outcomes = Mapping[str, StepOutcome]


def worth_sharing(step: PlannedStep, customers: int) -> bool:
    """Whether other workers may help with a step over so many customers.

    Raises:
        RunFailureError: the step's options are refused.
    """
    return isinstance(step.adapter, SharesCells) and customers >= step.adapter.shares_from_rows(step.options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a run is executed with.

    Attributes:
        stop: the wish to end.
        log: what is said about it.
        threads: how many a step may use.
        monotonic: seconds, for durations.
        now: the time, with zone, for the report.
    """

    stop: Stop
    log: EventLog
    threads: int
    monotonic: Callable[[], float]
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What was read: customers, their transactions under the customers' places, the vault's change position."""

    customers: Customers
    transactions: pa.Table | None
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One run, read and ready."""

    plan: Plan
    source: Source
    vault: RunVault
    around: Surroundings

    def go(self) -> None:
        kept = self.vault.kept()
        outcomes: dict[str, StepOutcome] = {}
        rows = self.source.customers.table.num_rows
        for number, step in enumerate(self.plan.steps):
            self.vault.tell(step.name, fraction=number / len(self.plan.steps), rows=rows)
            self._pause()
            outcome = self._kept_outcome(step, kept, outcomes)
            self._write(step, outcome, kept.offsets.get(step.name, 0))
            self._ask(step, outcome, kept.pairs.get(step.name, 0))
            outcomes[step.name] = outcome
        self._pause()
        conclusion = self._conclusion(outcomes)
        self.vault.commit(conclusion)
        self.around.log.emit("run_committed", run=self.plan.run, rows=sum(conclusion.offsets.values()))

    def _pause(self) -> None:
        self.vault.check()
        self.around.stop.check()

    def _kept_outcome(self, step: PlannedStep, kept: Kept, outcomes: Outcomes) -> StepOutcome:
        if step.name in kept.checkpoints:
            return StepOutcome.decode(step.name, self.vault.load(step.name))
        outcome = self._compute(step, outcomes)
        self._pause()
        self.vault.keep(step.name, outcome.encode())
        return outcome

    def _compute(self, step: PlannedStep, outcomes: Outcomes) -> StepOutcome:
        inputs = self._inputs(step, outcomes)
        started = self.around.monotonic()
        try:
            with self.around.stop.interruptible():
                computed = step.adapter.compute(inputs)
        except RunStoppedError:
            raise
        except Exception as error:  # the outermost edge of a step: its text may hold a customer's value, its type does not
            raise RunFailureError("STEP_FAILED", f"step {step.name} failed with {type(error).__name__}") from error
        seconds = self.around.monotonic() - started
        self.around.log.emit("step_computed", run=self.plan.run, step=step.name, seconds=round(seconds, 3))
        proposals, left_out = most_doubtful(computed.proposals) if computed.proposals is not None else (None, 0)
        return StepOutcome(
            step=step.name,
            table=self.source.customers.named(computed.table),
            proposals=self.source.customers.named(proposals) if proposals is not None else None,
            summary={**computed.summary, "proposals_left_out": left_out} if left_out else computed.summary,
            report=computed.report,
            seconds=seconds,
        )

    def _inputs(self, step: PlannedStep, outcomes: Outcomes) -> StepInputs:
        """The step's own columns, corrected, and as the steps that it sees have left them."""
        corrector = next((one.adapter for one in self.plan.steps if one.name == CORRECT and CORRECT in outcomes), None)
        done = None if corrector is None else (corrector, self.source.customers.placed(outcomes[CORRECT].table))
        table, transactions = seen_by(step.name, self.source.customers.table, self.source.transactions, done)
        for before in self.plan.steps:
            if before.name in outcomes and before.name in step.adapter.sees:
                table = before.adapter.apply(table, self.source.customers.placed(outcomes[before.name].table))
        fields = step.adapter.transaction_fields
        if fields and isinstance(step.adapter, NamesTransactions):
            fields |= {TRANSACTION_ROW_ID}
        return StepInputs(
            customers=restricted(table, step.adapter.customer_fields),
            transactions=restricted(transactions, fields) if transactions is not None and fields else None,
            options=step.options,
            seed=self.plan.seed,
            as_of=self.plan.as_of,
            threads=self.around.threads,
            decisions=self._decisions() if step.name in STEPS_WITH_DECISIONS else None,
            workers=self.vault.workers(step.name) if worth_sharing(step, table.num_rows) else None,
        )

    def _decisions(self) -> pa.Table | None:
        """By the places of this reading; None if nothing was decided."""
        found = self.vault.decisions()
        return self.source.customers.placed_pairs(decision_table(found)) if found else None

    def _write(self, step: PlannedStep, outcome: StepOutcome, written: int) -> None:
        end = written
        if written < outcome.rows:
            end = self.vault.append(step.name, written, islice(step.adapter.derive(outcome.table), written, None))
        if end != outcome.rows:
            raise RunFailureError("RESULTS_DIFFER", f"the vault holds other results of step {step.name} than its checkpoint")
        self.around.log.emit("step_written", run=self.plan.run, step=step.name, rows=outcome.rows - written)

    def _ask(self, step: PlannedStep, outcome: StepOutcome, written: int) -> None:
        end = written
        if outcome.proposals is not None and written < outcome.pairs:
            end = self.vault.ask(step.name, written, asked_pairs(outcome.proposals, written))
        if end != outcome.pairs:
            raise RunFailureError("RESULTS_DIFFER", f"the vault holds other pairs of step {step.name} than its checkpoint")

    def _conclusion(self, outcomes: Outcomes) -> Conclusion:
        from analysis_worker.report import Previous, build_report, comparable_figures, report_json

        source, earlier = self.source, self.vault.previous()
        figures = RunFigures(
            customers=source.customers.table.num_rows,
            transactions=source.transactions.num_rows if source.transactions is not None else 0,
            position=source.position,
            created=self.around.now(),
            quality=quality_of(source.customers.table),
            income_unit=income_unit(source.customers.table),
            previous=None if earlier is None else Previous(run=earlier.run, created=earlier.ended, figures=earlier.figures),
        )
        page = report_input(self.plan, outcomes, figures)
        return Conclusion(
            summary={step: outcome.summary for step, outcome in outcomes.items()},
            report_html=build_report(page).encode(),
            report_json=report_json(page).encode(),
            offsets={step: outcome.rows for step, outcome in outcomes.items()},
            pairs={step: outcome.pairs for step, outcome in outcomes.items() if outcome.pairs},
            position=source.position,
            figures=comparable_figures(page),
        )
