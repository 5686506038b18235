"""What the program writes of its doings: lines for people on a terminal, JSON for programs."""

from __future__ import annotations

import logging
import sys
from contextvars import ContextVar

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

request_id: ContextVar[str] = ContextVar("request_id")
"""Of the request that is being answered."""


def configure() -> None:
    """Logs to the standard error, warnings of libraries too; tracebacks without the values of variables, which may be
    secrets."""
    pretty = sys.stderr.isatty()
    common: list[Processor] = [
        add_request_id,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    render: list[Processor] = (
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if pretty
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    structlog.configure(processors=[*common, *render], logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=common, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render]
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def add_request_id(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Adds the request's id to a line, if there is a request."""
    if (found := request_id.get(None)) is not None:
        event["request_id"] = found
    return event
