"""A read session as stored: what was decided when it was opened, so that reading decides nothing again.

JSON, because it holds names and numbers only: no customer value, no plain key.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields

from vault_server.errors import IntegrityError
from vault_server.ports.records import RecordKind


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPlan:
    """What a session may return, and how.

    Attributes:
        bounds: upper customer id of each stream, hex, inclusive.
        opened_us: only rows created by then are returned.
        pseudonym_key: sealed key of the run's row ids, hex; "" outside a run.
        run_id: hex; "" outside a run.
    """

    purpose: str
    purpose_id: str
    kind: int
    fields: tuple[str, ...]
    visible: tuple[str, ...]
    arrow: bool
    consent_required: bool
    bounds: tuple[str, ...]
    opened_us: int
    run_id: str = ""
    pseudonym_key: str = ""

    @property
    def record_kind(self) -> RecordKind:
        return RecordKind(self.kind)

    def encode(self) -> bytes:
        return json.dumps(asdict(self), separators=(",", ":")).encode()

    @classmethod
    def decode(cls, payload: bytes) -> SessionPlan:
        """Raises IntegrityError: the stored session is not one of this version."""
        try:
            values = json.loads(payload)
            lists = {name: tuple(values[name]) for name in ("fields", "visible", "bounds")}
            return cls(**{**{one.name: values[one.name] for one in fields(cls)}, **lists})
        except (ValueError, KeyError, TypeError):
            raise IntegrityError("a stored read session cannot be read", hint="open a new one") from None
