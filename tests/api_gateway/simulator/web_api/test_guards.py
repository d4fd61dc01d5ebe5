from __future__ import annotations

import pytest

from api_gateway.simulator.replies import ApiError
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.guards import (
    has_login,
    is_true,
    parse_whole_number,
    require_accounts_call,
    required_object,
    required_text,
    server_error,
    split_csv,
    unauthorized,
    unavailable,
)
from api_gateway.simulator.web_api.routing import ApiRequest


def test_a_whole_number_has_only_digits() -> None:
    assert parse_whole_number("0", "page") == 0
    assert parse_whole_number("602801486", "orderId", minimum=1) == 602801486


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.0", " 1", "1e3", "\u0661", "\u00b2", "0x1", "9" * 19])
def test_an_invalid_number_is_a_bad_request_that_names_the_parameter(text: str) -> None:
    with pytest.raises(ApiError) as error:
        parse_whole_number(text, "page")
    assert error.value.response.status == 400
    assert error.value.response.body["error"] == "Bad Request: invalid page"


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


@pytest.mark.parametrize(("carries_login", "logged_in"), [(True, True), (False, False)])
def test_a_request_is_logged_in_only_if_it_carries_the_login(
    simulation: Simulation, carries_login: bool, logged_in: bool
) -> None:
    request = ApiRequest("GET", "/x", carries_login=carries_login)
    assert has_login(simulation, request) is logged_in
    simulation.session.logout()
    assert not has_login(simulation, request)


def test_unauthorized_has_no_body_and_unavailable_is_503() -> None:
    assert (unauthorized().response.status, unauthorized().response.body) == (401, b"")
    assert unavailable().response.status == 503


def test_a_required_object_is_the_body_or_a_bad_request() -> None:
    assert required_object(ApiRequest("POST", "/x", body={"a": 1})) == {"a": 1}
    with pytest.raises(ApiError) as error:
        required_object(ApiRequest("POST", "/x", body=[1]))
    assert error.value.response.status == 400


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": 1}, {"name": None}])
def test_a_required_text_is_a_bad_request_if_it_is_missing_or_empty(body: dict[str, object]) -> None:
    assert required_text({"name": "x"}, "name") == "x"
    with pytest.raises(ApiError) as error:
        required_text(body, "name")
    assert error.value.response.body == {"error": "Bad Request: name is required", "statusCode": 400}


def test_split_csv_drops_blanks_and_empty_parts() -> None:
    assert split_csv(" a, ,b,,") == ["a", "b"]
    assert split_csv("") == []


def test_a_server_error_is_500_with_its_text() -> None:
    response = server_error("unknown").response
    assert (response.status, response.body) == (500, {"error": "unknown", "statusCode": 500})
