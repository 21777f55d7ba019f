"""Point reads of one moment share a trace; without the trace nobody gets an answer."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from strongroom.api.v1.audit_service_pb2 import AuditEvent
from vault_server.errors import NotFoundError, UnavailableError
from vault_server.ports.access import AuditLog, AuditVerification
from vault_server.transport.together import Together


class Log:
    """An audit log in memory that can refuse."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.refuses = False

    def append(self, events: Sequence[AuditEvent]) -> None:
        if self.refuses:
            raise UnavailableError("the disk is gone")
        self.written += [event.call_id for event in events]

    def verify(self) -> AuditVerification:
        raise AssertionError("nobody asked")

    def close(self) -> None:
        raise AssertionError("nobody asked")


def reading(call_id: str, log: AuditLog) -> str:
    log.append([AuditEvent(call_id=call_id)])
    return f"answer {call_id}"


def test_answer_comes_back_to_its_caller_and_its_trace_is_written_before() -> None:
    log = Log()
    together = Together(log)

    def ask(number: int) -> tuple[str, bool]:
        answer = together.run(lambda held: reading(str(number), held))
        return answer, str(number) in log.written

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(ask, range(400))) == [(f"answer {number}", True) for number in range(400)]
    assert sorted(log.written) == sorted(map(str, range(400)))


def test_failed_read_keeps_its_trace_and_spares_its_neighbours() -> None:
    log = Log()
    together = Together(log)
    answers: dict[str, str] = {}
    gate = threading.Barrier(3)

    def ask(call_id: str) -> None:
        gate.wait(10)
        answers[call_id] = together.run(lambda held: reading(call_id, held))

    def fail() -> None:
        gate.wait(10)

        def work(held: AuditLog) -> str:
            reading("lost", held)
            raise NotFoundError("there is no such customer")

        with pytest.raises(NotFoundError):
            together.run(work)

    with ThreadPoolExecutor(3) as pool:
        for outcome in [pool.submit(ask, "a"), pool.submit(ask, "b"), pool.submit(fail)]:
            outcome.result(10)
    assert answers == {"a": "answer a", "b": "answer b"}
    assert sorted(log.written) == ["a", "b", "lost"]


def test_without_a_trace_there_is_no_answer() -> None:
    log = Log()
    log.refuses = True
    with pytest.raises(UnavailableError):
        Together(log).run(lambda held: reading("a", held))
