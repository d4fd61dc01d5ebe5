"""A request is checked as a whole before it goes anywhere."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from api_gateway.client.request import make_call
from api_gateway.errors import Invalid


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_request_without_a_body_has_an_empty_object(method: str) -> None:
    assert make_call(method, "/x", reads=False).content == b"{}"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_other_methods_have_no_body(method: str) -> None:
    assert make_call(method, "/x", reads=True).content is None


def test_the_body_goes_out_as_json() -> None:
    body = {"orders": [{"conid": 265598, "price": 1.25, "ok": True, "none": None}]}
    content = make_call("POST", "/x", body=body, reads=False).content
    assert content is not None
    assert orjson.loads(content) == body


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), [1, {"a": float("-inf")}], 2**70, object(), {1: 2}, "\ud800", b"x"],
)
def test_a_body_that_json_cannot_say_exactly_is_refused(value: Any) -> None:
    with pytest.raises(Invalid, match="nothing was sent"):
        make_call("POST", "/x", body={"price": value}, reads=False)


def test_a_body_without_end_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(Invalid):
        make_call("POST", "/x", body={"a": endless}, reads=False)


def test_limits_and_preflights_are_found_by_method_and_template() -> None:
    call = make_call("GET", "/portfolio/{account}/meta", ("U1234567",), reads=True)
    assert call.key == ("GET", "/portfolio/{account}/meta")
    assert call.asked == "GET /portfolio/U***4567/meta"
