"""The review queue."""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.api.v1 import review_service_pb2 as review_pb2
from vault_server.usecases.call import Call
from vault_server.usecases.review.deciding import Deciding
from vault_server.usecases.review.queue import ReviewQueue
from vault_server.usecases.review.review_settings import ReviewRules


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewServicer:
    """ReviewService."""

    queue: ReviewQueue
    deciding: Deciding
    rules: ReviewRules

    def ListProposals(self, request: review_pb2.ListProposalsRequest, call: Call) -> review_pb2.ListProposalsResponse:
        return self.queue.list_proposals(call, request)

    def GetProposal(self, request: review_pb2.GetProposalRequest, call: Call) -> review_pb2.GetProposalResponse:
        return self.queue.get(call, request.name, request.purpose)

    def DecideProposal(self, request: review_pb2.DecideProposalRequest, call: Call) -> review_pb2.DecideProposalResponse:
        return review_pb2.DecideProposalResponse(proposal=self.deciding.decide(call, request))

    def ReopenProposal(self, request: review_pb2.ReopenProposalRequest, call: Call) -> review_pb2.ReopenProposalResponse:
        return review_pb2.ReopenProposalResponse(proposal=self.deciding.reopen(call, request))

    def AssignProposal(self, request: review_pb2.AssignProposalRequest, call: Call) -> review_pb2.AssignProposalResponse:
        return review_pb2.AssignProposalResponse(proposal=self.deciding.assign(call, request))

    def ConstrainPair(self, request: review_pb2.ConstrainPairRequest, call: Call) -> review_pb2.ConstrainPairResponse:
        return review_pb2.ConstrainPairResponse(proposal=self.deciding.constrain(call, request))

    def GetReviewSettings(
        self, request: review_pb2.GetReviewSettingsRequest, call: Call
    ) -> review_pb2.GetReviewSettingsResponse:
        return review_pb2.GetReviewSettingsResponse(settings=self.rules.get(call, request.parent))

    def UpdateReviewSettings(
        self, request: review_pb2.UpdateReviewSettingsRequest, call: Call
    ) -> review_pb2.UpdateReviewSettingsResponse:
        return review_pb2.UpdateReviewSettingsResponse(settings=self.rules.update(call, request))
