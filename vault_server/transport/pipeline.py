"""The outermost wrapper of every call: who, may they, is there room, do it, was it audited, and what an error looks like.

The order is fixed: authenticate, decide by exact method name, admit, run, check the audit. It catches everything, because
gRPC would send the text of an unknown exception to the caller. Nothing else in the vault aborts a call.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

import grpc
from google.protobuf.message import Message

from strongroom.api.v1.audit_service_pb2 import AuditOutcome
from vault_server.errors import ResourceExhaustedError, UnauthenticatedError, VaultError
from vault_server.ports.access import AuditLog, Authenticator, Credentials, Identity, Policy
from vault_server.ports.runtime import Runtime
from vault_server.ports.secret import Secret
from vault_server.transport import status
from vault_server.transport.admission import Admission
from vault_server.transport.events import Facts, elapsed_ms, emit, emit_failure
from vault_server.transport.together import Together
from vault_server.usecases.call import Call

Request = TypeVar("Request")
UnaryMethod = Callable[[Request, Call], Message]
StreamMethod = Callable[[Request, Call], Iterator[Message]]
MAX_CREDENTIAL_CHARS = 4096
MAX_ANSWER_BYTES = 4 << 20


class Pipeline:
    """Wraps methods of servicers into gRPC behaviours."""

    def __init__(
        self,
        *,
        authenticator: Authenticator,
        policy: Policy,
        admission: Admission,
        log: AuditLog,
        runtime: Runtime,
        home_tenant: str,
    ) -> None:
        self._authenticator = authenticator
        self._policy = policy
        self._admission = admission
        self._log = log
        self._together = Together(log)
        self._runtime = runtime
        self._home_tenant = home_tenant

    def point_read(self, full_name: str, method: UnaryMethod[Request]) -> Callable[[Request, grpc.ServicerContext], bytes]:
        """A behaviour that reads little and changes nothing: calls that come at the same moment share a thread and a trace."""

        def behaviour(request: Request, context: grpc.ServicerContext) -> bytes:
            started_s, call_id = time.monotonic(), self._new_call_id()
            begun: list[Call] = []

            def work(log: AuditLog) -> bytes:
                call = self._begin(full_name, context, call_id, log)
                begun.append(call)
                with self._admission.admit(call.identity.tenant, call.identity.principal, stream=False):
                    reply = method(request, call)
                self._require_audited(call)
                return _serialised(reply)

            try:
                return self._together.run(work)
            except Exception as error:
                self._end(error, context, full_name, call_id, self._logged(begun), started_s)
                raise

        return behaviour

    def _logged(self, begun: Sequence[Call]) -> Call | None:
        """A failed call of a group leaves its last trace by itself."""
        return replace(begun[0], log=self._log) if begun else None

    def unary(self, full_name: str, method: UnaryMethod[Request]) -> Callable[[Request, grpc.ServicerContext], bytes]:
        """A behaviour that answers once, serialised here so that what does not fit is refused like everything else."""

        def behaviour(request: Request, context: grpc.ServicerContext) -> bytes:
            started_s, call_id = time.monotonic(), self._new_call_id()
            call: Call | None = None
            try:
                call = self._begin(full_name, context, call_id, self._log)
                with self._admission.admit(call.identity.tenant, call.identity.principal, stream=False):
                    reply = method(request, call)
                self._require_audited(call)
                return _serialised(reply)
            except Exception as error:
                self._end(error, context, full_name, call_id, call, started_s)
                raise

        return behaviour

    def streaming(
        self, full_name: str, method: StreamMethod[Request]
    ) -> Callable[[Request, grpc.ServicerContext], Iterator[bytes]]:
        """A behaviour that answers with a stream; the audit is checked before the first message leaves."""

        def behaviour(request: Request, context: grpc.ServicerContext) -> Iterator[bytes]:
            started_s, call_id = time.monotonic(), self._new_call_id()
            call: Call | None = None
            try:
                call = self._begin(full_name, context, call_id, self._log)
                with self._admission.admit(call.identity.tenant, call.identity.principal, stream=True):
                    for reply in method(request, call):
                        self._require_audited(call)
                        yield _serialised(reply)
                self._require_audited(call)
            except Exception as error:
                self._end(error, context, full_name, call_id, call, started_s)
                raise

        return behaviour

    def _new_call_id(self) -> str:
        return self._runtime.random_bytes(8).hex()

    def _begin(self, full_name: str, context: grpc.ServicerContext, call_id: str, log: AuditLog) -> Call:
        identity = self._authenticator.authenticate(credentials_of(context))
        try:
            rule = self._policy.require(identity, full_name)
        except VaultError as error:
            self._audit_refusal(identity, full_name, call_id, log, error)
            raise
        return Call(
            identity=identity,
            method=rule.method,
            call_id=call_id,
            home_tenant=self._home_tenant,
            log=log,
            now_us=self._runtime.now_us,
            active=context.is_active,
            draining=lambda: self._admission.draining,
        )

    def _audit_refusal(self, identity: Identity, full_name: str, call_id: str, log: AuditLog, error: VaultError) -> None:
        short = "/".join(full_name.rsplit(".", 1)[-1].split("/"))
        call = Call(
            identity=identity,
            method=short,
            call_id=call_id,
            home_tenant=self._home_tenant,
            log=log,
            now_us=self._runtime.now_us,
        )
        call.audit(outcome=AuditOutcome.AUDIT_OUTCOME_DENIED, reason=error.reason)

    def _require_audited(self, call: Call) -> None:
        if not call.audited:
            raise AssertionError(call.method)

    def _end(
        self, error: Exception, context: grpc.ServicerContext, full_name: str, call_id: str, call: Call | None, started_s: float
    ) -> None:
        if call is not None:
            self._audit_failure(call, error, gone=not context.is_active())
        facts: Facts = {"method": full_name, "call": call_id, "ms": elapsed_ms(started_s)}
        if isinstance(error, VaultError):
            emit("call_refused", reason=error.reason, **facts)
        elif context.is_active():
            emit_failure("call_failed", error, **facts)
        status.abort(context, error, call_id)

    def _audit_failure(self, call: Call, error: Exception, *, gone: bool) -> None:
        denied = isinstance(error, VaultError) and error.reason == "PERMISSION_DENIED"
        outcome = AuditOutcome.AUDIT_OUTCOME_DENIED if denied else AuditOutcome.AUDIT_OUTCOME_FAILED
        reason = error.reason if isinstance(error, VaultError) else "CANCELLED" if gone else "INTERNAL"
        try:
            call.audit(outcome=outcome, reason=reason)
        except VaultError as audit_error:
            emit_failure("audit_failed", audit_error, method=call.method, call=call.call_id)


def _serialised(reply: Message) -> bytes:
    """Raises ResourceExhaustedError: the answer is larger than a message may be."""
    content = reply.SerializeToString()
    if len(content) > MAX_ANSWER_BYTES:
        raise ResourceExhaustedError(
            f"the answer would have {len(content)} bytes, and {MAX_ANSWER_BYTES} are allowed",
            reason="ANSWER_TOO_LARGE",
            hint="ask for less at a time",
        )
    return content


def credentials_of(context: grpc.ServicerContext) -> Credentials:
    """What the caller presents: a bearer token, or without one the names in its certificate, because a token decides alone.

    Raises:
        UnauthenticatedError: the token is given more than once or has no acceptable form.
    """
    given = [value for key, value in context.invocation_metadata() if key == "authorization"]
    if given:
        value = given[0] if isinstance(given[0], str) else ""
        scheme, _, text = value.partition(" ")
        if len(given) > 1 or scheme.lower() != "bearer" or not text or len(text) > MAX_CREDENTIAL_CHARS:
            raise UnauthenticatedError("the credential is not a bearer token", hint="send `authorization: Bearer TOKEN` once")
        return Credentials(token=Secret.of_text(text.strip()))
    return Credentials(certificate_names=_certificate_names(context))


def _certificate_names(context: grpc.ServicerContext) -> tuple[str, ...]:
    """Alternative names of a client certificate that the handshake verified; none without mTLS."""
    names: Iterable[bytes] = context.auth_context().get("x509_subject_alternative_name", ())  # type: ignore[assignment]  # stubs say int
    return tuple(name.decode("ascii", "replace") for name in names)
