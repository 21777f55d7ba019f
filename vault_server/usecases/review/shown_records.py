"""The records that a proposal is about, as its reader may see them.

Without a purpose every value is masked. With one, the caller's grant of it, the purpose's categories and the customer's
consent decide field by field, by the rules of bulk reads; the rest stays masked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from strongroom.api.v1.customer_pb2 import Customer
from strongroom.api.v1.review_service_pb2 import ReviewedRecord
from vault_server.ports.records import RecordKind, RowState
from vault_server.records.masking import Masker
from vault_server.records.projection import ATTRIBUTE_PREFIX, DERIVED_FIELDS, root_name
from vault_server.usecases.call import Call
from vault_server.usecases.purposes import decide_under_purpose, purpose_id_of
from vault_server.usecases.record_kinds import CUSTOMERS
from vault_server.usecases.result_sight import sees_totals
from vault_server.usecases.sealed_rows import as_record, open_rows
from vault_server.usecases.standing_corrections import TRANSACTIONS
from vault_server.usecases.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a reader may see of customers.

    Attributes:
        visible: names of fields that are shown whole.
        purpose_id: of the purpose that consent is asked for, "" if none is needed.
    """

    visible: frozenset[str] = frozenset()
    purpose_id: str = ""


def sight_of(vault: Vault, call: Call, purpose: str) -> Sight:
    """What the caller may see under a purpose; nothing without one.

    Raises:
        NotFoundError: no such purpose.
        PermissionDeniedError: no grant of it, or it does not cover customers.
    """
    if not purpose:
        return Sight()
    decision = decide_under_purpose(vault, call, purpose, RecordKind.CUSTOMER)
    fields = frozenset(decision.visible) - set(DERIVED_FIELDS)
    if sees_totals(vault, call, purpose):
        fields |= {TRANSACTIONS}
    return Sight(visible=fields, purpose_id=purpose_id_of(call, purpose) if decision.consent_required else "")


def show_records(vault: Vault, tenant: str, people: Sequence[bytes], sight: Sight) -> list[ReviewedRecord]:
    """The customers, in order; deleted ones without any value."""
    with vault.store.read() as view:
        rows = view.records.get(tenant, RecordKind.CUSTOMER, people)
        deks = view.records.deks(tenant, people)
        willing = view.records.consented(tenant, sight.purpose_id, people) if sight.purpose_id else frozenset(people)
    plaintexts = open_rows(vault, tenant, RecordKind.CUSTOMER, rows, deks)
    shown = []
    for row, plaintext in zip(rows, plaintexts, strict=True):
        customer = as_record(CUSTOMERS, tenant, row, plaintext)
        if row.state == RowState.DELETED:
            customer = Customer(name=customer.name, state=customer.state)
        shown.append(_shown(vault, customer, sight.visible if row.customer_id in willing else frozenset()))
    return shown


def _shown(vault: Vault, customer: Customer, visible: frozenset[str]) -> ReviewedRecord:
    masked = Masker(vault.dictionary).mask(customer)
    if not isinstance(masked, Customer):  # the masker returns the kind that it was given
        raise TypeError("a customer was masked into something else")
    names = []
    for field, value in customer.ListFields():
        if field.name in visible:
            masked.ClearField(field.name)  # type: ignore[arg-type]  # a field of this message
            masked.MergeFrom(_only(customer, field.name))
            names.append(field.name)
        elif field.name == "attributes":
            for key in sorted(key for key in value if ATTRIBUTE_PREFIX + key in visible):
                masked.attributes[key].CopyFrom(customer.attributes[key])
                names.append(ATTRIBUTE_PREFIX + key)
    return ReviewedRecord(customer=masked, shown_fields=names)


def _only(customer: Customer, field: str) -> Customer:
    """A copy that holds one field."""
    one = Customer()
    one.CopyFrom(customer)
    for other, _ in customer.ListFields():
        if other.name != field:
            one.ClearField(other.name)  # type: ignore[arg-type]  # a field of this message
    return one


def consented(vault: Vault, tenant: str, customer_id: bytes, sight: Sight) -> Sight:
    """What may be seen of one customer."""
    if not sight.purpose_id:
        return sight
    with vault.store.read() as view:
        return sight if view.records.consented(tenant, sight.purpose_id, [customer_id]) else Sight()


def show_value(vault: Vault, field: str, text: str, sight: Sight) -> str:
    """A proposed or former value of a field, masked unless the field is visible."""
    if root_name(field) in sight.visible:
        return text
    return Masker(vault.dictionary).mask_text(RecordKind.CUSTOMER, field, text)
