"""How a tenant reviews: which decisions need two people.

Two people for everything and two people for some kinds are kept apart: a client that knows only the former reads it right.
"""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.api.v1.review_service_pb2 import ProposalKind, ReviewSettings, UpdateReviewSettingsRequest
from vault_server.errors import InvalidArgumentError
from vault_server.ports.resources import ResourceKind
from vault_server.ports.store import ReadView, WriteView
from vault_server.usecases import names
from vault_server.usecases.call import Call
from vault_server.usecases.replay import replay_of
from vault_server.usecases.vault import Vault

_ID = "review"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRules:
    """Reads and changes the settings."""

    vault: Vault

    def get(self, call: Call, parent: str) -> ReviewSettings:
        tenant = call.require_tenant(names.parse_tenant(parent))
        with self.vault.store.read() as view:
            found = settings_of(view, tenant)
        call.audit([parent])
        return found

    def update(self, call: Call, request: UpdateReviewSettingsRequest) -> ReviewSettings:
        """Replace the settings.

        Raises:
            InvalidArgumentError: a kind that is none.
        """
        tenant = call.require_tenant(names.parse_tenant(request.parent))
        replay = replay_of(self.vault, call, request.request_id, request.SerializeToString(deterministic=True))
        call.audit([request.parent])
        if replay.done:
            return self.get(call, request.parent)
        settings, now_us = _checked(request.settings), self.vault.runtime.now_us()

        def work(view: WriteView) -> None:
            replay.record(view, request.parent, now_us)
            view.resources.put(tenant, ResourceKind.REVIEW_SETTINGS, _ID, settings.SerializeToString(deterministic=True))

        self.vault.store.write(work)
        return settings


def settings_of(view: ReadView | WriteView, tenant: str) -> ReviewSettings:
    """As stored; those of a tenant that never changed them are all off."""
    row = view.resources.get(tenant, ResourceKind.REVIEW_SETTINGS, _ID)
    return ReviewSettings() if row is None else ReviewSettings.FromString(row.payload)


def needs_two_people(settings: ReviewSettings, kind: int) -> bool:
    """Whether a decision about a proposal of a kind waits for a second person."""
    return settings.two_person or kind in settings.two_person_kinds


def _checked(asked: ReviewSettings) -> ReviewSettings:
    """What to keep: every kind is the same as all of them."""
    known = set(ProposalKind.values()) - {ProposalKind.PROPOSAL_KIND_UNSPECIFIED}
    kinds = set(asked.two_person_kinds)
    if kinds - known:
        raise InvalidArgumentError(
            "no such kind of proposal", reason="INVALID_KIND", metadata={"field": "settings.two_person_kinds"}
        )
    if asked.two_person or kinds == known:
        return ReviewSettings(two_person=True)
    return ReviewSettings(two_person_kinds=sorted(kinds))
