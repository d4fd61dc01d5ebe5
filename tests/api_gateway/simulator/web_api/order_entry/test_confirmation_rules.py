from __future__ import annotations

from typing import Any

import pytest

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.session.preflight import MarketDataSubscription, PreflightState
from api_gateway.simulator.web_api.order_entry.confirmation_rules import (
    CONFIRMATION_RULES,
    TextSource,
    confirmation_questions,
)
from api_gateway.simulator.web_api.order_entry.order_context import OrderContext
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
        ({"orderType": "TRAIL", "trailingAmt": 1, "trailingType": "amt"}, ["o10331", "o10152"]),
        ({"orderType": "MIT", "price": 90}, []),
        ({"orderType": "LMT", "price": 100.003}, ["o382"]),
        ({"orderType": "STP", "price": 110.003}, ["o382", "o10331", "o10152"]),
        ({"side": "SELL", "quantity": 261}, ["o2137", "o10151", "o10153"]),
        ({"side": "SELL", "quantity": 260}, ["o10151", "o10153"]),
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


def test_only_the_price_question_precedes_the_missing_market_data_question(
    paper_account: PaperAccount,
) -> None:
    without_subscription = order_context(paper_account, PreflightState(), orderType="LMT", price=110)
    assert [q.message_id for q in confirmation_questions(without_subscription)] == ["o163", "o354", "o10153"]
    other = order_context(paper_account, PreflightState(subscriptions={EUR_USD: MarketDataSubscription(0.0)}))
    assert confirmation_questions(other)[0].message_id == "o354"


def test_a_cryptocurrency_market_order_raises_a_separate_question(paper_account: PaperAccount) -> None:
    preflights = PreflightState(subscriptions={BITCOIN: MarketDataSubscription(0.0)})
    coin = order_context(paper_account, preflights, conid=BITCOIN, quantity=None, cashQty=100, tif="IOC")
    assert [q.message_id for q in confirmation_questions(coin)] == ["o10223", "o10164", "o10288", "o10153"]


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
    for positions, expected_ids in (
        ((0, 0), ["p6"]),
        ((-50, 0), ["p6", "o2136"]),
        ((-50, -50), ["p6"]),
        ((-50, -2), ["p6", "o2137"]),
    ):
        allocations = {"DU1": (5.0, float(positions[0])), "DU2": (5.0, float(positions[1]))}
        spread = OrderContext(paper_account, one.instrument, one.order, preflights, allocations=allocations)
        assert [q.message_id for q in confirmation_questions(spread)] == expected_ids


def test_a_stock_that_hardly_trades_raises_a_question(
    paper_account: PaperAccount, preflights: PreflightState
) -> None:
    for symbol, exchange, is_asked in (("IBM", "MEXI", True), ("IBM", "NYSE", False)):
        (listing,) = [
            each
            for each in paper_account.universe.underlyings_of_symbol(symbol)
            if (each.exchange, each.sec_type) == (exchange, "STK")
        ]
        context = order_context(paper_account, preflights, conid=listing.conid, quantity=1)
        assert ("o10336" in {q.message_id for q in confirmation_questions(context)}) is is_asked


def test_questions_can_be_left_out_by_a_filter(
    paper_account: PaperAccount, preflights: PreflightState
) -> None:
    context = order_context(paper_account, preflights)
    questions = confirmation_questions(context, lambda message_id: message_id == "o10153")
    assert [q.message_id for q in questions] == ["o10153"]


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


# Phrases that a public client looks for in a question, without line breaks: part of the protocol.
CLIENT_PHRASES = {
    "o163": "price exceeds the Percentage constraint of 3%",
    "o354": (
        "You are submitting an order without market data. We strongly recommend against this as it may "
        "result in erroneous and unexpected trades."
    ),
    "o382": "exceeds the Tick Size Limit of",
    "o383": "size exceeds the Size Limit of",
    "o403": "This order will most likely trigger and fill immediately.",
    "o451": "exceeds the Total Value Limit of",
    "o10138": "size modification exceeds the size modification limit",
    "": "Would you like to cancel all open orders and then place new closing order?",
    "o10151": "A Market Order is an instruction to trade your order at any available price",
    "o10152": (
        "A Stop Order - i.e. a Stop (Market) Order - is an instruction to buy or sell at the market price "
        'once your trigger ("stop") price is reached'
    ),
    "o10153": "To avoid trading at a price that is not consistent with a fair and orderly market",
    "o10164": (
        "Traders are responsible for understanding cash quantity details, which are provided on a best "
        "efforts basis only."
    ),
    "o10223": (
        "Orders that express size using a monetary value (cash quantity) are provided on a "
        "non-guaranteed basis."
    ),
    "o10331": (
        "You are about to submit a stop order. Please be aware of the various stop order types available and "
        "the risks associated with each one."
    ),
    "o2137": "The closing order quantity is greater than your current position.",
    "p6": (
        "This order will be distributed over multiple accounts. We strongly suggest you familiarize yourself "
        "with our allocation facilities before submitting orders."
    ),
}


def test_a_question_contains_the_phrase_that_clients_look_for(
    paper_account: PaperAccount, preflights: PreflightState
) -> None:
    context = order_context(paper_account, preflights, quantity=1001)
    texts = {rule.message_id: rule.text(context).replace("\n", "") for rule in CONFIRMATION_RULES}
    assert {each for each, phrase in CLIENT_PHRASES.items() if phrase not in texts[each]} == set()


def test_a_question_that_the_simulator_words_has_no_phrase_to_match() -> None:
    own = {rule.message_id for rule in CONFIRMATION_RULES if rule.source is TextSource.OWN}
    assert own == {rule.message_id for rule in CONFIRMATION_RULES} - CLIENT_PHRASES.keys() - {"o10336"}


def test_every_message_id_has_one_rule() -> None:
    numbers = [rule.message_id for rule in CONFIRMATION_RULES]
    assert len(set(numbers)) == len(numbers)
