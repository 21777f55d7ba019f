"""The bulk importer: chunks over a bidirectional stream, a bounded window, every row acknowledged or an error.

Rules: at most `window` chunks are unacknowledged; a broken stream is opened again and goes on with the first unacknowledged
chunk; sending a chunk again is harmless because the vault keeps its outcomes; the import is finished only when every
chunk was acknowledged, and whatever ends earlier raises.
"""

from __future__ import annotations

import itertools
import uuid
from collections import deque
from collections.abc import Iterable, Iterator

from strongroom._sync.calls import Calls, Exchange
from strongroom.api.v1 import import_service_pb2 as api
from strongroom.api.v1.attribute_service_pb2 import (
    RECORD_KIND_CUSTOMER,
    RECORD_KIND_NEED,
    RECORD_KIND_TRANSACTION,
    RecordKind,
)
from strongroom.api.v1.customer_pb2 import Customer
from strongroom.chunks import chunked
from strongroom.errors import ImportIncompleteError, ResourceExhaustedError, ServerError, StrongroomError, UnavailableError
from strongroom.names import resource_name, tenant_name
from strongroom.outcomes import ChunkResult, ImportResult, matched

WINDOW_CHUNKS = 4
_STREAM_BUDGET_S = 3600.0
Rows = Exchange[api.ImportRowsRequest, api.ImportRowsResponse]


class Imports:
    """Bulk writes of one tenant."""

    def __init__(self, calls: Calls, tenant: str) -> None:
        self._calls = calls
        self._tenant = tenant

    def customers(self, rows: Iterable[Customer | api.ImportRow], *, source: str, import_id: str | None = None) -> ImportResult:
        """Import customers and return what became of every row.

        Args:
            rows: customers, each with an external id in `source`, or rows with their line numbers.
            source: source system of the rows.
            import_id: key to resume by; a new one each time if not given.

        Raises:
            ImportIncompleteError: not everything was acknowledged; call again with the same id and rows.
        """
        return self.stream(numbered(rows), kind=RECORD_KIND_CUSTOMER, source=source, import_id=import_id).collect()

    def transactions(self, rows: Iterable[api.ImportRow], *, source: str, import_id: str | None = None) -> ImportResult:
        """Import transactions; each row says by `customer_key` whose it is."""
        return self.stream(rows, kind=RECORD_KIND_TRANSACTION, source=source, import_id=import_id).collect()

    def needs(self, rows: Iterable[api.ImportRow], *, source: str, import_id: str | None = None) -> ImportResult:
        """Import needs; each row says by `customer_key` whose it is."""
        return self.stream(rows, kind=RECORD_KIND_NEED, source=source, import_id=import_id).collect()

    def stream(
        self,
        rows: Iterable[api.ImportRow],
        *,
        kind: RecordKind.ValueType,
        source: str,
        import_id: str | None = None,
        window: int = WINDOW_CHUNKS,
    ) -> RowStream:
        """Import lazily: nothing is sent until the result is iterated, and memory stays within the window."""
        request = api.CreateImportRequest(
            parent=tenant_name(self._tenant), import_id=import_id or f"sdk-{uuid.uuid4()}", kind=kind, source=source
        )
        return RowStream(self._calls, request, rows, window)

    def get(self, name: str) -> api.Import:
        request = api.GetImportRequest(name=resource_name(self._tenant, "imports", name))
        return import_of(self._calls.unary(request, api.GetImportResponse))


class RowStream:
    """One import under way; iterating sends the rows and yields acknowledged chunks, in order.

    Attributes:
        summary: the finished import; None until the iteration came to its end.
        resent: whether an import of this id was already finished, so that nothing was sent.
    """

    def __init__(self, calls: Calls, request: api.CreateImportRequest, rows: Iterable[api.ImportRow], window: int) -> None:
        self._calls = calls
        self._request = request
        self._chunks: Iterator[tuple[int, list[api.ImportRow]]] = enumerate(chunked(rows))
        self._window = max(window, 1)
        self._open: deque[tuple[int, list[api.ImportRow]]] = deque()
        self._name = ""
        self._acknowledged = 0
        self._exhausted = False
        self.summary: api.Import | None = None
        self.resent = False

    def collect(self) -> ImportResult:
        """Send everything and return the result of the whole import."""
        chunks = list(self)
        if self.summary is None:
            raise self._incomplete("The import ended early.")
        return ImportResult(summary=self.summary, resent=self.resent, chunks=chunks)

    def __iter__(self) -> Iterator[ChunkResult]:
        started = import_of(self._calls.unary(self._request, api.CreateImportResponse))
        self._name = started.name
        if started.state == api.IMPORT_STATE_FINISHED:
            self.resent, self.summary = True, started
            return
        yield from self._acknowledge()
        finish = api.FinishImportRequest(name=self._name)
        self.summary = import_of(self._calls.unary(finish, api.FinishImportResponse))

    def _acknowledge(self) -> Iterator[ChunkResult]:
        stream: Rows | None = None
        failures = 0
        try:
            while True:
                try:
                    stream = stream or self._connect()
                    self._fill(stream)
                    if not self._open:
                        stream.finish()
                        return
                    answer = _answer(stream)
                except (ServerError, ResourceExhaustedError) as error:
                    failures += 1
                    if stream is not None:
                        stream.cancel()
                        stream = None
                    if not isinstance(error, UnavailableError) or not self._calls.policy.may_retry(failures):
                        raise self._incomplete(error.message, error.reason) from error
                    self._calls.pause(failures)
                    continue
                failures = 0
                number, rows = self._open[0]
                result = matched(number, rows, answer)
                self._open.popleft()
                self._acknowledged += len(rows)
                yield result
        finally:
            if stream is not None:
                stream.cancel()

    def _connect(self) -> Rows:
        stream = self._calls.exchange(api.ImportRowsRequest, api.ImportRowsResponse, timeout_s=_STREAM_BUDGET_S)
        for number, rows in self._open:
            stream.send(self._message(number, rows))
        return stream

    def _fill(self, stream: Rows) -> None:
        while not self._exhausted and len(self._open) < self._window:
            following = next(self._chunks, None)
            if following is None:
                self._exhausted = True
                return
            self._open.append(following)
            stream.send(self._message(*following))

    def _message(self, number: int, rows: list[api.ImportRow]) -> api.ImportRowsRequest:
        return api.ImportRowsRequest(name=self._name, chunk=number, rows=rows)

    def _incomplete(self, why: str, reason: str = "") -> StrongroomError:
        first = self._open[0][1][0].line if self._open else 0
        return ImportIncompleteError(
            f"{self._acknowledged:,} rows are durable, the others are not: {why}",
            import_name=self._name,
            acknowledged_rows=self._acknowledged,
            first_open_line=first,
            reason=reason,
            hint="Run the same import again: it goes on where it stopped and duplicates nothing.",
        )


def _answer(stream: Rows) -> api.ImportRowsResponse:
    answer = stream.receive()
    if answer is None:
        raise UnavailableError("The vault ended the import stream early.")
    return answer


def numbered(rows: Iterable[Customer | api.ImportRow]) -> Iterator[api.ImportRow]:
    """Yield rows; bare customers get line numbers from 1."""
    for line, row in zip(itertools.count(1), rows, strict=False):
        yield row if isinstance(row, api.ImportRow) else api.ImportRow(line=line, customer=row)


def import_of(answer: api.CreateImportResponse | api.FinishImportResponse | api.GetImportResponse) -> api.Import:
    """Return the field that Python cannot name: `import` is a keyword."""
    found: api.Import = getattr(answer, "import")
    return found
