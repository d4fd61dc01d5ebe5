"""What the ticker answers over HTTP: is it alive, and what is the session."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ticker_service.keeper import Keeper


def create_app(keeper: Keeper) -> Starlette:
    """`GET /health`: 200 while the loop beats, else 503. `GET /state`: the keeper's report, always 200."""

    async def health(_: Request) -> Response:
        if keeper.alive:
            return JSONResponse({"alive": True})
        return JSONResponse({"alive": False, "sentence": "The ticker's loop has stopped."}, status_code=503)

    async def state(_: Request) -> Response:
        return JSONResponse(keeper.report())

    return Starlette(routes=[Route("/health", health), Route("/state", state)])
