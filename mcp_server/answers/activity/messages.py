"""IBKR's messages (FYIs and notifications)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from api_gateway.client.gateway import GatewayClient
from api_gateway.errors import Failed, RateLimited, Refused
from mcp_server.answers.orders.row_values import parse_flag, parse_id
from mcp_server.answers.outside_text import outside_name
from mcp_server.answers.times import from_epoch

PAGE: Final = 10
"""Messages in one response: IBKR's maximum."""

MAX_PAGES: Final = 3
_MAX_TEXT: Final = 200


@dataclass(frozen=True)
class Message:
    """One message: title and text, sanitized."""

    id: str
    moment: datetime | None
    is_read: bool
    title: str
    text: str


async def read_messages(
    gateway: GatewayClient, wants_older: Callable[[list[Message]], bool]
) -> tuple[list[Message], bool]:
    """The newest messages, and whether there may be older ones.

    Reads further pages while `wants_older` returns true, up to `MAX_PAGES`. Raises GatewayError.
    """
    messages = parse_messages((await gateway.get("/fyi/notifications", max=PAGE)).value)
    is_last = len(messages) < PAGE
    for _ in range(MAX_PAGES - 1):
        if is_last or not messages[-1].id or not wants_older(messages):
            break
        try:
            older = await gateway.get("/fyi/notifications/more", id=messages[-1].id)
        except (Failed, Refused, RateLimited):
            break
        known = {each.id for each in messages}
        page = [each for each in parse_messages(older.value) if each.id not in known]
        messages += page
        is_last = len(page) < PAGE
    return messages, not is_last


def parse_messages(rows: Any) -> list[Message]:
    """The messages in a response to /fyi/notifications."""
    return [_parse(row) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _parse(row: Mapping[str, Any]) -> Message:
    return Message(
        id=parse_id(row.get("ID")),
        moment=from_epoch(row.get("D")),
        is_read=parse_flag(row.get("R")),
        title=outside_name(row.get("MS"), 80),
        text=outside_name(row.get("MD"), _MAX_TEXT),
    )
