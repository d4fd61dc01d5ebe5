"""uvicorn's WebSocket protocol without two kinds of log entries that report no error of the simulator.

uvicorn decodes text itself, and logs a traceback if it is not UTF-8. After a denial response, it logs that
the handshake was not completed. What this class overrides and sets is not public:
tests/api_gateway/simulator/websocket/test_protocol.py fails when it changes.
"""

from __future__ import annotations

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame


class SimulatorWebSocketProtocol(WebSocketsSansIOProtocol):
    """Leaves the decoding of text frames to the application; a denial response completes the handshake."""

    def handle_text(self, event: Frame) -> None:
        """Handle a text frame like a binary one."""
        self.handle_bytes(event)

    async def send(self, message: ASGISendEvent) -> None:
        """Send what the application sends."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body"):
            self.handshake_complete = True
