from __future__ import annotations

from typing import Any

import pytest

from api_gateway.simulator.accounts.paper_account import Broker
from api_gateway.simulator.session.preflight import Preflights, Subscription
from api_gateway.simulator.web_api.order_entry.confirmation_rules import RULES, Subject, questions
from api_gateway.simulator.web_api.order_entry.tickets import read_ticket
from api_gateway.simulator.web_api.order_entry.validation import order_of
from tests.api_gateway.simulator.order_calls import ticket
from tests.api_gateway.simulator.paper_account import AAPL, EUR_USD, held_option, paper_broker

BITCOIN = 479624278


@pytest.fixture
def broker() -> Broker:
    broker = paper_broker()
    broker.prices.set_price(AAPL, 100.0)
    return broker


@pytest.fixture
def preflights() -> Preflights:
    """A session that has looked at Apple."""
    return Preflights(subscriptions={AAPL: Subscription(0.0)})


def subject(broker: Broker, preflights: Preflights, **fields: Any) -> Subject:
    order = order_of(broker, read_ticket(ticket(**fields)), 1)
    return Subject(broker, broker.instrument(order.conid), order, preflights)


@pytest.mark.parametrize(
    ("fields", "asked"),
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
def test_each_risk_has_its_question(
    broker: Broker, preflights: Preflights, fields: dict[str, Any], asked: list[str]
) -> None:
    assert [q.number for q in questions(subject(broker, preflights, **fields))] == asked


def test_without_market_data_that_is_asked_first_but_for_the_price(broker: Broker) -> None:
    blind = subject(broker, Preflights(), orderType="LMT", price=110)
    assert [q.number for q in questions(blind)] == ["o163", "o354", "o10153"]
    other = subject(broker, Preflights(subscriptions={EUR_USD: Subscription(0.0)}))
    assert questions(other)[0].number == "o354"


def test_a_market_order_for_a_cryptocurrency_has_a_question_of_its_own(broker: Broker) -> None:
    preflights = Preflights(subscriptions={BITCOIN: Subscription(0.0)})
    coin = subject(broker, preflights, conid=BITCOIN, quantity=0.1)
    assert [q.number for q in questions(coin)] == ["o10288", "o10151", "o10153"]


def test_the_price_of_an_option_may_be_far_away(broker: Broker) -> None:
    option = held_option(broker).conid
    preflights = Preflights(subscriptions={option: Subscription(0.0)})
    far = subject(broker, preflights, conid=option, orderType="LMT", price=0.01, quantity=1)
    assert questions(far) == ()


def test_what_is_suppressed_is_not_asked(broker: Broker, preflights: Preflights) -> None:
    preflights.suppressed.add("o10151")
    assert [q.number for q in questions(subject(broker, preflights))] == ["o10153"]


def test_a_much_larger_size_is_asked_about_when_an_order_is_changed(
    broker: Broker, preflights: Preflights
) -> None:
    small = subject(broker, preflights, orderType="LMT", price=100).order
    large = subject(broker, preflights, orderType="LMT", price=100, quantity=511)
    assert "o10138" not in {q.number for q in questions(large)}
    changed = Subject(broker, large.instrument, large.order, preflights, changes=small)
    assert "o10138" in {q.number for q in questions(changed)}


def test_an_order_for_several_accounts_is_asked_about(broker: Broker, preflights: Preflights) -> None:
    one = subject(broker, preflights, orderType="LMT", price=100)
    spread = Subject(broker, one.instrument, one.order, preflights, spread=True)
    assert [q.number for q in questions(spread)] == ["p6"]


def test_a_question_names_the_order_and_the_limit_that_it_exceeds(
    broker: Broker, preflights: Preflights
) -> None:
    texts = {q.number: q.text for q in questions(subject(broker, preflights, quantity=1001))}
    assert '"BUY 1001 AAPL NASDAQ.NMS" size exceeds the Size Limit of 500.' in texts["o383"]
    assert "value estimate of 100,1" in texts["o451"]
    assert "Total Value Limit of 100,000 USD" in texts["o451"]
    assert all(text.endswith("\nAre you sure you want to submit this order?") for text in texts.values())


def test_every_question_has_one_rule() -> None:
    numbers = [rule.number for rule in RULES]
    assert len(set(numbers)) == len(numbers)
