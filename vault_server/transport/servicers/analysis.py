"""Runs: for those who start them, and for workers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from strongroom.api.v1 import analysis_service_pb2 as analysis_pb2
from strongroom.api.v1 import analysis_worker_service_pb2 as worker_pb2
from vault_server.usecases.call import Call
from vault_server.usecases.pipelines import Pipelines
from vault_server.usecases.review.worker_proposals import WorkerProposals
from vault_server.usecases.run_diff import RunDiff
from vault_server.usecases.run_undo import RunUndo
from vault_server.usecases.runs import Runs
from vault_server.usecases.worker_runs import WorkerRuns


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisServicer:
    """AnalysisService."""

    runs: Runs
    undo: RunUndo
    diff: RunDiff
    pipelines: Pipelines

    def CreatePipeline(self, request: analysis_pb2.CreatePipelineRequest, call: Call) -> analysis_pb2.CreatePipelineResponse:
        return analysis_pb2.CreatePipelineResponse(pipeline=self.pipelines.create(call, request))

    def GetPipeline(self, request: analysis_pb2.GetPipelineRequest, call: Call) -> analysis_pb2.GetPipelineResponse:
        return analysis_pb2.GetPipelineResponse(pipeline=self.pipelines.get(call, request.name))

    def ListPipelines(self, request: analysis_pb2.ListPipelinesRequest, call: Call) -> analysis_pb2.ListPipelinesResponse:
        return analysis_pb2.ListPipelinesResponse(pipelines=self.pipelines.list_pipelines(call, request.parent))

    def UpdatePipeline(self, request: analysis_pb2.UpdatePipelineRequest, call: Call) -> analysis_pb2.UpdatePipelineResponse:
        return analysis_pb2.UpdatePipelineResponse(pipeline=self.pipelines.update(call, request))

    def DeletePipeline(self, request: analysis_pb2.DeletePipelineRequest, call: Call) -> analysis_pb2.DeletePipelineResponse:
        self.pipelines.delete(call, request)
        return analysis_pb2.DeletePipelineResponse()

    def StartAnalysis(self, request: analysis_pb2.StartAnalysisRequest, call: Call) -> analysis_pb2.StartAnalysisResponse:
        return analysis_pb2.StartAnalysisResponse(run=self.runs.start(call, request))

    def GetRun(self, request: analysis_pb2.GetRunRequest, call: Call) -> analysis_pb2.GetRunResponse:
        return analysis_pb2.GetRunResponse(run=self.runs.get(call, request.name))

    def ListRuns(self, request: analysis_pb2.ListRunsRequest, call: Call) -> analysis_pb2.ListRunsResponse:
        return self.runs.list_runs(call, request.parent, page_size=request.page_size, page_token=request.page_token)

    def WatchRun(self, request: analysis_pb2.WatchRunRequest, call: Call) -> Iterator[analysis_pb2.WatchRunResponse]:
        for run in self.runs.watch(call, request.name):
            yield analysis_pb2.WatchRunResponse(run=run)

    def CancelRun(self, request: analysis_pb2.CancelRunRequest, call: Call) -> analysis_pb2.CancelRunResponse:
        return analysis_pb2.CancelRunResponse(run=self.runs.cancel(call, request.name))

    def ListRunResults(self, request: analysis_pb2.ListRunResultsRequest, call: Call) -> analysis_pb2.ListRunResultsResponse:
        return self.runs.results(call, request.parent, page_size=request.page_size, page_token=request.page_token)

    def DiffRuns(self, request: analysis_pb2.DiffRunsRequest, call: Call) -> analysis_pb2.DiffRunsResponse:
        return self.diff.page(call, request)

    def UndoRun(self, request: analysis_pb2.UndoRunRequest, call: Call) -> analysis_pb2.UndoRunResponse:
        return self.undo.undo(call, request)

    def GetRunReport(
        self, request: analysis_pb2.GetRunReportRequest, call: Call
    ) -> Iterator[analysis_pb2.GetRunReportResponse]:
        for piece in self.runs.report(call, request.name, request.format):
            yield analysis_pb2.GetRunReportResponse(data=piece)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisWorkerServicer:
    """AnalysisWorkerService."""

    runs: WorkerRuns
    proposals: WorkerProposals

    def ClaimRun(self, request: worker_pb2.ClaimRunRequest, call: Call) -> worker_pb2.ClaimRunResponse:
        return self.runs.claim(call, request)

    def HeartbeatRun(self, request: worker_pb2.HeartbeatRunRequest, call: Call) -> worker_pb2.HeartbeatRunResponse:
        return self.runs.heartbeat(call, request)

    def WriteResults(self, request: worker_pb2.WriteResultsRequest, call: Call) -> worker_pb2.WriteResultsResponse:
        return worker_pb2.WriteResultsResponse(next_offset=self.runs.write_results(call, request))

    def WriteProposals(self, request: worker_pb2.WriteProposalsRequest, call: Call) -> worker_pb2.WriteProposalsResponse:
        return worker_pb2.WriteProposalsResponse(next_offset=self.proposals.write(call, request))

    def ListDecisions(self, request: worker_pb2.ListDecisionsRequest, call: Call) -> worker_pb2.ListDecisionsResponse:
        return self.proposals.decisions(call, request)

    def SaveCheckpoint(self, request: worker_pb2.SaveCheckpointRequest, call: Call) -> worker_pb2.SaveCheckpointResponse:
        self.runs.save_checkpoint(call, request)
        return worker_pb2.SaveCheckpointResponse()

    def ListCheckpoints(self, request: worker_pb2.ListCheckpointsRequest, call: Call) -> worker_pb2.ListCheckpointsResponse:
        return self.runs.list_checkpoints(call, request.name, request.lease_token)

    def ReadCheckpoint(self, request: worker_pb2.ReadCheckpointRequest, call: Call) -> worker_pb2.ReadCheckpointResponse:
        data = self.runs.read_checkpoint(call, request.name, request.lease_token, request.step, request.piece)
        return worker_pb2.ReadCheckpointResponse(data=data)

    def CommitRun(self, request: worker_pb2.CommitRunRequest, call: Call) -> worker_pb2.CommitRunResponse:
        return worker_pb2.CommitRunResponse(run=self.runs.commit(call, request))

    def ReleaseRun(self, request: worker_pb2.ReleaseRunRequest, call: Call) -> worker_pb2.ReleaseRunResponse:
        self.runs.release(call, request)
        return worker_pb2.ReleaseRunResponse()
