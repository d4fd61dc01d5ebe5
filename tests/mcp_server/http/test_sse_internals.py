"""Our SSE events have the same bytes as the SDK's, and the SDK still calls the replaced method."""

from __future__ import annotations

import inspect
from typing import Any

import httpx
import pytest
from mcp.server.streamable_http import EventMessage, StreamableHTTPServerTransport
from mcp_types import ErrorData, JSONRPCError, JSONRPCNotification, JSONRPCResponse
from sse_starlette.event import ensure_bytes
from sse_starlette.sse import EventSourceResponse

from api_gateway.client.gateway import GatewayClient
from mcp_server.http import sse_internals
from mcp_server.http.sse_internals import write_events_whole
from mcp_server.server import create_server
from mcp_server.settings import ServerSettings

# Read at import, before any server in this process replaces it.
SDK_METHOD = inspect.getattr_static(StreamableHTTPServerTransport, "_create_event_data")
LINE_BREAKS = "\r\n \n \r \x0b \x0c \x1c \x85 \u2028 \u2029"
MESSAGES = [
    JSONRPCResponse(
        jsonrpc="2.0", id=1, result={"content": [{"type": "text", "text": "ü€🙂" + LINE_BREAKS}]}
    ),
    JSONRPCResponse(jsonrpc="2.0", id="a\nb", result={}),
    JSONRPCError(jsonrpc="2.0", id=None, error=ErrorData(code=-32600, message=LINE_BREAKS)),
    JSONRPCNotification(jsonrpc="2.0", method="notifications/message", params={"data": None}),
]


@pytest.fixture
def sdk_method(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The SDK's own method, restored."""
    if SDK_METHOD is sse_internals._event_bytes:
        pytest.fail("the SDK's method was replaced before this module was imported")
    monkeypatch.setattr(StreamableHTTPServerTransport, "_create_event_data", SDK_METHOD)
    return SDK_METHOD


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
@pytest.mark.parametrize("event_id", [None, "7"])
def test_an_event_has_the_same_bytes_as_the_sdks(sdk_method: Any, message: Any, event_id: str | None) -> None:
    transport = StreamableHTTPServerTransport(mcp_session_id=None)
    event = EventMessage(message, event_id)
    expected = ensure_bytes(sdk_method(transport, event), EventSourceResponse.DEFAULT_SEPARATOR)

    write_events_whole()
    encoded: Any = transport._create_event_data(event)

    assert encoded == expected


def test_the_sdks_method_still_has_one_parameter(sdk_method: Any) -> None:
    assert list(inspect.signature(sdk_method).parameters) == ["self", "event_message"]


@pytest.mark.usefixtures("sdk_method")
async def test_results_are_encoded_by_the_replaced_method(
    gateway: GatewayClient, over_http: Any, settings: ServerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[EventMessage] = []
    event_bytes = sse_internals._event_bytes

    def record(transport: Any, event: EventMessage) -> bytes:
        written.append(event)
        return event_bytes(transport, event)

    monkeypatch.setattr(sse_internals, "_event_bytes", record)
    initialize = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "a", "version": "1"},
        },
    }
    accept = {"Accept": "application/json, text/event-stream"}
    async with over_http(create_server(gateway, settings), settings) as url, httpx.AsyncClient() as client:
        response = await client.post(url + settings.mcp_server_path, json=initialize, headers=accept)

    assert [event.message.id for event in written] == [1]  # type: ignore[union-attr]
    assert response.text.startswith('event: message\r\ndata: {"jsonrpc":"2.0","id":1,')
    assert response.text.endswith("}\r\n\r\n")
