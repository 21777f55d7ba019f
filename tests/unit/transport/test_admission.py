"""How many calls may be in flight."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from vault_server.errors import ResourceExhaustedError, UnavailableError
from vault_server.transport.admission import Admission


def admission() -> Admission:
    return Admission(per_principal=2, streams_per_principal=2, streams=3)


def test_principal_has_so_many_calls_and_no_more() -> None:
    counted = admission()
    with counted.admit("acme", "ada", stream=False), counted.admit("acme", "ada", stream=False):
        with pytest.raises(ResourceExhaustedError) as refused, counted.admit("acme", "ada", stream=False):
            pass
        assert refused.value.reason == "TOO_MANY_CALLS"
        with counted.admit("acme", "eve", stream=False), counted.admit("other", "ada", stream=False):
            pass
    with counted.admit("acme", "ada", stream=False):
        pass


def test_streams_of_all_leave_threads_for_calls() -> None:
    counted = admission()
    with ExitStack() as open_streams:
        for principal in ("ada", "ada", "eve"):
            open_streams.enter_context(counted.admit("acme", principal, stream=True))
        with pytest.raises(ResourceExhaustedError) as refused, counted.admit("acme", "bob", stream=True):
            pass
        assert refused.value.reason == "TOO_MANY_STREAMS"
        with counted.admit("acme", "bob", stream=False):
            pass
    with counted.admit("acme", "bob", stream=True):
        pass


def test_call_that_failed_gives_its_place_back() -> None:
    counted = admission()
    for _ in range(10):
        with pytest.raises(ValueError, match="x"), counted.admit("acme", "ada", stream=True):
            raise ValueError("x")


def test_draining_server_admits_nobody() -> None:
    counted = admission()
    counted.drain()
    with pytest.raises(UnavailableError) as refused, counted.admit("acme", "ada", stream=False):
        pass
    assert refused.value.reason == "DRAINING"
