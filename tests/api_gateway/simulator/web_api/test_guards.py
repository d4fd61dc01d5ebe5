from __future__ import annotations

import pytest

from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.guards import need_accounts, unauthorized, unavailable, whole_number, yes
from api_gateway.simulator.web_api.routing import Call, Refusal


def test_a_number_is_digits_only() -> None:
    assert whole_number("0", "page") == 0
    assert whole_number("602801486", "orderId", lowest=1) == 602801486


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.0", " 1", "1e3", "\u0661", "\u00b2", "0x1", "9" * 19])
def test_anything_else_is_a_bad_request_that_names_the_argument(text: str) -> None:
    with pytest.raises(Refusal) as refusal:
        whole_number(text, "page")
    assert refusal.value.reply.status == 400
    assert refusal.value.reply.body["error"] == "Bad Request: invalid page"


def test_a_number_below_the_lowest_is_refused() -> None:
    with pytest.raises(Refusal):
        whole_number("0", "orderId", lowest=1)


def test_a_switch_is_on_only_when_it_says_true() -> None:
    for text, on in (("true", True), ("TRUE", True), ("false", False), ("1", False), ("", False)):
        assert yes(Call("GET", "/x", query={"force": text}), "force") is on
    assert not yes(Call("GET", "/x"), "force")


def test_the_accounts_open_the_way(simulation: Simulation) -> None:
    with pytest.raises(Refusal):
        need_accounts(simulation)
    simulation.preflights.accounts_called = True
    need_accounts(simulation)


def test_a_wrong_account_gets_no_body_and_what_is_missing_a_503() -> None:
    assert (unauthorized().reply.status, unauthorized().reply.body) == (401, b"")
    assert unavailable().reply.status == 503
