"""Logs: one JSON object a line, in `<folder>/<service>.log` or on standard error.

A line never holds what somebody typed. Texts of exceptions quote input (pydantic) and stored values (PostgreSQL's
"Key (email)=(...) already exists"), so of an exception only its type, SQLSTATE and frames are written.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any, Final

from opentelemetry import trace

from shared.faults import sqlstate

_KNOWN: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "color_message"}


class JsonLines(logging.Formatter):
    """Formats a record as one JSON object."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self.service = service

    def format(self, record: logging.LogRecord) -> str:
        """The record's message, what was given as `extra`, the trace, and an exception without its text."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self.service,
            "logger": record.name,
            "message": _said(record),
        }
        line.update({name: value for name, value in record.__dict__.items() if name not in _KNOWN})
        context = trace.get_current_span().get_span_context()
        if context.is_valid:
            line["trace_id"] = f"{context.trace_id:032x}"
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = described(record.exc_info[1])
        return json.dumps(line, default=str, ensure_ascii=False)


def _said(record: logging.LogRecord) -> str:
    """The message; of what asyncio says only the first line, for the others show the task with its exception's text."""
    message = record.getMessage()
    return message.partition("\n")[0] if record.name == "asyncio" else message


def described(error: BaseException) -> dict[str, Any]:
    """What may be written of an exception: its type, SQLSTATE, frames, and the same of its cause."""
    told: dict[str, Any] = {
        "type": f"{type(error).__module__}.{type(error).__qualname__}",
        "frames": [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)[-12:]],
    }
    if state := sqlstate(error):
        told["sqlstate"] = state
    if isinstance(error, BaseExceptionGroup):
        told["within"] = [described(inner) for inner in error.exceptions[:5]]
    if error.__cause__ is not None:
        told["cause"] = described(error.__cause__)
    return told


def configure(service: str, folder: Path | None, level: int = logging.INFO) -> None:
    """Send everything that is logged in this process to the service's log."""
    if folder is None:
        handler: logging.Handler = logging.StreamHandler(sys.stderr)
    else:
        folder.mkdir(parents=True, exist_ok=True)
        # a watched file: log rotation may move it away at any time
        handler = WatchedFileHandler(folder / f"{service}.log", encoding="utf-8")
    handler.setFormatter(JsonLines(service))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # addresses of requests may hold one-time tokens; uvicorn's own handlers would write beside ours
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = name != "uvicorn.access"
    for noisy in ("aiokafka", "faststream", "httpx", "httpcore"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    handler.addFilter(Seldom("aiokafka"))


class Seldom(logging.Filter):
    """Lets a library that repeats itself ten times a second while its server is away say each thing once in a while."""

    SECONDS: Final = 60

    def __init__(self, library: str) -> None:
        super().__init__()
        self._library = library
        self._said: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """False for what the library said less than `SECONDS` ago, whatever its particulars."""
        if record.name.partition(".")[0] != self._library:
            return True
        what = str(record.msg)
        if record.created - self._said.get(what, 0) < self.SECONDS:
            return False
        self._said[what] = record.created
        return True
