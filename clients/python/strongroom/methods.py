"""Which RPC belongs to a request, and whether it may be sent twice: read from the proto descriptors, not written by hand.

Rules: every RPC has a request message of its own, so the request names the RPC. A call is safe to repeat when its access
rule says that it is no mutation, when its request carries a `request_id`, or when it is in `IDEMPOTENT`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from strongroom.api.v1.rules_pb2 import access

IDEMPOTENT = frozenset(
    {
        "CreateImport",  # finds the import with the same id
        "FinishImport",  # ends what is ended
        "RevokeToken",  # revokes what is revoked
        "PutSchedule",  # puts the same again
        "WriteResults",  # carries its offset
        "SaveCheckpoint",  # carries its piece number
        "CreateReadSession",  # a second session reads the same
        "ShareRun",  # says the same again
        "PublishCells",  # carries the number of its first cell
        "ClaimCell",  # gives who did not finish its cell the same one
        "WriteCell",  # carries the cell's number
    }
)
NEVER_REPEATED = frozenset({"IssueToken"})  # the secret is in the first answer only


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One RPC: where it is, what it answers, whether it may be repeated, whether it wants a request id."""

    path: str
    name: str
    answer: Descriptor
    repeatable: bool
    has_request_id: bool


def method_of(request: type[Message]) -> Method:
    """Return the RPC that takes `request`."""
    return _method(request.DESCRIPTOR)


@lru_cache(maxsize=256)
def _method(request: Descriptor) -> Method:
    for service in request.file.services_by_name.values():
        for method in service.methods:
            if method.input_type is request:
                has_id = "request_id" in request.fields_by_name
                safe = not method.GetOptions().Extensions[access].mutation or has_id or method.name in IDEMPOTENT
                return Method(
                    path=f"/{service.full_name}/{method.name}",
                    name=method.name,
                    answer=method.output_type,
                    repeatable=safe and method.name not in NEVER_REPEATED,
                    has_request_id=has_id,
                )
    raise TypeError(f"{request.full_name} is not a request of the Strongroom API")
