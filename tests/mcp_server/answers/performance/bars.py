"""Responses of price history."""

from __future__ import annotations

from datetime import datetime
from typing import Any


def history(*bars: tuple[datetime, Any]) -> dict[str, Any]:
    """A response with these times and closes."""
    return {"data": [{"t": int(at.timestamp() * 1000), "c": close} for at, close in bars]}
