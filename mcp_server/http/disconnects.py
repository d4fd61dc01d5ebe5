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

_SESSION_HEADER = b"mcp-session-id"


class CancelOnDisconnect:
    """ASGI middleware that cancels the call of a client in a session that hangs up before its answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] != "http"
            or scope["method"] != "POST"
            or _SESSION_HEADER not in dict(scope["headers"])
        ):
            await self._app(scope, receive, send)
            return
        body_parts: list[bytes] = []
        disconnected = answered = False

        async def receive_and_track() -> MutableMapping[str, Any]:
            nonlocal disconnected
            message = await receive()
            if message["type"] == "http.request":
                body_parts.append(message.get("body", b""))
            else:
                disconnected = not answered
            return message

        async def send_and_track(message: MutableMapping[str, Any]) -> None:
            nonlocal answered
            answered = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        await self._app(scope, receive_and_track, send_and_track)
        if disconnected:
            await self._cancel_call(scope, b"".join(body_parts))

    async def _cancel_call(self, scope: Scope, body: bytes) -> None:
        """Say for the client that it no longer wants what it asked for."""
        try:
            call = orjson.loads(body)
        except orjson.JSONDecodeError:
            return
        if not isinstance(call, dict) or call.get("method") != "tools/call" or "id" not in call:
            return
        params = {"requestId": call["id"], "reason": "The client has hung up."}
        content = orjson.dumps({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params})
        headers = [(name, value) for name, value in scope["headers"] if name != b"content-length"]
        headers.append((b"content-length", str(len(content)).encode()))
        unread = [{"type": "http.request", "body": content, "more_body": False}]

        async def receive() -> MutableMapping[str, Any]:
            return unread.pop() if unread else {"type": "http.disconnect"}

        async def send(_: MutableMapping[str, Any]) -> None:
            """Nobody is there to be answered."""

        await self._app({**scope, "headers": headers}, receive, send)
