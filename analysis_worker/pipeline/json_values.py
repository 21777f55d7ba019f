"""Summaries as plain JSON values: dataclasses, enums and tuples turned into what a Struct can hold."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any

from analysis_worker.pipeline.ports import JsonObject, JsonValue


def json_object(summary: Any) -> JsonObject:
    """A dataclass instance or mapping as a JSON object; numbers that JSON does not know become None."""
    plain = _plain(asdict(summary) if is_dataclass(summary) and not isinstance(summary, type) else summary)
    if not isinstance(plain, Mapping):
        raise TypeError("a summary must be a dataclass or a mapping")
    return plain


def _plain(value: Any) -> JsonValue:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int | float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence | set | frozenset):
        return [_plain(item) for item in value]
    return _plain(value.item()) if hasattr(value, "item") else str(value)
