"""A reply is the body as it came, parsed when somebody asks."""

from __future__ import annotations

from api_gateway.client.response import GatewayResponse


def test_the_body_stays_as_it_came() -> None:
    assert GatewayResponse(200, b'{ "a" : 1.10 }').body == b'{ "a" : 1.10 }'


def test_the_value_is_parsed_once() -> None:
    reply = GatewayResponse(200, b'{"a": [1]}')
    assert reply.value == {"a": [1]}
    assert reply.value is reply.value
