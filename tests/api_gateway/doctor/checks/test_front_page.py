"""Front-page check: IBKR's gateway or something else."""

from __future__ import annotations

import httpx
import pytest

from api_gateway.causes import Cause
from api_gateway.client.transport import RawResponse
from api_gateway.doctor.checks.front_page import read_front_page
from api_gateway.doctor.findings import Layer, Outcome

LOGIN_URL = "https://login.example:5055"
LOGIN = {"location": "/sso/Login?forwardTo=22&RL=1&ip2loc=US"}


@pytest.mark.parametrize(
    ("status", "headers", "body", "cause"),
    [
        (404, {}, b"Access Denied", Cause.ADDRESS_REFUSED),
        (403, {}, b"Access Denied\n", Cause.ADDRESS_REFUSED),
        (404, {}, b"<h1>Not Found</h1>", Cause.NOT_THE_GATEWAY),
        (200, {}, b"<h1>It works</h1>", Cause.NOT_THE_GATEWAY),
        (500, {}, b"<h1>Sorry</h1>", Cause.NOT_THE_GATEWAY),
        (500, {}, b"Internal Server Error", Cause.BROKEN_ADDRESS_PATTERN),
        (502, {}, b"<h1>Bad Gateway</h1>", Cause.PROXY_WITHOUT_GATEWAY),
        (401, {}, b"", Cause.PROXY_DENIES),
        (301, {"location": "https://a.example/"}, b"", Cause.FOREIGN_REDIRECT),
        (302, {"location": "/?next=/sso/Login"}, b"", Cause.FOREIGN_REDIRECT),
    ],
)
def test_another_front_page_than_the_gateways_is_distinguished(
    status: int, headers: dict[str, str], body: bytes, cause: Cause
) -> None:
    found = read_front_page(RawResponse(status, httpx.Headers(headers), body), LOGIN_URL)[-1]
    layer = Layer.ADDRESS_LIST if cause is Cause.ADDRESS_REFUSED else Layer.GATEWAY
    assert (found.layer, found.outcome, found.cause) == (layer, Outcome.BROKEN, cause)
    assert found.fix


def test_a_redirect_to_the_login_is_the_gateways() -> None:
    findings = read_front_page(RawResponse(302, httpx.Headers(LOGIN), b""), LOGIN_URL)
    assert [each.layer for each in findings] == [Layer.GATEWAY, Layer.ADDRESS_LIST]
    assert {each.outcome for each in findings} == {Outcome.OK}
