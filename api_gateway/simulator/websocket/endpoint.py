"""`/v1/api/ws`: runs a `StreamSession` on a real socket.

IBKR's gateway sends binary frames, and closes a connection that carries a larger frame than it can take.
Behind that gateway, the simulator plays IBKR: it sends text, and the limit is the gateway's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.responses import PlainTextResponse, Response
from starlette.routing import WebSocketRoute
from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect

from api_gateway.simulator.faults import FaultAction
from api_gateway.simulator.replies import ApiError
from api_gateway.simulator.session.session import SESSION_EVENTS
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.login_cookies import carries_login
from api_gateway.simulator.web_api.response_writer import encode_json, encode_response, fault_response
from api_gateway.simulator.websocket.frames import Frame, parse_session_token
from api_gateway.simulator.websocket.stream_session import StreamSession

MAX_FRAME_BYTES = 65_536  # in either direction
_COOKIE = "api"
_INTERNAL_ERROR = 1011  # the close code for "internal error"
_INVALID_TEXT = 1007  # the close code for text that is not UTF-8
_POLL_INTERVAL = 0.05  # seconds of real time between two checks for due frames


def websocket_routes(simulation: Simulation, prefixes: tuple[str, ...]) -> list[WebSocketRoute]:
    """Return the WebSocket route under each prefix."""
    return [WebSocketRoute(f"{prefix}/ws", _websocket_handler(simulation)) for prefix in prefixes]


def _websocket_handler(simulation: Simulation) -> Callable[[WebSocket], Awaitable[None]]:
    async def serve(websocket: WebSocket) -> None:
        fault = simulation.faults.next_action("GET", "/ws") or FaultAction()
        if fault.session:
            SESSION_EVENTS[fault.session](simulation.session)
        if fault.delay_seconds:
            await asyncio.sleep(fault.delay_seconds)
        if fault.replaces_response and not fault.hang:
            response = fault_response(fault)
            body, content_type = encode_response(response)
            await websocket.send_denial_response(Response(body, response.status, media_type=content_type))
            return
        try:
            simulation.rate_limits.check_penalty()
        except ApiError as refusal:
            body, content_type = encode_response(refusal.response)
            await websocket.send_denial_response(
                Response(body, refusal.response.status, media_type=content_type)
            )
            return
        if not carries_login(simulation, websocket.cookies):
            # A guess: the edge treats the handshake like every other request.
            await websocket.send_denial_response(PlainTextResponse("Access Denied", 401))
            return
        await websocket.accept()
        token = parse_session_token(websocket.cookies.get(_COOKIE, ""))
        if simulation.options.behind_gateway:
            # The gateway drops its client's cookies; its own prove the login.
            token = simulation.session.token
        session = StreamSession(simulation, token)
        try:
            await _run_session(websocket, session, fault, behind_gateway=simulation.options.behind_gateway)
        except WebSocketDisconnect:
            return
        finally:
            session.close()

    return serve


async def _run_session(
    websocket: WebSocket, session: StreamSession, fault: FaultAction, *, behind_gateway: bool
) -> None:
    """Exchange frames until either side disconnects. A fault can mute us, or disconnect after some bytes."""
    receiving = asyncio.create_task(websocket.receive())
    sent = 0
    try:
        while not session.has_ended:
            arrived, _ = await asyncio.wait({receiving}, timeout=_POLL_INTERVAL)
            frames: list[Frame] = []
            if arrived:
                try:
                    text = _message_text(receiving.result())
                except UnicodeDecodeError:
                    await websocket.close(_INVALID_TEXT)
                    return
                if text is None:
                    return
                if _is_too_long(text.encode(), behind_gateway):
                    break
                receiving = asyncio.create_task(websocket.receive())
                frames += session.receive(text)
            frames += session.due_frames()
            for frame in () if fault.hang else frames:
                raw = encode_json(frame)
                if _is_too_long(raw, behind_gateway):
                    await websocket.close()
                    return
                await (websocket.send_text(raw.decode()) if behind_gateway else websocket.send_bytes(raw))
                sent += len(raw)
                if fault.reset is not None and sent >= fault.reset:
                    await websocket.close(_INTERNAL_ERROR)
                    return
        await websocket.close()
    finally:
        receiving.cancel()


def _is_too_long(raw: bytes, behind_gateway: bool) -> bool:
    return not behind_gateway and len(raw) > MAX_FRAME_BYTES


def _message_text(message: Message) -> str | None:
    """Return the client's message, sent as text or bytes; None once it has disconnected.

    Raises UnicodeDecodeError.
    """
    if message["type"] != "websocket.receive":
        return None
    raw: bytes | None = message.get("bytes")
    return str(message.get("text") or "") if raw is None else raw.decode()
