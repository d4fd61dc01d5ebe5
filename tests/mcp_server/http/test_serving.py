"""Listening on an address, serving and shutdown."""

from __future__ import annotations

import errno
import gc
import os
import signal
import socket
from typing import Any

import httpx
import pytest

from api_gateway.client.gateway import GatewayClient
from mcp_server.http import serving
from mcp_server.http.serving import CannotListenError, listen, uvicorn_config
from mcp_server.server import create_server
from mcp_server.settings import ServerSettings


def test_it_listens_on_a_free_port() -> None:
    [opened] = listen("127.0.0.1", 0)
    with opened, socket.create_connection(opened.getsockname(), timeout=10):
        pass


def test_a_port_in_use_is_an_error_that_names_the_setting() -> None:
    [in_use] = listen("127.0.0.1", 0)
    port = in_use.getsockname()[1]
    with in_use, pytest.raises(CannotListenError) as caught:
        listen("127.0.0.1", port)
    assert f"127.0.0.1:{port}" in str(caught.value)
    assert os.strerror(errno.EADDRINUSE) in str(caught.value)
    assert "MCP_SERVER_PORT" in str(caught.value)


def test_an_address_of_another_machine_is_an_error_that_names_the_setting() -> None:
    with pytest.raises(CannotListenError, match="MCP_SERVER_HOST"):
        listen("192.0.2.1", 0)


def test_an_unknown_host_name_is_an_error_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(CannotListenError, match="Name or service not known"):
        listen("no.such.host.example", 0)


def test_a_disabled_address_of_localhost_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
    both = [(*stream, ("192.0.2.1", 0)), (*stream, ("127.0.0.1", 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    [opened] = listen("localhost", 0)
    with opened:
        assert opened.getsockname()[0] == "127.0.0.1"


def test_the_configuration_has_no_access_log_and_a_short_shutdown(
    gateway: GatewayClient, settings: ServerSettings
) -> None:
    config = uvicorn_config(create_server(gateway, settings, ()), settings)
    assert not config.access_log
    assert not config.proxy_headers
    assert config.timeout_graceful_shutdown is not None
    assert config.timeout_graceful_shutdown <= 1


@pytest.mark.parametrize("setting", ["FASTMCP_STATELESS_HTTP", "FASTMCP_JSON_RESPONSE"])
async def test_sessions_are_on_despite_fastmcps_environment_variables(
    gateway: GatewayClient,
    over_http: Any,
    settings: ServerSettings,
    monkeypatch: pytest.MonkeyPatch,
    setting: str,
) -> None:
    import fastmcp

    monkeypatch.setattr(fastmcp.settings, setting.removeprefix("FASTMCP_").lower(), True)
    initialize = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    }
    headers = {"accept": "application/json, text/event-stream"}
    server = create_server(gateway, settings, ())
    async with over_http(server, settings) as address, httpx.AsyncClient(base_url=address) as client:
        reply = await client.post("/mcp", json=initialize, headers=headers)
    assert reply.headers["mcp-session-id"]
    assert reply.headers["content-type"].startswith("text/event-stream")


def test_objects_created_at_startup_are_excluded_from_garbage_collection() -> None:
    before = gc.get_threshold()
    try:
        serving._freeze_garbage_collector()
        assert gc.get_freeze_count() > 0
        assert gc.get_threshold() > before
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_process_with_status_zero(number: signal.Signals) -> None:
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        serving.exit_cleanly_on_signals()
        with pytest.raises(SystemExit) as end:
            signal.raise_signal(number)
        assert end.value.code == 0
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
