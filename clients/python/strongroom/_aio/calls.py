"""Calls over asyncio: budgets, retries, request ids and typed errors, in one place for every service.

Rules: the twin `_sync/calls.py` is written by hand with the same surface; nothing else of the SDK touches gRPC's asyncio API.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Generic, TypeVar, cast

import grpc
from google.protobuf.message import Message

from strongroom.channels import Metadata, channel_credentials, channel_options
from strongroom.errors import StrongroomError, UnavailableError
from strongroom.methods import Method, method_of
from strongroom.profiles import Profile
from strongroom.retrying import RetryPolicy, system_jitter
from strongroom.status_details import FailedCall, error_of

Answer = TypeVar("Answer", bound=Message)
Request = TypeVar("Request", bound=Message)


def open_channel(profile: Profile) -> grpc.aio.Channel:
    credentials = channel_credentials(profile)
    options = channel_options(profile)
    if credentials is None:
        return grpc.aio.insecure_channel(profile.target, options=options)
    return grpc.aio.secure_channel(profile.target, credentials, options=options)


class Calls:
    """Sends requests through one channel.

    Args:
        channel: an open channel; closed by `close`.
        metadata: sent with every call.
        budget_s: total time of a unary call, its retries included, where the call names none.
        policy: when to try again.
        clock: monotonic seconds.
        new_id: makes request ids.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        *,
        metadata: Metadata,
        budget_s: float,
        policy: RetryPolicy | None = None,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = system_jitter,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self._channel = channel
        self._metadata = metadata
        self._new_id = new_id
        self._jitter = jitter
        self.clock = clock
        self.budget_s = budget_s
        self.policy = policy or RetryPolicy()

    async def unary(self, request: Message, answer: type[Answer], *, timeout_s: float | None = None) -> Answer:
        """Send one request and return its answer; tries again what is safe to try again."""
        method = _checked(request, answer)
        if method.has_request_id and not getattr(request, "request_id", ""):
            setattr(request, "request_id", self._new_id())  # noqa: B010 - the field exists, its message type is not known here
        deadline = self.clock() + (timeout_s or self.budget_s)
        failures = 0
        while True:
            try:
                return await self._once(method, request, answer, deadline - self.clock())
            except UnavailableError:
                failures += 1
                pause = self.policy.delay_s(failures, self._jitter)
                if not method.repeatable or not self.policy.may_retry(failures) or self.clock() + pause >= deadline:
                    raise
            await asyncio.sleep(pause)

    async def _once(self, method: Method, request: Message, answer: type[Answer], timeout_s: float) -> Answer:
        multi = self._channel.unary_unary(method.path, request_serializer=_serialise, response_deserializer=answer.FromString)
        try:
            return await multi(request, timeout=max(timeout_s, 0.001), metadata=self._metadata)
        except grpc.RpcError as error:
            raise typed(error) from None

    async def server_stream(self, request: Message, answer: type[Answer], *, timeout_s: float) -> AsyncIterator[Answer]:
        """Yield the answers of a server stream; closing the iterator cancels the call."""
        method = _checked(request, answer)
        multi = self._channel.unary_stream(method.path, request_serializer=_serialise, response_deserializer=answer.FromString)
        call = multi(request, timeout=max(timeout_s, 0.001), metadata=self._metadata)
        try:
            async for item in call:
                yield item
        except grpc.RpcError as error:
            raise typed(error) from None
        finally:
            call.cancel()

    def exchange(self, request: type[Request], answer: type[Answer], *, timeout_s: float) -> Exchange[Request, Answer]:
        """Open a bidirectional stream of `request` against `answer`."""
        method = method_of(request)
        multi = self._channel.stream_stream(method.path, request_serializer=_serialise, response_deserializer=answer.FromString)
        call = multi(timeout=timeout_s, metadata=self._metadata)
        return Exchange(cast("grpc.aio.StreamStreamCall[Request, Answer]", call))

    async def pause(self, failures: int) -> None:
        """Wait as the policy says after the n-th failure in a row."""
        await asyncio.sleep(self.policy.delay_s(failures, self._jitter))

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def close(self) -> None:
        await self._channel.close()


class Exchange(Generic[Request, Answer]):
    """A bidirectional stream: what fails while sending is raised by the next `receive`."""

    def __init__(self, call: grpc.aio.StreamStreamCall[Request, Answer]) -> None:
        self._call = call

    async def send(self, request: Request) -> None:
        # A stream that already ended refuses writes in its own words; its status tells why, and `receive` raises that.
        with contextlib.suppress(asyncio.InvalidStateError, grpc.RpcError):
            await self._call.write(request)

    async def receive(self) -> Answer | None:
        """Return the next answer, None when the other side ended the stream without an error."""
        try:
            item = await self._call.read()
        except grpc.RpcError as error:
            raise typed(error) from None
        return None if item is grpc.aio.EOF else cast("Answer", item)

    async def finish(self) -> None:
        with contextlib.suppress(asyncio.InvalidStateError, grpc.RpcError):
            await self._call.done_writing()

    def cancel(self) -> None:
        self._call.cancel()


def typed(error: grpc.RpcError) -> StrongroomError:
    return error_of(cast("FailedCall", error))


def _serialise(message: Message) -> bytes:
    return message.SerializeToString()


def _checked(request: Message, answer: type[Message]) -> Method:
    method = method_of(type(request))
    if method.answer is not answer.DESCRIPTOR:
        raise TypeError(f"{method.name} answers {method.answer.name}, not {answer.DESCRIPTOR.name}")
    return method
