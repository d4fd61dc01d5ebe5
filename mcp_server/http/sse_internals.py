"""SSE events of the MCP endpoint, written as bytes at once instead of as a dict that is taken apart later.

The SDK gives each message to sse-starlette as a dict, which looks for line ends in its JSON with a regular
expression and copies it twice: a sixth of a call with a large result. JSON has no line ends. The method that
is replaced is private; this module is the only one that touches it, and its test compares the bytes.
"""

from __future__ import annotations

from mcp.server.streamable_http import EventMessage, StreamableHTTPServerTransport


def write_events_whole() -> None:
    """Let every streamable HTTP transport of this process write its events as bytes."""
    StreamableHTTPServerTransport._create_event_data = _event_bytes  # type: ignore[method-assign, assignment]


def _event_bytes(_: StreamableHTTPServerTransport, event: EventMessage) -> bytes:
    message = event.message.model_dump_json(by_alias=True, exclude_unset=True)
    identity = f"id: {event.event_id}\r\n" if event.event_id else ""
    return f"{identity}event: message\r\ndata: {message}\r\n\r\n".encode()
