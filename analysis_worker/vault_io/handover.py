"""What cells are computed from, on its way from the leader of a run to its helpers: through the vault, in sealed pieces.

Two grids carry it. `asked` has one cell: whoever finishes it waits for the handover. `basis` has the pieces, as results that
the leader writes, the first one last, so that whoever finds it finds all. Rules: nothing is handed over that nobody asked
for; nobody claims a piece as a task, because helpers claim only after they have taken over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from strongroom import Client

ASKED, BASIS = "asked", "basis"
_ASKED_DIGEST = b"asked-for-a-basis"
_PIECE_BYTES = (2 << 20) - 16
_COUNT_BYTES = 4


def announce(client: Client, run: str, lease_token: str) -> None:
    """Let helpers ask for the handover."""
    client.cells.publish(run, lease_token, grid=ASKED, digest=_ASKED_DIGEST, cells=1, setup=b"", first=0, tasks=[b""])


def is_asked_for(client: Client, run: str, lease_token: str) -> bool:
    return bool(client.cells.finished(run, lease_token, grid=ASKED))


def pieces_of(payload: bytes) -> list[bytes]:
    """At least one; the first says how many there are."""
    cut = [payload[start : start + _PIECE_BYTES] for start in range(0, len(payload), _PIECE_BYTES)] or [b""]
    return [len(cut).to_bytes(_COUNT_BYTES, "little") + cut[0], *cut[1:]]


def ask(client: Client, run: str, help_token: str) -> None:
    client.cells.write(run, help_token, grid=ASKED, digest=_ASKED_DIGEST, cell=0, result=b"")


def is_there(client: Client, run: str, help_token: str) -> bool:
    return 0 in client.cells.finished(run, help_token, grid=BASIS)


def taken_over(client: Client, run: str, help_token: str, check: Callable[[], None]) -> bytes:
    """What the leader handed over; `check` is called between pieces and may raise."""
    first = client.cells.result(run, help_token, grid=BASIS, cell=0)
    pieces = [first[_COUNT_BYTES:]]
    for number in range(1, int.from_bytes(first[:_COUNT_BYTES], "little")):
        check()
        pieces.append(client.cells.result(run, help_token, grid=BASIS, cell=number))
    return b"".join(pieces)
