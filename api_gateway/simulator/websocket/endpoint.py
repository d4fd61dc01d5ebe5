"""`/v1/api/ws`: a conversation on a real socket. What goes out is binary, as it is from IBKR's gateway."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import orjson
from starlette.responses import Response
from starlette.routing import WebSocketRoute
from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect

from api_gateway.simulator.faults import Do
from api_gateway.simulator.session.session import EVENTS
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.response_writer import encode, replacement
from api_gateway.simulator.websocket.conversation import Conversation
from api_gateway.simulator.websocket.frames import Frame, session_in

LARGEST_FRAME = 65_536  # characters of a client's frame; the gateway hangs up on a larger one
_COOKIE = "api"
_BROKEN = 1011  # the close code for "internal error"
_LOOK_EVERY = 0.05  # seconds of the wall clock between two looks at what is due


def websocket_routes(simulation: Simulation, prefixes: tuple[str, ...]) -> list[WebSocketRoute]:
    """The WebSocket below each prefix."""
    return [WebSocketRoute(f"{prefix}/ws", _endpoint(simulation)) for prefix in prefixes]


def _endpoint(simulation: Simulation) -> Callable[[WebSocket], Awaitable[None]]:
    async def serve(websocket: WebSocket) -> None:
        do = simulation.faults.strike("GET", "/ws") or Do()
        if do.session:
            EVENTS[do.session](simulation.session)
        if do.delay_seconds:
            await asyncio.sleep(do.delay_seconds)
        if do.replaces and not do.hang:
            reply = replacement(do)
            body, content_type = encode(reply)
            await websocket.send_denial_response(Response(body, reply.status, media_type=content_type))
            return
        await websocket.accept()
        conversation = Conversation(simulation, session_in(websocket.cookies.get(_COOKIE, "")))
        try:
            await _converse(websocket, conversation, do)
        except WebSocketDisconnect:
            return
        finally:
            conversation.close()

    return serve


async def _converse(websocket: WebSocket, conversation: Conversation, do: Do) -> None:
    """Speak until one side hangs up. A fault may keep us silent or cut us short after so many bytes."""
    receiving = asyncio.create_task(websocket.receive())
    sent = 0
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
            frames += conversation.due()
            for frame in () if do.hang else frames:
                raw = orjson.dumps(frame)
                await websocket.send_bytes(raw)
                sent += len(raw)
                if do.reset is not None and sent >= do.reset:
                    await websocket.close(_BROKEN)
                    return
        await websocket.close()
    finally:
        receiving.cancel()


def _text(message: Message) -> str | None:
    """What the client has sent, as text or as bytes; None when it has gone."""
    if message["type"] != "websocket.receive":
        return None
    raw: bytes | None = message.get("bytes")
    return str(message.get("text") or "") if raw is None else raw.decode(errors="replace")
