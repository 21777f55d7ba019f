"""Which fields each step of an analysis may read. A worker gets these and no others, whatever it asks for.

Names and contacts never reach a step that counts and predicts; a step that compares people sees no money. Every run may read
`corrections`: it is told those about the fields that it reads (`standing_corrections`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from vault_server.errors import PermissionDeniedError
from vault_server.ports.records import RecordKind

_NAMES = frozenset({"given_name", "family_name", "full_name"})
_CONTACT = frozenset({"emails", "phones", "addresses"})
_PERSON = frozenset({"kind", "gender", "birth_date"})
_WORK = frozenset({"organisation", "job_title"})
_PURCHASES = frozenset({"customer_id", "kind", "time", "total_minor", "currency"})
_PROFILE = frozenset({"kind", "gender", "stated_age", "income", "language"})
_OF_EVERY_RUN = frozenset({"corrections"})

STEP_FIELDS: Mapping[str, Mapping[RecordKind, frozenset[str]]] = {
    "correct": {
        RecordKind.CUSTOMER: _NAMES
        | _CONTACT
        | _PERSON
        | {"stated_age", "income", "language", "attributes", "unparsed"}
        | _OF_EVERY_RUN,
        RecordKind.TRANSACTION: frozenset({"customer_id", "total_minor", "lines"}),
    },
    "enrich": {
        RecordKind.CUSTOMER: _NAMES | _CONTACT | _PERSON | _WORK | {"stated_age", "income", "language", "attributes", "entity"}
    },
    "match": {
        RecordKind.CUSTOMER: _NAMES
        | _CONTACT
        | _PERSON
        | _WORK
        | {"stated_age", "national_ids", "unparsed", "attributes", "entity"}
    },
    "impute": {
        RecordKind.CUSTOMER: _PROFILE | {"attributes"},
        RecordKind.TRANSACTION: _PURCHASES,
    },
    "segment": {RecordKind.CUSTOMER: _PROFILE | {"attributes", "segment"}, RecordKind.TRANSACTION: _PURCHASES | {"channel"}},
    "value": {RecordKind.CUSTOMER: frozenset({"kind"}), RecordKind.TRANSACTION: _PURCHASES},
    "classify": {RecordKind.CUSTOMER: _PROFILE | {"attributes"}, RecordKind.TRANSACTION: _PURCHASES | {"channel"}},
    "associate": {
        RecordKind.CUSTOMER: frozenset({"kind"}),
        RecordKind.TRANSACTION: frozenset({"customer_id", "kind", "time", "lines"}),
    },
}


def fields_of_step(step: str) -> list[str]:
    """What a step may read of customers, by name; nothing of no step."""
    return sorted(STEP_FIELDS[step][RecordKind.CUSTOMER]) if step else []


def require_step_fields(steps: Iterable[str], kind: RecordKind, requested: Sequence[str]) -> None:
    """Return if every requested field is declared by one of the steps.

    Raises:
        PermissionDeniedError: a field is not, or none is named.
    """
    allowed = frozenset[str]().union(*(STEP_FIELDS[step].get(kind, frozenset()) for step in steps))
    if kind is RecordKind.CUSTOMER:
        allowed |= _OF_EVERY_RUN
    extra = sorted(
        name for name in requested if name not in allowed and not (name.startswith("attributes.") and "attributes" in allowed)
    )
    if extra or not requested:
        raise PermissionDeniedError(
            "a worker reads only fields that a step of its run declares",
            reason="FIELD_NOT_DECLARED",
            metadata={"fields": ",".join(extra[:20])},
        )
