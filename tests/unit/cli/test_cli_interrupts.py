"""Ctrl-C by the signal itself: raised before a client is open, never while gRPC may hold a lock, and always the end."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from typing import Any, Self

import pytest

from strongroom_cli.interrupts import Interrupts

PATIENCE_S = 30


class StandIn:
    """A client of which only opening and closing matter."""

    def __init__(self) -> None:
        self.closed = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_why: object) -> None:
        self.close()

    def close(self) -> None:
        self.closed.set()


@pytest.fixture(autouse=True)
def _main_thread() -> None:
    if threading.current_thread() is not threading.main_thread():
        pytest.skip("signals are heard by the main thread only")


def ends_nothing() -> Interrupts:
    return Interrupts(lambda: None)


def test_ctrl_c_before_a_client_is_open_is_raised_at_once() -> None:
    interrupts = ends_nothing()
    with pytest.raises(KeyboardInterrupt), interrupts.listening():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_while_a_client_is_open_closes_it_and_is_raised_only_where_it_is_asked_for() -> None:
    interrupts, client = ends_nothing(), StandIn()
    opened: Any = lambda: client  # noqa: E731 - a stand-in needs a cast or a name
    with interrupts.listening(), interrupts.holding(opened):
        signal.raise_signal(signal.SIGINT)
        assert client.closed.wait(PATIENCE_S)
        with pytest.raises(KeyboardInterrupt):
            interrupts.check()


def test_a_failure_after_ctrl_c_is_the_interruption_and_any_other_is_itself() -> None:
    interrupts, client = ends_nothing(), StandIn()
    opened: Any = lambda: client  # noqa: E731 - as above
    with interrupts.listening(), interrupts.holding(opened):
        with pytest.raises(ValueError, match="closed"), interrupts.heard():
            raise ValueError("closed")
        signal.raise_signal(signal.SIGINT)
        assert client.closed.wait(PATIENCE_S)
        with pytest.raises(KeyboardInterrupt), interrupts.heard():
            raise ValueError("closed")


def test_what_waits_for_a_person_is_interrupted_at_once_also_by_an_earlier_ctrl_c() -> None:
    interrupts, client = ends_nothing(), StandIn()
    opened: Any = lambda: client  # noqa: E731 - as above
    with interrupts.listening(), interrupts.holding(opened):
        with pytest.raises(KeyboardInterrupt), interrupts.raising():
            signal.raise_signal(signal.SIGINT)
        assert client.closed.wait(PATIENCE_S)
        with pytest.raises(KeyboardInterrupt), interrupts.raising():
            raise AssertionError("nobody is asked any more")


def test_a_handler_of_somebody_else_stays() -> None:
    interrupts = ends_nothing()
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interrupts.listening():
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    assert not interrupts.asked


STUCK = """
import os, signal, sys, threading
from strongroom_cli.interrupts import Interrupts

class Stuck:
    def __enter__(self): return self
    def __exit__(self, *why): pass
    def close(self): {closing}

lock = threading.Lock()
lock.acquire()
interrupts = Interrupts(lambda: os._exit(130), grace_s={grace_s})
with interrupts.listening(), interrupts.holding(Stuck):
    for _ in range({presses}):
        signal.raise_signal(signal.SIGINT)
    lock.acquire()
"""


@pytest.mark.parametrize(
    ("closing", "grace_s", "presses"),
    [("pass", 0.1, 1), ("threading.Event().wait()", 0.1, 1), ("pass", 3600, 2)],
    ids=["work that waits for ever", "closing that waits for ever", "pressed again"],
)
def test_nothing_that_waits_for_ever_keeps_the_process(closing: str, grace_s: float, presses: int) -> None:
    script = STUCK.format(closing=closing, grace_s=grace_s, presses=presses)
    ended = subprocess.run([sys.executable, "-c", script], timeout=PATIENCE_S, check=False, capture_output=True)
    assert (ended.returncode, ended.stderr) == (130, b"")
