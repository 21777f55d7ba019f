"""What a run is told of corrections: those that stand, about fields that it reads, so that its steps work on corrected values.

A correction stands when a rule or a person accepted it or a person rejected it; what waits is nobody's value yet. The worker
compares `before` with the cell it would change. It cannot where the source's text did not parse, because it does not get that
text for every step; so the vault leaves those out that are about another text than the record's present one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from strongroom.api.v1.customer_pb2 import (
    PROPOSAL_STATE_ACCEPTED,
    PROPOSAL_STATE_REJECTED,
    Correction,
    Customer,
    DerivedData,
)
from vault_server.ports.records import RecordKind
from vault_server.ports.run_secrets import Pseudonyms
from vault_server.usecases import names
from vault_server.usecases.step_fields import STEP_FIELDS

CORRECTIONS = "corrections"
TRANSACTIONS = "transactions"
TOTAL = "total_minor"
_STANDING = frozenset({PROPOSAL_STATE_ACCEPTED, PROPOSAL_STATE_REJECTED})
_PARSED_FROM_TEXT = frozenset({"birth_date", "stated_age", "gender", "language"})
_OF_TRANSACTION = re.compile(r"transactions\[([0-9a-f-]{36})\](\.[a-z_]+)")


def reads_totals(steps: Sequence[str]) -> bool:
    """Whether a step reads what transactions come to."""
    return any(TOTAL in STEP_FIELDS[step].get(RecordKind.TRANSACTION, frozenset()) for step in steps)


def told_fields(visible: Sequence[str], fields: Sequence[str], *, totals: bool) -> tuple[str, ...]:
    """Fields whose corrections a run is told: those that its session returns and, if it may see them, totals."""
    returned = frozenset(fields)
    return (*(name for name in visible if name in returned), *([TRANSACTIONS] if totals else ()))


def keep_standing(derived: DerivedData, plaintext: bytes, pseudonyms: Pseudonyms) -> None:
    """Leave the corrections that stand, in place; transactions go by the run's row ids."""
    kept = [one for one in derived.corrections if one.state in _STANDING]
    if any(one.field in _PARSED_FROM_TEXT for one in kept):
        record = Customer.FromString(plaintext)
        said, unparsed = {field.name for field, _ in record.ListFields()}, dict(record.unparsed)
        kept = [one for one in kept if not _is_about_another_text(one, said, unparsed)]
    _name_transactions(kept, pseudonyms)
    told = DerivedData(corrections=kept)
    derived.ClearField("corrections")
    derived.MergeFrom(told)


def _is_about_another_text(one: Correction, said: set[str], unparsed: Mapping[str, str]) -> bool:
    absent = one.field in _PARSED_FROM_TEXT and one.field not in said
    return absent and unparsed.get(one.field) != one.before


def _name_transactions(corrections: Sequence[Correction], pseudonyms: Pseudonyms) -> None:
    found = [(one, _OF_TRANSACTION.fullmatch(one.field)) for one in corrections if one.field.startswith(TRANSACTIONS)]
    ids = [names.uuid_bytes(path.group(1)) for _, path in found if path is not None]
    row_ids = iter(pseudonyms.encode_many(ids) if ids else ())
    for one, path in found:
        if path is not None:
            one.field = f"{TRANSACTIONS}[{next(row_ids).hex()}]{path.group(2)}"
