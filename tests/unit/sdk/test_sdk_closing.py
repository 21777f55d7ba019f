from __future__ import annotations

import threading
from typing import TYPE_CHECKING, cast

from strongroom._sync.calls import Calls

if TYPE_CHECKING:
    import grpc

PATIENCE_S = 30


class NeverClosed:
    """A channel whose lock somebody holds for ever."""

    def __init__(self) -> None:
        self.asked, self.released = threading.Event(), threading.Event()

    def close(self) -> None:
        self.asked.set()
        self.released.wait(PATIENCE_S)


def test_a_channel_that_cannot_be_closed_any_more_does_not_keep_the_caller() -> None:
    channel = NeverClosed()
    calls = Calls(cast("grpc.Channel", channel), metadata=(), budget_s=1.0, close_s=0.01)

    calls.close()

    assert channel.asked.wait(PATIENCE_S)
    channel.released.set()
