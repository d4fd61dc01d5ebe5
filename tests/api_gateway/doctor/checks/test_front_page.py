"""Whose front page it is."""

from __future__ import annotations

import httpx
import pytest

from api_gateway.client.transport import RawResponse
from api_gateway.doctor.checks.front_page import read_front_page
from api_gateway.doctor.findings import Layer, Outcome

LOGIN = {"location": "/sso/Login?forwardTo=22&RL=1&ip2loc=US"}


@pytest.mark.parametrize(
    ("status", "headers", "body", "layer", "words"),
    [
        (404, {}, b"Access Denied", Layer.ADDRESS_LIST, "does not answer this machine's address"),
        (403, {}, b"Access Denied\n", Layer.ADDRESS_LIST, "403"),
        (404, {}, b"<h1>Not Found</h1>", Layer.GATEWAY, "not IBKR's gateway (404)"),
        (200, {}, b"<h1>It works</h1>", Layer.GATEWAY, "not IBKR's gateway (200)"),
        (500, {}, b"Internal Server Error", Layer.GATEWAY, "breaks at each request"),
        (502, {}, b"<h1>Bad Gateway</h1>", Layer.GATEWAY, "does not reach it"),
        (401, {}, b"", Layer.GATEWAY, "asks for a permission"),
        (301, {"location": "https://a.example/"}, b"", Layer.GATEWAY, "points to https://a.example/"),
        (302, {"location": "/?next=/sso/Login"}, b"", Layer.GATEWAY, "points to"),
    ],
)
def test_what_is_not_the_front_page_of_the_gateway_is_told_apart(
    status: int, headers: dict[str, str], body: bytes, layer: Layer, words: str
) -> None:
    found = read_front_page(RawResponse(status, httpx.Headers(headers), body))[-1]
    assert (found.layer, found.outcome) == (layer, Outcome.BROKEN)
    assert words in found.sentence
    assert found.fix


def test_the_way_to_the_login_is_the_gateways() -> None:
    findings = read_front_page(RawResponse(302, httpx.Headers(LOGIN), b""))
    assert [each.layer for each in findings] == [Layer.GATEWAY, Layer.ADDRESS_LIST]
    assert {each.outcome for each in findings} == {Outcome.OK}
