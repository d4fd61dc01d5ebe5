"""`/v1/api/ws`: a conversation on a real socket. What goes out is binary, as it is from IBKR's gateway."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import orjson
from starlette.routing import WebSocketRoute
from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect

from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.websocket import Conversation
from api_gateway.simulator.websocket_frames import Frame, session_in

LARGEST_FRAME = 65_536  # characters of a client's frame; the gateway hangs up on a larger one
_COOKIE = "api"
_LOOK_EVERY = 0.05  # seconds of the wall clock between two looks at what is due


def websocket_routes(simulation: Simulation, prefixes: tuple[str, ...]) -> list[WebSocketRoute]:
    """The WebSocket below each prefix."""
    return [WebSocketRoute(f"{prefix}/ws", _endpoint(simulation)) for prefix in prefixes]


def _endpoint(simulation: Simulation) -> Callable[[WebSocket], Awaitable[None]]:
    async def serve(websocket: WebSocket) -> None:
        await websocket.accept()
        conversation = Conversation(simulation, session_in(websocket.cookies.get(_COOKIE, "")))
        receiving = asyncio.create_task(websocket.receive())
        try:
            while not conversation.over:
                arrived, _ = await asyncio.wait({receiving}, timeout=_LOOK_EVERY)
                frames: list[Frame] = []
                if arrived:
                    text = _text(receiving.result())
                    if text is None:
                        return
                    if len(text) > LARGEST_FRAME:
                        break
                    receiving = asyncio.create_task(websocket.receive())
                    frames += conversation.hear(text)
                for frame in (*frames, *conversation.due()):
                    await websocket.send_bytes(orjson.dumps(frame))
            await websocket.close()
        except WebSocketDisconnect:
            return
        finally:
            receiving.cancel()
            conversation.close()

    return serve


def _text(message: Message) -> str | None:
    """What the client has sent, as text or as bytes; None when it has gone."""
    if message["type"] != "websocket.receive":
        return None
    raw: bytes | None = message.get("bytes")
    return str(message.get("text") or "") if raw is None else raw.decode(errors="replace")
