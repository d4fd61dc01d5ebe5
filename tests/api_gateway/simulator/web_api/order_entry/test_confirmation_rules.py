from __future__ import annotations

from typing import Any

import pytest

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.session.preflight import MarketDataSubscription, PreflightState
from api_gateway.simulator.web_api.order_entry.confirmation_rules import (
    CONFIRMATION_RULES,
    OrderContext,
    confirmation_questions,
)
from api_gateway.simulator.web_api.order_entry.tickets import parse_ticket
from api_gateway.simulator.web_api.order_entry.validation import build_order
from tests.api_gateway.simulator.order_calls import ticket
from tests.api_gateway.simulator.paper_account import AAPL, EUR_USD, find_option, make_paper_account

BITCOIN = 479624278


@pytest.fixture
def paper_account() -> PaperAccount:
    paper_account = make_paper_account()
    paper_account.prices.override_price(AAPL, 100.0)
    return paper_account


@pytest.fixture
def preflights() -> PreflightState:
    """Return the state of a session that has requested a snapshot of Apple."""
    return PreflightState(subscriptions={AAPL: MarketDataSubscription(0.0)})


def order_context(paper_account: PaperAccount, preflights: PreflightState, **fields: Any) -> OrderContext:
    order = build_order(paper_account, parse_ticket(ticket(**fields)), 1)
    return OrderContext(paper_account, paper_account.instrument(order.conid), order, preflights)


@pytest.mark.parametrize(
    ("fields", "expected_ids"),
    [
        ({"orderType": "LMT", "price": 100}, []),
        ({"orderType": "LMT", "price": 97.1}, []),
        ({"orderType": "LMT", "price": 96.9}, ["o163"]),
        ({"orderType": "LMT", "price": 103.5}, ["o163", "o10153"]),
        ({"orderType": "LMT", "price": 96, "side": "SELL"}, ["o163", "o10153"]),
        ({"orderType": "LMT", "price": 104, "side": "SELL"}, ["o163"]),
        ({}, ["o10151", "o10153"]),
        ({"quantity": 501}, ["o383", "o10151", "o10153"]),
        ({"quantity": 1001}, ["o383", "o451", "o10151", "o10153"]),
        ({"orderType": "LMT", "price": 100, "quantity": 500}, []),
        ({"orderType": "STP", "price": 110}, ["o10331", "o10152"]),
        ({"orderType": "STP", "price": 90}, ["o403", "o10331", "o10152"]),
        ({"orderType": "STP", "price": 90, "side": "SELL"}, ["o10331", "o10152"]),
        ({"orderType": "STOP_LIMIT", "price": 130, "auxPrice": 120}, ["o10331"]),
        ({"orderType": "TRAIL", "trailingAmt": 1}, ["o10331", "o10152"]),
        ({"orderType": "MIT", "price": 90}, []),
        ({"orderType": "LMT", "price": 100, "quantity": 0.5, "outsideRTH": True}, ["o2165"]),
        ({"orderType": "LMT", "price": 100, "quantity": 0, "cashQty": 500}, ["o10223", "o10164"]),
    ],
)
def test_each_risk_raises_its_question(
    paper_account: PaperAccount, preflights: PreflightState, fields: dict[str, Any], expected_ids: list[str]
) -> None:
    assert [
        q.message_id for q in confirmation_questions(order_context(paper_account, preflights, **fields))
    ] == expected_ids


def test_missing_market_data_is_asked_about_after_the_price_only(paper_account: PaperAccount) -> None:
    without_subscription = order_context(paper_account, PreflightState(), orderType="LMT", price=110)
    assert [q.message_id for q in confirmation_questions(without_subscription)] == ["o163", "o354", "o10153"]
    other = order_context(paper_account, PreflightState(subscriptions={EUR_USD: MarketDataSubscription(0.0)}))
    assert confirmation_questions(other)[0].message_id == "o354"


def test_a_cryptocurrency_market_order_raises_its_own_question(paper_account: PaperAccount) -> None:
    preflights = PreflightState(subscriptions={BITCOIN: MarketDataSubscription(0.0)})
    coin = order_context(paper_account, preflights, conid=BITCOIN, quantity=0.1)
    assert [q.message_id for q in confirmation_questions(coin)] == ["o10288", "o10151", "o10153"]


def test_an_option_price_far_from_the_market_raises_no_question(paper_account: PaperAccount) -> None:
    option = find_option(paper_account).conid
    preflights = PreflightState(subscriptions={option: MarketDataSubscription(0.0)})
    far = order_context(paper_account, preflights, conid=option, orderType="LMT", price=0.01, quantity=1)
    assert confirmation_questions(far) == ()


def test_a_suppressed_question_is_not_raised(paper_account: PaperAccount, preflights: PreflightState) -> None:
    preflights.suppressed_message_ids.add("o10151")
    assert [q.message_id for q in confirmation_questions(order_context(paper_account, preflights))] == [
        "o10153"
    ]


def test_a_modification_to_a_much_larger_size_raises_a_question(
    paper_account: PaperAccount, preflights: PreflightState
) -> None:
    small = order_context(paper_account, preflights, orderType="LMT", price=100).order
    large = order_context(paper_account, preflights, orderType="LMT", price=100, quantity=511)
    assert "o10138" not in {q.message_id for q in confirmation_questions(large)}
    changed = OrderContext(paper_account, large.instrument, large.order, preflights, replaced_order=small)
    assert "o10138" in {q.message_id for q in confirmation_questions(changed)}


def test_an_order_for_several_accounts_raises_a_question(
    paper_account: PaperAccount, preflights: PreflightState
) -> None:
    one = order_context(paper_account, preflights, orderType="LMT", price=100)
    spread = OrderContext(paper_account, one.instrument, one.order, preflights, multi_account=True)
    assert [q.message_id for q in confirmation_questions(spread)] == ["p6"]


def test_a_question_states_the_order_and_the_exceeded_limit(
    paper_account: PaperAccount, preflights: PreflightState
) -> None:
    texts = {
        q.message_id: q.text
        for q in confirmation_questions(order_context(paper_account, preflights, quantity=1001))
    }
    assert '"BUY 1001 AAPL NASDAQ.NMS" size exceeds the Size Limit of 500.' in texts["o383"]
    assert "value estimate of 100,1" in texts["o451"]
    assert "Total Value Limit of 100,000 USD" in texts["o451"]
    assert all(text.endswith("\nAre you sure you want to submit this order?") for text in texts.values())


def test_every_message_id_has_one_rule() -> None:
    numbers = [rule.message_id for rule in CONFIRMATION_RULES]
    assert len(set(numbers)) == len(numbers)
