"""Logs one line per event to stderr, without account IDs or secrets."""

from __future__ import annotations

import logging
import re
import traceback
from asyncio import CancelledError
from collections.abc import Collection
from typing import Any, Final

from api_gateway.redaction import redact_accounts

_LINE_BREAKS = re.compile(r"\s*[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+\s*")

_MAX_FRAMES: Final = 4


class SingleLineFormatter(logging.Formatter):
    """Time, level, logger and message on one line, followed by the last frames of a traceback."""

    def __init__(self, secrets: Collection[str] = ()) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._secrets = tuple(secrets)

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        kind, error, trace = ei
        return "".join(traceback.format_exception(kind, error, trace, limit=-_MAX_FRAMES, chain=False))

    def format(self, record: logging.LogRecord) -> str:
        line = _LINE_BREAKS.sub(" | ", super().format(record))
        for secret in self._secrets:
            line = line.replace(secret, "***")
        return redact_accounts(line)


def _is_not_cancellation(record: logging.LogRecord) -> bool:
    """False for the tracebacks that uvicorn logs for calls that it cancels at shutdown."""
    return record.exc_info is None or not isinstance(record.exc_info[1], CancelledError)


def log_to_stderr(level: str, secrets: Collection[str] = ()) -> None:
    """Log our own events of at least `level` to stderr, and the libraries' warnings and errors.

    The libraries' level does not change with `level`: their debug output has headers, session IDs and
    addresses.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(SingleLineFormatter(secrets))
    handler.addFilter(_is_not_cancellation)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in ("mcp_server", "api_gateway"):
        logging.getLogger(name).setLevel(level)
