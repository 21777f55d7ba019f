"""Analyses: start a run, follow it, read what it found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Literal

from strongroom._sync.calls import Calls
from strongroom._sync.records import Page, pages
from strongroom.api.v1 import analysis_service_pb2 as api
from strongroom.errors import DeadlineExceededError, RunFailedError, UnavailableError
from strongroom.names import resource_name, tenant_name
from strongroom.run_steps import ENDED, StepOptions, add_counts, run_steps

_WAIT_BUDGET_S = 24 * 3600.0
_REPORT_FORMAT = {"html": api.REPORT_FORMAT_HTML, "json": api.REPORT_FORMAT_JSON}


class Analysis:
    """The analysis runs of one tenant."""

    def __init__(self, calls: Calls, tenant: str) -> None:
        self._calls = calls
        self._tenant = tenant

    def start(
        self,
        steps: Sequence[str] = (),
        *,
        pipeline: str = "",
        purpose: str = "",
        options: Mapping[str, StepOptions] | None = None,
        seed: int = 0,
        as_of: date | str | None = None,
        request_id: str = "",
        validate_only: bool = False,
    ) -> api.Run:
        """Queue a run.

        Args:
            steps: names of steps, in order: correct, enrich, match, impute, segment, value, classify, associate.
            pipeline: declared pipeline to run, in place of steps, purpose and options.
            purpose: why; decides what the worker may see; "" means `analysis`.
            options: options of a step by its name; none are needed.
            seed: seed of everything random; 0 means the pipeline's, else 1.
            as_of: last day that steps look at purchases, for all of them, whatever their options say; None leaves it to each.
            request_id: makes a repeat harmless; made by the SDK if not given.
            validate_only: check everything, queue nothing.

        Raises:
            InvalidArgumentError: an unknown step or option, or one of the wrong type; the message says which.
        """
        named = purpose or ("" if pipeline else "analysis")
        request = api.StartAnalysisRequest(
            parent=tenant_name(self._tenant),
            purpose=resource_name(self._tenant, "purposes", named) if named else "",
            pipeline=resource_name(self._tenant, "pipelines", pipeline) if pipeline else "",
            steps=run_steps(steps, options or {}),
            seed=seed,
            as_of="" if as_of is None else str(as_of),
            request_id=request_id,
            validate_only=validate_only,
        )
        return (self._calls.unary(request, api.StartAnalysisResponse)).run

    def get(self, name: str) -> api.Run:
        return (self._calls.unary(api.GetRunRequest(name=self._name(name)), api.GetRunResponse)).run

    def list(self, *, page_size: int = 50) -> Iterator[api.Run]:
        """Iterate over runs, the newest first."""

        def fetch(token: str) -> Page[api.Run]:
            request = api.ListRunsRequest(parent=tenant_name(self._tenant), page_size=page_size, page_token=token)
            answer = self._calls.unary(request, api.ListRunsResponse)
            return answer.runs, answer.next_page_token

        return pages(fetch)

    def watch(self, name: str, *, timeout_s: float = _WAIT_BUDGET_S) -> Iterator[api.Run]:
        """Yield the run whenever it changes, until it has ended; a broken stream is opened again."""
        deadline = self._calls.clock() + timeout_s
        failures = 0
        while True:
            remaining = deadline - self._calls.clock()
            if remaining <= 0:
                raise DeadlineExceededError("The run did not end in time.", hint="It goes on; watch it again.")
            request = api.WatchRunRequest(name=self._name(name))
            try:
                for answer in self._calls.server_stream(request, api.WatchRunResponse, timeout_s=remaining):
                    failures = 0
                    yield answer.run
                    if answer.run.state in ENDED:
                        return
                failures += 1  # ended by a draining vault before the run did
            except UnavailableError:
                failures += 1
                if not self._calls.policy.may_retry(failures):
                    raise
            self._calls.pause(failures)

    def wait(self, name: str, *, timeout_s: float = _WAIT_BUDGET_S) -> api.Run:
        """Return the run when it has succeeded.

        Raises:
            RunFailedError: it failed or was cancelled.
        """
        for run in self.watch(name, timeout_s=timeout_s):
            if run.state == api.RUN_STATE_SUCCEEDED:
                return run
            if run.state in ENDED:
                raise RunFailedError(
                    run.failure_message or f"The run ended as {api.RunState.Name(run.state)}.", reason=run.failure_reason
                )
        raise UnavailableError("The run could not be followed to its end.")

    def cancel(self, name: str, *, request_id: str = "") -> api.Run:
        """Stop a run; nothing of it is kept."""
        request = api.CancelRunRequest(name=self._name(name), request_id=request_id)
        return (self._calls.unary(request, api.CancelRunResponse)).run

    def results(self, name: str, *, page_size: int = 500) -> Iterator[api.CustomerResult]:
        """Iterate over what a run derived, customer by customer."""

        def fetch(token: str) -> Page[api.CustomerResult]:
            request = api.ListRunResultsRequest(parent=self._name(name), page_size=page_size, page_token=token)
            answer = self._calls.unary(request, api.ListRunResultsResponse)
            return answer.results, answer.next_page_token

        return pages(fetch)

    def diff(self, before: str, after: str, *, parts: Sequence[str] = (), page_size: int = 0) -> Iterator[api.CustomerChange]:
        """Iterate over the customers whose results differ between two runs.

        Args:
            before: the first run.
            after: the second run.
            parts: parts of derived data to compare, such as `entity`; none means all.
            page_size: results of each run that one call compares; 0 leaves it to the vault.
        """

        def fetch(token: str) -> Page[api.CustomerChange]:
            answer = self._diff_page(before, after, parts, page_size, token, counts_only=False)
            return answer.changes, answer.next_page_token

        return pages(fetch)

    def diff_counts(
        self, before: str, after: str, *, parts: Sequence[str] = (), page_size: int = 0
    ) -> Sequence[api.PartCounts]:
        """Return how many customers differ between two runs, for each part of derived data that either has."""
        counts: dict[str, api.PartCounts] = {}
        token = ""
        while True:
            answer = self._diff_page(before, after, parts, page_size, token, counts_only=True)
            for found in answer.counts:
                add_counts(counts.setdefault(found.part, api.PartCounts(part=found.part)), found)
            token = answer.next_page_token
            if not token:
                return list(counts.values())

    def _diff_page(
        self, before: str, after: str, parts: Sequence[str], page_size: int, token: str, *, counts_only: bool
    ) -> api.DiffRunsResponse:
        request = api.DiffRunsRequest(
            before=self._name(before),
            after=self._name(after),
            parts=parts,
            counts_only=counts_only,
            page_size=page_size,
            page_token=token,
        )
        return self._calls.unary(request, api.DiffRunsResponse)

    def undo(self, name: str, *, redo: bool = False, request_id: str = "", validate_only: bool = False) -> api.UndoRunResponse:
        """Take the results of a run back: every derived value is again what it was before the run.

        Args:
            name: the run.
            redo: put the results of an undone run back in their place.
            request_id: makes a repeat harmless; made by the SDK if not given.
            validate_only: say what would happen, change nothing.

        Raises:
            FailedPreconditionError: the run has no results, is undone already, or a later run's stand in between.
        """
        request = api.UndoRunRequest(name=self._name(name), redo=redo, request_id=request_id, validate_only=validate_only)
        return self._calls.unary(request, api.UndoRunResponse)

    def report(self, name: str, *, format: Literal["html", "json"] = "html") -> bytes:  # noqa: A002 - the API's word
        """Return the report of a run: one HTML page, or JSON."""
        request = api.GetRunReportRequest(name=self._name(name), format=_REPORT_FORMAT[format])
        answers = self._calls.server_stream(request, api.GetRunReportResponse, timeout_s=self._calls.budget_s)
        return b"".join([answer.data for answer in answers])

    def _name(self, given: str) -> str:
        return resource_name(self._tenant, "runs", given)
