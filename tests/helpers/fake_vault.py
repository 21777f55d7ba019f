"""A small, honest vault in memory behind a real gRPC server on loopback, with knobs to break it.

Honest: it keeps records by external id, answers chunks it has seen from memory, refuses rows without an id, pages its lists,
resumes its reads by token, and reports errors the way the real vault does.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import Any, Self

import grpc
from google.protobuf.message import Message

from helpers.refusals import Refusal, abort
from strongroom.api.v1 import (
    access_service_pb2,
    analysis_service_pb2,
    analysis_worker_service_pb2,
    attribute_service_pb2,
    audit_service_pb2,
    backup_service_pb2,
    customer_service_pb2,
    import_service_pb2,
    key_service_pb2,
    need_service_pb2,
    privacy_service_pb2,
    read_session_service_pb2,
    system_service_pb2,
    transaction_service_pb2,
)
from strongroom.api.v1.customer_pb2 import Customer, DerivedData
from strongroom.api.v1.rules_pb2 import ROLE_ADMIN
from strongroom.profiles import Profile

PAGE = 3
_FILES = (
    access_service_pb2, analysis_service_pb2, analysis_worker_service_pb2, attribute_service_pb2, audit_service_pb2,
    backup_service_pb2, customer_service_pb2, import_service_pb2, key_service_pb2, need_service_pb2, privacy_service_pb2,
    read_session_service_pb2, system_service_pb2, transaction_service_pb2,
)  # fmt: skip
Context = grpc.ServicerContext


class FakeVault:
    """The state and the knobs; `with FakeVault() as vault` serves it.

    Attributes:
        fail: refusals to raise before the next calls of a method, by method name.
        break_after: chunks, rows or events after which a stream of a method breaks, used up one by one.
        calls: requests as they came, by method name.
    """

    def __init__(self, token: str = "") -> None:
        self.token = token
        self.fail: dict[str, list[Refusal]] = {}
        self.break_after: dict[str, list[int]] = {}
        self.calls: dict[str, list[Message]] = {}
        self.customers: dict[str, Customer] = {}
        self.keys: dict[tuple[str, str], str] = {}
        self.derived: dict[str, DerivedData] = {}
        self.activities: dict[str, list[import_service_pb2.ImportRow]] = {"transaction": [], "need": []}
        self.chunks: dict[tuple[str, int], tuple[bytes, import_service_pb2.ImportRowsResponse]] = {}
        self.imports: dict[str, import_service_pb2.Import] = {}
        self.definitions: dict[str, attribute_service_pb2.AttributeDefinition] = {}
        self.sessions: dict[str, read_session_service_pb2.CreateReadSessionRequest] = {}
        self.runs: dict[str, list[analysis_service_pb2.Run]] = {}
        self.erased: list[str] = []
        self.target = ""
        self._server: grpc.Server | None = None

    def __enter__(self) -> Self:
        self._server = grpc.server(futures.ThreadPoolExecutor(max_workers=4), options=[("grpc.so_reuseport", 0)])
        for module in _FILES:
            for service in module.DESCRIPTOR.services_by_name.values():
                handlers = {method.name: self._handler(method) for method in service.methods}
                self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service.full_name, handlers),))
        self.target = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.stop(None).wait()

    @property
    def profile(self) -> Profile:
        return Profile(target=self.target, insecure=True)

    def refuse_next(
        self, method: str, code: grpc.StatusCode, reason: str = "UNAVAILABLE", message: str = "not now", **metadata: str
    ) -> None:
        self.fail.setdefault(method, []).append(Refusal(code, reason, message, **metadata))

    def _handler(self, method: Any) -> grpc.RpcMethodHandler[Any, Any]:
        request = _class(method.input_type)
        answer = getattr(self, method.name, None) or self._unknown(method.name)
        serialise: Callable[[Message], bytes] = lambda message: message.SerializeToString()  # noqa: E731 - one line
        if method.client_streaming:
            return grpc.stream_stream_rpc_method_handler(self._streaming(method.name, answer), request.FromString, serialise)
        if method.server_streaming:
            return grpc.unary_stream_rpc_method_handler(self._streaming(method.name, answer), request.FromString, serialise)
        return grpc.unary_unary_rpc_method_handler(self._unary(method.name, answer), request.FromString, serialise)

    def _unary(self, name: str, answer: Callable[[Any], Message]) -> Callable[[Message, Context], Message]:
        def handle(request: Message, context: Context) -> Message:
            try:
                self._admit(name, request, context)
                return answer(request)
            except Refusal as refusal:
                raise abort(context, refusal) from None

        return handle

    def _streaming(self, name: str, answer: Callable[[Any], Iterator[Message]]) -> Callable[[Any, Context], Iterator[Message]]:
        def handle(request: Any, context: Context) -> Iterator[Message]:
            try:
                self._admit(name, request, context)
                budget = self.break_after.get(name, [])
                left = budget.pop(0) if budget else None
                for item in answer(request):
                    if left is not None and left <= 0:
                        raise Refusal(grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE", "the stream broke")  # noqa: TRY301 - the knob
                    left = None if left is None else left - 1
                    yield item
            except Refusal as refusal:
                raise abort(context, refusal) from None

        return handle

    def _admit(self, name: str, request: Any, context: Context) -> None:
        self.calls.setdefault(name, []).append(request)
        given = dict(context.invocation_metadata()).get("authorization", "")
        if self.token and given != f"Bearer {self.token}":
            raise Refusal(grpc.StatusCode.UNAUTHENTICATED, "INVALID_API_TOKEN", "The API token is not valid.")
        if self.fail.get(name):
            raise self.fail[name].pop(0)

    def _unknown(self, name: str) -> Callable[[Any], Any]:
        def refuse(_request: Any) -> Any:
            raise Refusal(grpc.StatusCode.UNIMPLEMENTED, "UNIMPLEMENTED", f"{name} is not part of the fake")

        return refuse

    # customers

    def CreateCustomer(self, request: customer_service_pb2.CreateCustomerRequest) -> Message:  # noqa: N802 - the RPC's name
        return customer_service_pb2.CreateCustomerResponse(customer=self.store(request.customer))

    def GetCustomer(self, request: customer_service_pb2.GetCustomerRequest) -> Message:  # noqa: N802
        found = self._customer(request.name)
        derived = self.derived.get(request.name) if request.view == customer_service_pb2.CUSTOMER_VIEW_FULL else None
        return customer_service_pb2.GetCustomerResponse(customer=found, derived=derived)

    def ListCustomers(self, request: customer_service_pb2.ListCustomersRequest) -> Message:  # noqa: N802
        start = int(request.page_token or 0)
        found = list(self.customers.values())[start : start + PAGE]
        token = str(start + PAGE) if start + PAGE < len(self.customers) else ""
        return customer_service_pb2.ListCustomersResponse(customers=found, next_page_token=token)

    def SearchCustomers(self, request: customer_service_pb2.SearchCustomersRequest) -> Message:  # noqa: N802
        def hit(customer: Customer) -> bool:
            key = request.WhichOneof("key")
            if key == "external_id":
                return request.external_id in customer.external_ids
            return (request.email in customer.emails) if key == "email" else (request.phone in customer.phones)

        return customer_service_pb2.SearchCustomersResponse(customers=filter(hit, self.customers.values()))

    def EraseCustomer(self, request: privacy_service_pb2.EraseCustomerRequest) -> Message:  # noqa: N802
        self._customer(request.name)
        if not request.validate_only:
            del self.customers[request.name]
            self.erased.append(request.name)
        return privacy_service_pb2.EraseCustomerResponse(name=request.name, records=4)

    def store(self, customer: Customer) -> Customer:
        kept = Customer()
        kept.CopyFrom(customer)
        kept.name = customer.name or f"tenants/main/customers/{uuid.uuid4()}"
        self.customers[kept.name] = kept
        self.keys.update({(key.source, key.id): kept.name for key in kept.external_ids})
        return kept

    def by_external_id(self, identity: str) -> Customer:
        return next(item for item in self.customers.values() if any(key.id == identity for key in item.external_ids))

    def _customer(self, name: str) -> Customer:
        if name not in self.customers:
            raise Refusal(
                grpc.StatusCode.NOT_FOUND, "NOT_FOUND", "There is no such customer.", hint="Check the id.", call="c-1"
            )
        return self.customers[name]

    # imports

    def CreateImport(self, request: import_service_pb2.CreateImportRequest) -> Message:  # noqa: N802
        name = f"{request.parent}/imports/{request.import_id}"
        fresh = import_service_pb2.Import(
            name=name, kind=request.kind, source=request.source, state=import_service_pb2.IMPORT_STATE_OPEN
        )
        return _with_import(import_service_pb2.CreateImportResponse(), self.imports.setdefault(name, fresh))

    def ImportRows(self, requests: Iterator[import_service_pb2.ImportRowsRequest]) -> Iterator[Message]:  # noqa: N802
        for request in requests:
            digest = hashlib.sha256(request.SerializeToString(deterministic=True)).digest()
            key = (request.name, request.chunk)
            if key not in self.chunks:
                self.chunks[key] = (digest, self._store_chunk(request))
            elif self.chunks[key][0] != digest:
                raise Refusal(grpc.StatusCode.FAILED_PRECONDITION, "CHUNK_MISMATCH", "The chunk differs from the one stored.")
            yield self.chunks[key][1]

    def FinishImport(self, request: import_service_pb2.FinishImportRequest) -> Message:  # noqa: N802
        self.imports[request.name].state = import_service_pb2.IMPORT_STATE_FINISHED
        return _with_import(import_service_pb2.FinishImportResponse(), self.imports[request.name])

    def _store_chunk(self, request: import_service_pb2.ImportRowsRequest) -> import_service_pb2.ImportRowsResponse:
        answer = import_service_pb2.ImportRowsResponse(chunk=request.chunk)
        running = self.imports[request.name]
        for row in request.rows:
            if row.WhichOneof("record") == "customer":
                self._import_customer(row, running, answer)
            else:
                self._import_activity(row, running, answer)
        return answer

    def _import_customer(
        self,
        row: import_service_pb2.ImportRow,
        running: import_service_pb2.Import,
        answer: import_service_pb2.ImportRowsResponse,
    ) -> None:
        key = next((item for item in row.customer.external_ids if item.source == running.source), None)
        if key is None or row.customer.given_name == "Reject":
            running.rejected += 1
            answer.outcomes.append(import_service_pb2.ROW_OUTCOME_REJECTED)
            answer.issues.add(
                line=row.line, field="given_name", reason="VALUE_REFUSED", message="the vault refuses it", fatal=True
            )
            answer.record_ids += bytes(16)
            return
        known = self.keys.get((key.source, key.id))
        identity = uuid.UUID(known.rpartition("/")[2]) if known is not None else uuid.uuid4()
        record = Customer()
        record.CopyFrom(row.customer)
        record.name = f"tenants/main/customers/{identity}"
        if known is None:
            running.created += 1
            answer.outcomes.append(import_service_pb2.ROW_OUTCOME_CREATED)
        else:
            running.updated += 1
            answer.outcomes.append(import_service_pb2.ROW_OUTCOME_UPDATED)
        self.store(record)
        answer.record_ids += identity.bytes

    def _import_activity(
        self,
        row: import_service_pb2.ImportRow,
        running: import_service_pb2.Import,
        answer: import_service_pb2.ImportRowsResponse,
    ) -> None:
        running.created += 1
        self.activities[row.WhichOneof("record") or ""].append(row)
        answer.outcomes.append(import_service_pb2.ROW_OUTCOME_CREATED)
        answer.record_ids += uuid.uuid4().bytes

    # attributes, reads

    def ListAttributeDefinitions(self, _request: Message) -> Message:  # noqa: N802
        return attribute_service_pb2.ListAttributeDefinitionsResponse(attribute_definitions=self.definitions.values())

    def CreateAttributeDefinition(self, request: attribute_service_pb2.CreateAttributeDefinitionRequest) -> Message:  # noqa: N802
        self.definitions[request.attribute_definition.key] = request.attribute_definition
        return attribute_service_pb2.CreateAttributeDefinitionResponse(attribute_definition=request.attribute_definition)

    def CreateReadSession(self, request: read_session_service_pb2.CreateReadSessionRequest) -> Message:  # noqa: N802
        purpose = request.purpose.rpartition("/")[2]
        if purpose not in {"export", "analysis", "service"}:
            raise Refusal(grpc.StatusCode.PERMISSION_DENIED, "PURPOSE_DENIED", "That purpose is not granted.")
        name = f"tenants/main/readSessions/{uuid.uuid4()}"
        self.sessions[name] = request
        fields = request.fields or ["external_ids", "given_name", "emails"]
        session = read_session_service_pb2.ReadSession(
            name=name, purpose=request.purpose, kind=request.kind, fields=fields, streams=[f"{name}/streams/0"]
        )
        if request.format == read_session_service_pb2.ROW_FORMAT_ARROW:
            session.arrow_schema = self._table(request).schema.serialize().to_pybytes()
        return read_session_service_pb2.CreateReadSessionResponse(session=session)

    def ReadRows(self, request: read_session_service_pb2.ReadRowsRequest) -> Iterator[Message]:  # noqa: N802
        session = self.sessions[request.stream.rpartition("/streams/")[0]]
        start = int(request.resume_token or 0)
        customers = list(self.customers.values())
        for at in range(start, len(customers), PAGE):
            some = customers[at : at + PAGE]
            answer = read_session_service_pb2.ReadRowsResponse(row_count=len(some), resume_token=str(at + len(some)))
            if session.format == read_session_service_pb2.ROW_FORMAT_ARROW:
                answer.arrow_batch = self._table(session, at, len(some)).to_batches()[0].serialize().to_pybytes()
            else:
                answer.records.extend(item.SerializeToString() for item in some)
                answer.derived.extend(self.derived.get(item.name, DerivedData()).SerializeToString() for item in some)
            yield answer

    def _table(self, session: read_session_service_pb2.CreateReadSessionRequest, at: int = 0, count: int = 0) -> Any:
        import pyarrow as pa

        some = list(self.customers.values())[at : at + count]
        names = [field for field in session.fields if field in {"given_name", "family_name"}] or ["given_name"]
        return pa.table({name: pa.array([getattr(item, name) for item in some], pa.string()) for name in names})

    # the rest, as much as a command needs

    def StartAnalysis(self, request: analysis_service_pb2.StartAnalysisRequest) -> Message:  # noqa: N802
        run = analysis_service_pb2.Run(
            name="tenants/main/runs/r1",
            purpose=request.purpose,
            steps=request.steps,
            state=analysis_service_pb2.RUN_STATE_QUEUED,
        )
        return analysis_service_pb2.StartAnalysisResponse(run=run)

    def WatchRun(self, request: analysis_service_pb2.WatchRunRequest) -> Iterator[Message]:  # noqa: N802
        for run in self.runs.get(request.name, []):
            yield analysis_service_pb2.WatchRunResponse(run=run)

    def GetRunReport(self, request: analysis_service_pb2.GetRunReportRequest) -> Iterator[Message]:  # noqa: N802
        for piece in (b"<html>", analysis_service_pb2.ReportFormat.Name(request.format).encode(), b"</html>"):
            yield analysis_service_pb2.GetRunReportResponse(data=piece)

    def WriteResults(self, request: analysis_worker_service_pb2.WriteResultsRequest) -> Message:  # noqa: N802
        return analysis_worker_service_pb2.WriteResultsResponse(next_offset=request.offset + len(request.results))

    def ListAuditEvents(self, _request: Message) -> Message:  # noqa: N802
        event = audit_service_pb2.AuditEvent(writer="w", sequence=1, principal="tenants/main/principals/p", method="X/Y")
        return audit_service_pb2.ListAuditEventsResponse(events=[event])

    def VerifyAuditLog(self, _request: Message) -> Message:  # noqa: N802
        return audit_service_pb2.VerifyAuditLogResponse(valid=False, events=2, findings=["chain w breaks at 2"])

    def CreateBackup(self, _request: Message) -> Message:  # noqa: N802
        backup = backup_service_pb2.Backup(name="backups/b1", state=backup_service_pb2.BACKUP_STATE_CREATING)
        return backup_service_pb2.CreateBackupResponse(backup=backup)

    def GetBackup(self, request: backup_service_pb2.GetBackupRequest) -> Message:  # noqa: N802
        backup = backup_service_pb2.Backup(name=request.name, state=backup_service_pb2.BACKUP_STATE_COMPLETE, rows=3)
        return backup_service_pb2.GetBackupResponse(backup=backup)

    def ListBackups(self, _request: Message) -> Message:  # noqa: N802
        return backup_service_pb2.ListBackupsResponse()

    def ListKeys(self, _request: Message) -> Message:  # noqa: N802
        key = key_service_pb2.Key(name="tenants/main/keys/k1", use=key_service_pb2.KEY_USE_DATA, epoch=1)
        return key_service_pb2.ListKeysResponse(keys=[key])

    def IssueToken(self, request: access_service_pb2.IssueTokenRequest) -> Message:  # noqa: N802
        token = access_service_pb2.Token(name="tenants/main/tokens/t1", principal=request.principal)
        return access_service_pb2.IssueTokenResponse(token=token, secret="srt_made_up")

    def WhoAmI(self, _request: Message) -> Message:  # noqa: N802
        principal = access_service_pb2.Principal(name="tenants/main/principals/p", roles=[ROLE_ADMIN])
        return access_service_pb2.WhoAmIResponse(principal=principal, credential="token")

    def GetSystemInfo(self, _request: Message) -> Message:  # noqa: N802
        info = system_service_pb2.GetSystemInfoResponse(version="0.1.0", engine="sqlite", engine_version="3.53.4")
        info.server_time.GetCurrentTime()
        return info

    def ListTransactions(self, _request: Message) -> Message:  # noqa: N802
        return transaction_service_pb2.ListTransactionsResponse()


def _class(descriptor: Any) -> Any:
    from google.protobuf.message_factory import GetMessageClass

    return GetMessageClass(descriptor)


def _with_import(answer: Any, found: import_service_pb2.Import) -> Message:
    getattr(answer, "import").CopyFrom(found)
    message: Message = answer
    return message
