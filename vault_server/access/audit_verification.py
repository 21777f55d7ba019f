"""Proves that an audit log is whole, from stored rows or from a copy: no store, no clock.

What is found: an edited event (its hash), a removed or reordered one (its number and `previous`), a cut chain (a signed head,
another chain's signed link or an anchor lies behind its end), a removed chain (a signed link names it), a rewritten chain (a
signed hash differs), a forged head (signature or unknown key), a changed index column (it must say what the payload says), a
chain that nobody signed, and a tail that has gone unsigned for too long.
What is not: a cut that also takes every signed head behind it, in every chain. Anchors (heads that were kept elsewhere, such as
those in a backup manifest or in the memory of the running process) close that gap.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from google.protobuf.message import DecodeError

from strongroom.api.v1.audit_service_pb2 import AuditEvent
from vault_server.access.audit_chain import GENESIS, Link, decode_links, event_hash, event_time_us, head_message
from vault_server.errors import IntegrityError
from vault_server.ports.access import AuditVerification
from vault_server.ports.audit import AuditHead, AuditRow
from vault_server.ports.root_keys import Verifier

MAX_FINDINGS = 100


class Chain(NamedTuple):
    """One writer's events, in order, and its heads. The events are read once."""

    writer: str
    events: Iterable[AuditRow]
    heads: Sequence[AuditHead]


_Signed = Mapping[str, Mapping[int, frozenset[bytes]]]


def verify_chains(
    chains: Sequence[Chain],
    verifiers: Mapping[str, Verifier],
    *,
    anchors: Iterable[Link] = (),
    max_unsigned_events: int | None = None,
) -> AuditVerification:
    """Check every chain against itself, against every signed head and against the anchors.

    Args:
        chains: every chain of the log.
        verifiers: by key id, every key that ever signed heads.
        anchors: points that are known from elsewhere to be true.
        max_unsigned_events: how many events may follow the last signed one; None for any number.
    """
    findings: list[str] = []
    signed = _signed_points(chains, verifiers, anchors, findings)
    events = 0
    for chain in chains:
        events += _Walk(chain.writer, signed.get(chain.writer, {}), findings).run(chain.events, max_unsigned_events)
    present = {chain.writer for chain in chains}
    findings += [f"chain {writer}: removed, but a signed head names it" for writer in sorted(signed.keys() - present)]
    heads = sum(len(chain.heads) for chain in chains)
    return AuditVerification(events=events, writers=len(chains), heads=heads, findings=tuple(findings[:MAX_FINDINGS]))


def _signed_points(
    chains: Sequence[Chain], verifiers: Mapping[str, Verifier], anchors: Iterable[Link], findings: list[str]
) -> _Signed:
    points: dict[str, dict[int, set[bytes]]] = defaultdict(lambda: defaultdict(set))
    for chain in chains:
        for head in chain.heads:
            for link in _points_of(chain.writer, head, verifiers, findings):
                points[link.writer][link.sequence].add(link.hash)
    for anchor in anchors:
        points[anchor.writer][anchor.sequence].add(anchor.hash)
    return {
        writer: {sequence: frozenset(hashes) for sequence, hashes in by_sequence.items()}
        for writer, by_sequence in points.items()
    }


def _points_of(writer: str, head: AuditHead, verifiers: Mapping[str, Verifier], findings: list[str]) -> list[Link]:
    where = f"chain {writer}: head at {head.sequence}"
    verifier = verifiers.get(head.key_id)
    if head.writer != writer or verifier is None:
        findings.append(f"{where}: {'belongs to another chain' if head.writer != writer else 'signed by an unknown key'}")
        return []
    try:
        verifier.verify(head_message(head), head.signature)
        return [Link(head.writer, head.sequence, head.hash), *decode_links(head.links)]
    except IntegrityError:
        findings.append(f"{where}: the signature does not fit")
        return []


class _Walk:
    """Recomputes one chain from its beginning."""

    def __init__(self, writer: str, signed: Mapping[int, frozenset[bytes]], findings: list[str]) -> None:
        self._writer = writer
        self._signed = signed
        self._findings = findings
        self._at = Link(writer, 0, GENESIS)
        self._broken = False

    def run(self, events: Iterable[AuditRow], max_unsigned_events: int | None) -> int:
        count = 0
        self._compare_signed()
        for row in events:
            count += 1
            self._step(row)
        self._check_end(max_unsigned_events)
        return count

    def _step(self, row: AuditRow) -> None:
        where = f"event {row.sequence}"
        if row.sequence != self._at.sequence + 1:
            self._find(f"{where}: expected {self._at.sequence + 1}; events were removed, repeated or reordered")
        elif row.previous != self._at.hash:
            self._find(f"{where}: does not follow the event before it")
        if row.writer != self._writer:
            self._find(f"{where}: belongs to another chain")
        if not _hash_fits(self._writer, row):
            self._find(f"{where}: was changed; its hash does not fit")
        if not _columns_fit(row):
            self._find(f"{where}: its index columns say something else than its payload")
        self._at = Link(self._writer, row.sequence, row.hash)
        self._compare_signed()

    def _compare_signed(self) -> None:
        expected = self._signed.get(self._at.sequence)
        if expected is not None and expected != {self._at.hash}:
            self._find(f"event {self._at.sequence}: a signed head has another hash; the chain was rewritten")

    def _check_end(self, max_unsigned_events: int | None) -> None:
        last_signed = max(self._signed, default=0)
        if last_signed > self._at.sequence:
            self._find(f"ends at {self._at.sequence}, but {last_signed} was signed; the end was cut off")
        unsigned = self._at.sequence - last_signed
        if self._at.sequence and not last_signed:
            self._find("no signed head covers any of its events")
        elif max_unsigned_events is not None and unsigned > max_unsigned_events:
            self._find(f"the last {unsigned} events were never signed")

    def _find(self, what: str) -> None:
        if len(self._findings) < MAX_FINDINGS:
            self._findings.append(f"chain {self._writer}: {what}")


def _hash_fits(writer: str, row: AuditRow) -> bool:
    try:
        return event_hash(writer, row.sequence, row.previous, row.time_us, row.payload) == row.hash
    except IntegrityError:  # a number that no event has
        return False


def _columns_fit(row: AuditRow) -> bool:
    try:
        event = AuditEvent.FromString(row.payload)
    except DecodeError:
        return False
    return (event.tenant, tuple(event.resources), event_time_us(event)) == (row.tenant, tuple(row.resources), row.time_us)
