"""Blocking calls: budgets, retries, request ids and typed errors, in one place for every service.

Rules: the twin of `_aio/calls.py`, written by hand with the same surface; nothing else of the SDK touches gRPC's blocking API.
"""

from __future__ import annotations

import queue
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar, cast

import grpc
from google.protobuf.message import Message

from strongroom.channels import Metadata, channel_credentials, channel_options
from strongroom.errors import StrongroomError, UnavailableError
from strongroom.methods import Method, method_of
from strongroom.profiles import Profile
from strongroom.retrying import RetryPolicy, system_jitter
from strongroom.status_details import FailedCall, error_of

CLOSE_S = 5.0
Answer = TypeVar("Answer", bound=Message)
Request = TypeVar("Request", bound=Message)


def open_channel(profile: Profile) -> grpc.Channel:
    credentials = channel_credentials(profile)
    options = channel_options(profile)
    if credentials is None:
        return grpc.insecure_channel(profile.target, options=options)
    return grpc.secure_channel(profile.target, credentials, options=options)


class Calls:
    """Sends requests through one channel.

    Args:
        channel: an open channel; closed by `close`.
        metadata: sent with every call.
        budget_s: total time of a unary call, its retries included, where the call names none.
        policy: when to try again.
        clock: monotonic seconds.
        sleeper: waits so many seconds.
        new_id: makes request ids.
        close_s: longest wait for the channel to close.
    """

    def __init__(
        self,
        channel: grpc.Channel,
        *,
        metadata: Metadata,
        budget_s: float,
        policy: RetryPolicy | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleeper: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = system_jitter,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
        close_s: float = CLOSE_S,
    ) -> None:
        self._channel = channel
        self._close_s = close_s
        self._metadata = metadata
        self._new_id = new_id
        self._jitter = jitter
        self._sleeper = sleeper
        self.clock = clock
        self.budget_s = budget_s
        self.policy = policy or RetryPolicy()

    def unary(self, request: Message, answer: type[Answer], *, timeout_s: float | None = None) -> Answer:
        """Send one request and return its answer; tries again what is safe to try again."""
        method = _checked(request, answer)
        if method.has_request_id and not getattr(request, "request_id", ""):
            setattr(request, "request_id", self._new_id())  # noqa: B010 - the field exists, its message type is not known here
        deadline = self.clock() + (timeout_s or self.budget_s)
        failures = 0
        while True:
            try:
                return self._once(method, request, answer, deadline - self.clock())
            except UnavailableError:
                failures += 1
                pause = self.policy.delay_s(failures, self._jitter)
                if not method.repeatable or not self.policy.may_retry(failures) or self.clock() + pause >= deadline:
                    raise
            self._sleeper(pause)

    def _once(self, method: Method, request: Message, answer: type[Answer], timeout_s: float) -> Answer:
        multi = self._channel.unary_unary(method.path, request_serializer=_serialise, response_deserializer=answer.FromString)
        try:
            return multi(request, timeout=max(timeout_s, 0.001), metadata=self._metadata)
        except grpc.RpcError as error:
            raise typed(error) from None

    def server_stream(self, request: Message, answer: type[Answer], *, timeout_s: float) -> Iterator[Answer]:
        """Yield the answers of a server stream; closing the iterator cancels the call."""
        method = _checked(request, answer)
        multi = self._channel.unary_stream(method.path, request_serializer=_serialise, response_deserializer=answer.FromString)
        call = multi(request, timeout=max(timeout_s, 0.001), metadata=self._metadata)
        try:
            yield from call
        except grpc.RpcError as error:
            raise typed(error) from None
        finally:
            call.cancel()

    def exchange(self, request: type[Request], answer: type[Answer], *, timeout_s: float) -> Exchange[Request, Answer]:
        """Open a bidirectional stream of `request` against `answer`."""
        method = method_of(request)
        multi = self._channel.stream_stream(method.path, request_serializer=_serialise, response_deserializer=answer.FromString)
        waiting: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        return Exchange(multi(iter(waiting.get, None), timeout=timeout_s, metadata=self._metadata), waiting)

    def pause(self, failures: int) -> None:
        """Wait as the policy says after the n-th failure in a row."""
        self._sleeper(self.policy.delay_s(failures, self._jitter))

    def sleep(self, seconds: float) -> None:
        self._sleeper(seconds)

    def close(self) -> None:
        """Close the channel; after `close_s` it is left to the end of the process.

        A KeyboardInterrupt inside a call can come between taking a lock and entering its block: the lock is then held for ever,
        and closing never ends.
        """
        closing = threading.Thread(target=self._channel.close, name="closing a channel", daemon=True)
        closing.start()
        closing.join(self._close_s)


class Exchange(Generic[Request, Answer]):
    """A bidirectional stream: what fails while sending is raised by the next `receive`."""

    def __init__(self, call: Iterator[Answer], waiting: queue.SimpleQueue[Request | None]) -> None:
        self._call = call
        self._waiting = waiting

    def send(self, request: Request) -> None:
        self._waiting.put(request)

    def receive(self) -> Answer | None:
        """Return the next answer, None when the other side ended the stream without an error."""
        try:
            return next(self._call)
        except StopIteration:
            return None
        except grpc.RpcError as error:
            raise typed(error) from None

    def finish(self) -> None:
        self._waiting.put(None)

    def cancel(self) -> None:
        self._waiting.put(None)
        cast("grpc.Call", self._call).cancel()


def typed(error: grpc.RpcError) -> StrongroomError:
    return error_of(cast("FailedCall", error))


def _serialise(message: Message) -> bytes:
    return message.SerializeToString()


def _checked(request: Message, answer: type[Message]) -> Method:
    method = method_of(type(request))
    if method.answer is not answer.DESCRIPTOR:
        raise TypeError(f"{method.name} answers {method.answer.name}, not {answer.DESCRIPTOR.name}")
    return method
