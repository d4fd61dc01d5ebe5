"""Path aliases: an unverified operation never has the path of a known one."""

from __future__ import annotations

import httpx
import pytest

from api_gateway.access_policy import TradingMode, extend
from api_gateway.causes import Cause, Outcome
from api_gateway.client.gateway import GatewayClient
from api_gateway.client.path_aliases import find_aliased_operation
from api_gateway.client.request import build_request
from api_gateway.errors import Forbidden
from api_gateway.settings import GatewaySettings
from tests.api_gateway.because import because


@pytest.mark.parametrize(
    ("method", "template", "values", "known"),
    [
        (
            "GET",
            "/iserver/marketdata/{segment}",
            ("unsubscribeall",),
            "GET /iserver/marketdata/unsubscribeall",
        ),
        (
            "GET",
            "/iserver/marketdata/{segment}",
            ("UnsubscribeAll",),
            "GET /iserver/marketdata/unsubscribeall",
        ),
        (
            "POST",
            "/iserver/account/{account}/{segment}",
            ("U1234567", "orders"),
            "POST /iserver/account/{allocation}/orders",
        ),
        ("POST", "/{segment}", ("logout",), "POST /logout"),
        ("GET", "/{segment}", ("logout",), "POST /logout"),
        ("GET", "/logout", (), "POST /logout"),
        ("GET", "/LOGOUT", (), "POST /logout"),
        ("GET", "/iserver/auth/{segment}/{segment}", ("ssodh", "init"), "POST /iserver/auth/ssodh/init"),
        ("GET", "/iserver/{segment}", ("reauthenticate",), "POST /iserver/reauthenticate"),
    ],
)
def test_the_path_of_a_known_operation_is_found(
    method: str, template: str, values: tuple[str, ...], known: str
) -> None:
    assert find_aliased_operation(build_request(method, template, values, read_only=False)) == known


@pytest.mark.parametrize(
    ("method", "template", "values"),
    [
        ("GET", "/iserver/marketdata/{segment}", ("depth",)),
        ("POST", "/iserver/marketdata/{segment}", ("unsubscribeall",)),
        ("POST", "/iserver/account/bulk/orders", ()),
        ("GET", "/iserver/account/{account}/alert", ("U1234567",)),
        ("GET", "/pa/{segment}", ("performance",)),
        ("GET", "/portfolio/{account}/{segment}/x", ("U1234567", "meta")),
    ],
)
def test_another_path_has_no_alias(method: str, template: str, values: tuple[str, ...]) -> None:
    assert find_aliased_operation(build_request(method, template, values, read_only=False)) is None


async def test_the_gateway_client_sends_no_known_operation_under_another_template() -> None:
    sent: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        sent.append(request.url.path)
        return httpx.Response(200, stream=httpx.ByteStream(b"[1]"))

    template = "/iserver/marketdata/{segment}"
    policy = extend(TradingMode.READ, frozenset({("GET", template)}), frozenset())
    settings = GatewaySettings(_env_file=None)
    async with GatewayClient(settings, policy=policy, transport=httpx.MockTransport(respond)) as gateway:
        with pytest.raises(
            Forbidden,
            match="GET /iserver/marketdata/unsubscribeall",
            check=because(Cause.ALIASED_PATH, Outcome.NOT_SENT),
        ):
            await gateway.get(template, "unsubscribeall")
        assert sent == []
        await gateway.get(template, "depth")
    assert sent[-1] == "/v1/api/iserver/marketdata/depth"
