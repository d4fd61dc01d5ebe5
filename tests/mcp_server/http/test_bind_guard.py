"""The bind guard, and which requests the server accepts."""

from __future__ import annotations

from typing import Any

import fastmcp
import httpx
import pytest

from api_gateway.client.gateway import GatewayClient
from api_gateway.settings import SettingsError
from mcp_server.http.bind_guard import is_loopback, require_safe_bind
from mcp_server.http.serving import http_app
from mcp_server.server import create_server
from mcp_server.settings import ServerSettings

PAGES = ["/mcp", "/health", "/ready"]


def settings_with(**values: Any) -> ServerSettings:
    return ServerSettings(_env_file=None, **values)


async def status(gateway: GatewayClient, settings: ServerSettings, page: str, **headers: str) -> int:
    """The status of a request that does not reach the MCP endpoint itself, which is not started here."""
    transport = httpx.ASGITransport(http_app(create_server(gateway, settings, ()), settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:5002") as client:
        return (await client.get(page, headers=headers)).status_code


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost", "LOCALHOST"])
def test_loopback_needs_no_token(host: str) -> None:
    assert is_loopback(host)
    require_safe_bind(settings_with(mcp_server_host=host))


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.168.1.5", "fe80::1", "gateway", "localhost.evil.example", ""]
)
def test_listening_beyond_loopback_is_rejected_with_the_settings_that_allow_it(host: str) -> None:
    with pytest.raises(SettingsError) as caught:
        require_safe_bind(settings_with(mcp_server_host=host))
    assert "MCP_SERVER_TOKEN" in str(caught.value)
    assert "MCP_SERVER_ALLOW_REMOTE=true" in str(caught.value)


@pytest.mark.parametrize("guard", [{"mcp_server_token": "s3cret-token"}, {"mcp_server_allow_remote": True}])
def test_listening_beyond_loopback_is_allowed_with_a_token_or_an_explicit_setting(
    guard: dict[str, Any],
) -> None:
    require_safe_bind(settings_with(mcp_server_host="0.0.0.0", **guard))


@pytest.mark.parametrize("name", ["mcp_server_allowed_hosts", "mcp_server_allowed_origins"])
@pytest.mark.parametrize("entries", ["*", "https://*", "chat.example, *:*"])
def test_a_wildcard_is_allowed_only_with_a_token_or_an_explicit_setting(name: str, entries: str) -> None:
    with pytest.raises(SettingsError, match=f"{name.upper()}.*MCP_SERVER_TOKEN"):
        require_safe_bind(settings_with(**{name: entries}))
    require_safe_bind(settings_with(**{name: entries}, mcp_server_token="s3cret-token"))
    require_safe_bind(settings_with(**{name: entries}, mcp_server_allow_remote=True))
    require_safe_bind(settings_with(**{name: "*.chat.example, https://*.chat.example"}))


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
async def test_a_page_of_another_site_is_rejected(gateway: GatewayClient, host: str, page: str) -> None:
    settings = settings_with(mcp_server_host=host, mcp_server_allow_remote=True)
    assert await status(gateway, settings, page, origin="https://evil.example") == 403
    assert await status(gateway, settings, page, origin="null") == 403
    assert await status(gateway, settings, page, host="evil.example:5002") == 421


async def test_a_name_that_only_begins_with_localhost_is_rejected(gateway: GatewayClient) -> None:
    assert await status(gateway, settings_with(), "/health", host="localhost.evil.example") == 421
    assert await status(gateway, settings_with(), "/health", origin="http://localhost.evil.example") == 403


@pytest.mark.parametrize("host", ["localhost:5002", "127.0.0.1:5002", "[::1]:5002", "localhost"])
async def test_loopback_names_are_accepted(gateway: GatewayClient, host: str) -> None:
    assert await status(gateway, settings_with(), "/health", host=host) == 200
    assert await status(gateway, settings_with(), "/health", host=host, origin="http://localhost:3000") == 200


async def test_the_name_that_it_listens_on_is_accepted_but_not_a_wildcard_address(
    gateway: GatewayClient,
) -> None:
    named = settings_with(mcp_server_host="box.example", mcp_server_token="s3cret-token")
    assert await status(gateway, named, "/health", host="box.example:5002") == 200
    everywhere = settings_with(mcp_server_host="0.0.0.0", mcp_server_token="s3cret-token")
    assert await status(gateway, everywhere, "/health", host="0.0.0.0:5002") == 421


async def test_configured_hosts_and_origins_are_accepted(gateway: GatewayClient) -> None:
    settings = settings_with(
        mcp_server_allowed_hosts="mcp.home.example", mcp_server_allowed_origins="https://chat.example"
    )
    assert await status(gateway, settings, "/health", host="mcp.home.example") == 200
    assert await status(gateway, settings, "/health", origin="https://chat.example") == 200
    assert await status(gateway, settings, "/health", origin="https://chat.example.evil") == 403
    assert await status(gateway, settings, "/health", host="other.example") == 421


@pytest.mark.parametrize(
    "offered",
    [None, "Bearer wrong", "Bearer ", "Basic s3cret-token", "Bearer s3cret-tokenn", "Bearer s3cret-tok\xe9n"],
)
async def test_without_the_token_every_request_is_rejected(
    gateway: GatewayClient, offered: str | None
) -> None:
    settings = settings_with(mcp_server_token="s3cret-token")
    transport = httpx.ASGITransport(http_app(create_server(gateway, settings, ()), settings))
    headers = [] if offered is None else [(b"authorization", offered.encode("latin-1"))]
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:5002") as client:
        reply = await client.post("/mcp", headers=headers)
    assert reply.status_code == 401
    assert "s3cret-token" not in reply.text


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
async def test_a_client_with_the_token_is_accepted(
    gateway: GatewayClient, over_http: Any, mode: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings = settings_with(mcp_server_token="s3cret-token")
    with caplog.at_level("DEBUG"):
        async with over_http(create_server(gateway, settings), settings) as address:
            async with fastmcp.Client(f"{address}/mcp", auth="s3cret-token", mode=mode) as client:
                result = await client.call_tool("list_portfolio_accounts", {}, raise_on_error=False)
            async with httpx.AsyncClient(base_url=address) as browser:
                assert (await browser.get("/health")).status_code == 200
    assert not result.is_error
    assert "s3cret-token" not in "".join(
        record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))
    )


def test_the_token_is_not_shown_with_the_settings() -> None:
    assert "s3cret-token" not in repr(settings_with(mcp_server_token="s3cret-token"))
