"""Validation of a whole request before it is sent."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from api_gateway.causes import Cause, Outcome
from api_gateway.client.request import build_request
from api_gateway.errors import Invalid
from tests.api_gateway.because import because


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_request_without_a_body_has_an_empty_object(method: str) -> None:
    assert build_request(method, "/x", read_only=False).body_bytes == b"{}"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_other_methods_have_no_body(method: str) -> None:
    assert build_request(method, "/x", read_only=True).body_bytes is None


def test_the_body_is_encoded_as_json() -> None:
    body = {"orders": [{"conid": 265598, "price": 1.25, "ok": True, "none": None}]}
    content = build_request("POST", "/x", body=body, read_only=False).body_bytes
    assert content is not None
    assert orjson.loads(content) == body


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), [1, {"a": float("-inf")}], 2**70, object(), {1: 2}, "\ud800", b"x"],
)
def test_a_body_that_json_cannot_represent_exactly_is_invalid(value: Any) -> None:
    with pytest.raises(Invalid, check=because(Cause.INVALID_BODY, Outcome.NOT_SENT)):
        build_request("POST", "/x", body={"price": value}, read_only=False)


def test_a_circular_body_is_invalid() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(Invalid):
        build_request("POST", "/x", body={"a": endless}, read_only=False)


def test_limits_and_preflights_are_found_by_method_and_template() -> None:
    request = build_request("GET", "/portfolio/{account}/meta", ("U1234567",), read_only=True)
    assert request.operation == ("GET", "/portfolio/{account}/meta")
    assert request.description == "GET /portfolio/U***4567/meta"
