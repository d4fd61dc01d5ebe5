"""uvicorn's WebSocket protocol with every frame passed on as bytes.

uvicorn decodes text itself, and logs a traceback if it is not UTF-8. `handle_text` and `handle_bytes` are not
public: tests/api_gateway/simulator/websocket/test_protocol.py fails when they change.
"""

from __future__ import annotations

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame


class UndecodedWebSocketProtocol(WebSocketsSansIOProtocol):
    """Leaves the decoding of text frames to the application."""

    def handle_text(self, event: Frame) -> None:
        """Handle a text frame like a binary one."""
        self.handle_bytes(event)
