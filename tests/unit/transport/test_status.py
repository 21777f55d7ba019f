"""What an error looks like to a caller."""

from __future__ import annotations

import grpc
import pytest
from google.rpc.error_details_pb2 import ErrorInfo

from vault_server import errors
from vault_server.transport.status import status_of


def all_errors(kind: type[errors.VaultError] = errors.VaultError) -> list[type[errors.VaultError]]:
    return [kind, *(below for one in kind.__subclasses__() for below in all_errors(one))]


@pytest.mark.parametrize("kind", all_errors(), ids=lambda kind: kind.__name__)
def test_every_error_has_a_code_and_exactly_one_reason(kind: type[errors.VaultError]) -> None:
    code, status = status_of(kind("said", hint="do this", metadata={"field": "x"}), "c1")
    info = ErrorInfo()
    assert len(status.details) == 1
    assert status.details[0].Unpack(info)
    assert (info.reason, info.domain) == (kind.reason, "strongroom")
    assert dict(info.metadata) == {"field": "x", "call": "c1", "hint": "do this"}
    assert code is not grpc.StatusCode.UNKNOWN


@pytest.mark.parametrize(
    "error", [ValueError("ada@example.com"), KeyError("ada@example.com"), AssertionError("ada@example.com")]
)
def test_text_of_an_unknown_error_never_leaves(error: Exception) -> None:
    code, status = status_of(error, "c1")
    assert code == grpc.StatusCode.INTERNAL
    assert b"ada" not in status.SerializeToString()
    assert b"c1" in status.SerializeToString()


def test_full_disk_is_exhausted_and_a_busy_one_unavailable() -> None:
    assert status_of(errors.StorageFullError("full"), "c")[0] == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert status_of(errors.UnavailableError("busy"), "c")[0] == grpc.StatusCode.UNAVAILABLE


def test_long_texts_are_cut() -> None:
    _, status = status_of(errors.InvalidArgumentError("x" * 9000, metadata={"field": "y" * 9000}), "c")
    assert len(status.SerializeToString()) < 3000
