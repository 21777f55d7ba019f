"""The review queue: what analyses propose and people decide."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from strongroom._sync.calls import Calls
from strongroom._sync.records import Page, pages
from strongroom.api.v1 import review_service_pb2 as api
from strongroom.api.v1.customer_pb2 import (
    PROPOSAL_STATE_ACCEPTED,
    PROPOSAL_STATE_PENDING,
    PROPOSAL_STATE_REJECTED,
    PROPOSAL_STATE_WITHDRAWN,
)
from strongroom.names import resource_name, tenant_name

State = Literal["pending", "accepted", "rejected", "withdrawn"]
Kind = Literal["", "match", "correction"]
_STATES = {
    "pending": PROPOSAL_STATE_PENDING,
    "accepted": PROPOSAL_STATE_ACCEPTED,
    "rejected": PROPOSAL_STATE_REJECTED,
    "withdrawn": PROPOSAL_STATE_WITHDRAWN,
}
_KINDS = {
    "": api.PROPOSAL_KIND_UNSPECIFIED,
    "match": api.PROPOSAL_KIND_MATCH,
    "correction": api.PROPOSAL_KIND_CORRECTION,
}


class Review:
    """The proposals of one tenant."""

    def __init__(self, calls: Calls, tenant: str) -> None:
        self._calls = calls
        self._tenant = tenant

    def page(
        self,
        *,
        state: State = "pending",
        kind: Kind = "",
        assignee: str = "",
        page_size: int = 50,
        page_token: str = "",
    ) -> api.ListProposalsResponse:
        """Return one page of proposals, the most doubtful first, and the calibration if there are enough decisions."""
        request = api.ListProposalsRequest(
            parent=tenant_name(self._tenant),
            state=_STATES[state],
            kind=_KINDS[kind],
            assignee=self._principal(assignee),
            page_size=page_size,
            page_token=page_token,
        )
        return self._calls.unary(request, api.ListProposalsResponse)

    def list(
        self, *, state: State = "pending", kind: Kind = "", assignee: str = "", page_size: int = 50
    ) -> Iterator[api.Proposal]:
        """Iterate over proposals of one state, the most doubtful first."""

        def fetch(token: str) -> Page[api.Proposal]:
            answer = self.page(state=state, kind=kind, assignee=assignee, page_size=page_size, page_token=token)
            return answer.proposals, answer.next_page_token

        return pages(fetch)

    def get(self, name: str, *, purpose: str = "") -> api.GetProposalResponse:
        """Return a proposal and the records it is about; without a purpose every value is masked."""
        request = api.GetProposalRequest(
            name=self._name(name), purpose=resource_name(self._tenant, "purposes", purpose) if purpose else ""
        )
        return self._calls.unary(request, api.GetProposalResponse)

    def accept(self, name: str, *, comment: str = "", etag: str = "", request_id: str = "") -> api.Proposal:
        """Say that it is right."""
        return self._decide(name, api.VERDICT_ACCEPT, comment, etag, request_id)

    def reject(self, name: str, *, comment: str = "", etag: str = "", request_id: str = "") -> api.Proposal:
        """Say that it is wrong."""
        return self._decide(name, api.VERDICT_REJECT, comment, etag, request_id)

    def reopen(self, name: str, *, comment: str = "", etag: str = "", request_id: str = "") -> api.Proposal:
        """Take a decision back: the proposal waits again."""
        request = api.ReopenProposalRequest(name=self._name(name), comment=comment, etag=etag, request_id=request_id)
        return (self._calls.unary(request, api.ReopenProposalResponse)).proposal

    def assign(self, name: str, assignee: str, *, etag: str = "", request_id: str = "") -> api.Proposal:
        """Give a proposal to a principal; "" for nobody."""
        request = api.AssignProposalRequest(
            name=self._name(name), assignee=self._principal(assignee), etag=etag, request_id=request_id
        )
        return (self._calls.unary(request, api.AssignProposalResponse)).proposal

    def link(self, customer: str, other: str, *, comment: str = "", request_id: str = "") -> api.Proposal:
        """Say that two customers are the same person."""
        return self._constrain(customer, other, comment, request_id, same=True)

    def split(self, customer: str, other: str, *, comment: str = "", request_id: str = "") -> api.Proposal:
        """Say that two customers are never the same person."""
        return self._constrain(customer, other, comment, request_id, same=False)

    def settings(self) -> api.ReviewSettings:
        request = api.GetReviewSettingsRequest(parent=tenant_name(self._tenant))
        return (self._calls.unary(request, api.GetReviewSettingsResponse)).settings

    def update_settings(self, settings: api.ReviewSettings, *, request_id: str = "") -> api.ReviewSettings:
        """Replace how the tenant reviews."""
        request = api.UpdateReviewSettingsRequest(parent=tenant_name(self._tenant), settings=settings, request_id=request_id)
        return (self._calls.unary(request, api.UpdateReviewSettingsResponse)).settings

    def _decide(self, name: str, verdict: api.Verdict.ValueType, comment: str, etag: str, request_id: str) -> api.Proposal:
        request = api.DecideProposalRequest(
            name=self._name(name), verdict=verdict, comment=comment, etag=etag, request_id=request_id
        )
        return (self._calls.unary(request, api.DecideProposalResponse)).proposal

    def _constrain(self, customer: str, other: str, comment: str, request_id: str, *, same: bool) -> api.Proposal:
        request = api.ConstrainPairRequest(
            parent=tenant_name(self._tenant),
            customer=resource_name(self._tenant, "customers", customer),
            other_customer=resource_name(self._tenant, "customers", other),
            same=same,
            comment=comment,
            request_id=request_id,
        )
        return (self._calls.unary(request, api.ConstrainPairResponse)).proposal

    def _name(self, given: str) -> str:
        return resource_name(self._tenant, "proposals", given)

    def _principal(self, given: str) -> str:
        return resource_name(self._tenant, "principals", given) if given else ""
