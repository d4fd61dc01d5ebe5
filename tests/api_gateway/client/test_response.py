"""A response: its bytes are unchanged, and its value is parsed on first use."""

from __future__ import annotations

from api_gateway.client.response import GatewayResponse


def test_the_body_is_unchanged() -> None:
    assert GatewayResponse(200, b'{ "a" : 1.10 }').body == b'{ "a" : 1.10 }'


def test_the_value_is_parsed_once() -> None:
    response = GatewayResponse(200, b'{"a": [1]}')
    assert response.value == {"a": [1]}
    assert response.value is response.value
