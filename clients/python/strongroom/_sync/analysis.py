"""Analyses: start a run, follow it, read what it found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from strongroom._sync.calls import Calls
from strongroom._sync.records import Page, pages
from strongroom.api.v1 import analysis_service_pb2 as api
from strongroom.errors import DeadlineExceededError, RunFailedError, UnavailableError
from strongroom.names import resource_name, tenant_name
from strongroom.run_steps import ENDED, StepOptions, run_steps

_WAIT_BUDGET_S = 24 * 3600.0
_REPORT_FORMAT = {"html": api.REPORT_FORMAT_HTML, "json": api.REPORT_FORMAT_JSON}


class Analysis:
    """The analysis runs of one tenant."""

    def __init__(self, calls: Calls, tenant: str) -> None:
        self._calls = calls
        self._tenant = tenant

    def start(
        self,
        steps: Sequence[str],
        *,
        purpose: str = "analysis",
        options: Mapping[str, StepOptions] | None = None,
        seed: int = 0,
        request_id: str = "",
        validate_only: bool = False,
    ) -> api.Run:
        """Queue a run.

        Args:
            steps: names of steps, in order: correct, match, impute, segment.
            purpose: why; decides what the worker may see.
            options: options of a step by its name; none are needed.
            seed: seed of everything random; 0 means 1.
            request_id: makes a repeat harmless; made by the SDK if not given.
            validate_only: check everything, queue nothing.
        """
        request = api.StartAnalysisRequest(
            parent=tenant_name(self._tenant),
            purpose=resource_name(self._tenant, "purposes", purpose),
            steps=run_steps(steps, options or {}),
            seed=seed,
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

    def report(self, name: str, *, format: Literal["html", "json"] = "html") -> bytes:  # noqa: A002 - the API's word
        """Return the report of a run: one HTML page, or JSON."""
        request = api.GetRunReportRequest(name=self._name(name), format=_REPORT_FORMAT[format])
        answers = self._calls.server_stream(request, api.GetRunReportResponse, timeout_s=self._calls.budget_s)
        return b"".join([answer.data for answer in answers])

    def _name(self, given: str) -> str:
        return resource_name(self._tenant, "runs", given)
