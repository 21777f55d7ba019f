"""Decides what a bulk read may see: the one place where purpose, grant, category and budget meet.

Pure functions: what is stored is read by the caller, the clock is a value. Every refusal has a stable reason and none tells
more than the principal is granted: a purpose that does not exist and one that was not granted differ only for those who may
list purposes anyway. ADMIN needs a grant too: administering data is no purpose of reading it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from strongroom.api.v1.access_service_pb2 import Grant
from strongroom.api.v1.attribute_service_pb2 import AttributeDefinition
from strongroom.api.v1.privacy_service_pb2 import LEGAL_BASIS_CONSENT, LEGAL_BASIS_UNSPECIFIED, Purpose
from vault_server.errors import PermissionDeniedError
from vault_server.ports.access import Identity
from vault_server.ports.records import RecordKind
from vault_server.records.dictionary import Dictionary
from vault_server.records.projection import expand, visible

_MAX_NAMED_FIELDS = 20
_NEVER_US = 1 << 63


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDecision:
    """What a read session may return.

    Attributes:
        fields: names to return, in the order asked for.
        withheld: names asked for that the purpose may not see; empty unless the caller allowed it.
        visible: every name that the purpose may see: derived data about other fields is left out.
        row_budget: most rows, 0 for no limit.
        consent_required: only customers who consented to the purpose may be returned.
        expires_us: when the grant ends, or 0 for never.
    """

    kind: RecordKind
    fields: tuple[str, ...]
    withheld: tuple[str, ...]
    visible: tuple[str, ...]
    row_budget: int
    consent_required: bool
    expires_us: int


def decide_read(
    *,
    purpose: Purpose | None,
    grant: Grant | None,
    identity: Identity,
    kind: RecordKind,
    requested: Sequence[str],
    allow_withheld: bool,
    dictionary: Dictionary,
    attributes: Mapping[str, AttributeDefinition],
    now_us: int,
) -> ReadDecision:
    """Decide, or raise.

    Args:
        purpose: as stored, or None if there is none of that name.
        grant: the identity's grant of the purpose, or None; see `matching_grant`.
        requested: names asked for; none means every visible one.
        now_us: microseconds since 1970.

    Raises:
        PermissionDeniedError: UNKNOWN_PURPOSE, NOT_GRANTED, GRANT_EXPIRED, NO_LEGAL_BASIS, KIND_NOT_ALLOWED, FIELD_WITHHELD.
        InvalidArgumentError: UNKNOWN_FIELD.
    """
    if purpose is None:
        raise _denied("UNKNOWN_PURPOSE", "there is no such purpose", "list the purposes of the tenant")
    valid = require_grant(purpose, grant, identity, now_us)
    if purpose.legal_basis == LEGAL_BASIS_UNSPECIFIED:
        raise _denied("NO_LEGAL_BASIS", "the purpose has no legal basis", "define the purpose with one")
    if int(kind) not in map(int, purpose.kinds):
        raise _denied("KIND_NOT_ALLOWED", f"the purpose does not cover {kind.name.lower()} records", "use another purpose")
    seen = visible(dictionary, kind, frozenset(purpose.categories), attributes)
    fields, withheld = _divide(expand(dictionary, kind, requested, attributes) if requested else seen, seen)
    if withheld and (not allow_withheld or not fields):
        raise _withheld(withheld)
    return ReadDecision(
        kind=kind,
        fields=fields,
        withheld=withheld,
        visible=seen,
        row_budget=_tighter(purpose.row_budget, valid.row_budget),
        consent_required=purpose.legal_basis == LEGAL_BASIS_CONSENT,
        expires_us=_end_us(valid) if valid.HasField("expire_time") else 0,
    )


def matching_grant(grants: Sequence[Grant], identity: Identity, purpose: str, now_us: int) -> Grant | None:
    """The identity's grant of a purpose (both full resource names); of several the one that ends last, valid ones first."""
    principal = principal_name(identity)
    own = [grant for grant in grants if grant.principal == principal and grant.purpose == purpose]
    return max(own, key=lambda grant: (not _expired(grant, now_us), _end_us(grant)), default=None)


def principal_name(identity: Identity) -> str:
    return f"tenants/{identity.tenant}/principals/{identity.principal}"


def require_grant(purpose: Purpose, grant: Grant | None, identity: Identity, now_us: int) -> Grant:
    if grant is None or grant.principal != principal_name(identity) or grant.purpose != purpose.name:
        raise _denied("NOT_GRANTED", "the principal was not granted the purpose", "ask an administrator for a grant")
    if _expired(grant, now_us):
        raise _denied("GRANT_EXPIRED", "the grant of the purpose has ended", "ask an administrator for a new grant")
    return grant


def _expired(grant: Grant, now_us: int) -> bool:
    return grant.HasField("expire_time") and _end_us(grant) <= now_us


def _end_us(grant: Grant) -> int:
    if not grant.HasField("expire_time"):
        return _NEVER_US
    return grant.expire_time.seconds * 1_000_000 + grant.expire_time.nanos // 1000


def _divide(names: Sequence[str], seen: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    allowed = frozenset(seen)
    return tuple(name for name in names if name in allowed), tuple(name for name in names if name not in allowed)


def _tighter(*budgets: int) -> int:
    """The least of the limits that are set."""
    return min((budget for budget in budgets if budget > 0), default=0)


def _withheld(names: Sequence[str]) -> PermissionDeniedError:
    return PermissionDeniedError(
        "the purpose may not see every field that was asked for",
        reason="FIELD_WITHHELD",
        hint="ask for fewer fields, allow withheld fields, or use another purpose",
        metadata={"fields": ",".join(names[:_MAX_NAMED_FIELDS])},
    )


def _denied(reason: str, message: str, hint: str) -> PermissionDeniedError:
    return PermissionDeniedError(message, reason=reason, hint=hint)
