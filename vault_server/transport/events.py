"""Logs events, not sentences: a constant name, ids and numbers, one JSON object a line; never a customer's value."""

from __future__ import annotations

import json
import logging
import sys
import time

Facts = dict[str, str | float | bool | None]
LOGGER = logging.getLogger("strongroom.server")


class JsonLines(logging.Formatter):
    """One event a line. Exceptions are logged by type and place, never by text, which may hold bound values."""

    def format(self, record: logging.LogRecord) -> str:
        event = {"time": round(record.created, 3), "level": record.levelname.lower(), "event": record.getMessage()}
        event.update(getattr(record, "facts", {}))
        return json.dumps(event, separators=(",", ":"))


def configure_logging(level: str) -> None:
    """Sends the product's own events to stderr; libraries only when they warn, without their texts' arguments."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    LOGGER.handlers = [handler]
    LOGGER.propagate = False
    LOGGER.setLevel(level.upper())


def emit(event: str, **facts: str | float | bool | None) -> None:
    LOGGER.info(event, extra={"facts": facts})


def emit_failure(event: str, error: BaseException, **facts: str | float | bool | None) -> None:
    """Logs what failed and where, without the error's text."""
    LOGGER.error(event, extra={"facts": {**facts, "error": type(error).__name__, "at": _place(error)}})


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    if trace is None:
        return ""
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"


def elapsed_ms(started_s: float) -> float:
    return round((time.monotonic() - started_s) * 1000, 1)
