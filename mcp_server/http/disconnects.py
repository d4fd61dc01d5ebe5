"""Calls of clients that have hung up.

The revisions of 2025 let a call run on when its connection closes, so that a client may come back for the
answer. This server keeps no answer for that, so whoever hangs up has left: the call is cancelled, as the
revision of 2026 has it for all, and the places it holds at the gateway are free for others.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

_SESSION = b"mcp-session-id"


class Departures:
    """ASGI middleware that cancels the call of a client in a session that hangs up before its answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or _SESSION not in dict(scope["headers"]):
            await self._app(scope, receive, send)
            return
        parts: list[bytes] = []
        gone = answered = False

        async def listen() -> MutableMapping[str, Any]:
            nonlocal gone
            message = await receive()
            if message["type"] == "http.request":
                parts.append(message.get("body", b""))
            else:
                gone = not answered
            return message

        async def tell(message: MutableMapping[str, Any]) -> None:
            nonlocal answered
            answered = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        await self._app(scope, listen, tell)
        if gone:
            await self._cancel(scope, b"".join(parts))

    async def _cancel(self, scope: Scope, body: bytes) -> None:
        """Say for the client that it no longer wants what it asked for."""
        try:
            asked = orjson.loads(body)
        except orjson.JSONDecodeError:
            return
        if not isinstance(asked, dict) or asked.get("method") != "tools/call" or "id" not in asked:
            return
        params = {"requestId": asked["id"], "reason": "The client has hung up."}
        content = orjson.dumps({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params})
        headers = [(name, value) for name, value in scope["headers"] if name != b"content-length"]
        headers.append((b"content-length", str(len(content)).encode()))
        unread = [{"type": "http.request", "body": content, "more_body": False}]

        async def receive() -> MutableMapping[str, Any]:
            return unread.pop() if unread else {"type": "http.disconnect"}

        async def send(_: MutableMapping[str, Any]) -> None:
            """Nobody is there to be answered."""

        await self._app({**scope, "headers": headers}, receive, send)
