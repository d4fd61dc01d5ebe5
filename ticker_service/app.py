"""The ticker's HTTP API: liveness, session state, metrics, holds and take-over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from math import ceil
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ticker_service.holds import MAX_HOLD_SECONDS, TooManyHoldsError
from ticker_service.metrics import CONTENT_TYPE
from ticker_service.session_keeper import SessionKeeper, TickerStateError

Result = TypeVar("Result")

MAX_BODY_BYTES = 1_000
"""Maximum size of a request body in bytes; a hold needs about 40."""

DISCONNECT_GRACE = 0.01
"""Seconds to wait for a pending disconnect before starting work for a caller that may already be gone."""


class HoldRequest(BaseModel):
    """Body of `POST /hold`: how many seconds to send nothing, and why."""

    model_config = ConfigDict(extra="forbid", strict=True)

    seconds: Annotated[float, Field(gt=0, le=MAX_HOLD_SECONDS, allow_inf_nan=False)]
    purpose: Annotated[str, Field(alias="for", pattern=r"^[a-z][a-z ]{0,29}$")]


_BROWSER_HEADERS = frozenset({"origin", "sec-fetch-site"})


class RejectedRequestError(Exception):
    """The ticker rejects a request; `status` is the HTTP status, `str()` a sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def create_app(keeper: SessionKeeper) -> Starlette:
    """Build the ticker's HTTP application.

    * `GET /health`: 200 while the heartbeat loop runs, otherwise 503.
    * `GET /state`: the session's state, always 200. An MCP server adds `?server=` with a random name, so
      that the report can count the servers.
    * `GET /metrics`: metrics in Prometheus' text format.
    * `POST /hold {"seconds": 60, "for": "order"}`: 201 with an ID; `DELETE /hold/{id}` releases the hold.
    * `POST /take {}`: 202; takes over the session from the program that holds it.
    """

    async def health(_: Request) -> Response:
        if keeper.alive:
            return JSONResponse({"alive": True})
        return JSONResponse(
            {"alive": False, "sentence": "The ticker's heartbeat loop has stopped."}, status_code=503
        )

    async def state(request: Request) -> Response:
        keeper.clients.record_request(request.query_params.get("server", ""))
        return JSONResponse(keeper.report())

    async def metrics(_: Request) -> Response:
        return Response(keeper.metrics_text(), headers={"content-type": CONTENT_TYPE})

    async def hold(request: Request) -> Response:
        hold_request = _parse_hold(await _read_body(request))
        try:
            lease = await _run_while_connected(
                request, lambda: keeper.hold(hold_request.seconds, hold_request.purpose)
            )
        except TooManyHoldsError as error:
            seconds = ceil(error.seconds)
            return JSONResponse(
                {"error": f"{str(error).capitalize()}."},
                status_code=429,
                headers={"Retry-After": str(seconds)},
            )
        except TickerStateError as error:
            raise RejectedRequestError(503, str(error)) from None
        if lease is None:
            return Response(status_code=499)  # the caller is gone
        return JSONResponse(
            {"id": lease.id, "for": lease.purpose, "seconds": hold_request.seconds}, status_code=201
        )

    async def release(request: Request) -> Response:
        if not keeper.release(request.path_params["id"]):
            raise RejectedRequestError(
                404, "No active hold has this ID, so nothing was changed; it may have expired."
            )
        return JSONResponse({"released": True})

    async def take_over_session(request: Request) -> Response:
        if (await _read_body(request)).strip() not in (b"", b"{}"):
            raise RejectedRequestError(
                422, "POST /take accepts only an empty object as its body. Nothing was changed."
            )

        async def take_over() -> bool:
            await keeper.take_over()
            return True

        try:
            if await _run_while_connected(request, take_over) is None:
                return Response(status_code=499)  # the caller is gone and has reported a failure to its user
        except TickerStateError as error:
            raise RejectedRequestError(409, str(error)) from None
        return JSONResponse({"taking": True}, status_code=202)

    return Starlette(
        routes=[
            Route("/health", health),
            Route("/state", state),
            Route("/metrics", metrics),
            Route("/hold", _reject_browsers(hold), methods=["POST"]),
            Route("/hold/{id}", _reject_browsers(release), methods=["DELETE"]),
            Route("/take", _reject_browsers(take_over_session), methods=["POST"]),
        ]
    )


def _reject_browsers(
    handler: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """Wrap a handler: reject requests from web pages, and report each rejection as JSON."""

    async def guarded(request: Request) -> Response:
        try:
            if _BROWSER_HEADERS & set(request.headers):
                # A browser adds these headers to any request that a web page makes to change something.
                raise RejectedRequestError(403, "The ticker rejects requests from web pages.")
            return await handler(request)
        except RejectedRequestError as error:
            return JSONResponse({"error": str(error)}, status_code=error.status)

    return guarded


async def _run_while_connected(
    request: Request, work: Callable[[], Coroutine[Any, Any, Result]]
) -> Result | None:
    """Return the result of `work`, or cancel it and return None once the caller disconnects."""
    disconnect = asyncio.ensure_future(request.receive())
    tasks: list[asyncio.Future[Any]] = [disconnect]
    try:
        await asyncio.wait({disconnect}, timeout=DISCONNECT_GRACE)
        if disconnect.done():
            return None
        running = asyncio.ensure_future(work())
        tasks.append(running)
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return running.result() if running.done() else None
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _read_body(request: Request) -> bytes:
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                raise RejectedRequestError(413, f"The body is larger than {MAX_BODY_BYTES} bytes.")
    except ClientDisconnect:
        raise RejectedRequestError(400, "The request body is incomplete.") from None
    return body


def _parse_hold(body: bytes) -> HoldRequest:
    try:
        return HoldRequest.model_validate_json(body)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        field = f"`{where}`: " if where in ("seconds", "for") else ""
        raise RejectedRequestError(
            422,
            f"The hold is invalid: {field}{first['msg'].rstrip('.')}. Send for example "
            f'{{"seconds": {MAX_HOLD_SECONDS:.0f}, "for": "order"}}; {MAX_HOLD_SECONDS:.0f} is the maximum.',
        ) from None
