"""logfmt: one line per event, `event=state state=closed was=established`, with quotes where necessary."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping

_UNQUOTED = re.compile(r"[!#-<>-~]+")


def format_event(event: str, **values: object) -> str:
    """Format an event and its values as logfmt; None and empty values are left out."""
    pairs: Mapping[str, object] = {"event": event, **values}
    return " ".join(
        f"{name}={_format_value(value)}" for name, value in pairs.items() if value not in (None, "")
    )


def log_event(logger: logging.Logger, level: int, event: str, **values: object) -> None:
    """Log one event on one line."""
    logger.log(level, "%s", format_event(event, **values))


def _format_value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.1f}"
    text = str(value)
    return text if _UNQUOTED.fullmatch(text) else json.dumps(text, ensure_ascii=False)
