"""What a bulk read may see, and why not."""

from __future__ import annotations

from typing import Any

import pytest

from strongroom.api.v1 import rules_pb2
from strongroom.api.v1.access_service_pb2 import Grant
from strongroom.api.v1.attribute_service_pb2 import ATTRIBUTE_TYPE_INT, AttributeDefinition
from strongroom.api.v1.privacy_service_pb2 import LEGAL_BASIS_CONSENT, LEGAL_BASIS_CONTRACT, LEGAL_BASIS_UNSPECIFIED, Purpose
from vault_server.access.read_decision import ReadDecision, decide_read, matching_grant
from vault_server.errors import InvalidArgumentError, PermissionDeniedError
from vault_server.ports.access import Identity
from vault_server.ports.records import RecordKind
from vault_server.records.dictionary import Dictionary

DICTIONARY = Dictionary()
NOW_S = 1_700_000_000
NOW_US = NOW_S * 1_000_000
IDENTITY = Identity(
    tenant="acme", principal="ann", roles=frozenset({rules_pb2.ROLE_ADMIN, rules_pb2.ROLE_ANALYST}), credential="token"
)
ATTRIBUTES = {
    "tariff": AttributeDefinition(key="tariff", type=ATTRIBUTE_TYPE_INT, category=rules_pb2.CATEGORY_BEHAVIOUR),
    "illness": AttributeDefinition(key="illness", type=ATTRIBUTE_TYPE_INT, category=rules_pb2.CATEGORY_SPECIAL),
    "undecided": AttributeDefinition(key="undecided", type=ATTRIBUTE_TYPE_INT),
}


def purpose(**changes: Any) -> Purpose:
    fields: dict[str, Any] = {
        "name": "tenants/acme/purposes/quality",
        "legal_basis": LEGAL_BASIS_CONTRACT,
        "categories": [rules_pb2.CATEGORY_IDENTITY, rules_pb2.CATEGORY_BEHAVIOUR],
        "kinds": [RecordKind.CUSTOMER],
    }
    return Purpose(**{**fields, **changes})


def grant(*, ends_s: int = 0, row_budget: int = 0, principal: str = "ann") -> Grant:
    made = Grant(
        principal=f"tenants/acme/principals/{principal}", purpose="tenants/acme/purposes/quality", row_budget=row_budget
    )
    if ends_s:
        made.expire_time.seconds = NOW_S + ends_s
    return made


def decide(**changes: Any) -> ReadDecision:
    arguments: dict[str, Any] = {
        "purpose": purpose(),
        "grant": grant(),
        "identity": IDENTITY,
        "kind": RecordKind.CUSTOMER,
        "requested": ["given_name", "birth_date"],
        "allow_withheld": False,
        "dictionary": DICTIONARY,
        "attributes": ATTRIBUTES,
        "now_us": NOW_US,
    }
    return decide_read(**{**arguments, **changes})


def test_granted_fields_of_the_purpose_are_returned_in_the_order_asked_for() -> None:
    decision = decide(requested=["birth_date", "customer_id", "given_name", "birth_date"])
    assert decision.fields == ("birth_date", "customer_id", "given_name")
    assert (decision.withheld, decision.consent_required, decision.expires_us) == ((), False, 0)


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("UNKNOWN_PURPOSE", {"purpose": None}),
        ("NOT_GRANTED", {"grant": None}),
        ("NOT_GRANTED", {"grant": grant(principal="bob")}),
        ("NOT_GRANTED", {"purpose": purpose(name="tenants/acme/purposes/other")}),
        ("GRANT_EXPIRED", {"grant": grant(ends_s=-1)}),
        ("GRANT_EXPIRED", {"now_us": NOW_US + 5_000_000, "grant": grant(ends_s=5)}),
        ("NO_LEGAL_BASIS", {"purpose": purpose(legal_basis=LEGAL_BASIS_UNSPECIFIED)}),
        ("KIND_NOT_ALLOWED", {"kind": RecordKind.NEED}),
        ("KIND_NOT_ALLOWED", {"purpose": purpose(kinds=[])}),
        ("FIELD_WITHHELD", {"requested": ["given_name", "emails"]}),
        ("FIELD_WITHHELD", {"requested": ["emails"], "allow_withheld": True}),
        ("FIELD_WITHHELD", {"requested": ["attributes.illness"]}),
        ("FIELD_WITHHELD", {"requested": ["attributes.undecided"]}),
        ("FIELD_WITHHELD", {"requested": ["segment"]}),
    ],
)
def test_refusal_has_a_stable_reason(reason: str, changes: dict[str, Any]) -> None:
    with pytest.raises(PermissionDeniedError) as caught:
        decide(**changes)
    assert caught.value.reason == reason
    assert caught.value.hint


@pytest.mark.parametrize("name", ["name", "etag", "nonsense", "attributes.undefined", "emails.0", ""])
def test_unknown_field_is_an_error_of_the_caller(name: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        decide(requested=[name])
    assert caught.value.reason == "UNKNOWN_FIELD"


def test_administrator_needs_a_grant_too() -> None:
    with pytest.raises(PermissionDeniedError):
        decide(grant=None, identity=IDENTITY)


def test_nothing_asked_for_means_everything_visible() -> None:
    decision = decide(requested=[])
    assert {"given_name", "national_ids", "attributes.tariff", "customer_id"} <= set(decision.fields)
    assert {"emails", "external_ids", "attributes.illness", "attributes.undecided", "entity"}.isdisjoint(decision.fields)
    assert decision.withheld == ()


def test_withheld_fields_are_left_out_when_the_caller_allows_it() -> None:
    decision = decide(requested=["given_name", "emails", "attributes"], allow_withheld=True)
    assert decision.fields == ("given_name", "attributes.tariff")
    assert decision.withheld == ("emails", "attributes.illness", "attributes.undecided")


@pytest.mark.parametrize(("own", "granted", "expected"), [(0, 0, 0), (5, 0, 5), (0, 7, 7), (5, 7, 5), (7, 5, 5)])
def test_the_tighter_row_budget_holds(own: int, granted: int, expected: int) -> None:
    assert decide(purpose=purpose(row_budget=own), grant=grant(row_budget=granted)).row_budget == expected


def test_consent_is_required_where_it_is_the_basis() -> None:
    assert decide(purpose=purpose(legal_basis=LEGAL_BASIS_CONSENT)).consent_required


def test_session_cannot_outlive_the_grant() -> None:
    assert decide(grant=grant(ends_s=5)).expires_us == NOW_US + 5_000_000


def test_valid_grant_is_chosen_before_an_expired_and_a_foreign_one() -> None:
    grants = [grant(ends_s=-5), grant(ends_s=9), grant(ends_s=5), grant(principal="bob")]
    assert matching_grant(grants, IDENTITY, "tenants/acme/purposes/quality", NOW_US) == grants[1]
    assert matching_grant(grants, IDENTITY, "tenants/acme/purposes/other", NOW_US) is None
