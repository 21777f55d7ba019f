"""Rows of one run as Arrow tables, limited to what the purpose may see.

Rules: one session per kind; fields that the purpose withholds are simply not there; a kind that the purpose does not cover
reads as None. The stream resumes by itself behind the last batch that arrived whole, so no row comes twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from analysis_worker.pipeline.ports import Kind, Reading
from analysis_worker.vault_io.lease import Lease
from strongroom.api.v1.attribute_service_pb2 import RECORD_KIND_CUSTOMER, RECORD_KIND_TRANSACTION, RecordKind
from strongroom.errors import PermissionDeniedError

if TYPE_CHECKING:
    from strongroom import Client

_RECORD_KINDS: dict[Kind, RecordKind.ValueType] = {
    Kind.CUSTOMER: RECORD_KIND_CUSTOMER,
    Kind.TRANSACTION: RECORD_KIND_TRANSACTION,
}
_NOT_COVERED = frozenset({"KIND_NOT_ALLOWED", "FIELD_WITHHELD"})


def read_rows(
    client: Client,
    lease: Lease,
    kind: Kind,
    fields: Sequence[str],
    check: Callable[[], None],
    opened: Callable[[int], None] | None = None,
) -> Reading | None:
    """Read all rows of a kind; `check` is called between batches and may raise, `opened` once before, with about how many."""
    try:
        reader = client.read.arrow(
            lease.run.purpose,
            fields=fields,
            kind=_RECORD_KINDS[kind],
            run=lease.run.name,
            lease_token=lease.token,
            allow_withheld=True,
        )
    except PermissionDeniedError as error:
        if error.reason in _NOT_COVERED:
            return None
        raise
    if opened is not None:
        opened(reader.session.estimated_rows)
    batches = []
    for batch in reader:
        check()
        batches.append(batch)
    return Reading(rows=pa.Table.from_batches(batches, schema=reader.schema), position=reader.session.position)
