"""Bulk reads under a purpose: lazy, and resumed with the last token after a broken stream.

Rules: a row is yielded once, because a resume token arrives with the rows that it stands behind; the session is opened by
the call that makes the reader, so a refused purpose is an error at once and not at the first row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from strongroom._sync.calls import Calls
from strongroom.api.v1 import read_session_service_pb2 as api
from strongroom.api.v1.attribute_service_pb2 import RECORD_KIND_CUSTOMER, RECORD_KIND_NEED, RECORD_KIND_TRANSACTION, RecordKind
from strongroom.api.v1.customer_pb2 import Customer, DerivedData
from strongroom.api.v1.need_pb2 import Need
from strongroom.api.v1.transaction_pb2 import Transaction
from strongroom.arrow import require_pyarrow
from strongroom.errors import DeadlineExceededError, UnavailableError
from strongroom.names import resource_name, tenant_name

if TYPE_CHECKING:
    import pyarrow as pa

_READ_BUDGET_S = 3600.0
_RECORD_OF_KIND: dict[int, type[Customer | Transaction | Need]] = {
    RECORD_KIND_CUSTOMER: Customer,
    RECORD_KIND_TRANSACTION: Transaction,
    RECORD_KIND_NEED: Need,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a read: a record and, if derived fields were asked for, what analyses found."""

    record: Customer | Transaction | Need
    derived: DerivedData | None = None

    @property
    def customer(self) -> Customer:
        """The record of a read of customers."""
        if not isinstance(self.record, Customer):
            raise TypeError("this read returns no customers")
        return self.record


class Reads:
    """Opens read sessions: `client.read(purpose, fields=...)` for records, `client.read.arrow(...)` for columns."""

    def __init__(self, calls: Calls, tenant: str) -> None:
        self._calls = calls
        self._tenant = tenant

    def __call__(
        self,
        purpose: str,
        *,
        fields: Sequence[str] = (),
        kind: RecordKind.ValueType = RECORD_KIND_CUSTOMER,
        run: str = "",
        lease_token: str = "",
        max_streams: int = 1,
        allow_withheld: bool = False,
        timeout_s: float = _READ_BUDGET_S,
    ) -> RecordReader:
        """Open a session over records.

        Args:
            purpose: why; decides which fields and customers are seen.
            fields: fields by name; empty means every field that the purpose may see.
            kind: customers, transactions or needs.
            run: for a worker, the run it works for.
            lease_token: for a worker, the proof of its lease.
            max_streams: most streams to cut the session into; the reader reads them one after the other.
            allow_withheld: leave out what the purpose may not see instead of refusing the session.
            timeout_s: total time of the whole read.
        """
        request = self._request(purpose, fields, kind)
        request.MergeFrom(_limits(run, lease_token, max_streams, allow_withheld=allow_withheld))
        request.format = api.ROW_FORMAT_RECORDS
        return RecordReader(self._calls, self.open_session(request), timeout_s)

    def arrow(
        self,
        purpose: str,
        *,
        fields: Sequence[str] = (),
        kind: RecordKind.ValueType = RECORD_KIND_CUSTOMER,
        run: str = "",
        lease_token: str = "",
        max_streams: int = 1,
        allow_withheld: bool = False,
        timeout_s: float = _READ_BUDGET_S,
    ) -> ArrowReader:
        """Open a session over Arrow record batches; needs pyarrow. Arguments as for records."""
        require_pyarrow()
        request = self._request(purpose, fields, kind)
        request.MergeFrom(_limits(run, lease_token, max_streams, allow_withheld=allow_withheld))
        request.format = api.ROW_FORMAT_ARROW
        return ArrowReader(self._calls, self.open_session(request), timeout_s)

    def open_session(self, request: api.CreateReadSessionRequest) -> api.ReadSession:
        """Open a session as written by hand, for callers that read its streams in several processes."""
        return (self._calls.unary(request, api.CreateReadSessionResponse)).session

    def rows(self, stream: str, *, resume_token: str = "", timeout_s: float = _READ_BUDGET_S) -> Iterator[api.ReadRowsResponse]:
        """Iterate over the raw responses of one stream, resuming by itself."""
        return _resumed(self._calls, stream, resume_token, self._calls.clock() + timeout_s)

    def _request(self, purpose: str, fields: Sequence[str], kind: RecordKind.ValueType) -> api.CreateReadSessionRequest:
        return api.CreateReadSessionRequest(
            parent=tenant_name(self._tenant),
            purpose=resource_name(self._tenant, "purposes", purpose),
            kind=kind,
            fields=fields,
        )


class RecordReader:
    """Records of one session, read lazily.

    Attributes:
        session: what was decided: fields returned, fields withheld, rows estimated.
    """

    def __init__(self, calls: Calls, session: api.ReadSession, timeout_s: float) -> None:
        self._calls = calls
        self._timeout_s = timeout_s
        self.session = session

    def __iter__(self) -> Iterator[Row]:
        record_type = _RECORD_OF_KIND[self.session.kind or RECORD_KIND_CUSTOMER]
        deadline = self._calls.clock() + self._timeout_s
        for stream in self.session.streams:
            for answer in _resumed(self._calls, stream, "", deadline):
                for index, raw in enumerate(answer.records):
                    derived = DerivedData.FromString(answer.derived[index]) if answer.derived else None
                    yield Row(record=record_type.FromString(raw), derived=derived)


class ArrowReader:
    """Record batches of one session, read lazily; `read_all` makes a table, which Polars and pandas take as it is.

    Attributes:
        session: what was decided: fields returned, fields withheld, rows estimated.
        schema: the Arrow schema of every batch.
    """

    def __init__(self, calls: Calls, session: api.ReadSession, timeout_s: float) -> None:
        pyarrow = require_pyarrow()
        self._calls = calls
        self._timeout_s = timeout_s
        self.session = session
        self.schema: pa.Schema = pyarrow.ipc.read_schema(pyarrow.py_buffer(session.arrow_schema))

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        pyarrow = require_pyarrow()
        deadline = self._calls.clock() + self._timeout_s
        for stream in self.session.streams:
            for answer in _resumed(self._calls, stream, "", deadline):
                if answer.arrow_batch:
                    yield pyarrow.ipc.read_record_batch(pyarrow.py_buffer(answer.arrow_batch), self.schema)

    def read_all(self) -> pa.Table:
        """Read everything into one table."""
        batches = list(self)
        return require_pyarrow().Table.from_batches(batches, schema=self.schema)


def _limits(run: str, lease_token: str, max_streams: int, *, allow_withheld: bool) -> api.CreateReadSessionRequest:
    return api.CreateReadSessionRequest(
        run=run, lease_token=lease_token, max_streams=max_streams, allow_withheld=allow_withheld
    )


def _resumed(calls: Calls, stream: str, token: str, deadline: float) -> Iterator[api.ReadRowsResponse]:
    """Yield the responses of one stream; after a break it goes on behind the last one that arrived."""
    failures = 0
    while True:
        remaining = deadline - calls.clock()
        if remaining <= 0:
            raise DeadlineExceededError("The read took longer than its budget.", hint="Give it a larger `timeout_s`.")
        request = api.ReadRowsRequest(stream=stream, resume_token=token)
        try:
            for answer in calls.server_stream(request, api.ReadRowsResponse, timeout_s=remaining):
                token, failures = answer.resume_token or token, 0
                yield answer
        except UnavailableError:
            failures += 1
            if not calls.policy.may_retry(failures):
                raise
            calls.pause(failures)
        else:
            return
