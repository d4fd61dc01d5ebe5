"""The endpoint's URL, and a real server that passes the doctor's checks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from api_gateway.causes import Cause
from api_gateway.client.gateway import GatewayClient
from api_gateway.doctor.checks.services import examine_endpoint
from api_gateway.doctor.findings import Outcome
from mcp_server.http.endpoint import endpoint_of, startup_problems
from mcp_server.server import create_server
from mcp_server.settings import ServerSettings


@pytest.mark.parametrize(
    ("host", "url", "loopback"),
    [
        ("127.0.0.1", "http://localhost:5002/mcp", True),
        ("::1", "http://localhost:5002/mcp", True),
        ("0.0.0.0", "http://127.0.0.1:5002/mcp", False),
        ("::", "http://[::1]:5002/mcp", False),
        ("192.168.1.7", "http://192.168.1.7:5002/mcp", False),
        ("nas.lan", "http://nas.lan:5002/mcp", False),
    ],
)
def test_the_url_can_be_called_from_this_machine(host: str, url: str, loopback: bool) -> None:
    endpoint = endpoint_of(ServerSettings(_env_file=None, mcp_server_host=host))
    assert (endpoint.url, endpoint.loopback) == (url, loopback)


def test_a_server_over_stdio_has_no_url() -> None:
    assert not endpoint_of(ServerSettings(_env_file=None, mcp_transport_protocol="stdio")).over_http


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"mcp_server_host": "0.0.0.0"}, "MCP_SERVER_HOST"),
        ({"mcp_server_allowed_hosts": "*"}, "MCP_SERVER_ALLOWED_HOSTS"),
        ({"included_tags": "Nonsense"}, "INCLUDED_TAGS"),
    ],
)
def test_settings_that_prevent_startup_are_problems(settings: dict[str, Any], named: str) -> None:
    [problem] = startup_problems(ServerSettings(_env_file=None, **settings))
    assert problem.outcome is Outcome.BROKEN
    assert named in problem.sentence


def test_the_defaults_have_no_problems() -> None:
    assert startup_problems(ServerSettings(_env_file=None)) == []


@pytest.mark.parametrize("token", [None, "a-long-token"])
async def test_a_real_server_passes_the_checks(
    gateway: GatewayClient, over_http: Any, token: str | None
) -> None:
    settings = ServerSettings(_env_file=None, mcp_server_token=token, mcp_server_allowed_hosts="nas.lan")
    async with over_http(create_server(gateway, settings, ()), settings) as address:
        endpoint = replace(endpoint_of(settings), url=f"{address}/mcp")
        assert [each.outcome for each in await examine_endpoint(endpoint)] == [Outcome.OK, Outcome.OK]
        other_host = replace(endpoint, allowed_hosts=("other.lan",))
        assert (await examine_endpoint(other_host))[1].outcome is Outcome.BROKEN
        wrong_path = replace(endpoint, url=f"{address}/other")
        assert "404" in (await examine_endpoint(wrong_path))[0].sentence


async def test_a_wrong_token_is_reported(gateway: GatewayClient, over_http: Any) -> None:
    settings = ServerSettings(_env_file=None, mcp_server_token="a-long-token")
    async with over_http(create_server(gateway, settings, ()), settings) as address:
        endpoint = replace(endpoint_of(settings), url=f"{address}/mcp", token="another")
        [found, _] = await examine_endpoint(endpoint)
    assert found.cause is Cause.TOKEN_DIFFERS
    assert "another-token" not in found.fix
