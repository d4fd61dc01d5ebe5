from __future__ import annotations

import pytest

from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.guards import (
    is_true,
    parse_whole_number,
    require_accounts_call,
    unauthorized,
    unavailable,
)
from api_gateway.simulator.web_api.routing import ApiError, ApiRequest


def test_a_whole_number_has_only_digits() -> None:
    assert parse_whole_number("0", "page") == 0
    assert parse_whole_number("602801486", "orderId", minimum=1) == 602801486


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.0", " 1", "1e3", "\u0661", "\u00b2", "0x1", "9" * 19])
def test_an_invalid_number_is_a_bad_request_that_names_the_parameter(text: str) -> None:
    with pytest.raises(ApiError) as refusal:
        parse_whole_number(text, "page")
    assert refusal.value.response.status == 400
    assert refusal.value.response.body["error"] == "Bad Request: invalid page"


def test_a_number_below_the_minimum_is_rejected() -> None:
    with pytest.raises(ApiError):
        parse_whole_number("0", "orderId", minimum=1)


def test_a_flag_is_true_only_for_the_text_true() -> None:
    for text, is_on in (("true", True), ("TRUE", True), ("false", False), ("1", False), ("", False)):
        assert is_true(ApiRequest("GET", "/x", query={"force": text}), "force") is is_on
    assert not is_true(ApiRequest("GET", "/x"), "force")


def test_other_calls_are_rejected_until_the_accounts_call(simulation: Simulation) -> None:
    with pytest.raises(ApiError):
        require_accounts_call(simulation)
    simulation.preflights.accounts_called = True
    require_accounts_call(simulation)


def test_unauthorized_has_no_body_and_unavailable_is_503() -> None:
    assert (unauthorized().response.status, unauthorized().response.body) == (401, b"")
    assert unavailable().response.status == 503
