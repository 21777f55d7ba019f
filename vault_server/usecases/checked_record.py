"""Validation of single records: every broken rule in one error, by path, without a value."""

from __future__ import annotations

from collections.abc import Sequence

from vault_server.errors import InvalidArgumentError
from vault_server.records.checks import Violation
from vault_server.usecases.record_kinds import Record
from vault_server.usecases.vault import Preparing

SHOWN = 10
MAX_RECORD_BYTES = 3 << 20  # it must fit into a message of 4 MiB beside what the vault adds


def violations_of(vault: Preparing, tenant: str, record: Record) -> list[Violation]:
    """What is wrong with a record; an attribute that another process has just defined is looked up again."""
    found = vault.validator.validate(record, attributes=vault.attributes.of(tenant))
    if found and any(violation.reason == "UNKNOWN_ATTRIBUTE" for violation in found):
        found = vault.validator.validate(record, attributes=vault.attributes.of(tenant, refresh=True))
    return found


def check_record(vault: Preparing, tenant: str, record: Record) -> None:
    """Return if the record may be stored.

    Raises:
        InvalidArgumentError: it breaks rules; the metadata names up to ten fields and reasons.
    """
    found = [*violations_of(vault, tenant, record), *size_violations(record)]
    if found:
        raise InvalidArgumentError(
            "; ".join(f"{violation.field or 'record'} {violation.message}" for violation in found[:SHOWN]),
            reason="INVALID_RECORD",
            metadata={"violations": _listed(found)},
            hint="define unknown attributes first"
            if any(violation.reason == "UNKNOWN_ATTRIBUTE" for violation in found)
            else "",
        )


def size_violations(record: Record) -> list[Violation]:
    """One violation if the record is too large to be read again."""
    if record.ByteSize() <= MAX_RECORD_BYTES:
        return []
    return [Violation("", "TOO_LARGE", f"must have at most {MAX_RECORD_BYTES} bytes")]


def _listed(found: Sequence[Violation]) -> str:
    return ",".join(f"{violation.field}:{violation.reason}" for violation in found[:SHOWN])
