"""Cancels the calls of clients that have disconnected.

The 2025 protocol revisions let a call continue after its connection closes, so that the client can reconnect
for the result. This server stores no results, so a client that disconnects never gets one: its call is
cancelled, as the 2026 revision requires for every call, and the requests to the gateway that it occupied are
free for others.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

_SESSION_HEADER = b"mcp-session-id"


class CancelOnDisconnect:
    """ASGI middleware that cancels a call in a session if the client disconnects before the response."""

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
        """Send `notifications/cancelled` on behalf of the client."""
        try:
            call = orjson.loads(body)
        except orjson.JSONDecodeError:
            return
        if not isinstance(call, dict) or call.get("method") != "tools/call" or "id" not in call:
            return
        params = {"requestId": call["id"], "reason": "The client disconnected."}
        content = orjson.dumps({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params})
        headers = [(name, value) for name, value in scope["headers"] if name != b"content-length"]
        headers.append((b"content-length", str(len(content)).encode()))
        unread = [{"type": "http.request", "body": content, "more_body": False}]

        async def receive() -> MutableMapping[str, Any]:
            return unread.pop() if unread else {"type": "http.disconnect"}

        async def send(_: MutableMapping[str, Any]) -> None:
            """Discard the response, because the client is gone."""

        await self._app({**scope, "headers": headers}, receive, send)
