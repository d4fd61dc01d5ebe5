"""`python -m ticker_service`: keeps the brokerage session open until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import random
import signal
import socket
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

import uvicorn

from api_gateway.access_policy import TICKER
from api_gateway.client.gateway import GatewayClient
from api_gateway.settings import GatewaySettings, SettingsError, load
from ticker_service.app import create_app
from ticker_service.backoff import Backoff
from ticker_service.heartbeat import Rules
from ticker_service.logfmt import log_event
from ticker_service.metrics import Metrics
from ticker_service.session_keeper import SessionKeeper
from ticker_service.settings import TickerSettings

MAX_REQUESTS_PER_HEARTBEAT = 5
"""One more than a heartbeat sends; each can wait for the rate limiter and then take until its timeout."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the ticker. Exit status: 0 after a signal, 1 port unavailable, 2 invalid setting."""
    parser = argparse.ArgumentParser(
        prog="python -m ticker_service",
        description="Keep the brokerage session open until SIGTERM or Ctrl-C. "
        "Settings are environment variables or lines in a `.env` file; `ib-mcp settings` lists them.",
    )
    parser.parse_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _exit)
    try:
        settings, gateway_settings = load(TickerSettings), load(GatewaySettings)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    logging.basicConfig(
        level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )
    # One line per request would bury the one line per state change.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        family = socket.AF_INET6 if ":" in settings.ticker_host else socket.AF_INET
        listener = socket.create_server((settings.ticker_host, settings.ticker_port), family=family)
    except OSError as error:
        # Not `error.strerror` alone, to which Python appends the address.
        why = os.strerror(error.errno) if error.errno else error.strerror
        print(
            f"The ticker cannot listen on {settings.ticker_host}:{settings.ticker_port}: {why}. "
            "Choose another port with TICKER_PORT.",
            file=sys.stderr,
        )
        return 1
    with listener:
        host, port = listener.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        log_event(logging.getLogger("ticker"), logging.INFO, "listening", url=f"http://{shown}:{port}/state")
        asyncio.run(serve(listener, settings, gateway_settings))
    return 0


async def serve(listener: socket.socket, settings: TickerSettings, gateway_settings: GatewaySettings) -> None:
    """Run the heartbeat loop and the HTTP server until a signal arrives; an error in either ends both."""
    async with GatewayClient(gateway_settings, policy=TICKER) as gateway, asyncio.TaskGroup() as tasks:
        keeper = SessionKeeper(
            gateway,
            Backoff(healthy=settings.tickle_interval, unhealthy=settings.tickle_interval_unhealthy),
            Rules(
                compete=settings.compete,
                region=gateway_settings.gateway_region,
                login_url=gateway_settings.gateway_login_url,
                rng=random.Random(),  # noqa: S311 (for jitter, which need not be unpredictable)
            ),
            stuck_after=MAX_REQUESTS_PER_HEARTBEAT
            * (gateway_settings.gateway_timeout + gateway_settings.gateway_max_wait),
            metrics=Metrics(),
        )
        server = uvicorn.Server(
            uvicorn.Config(
                create_app(keeper),
                lifespan="off",
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=1,
            )
        )
        heartbeat_task = tasks.create_task(keeper.run())
        await server.serve(sockets=[listener])
        heartbeat_task.cancel()


def _exit(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001 (signature of a signal handler)
    # uvicorn raises the signal again for the previous handler once it has stopped serving.
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
