"""Logs: one JSON object a line on standard error, with the identifier of the request, and never a secret."""

from __future__ import annotations

import logging
import re
import sys
from typing import TYPE_CHECKING, Any, Final, Literal

import structlog

if TYPE_CHECKING:
    from collections.abc import MutableMapping

__all__ = ["Level", "configure", "without_secrets"]

Level = Literal["DEBUG", "INFO", "WARNING", "ERROR"]

HIDDEN: Final = "***"
_NAMES: Final = re.compile(
    r"authorization|cookie|password|passwd|secret|token|api_?key", re.IGNORECASE
)
_KEY: Final = re.compile(r"(ew4[ix]?_)[A-Za-z0-9_-]{8,}")
_LOGIN: Final = re.compile(r"(?<=://)[^/\s@]+@")
_BEARER: Final = re.compile(r"(?i)\bbearer\s+\S+")


def without_secrets(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Hide keys, passwords in addresses, and whatever stands under the name of a secret."""
    for name, value in event.items():
        event[name] = HIDDEN if _NAMES.search(name) else _hidden(value)
    return event


def _hidden(value: Any) -> Any:
    if isinstance(value, str):
        plain = _BEARER.sub(f"Bearer {HIDDEN}", value)
        return _LOGIN.sub(f"{HIDDEN}@", _KEY.sub(rf"\1{HIDDEN}", plain))
    if isinstance(value, dict):
        return {k: HIDDEN if _NAMES.search(str(k)) else _hidden(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden(v) for v in value]
    return value


def configure(level: Level = "INFO") -> None:
    """Log from now on as a service does; libraries of the process, too."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        without_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level)),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # Of libraries only what is wrong: each request has a line of ours already.
    root.setLevel(max(getattr(logging, level), logging.WARNING))
