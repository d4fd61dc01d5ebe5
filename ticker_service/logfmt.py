"""One line for one event: `event=state state=closed was=established`, with quotes where they are needed."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping

_PLAIN = re.compile(r"[!#-<>-~]+")


def line(event: str, **values: object) -> str:
    """The event and its values as logfmt; what is None or empty is left out."""
    known: Mapping[str, object] = {"event": event, **values}
    return " ".join(f"{name}={_value(value)}" for name, value in known.items() if value not in (None, ""))


def log(logger: logging.Logger, level: int, event: str, **values: object) -> None:
    """Log one event on one line."""
    logger.log(level, "%s", line(event, **values))


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.1f}"
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
