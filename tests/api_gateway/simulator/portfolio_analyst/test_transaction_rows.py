from __future__ import annotations

import pytest

from api_gateway.simulator.portfolio_analyst.transaction_rows import transactions
from tests.api_gateway.simulator.paper_account import (
    AAPL,
    IBM,
    IBM_IN_FRANKFURT,
    MSFT,
    find_option,
    make_paper_account,
    trade,
)


def test_the_executions_of_a_day_are_one_row_for_each_side() -> None:
    broker = make_paper_account()
    for quantity, price in ((10, 100.0), (30, 104.0), (-5, 110.0)):
        trade(broker, MSFT, quantity, price)
    rows = transactions([broker], [MSFT], "USD", 1)["transactions"]
    assert [(row["type"], row["qty"], row["pr"], row["amt"]) for row in rows] == [
        ("Buy", 40.0, 103.0, -4120.0),
        ("Sell", -5.0, 110.0, 550.0),
    ]


def test_an_option_is_worth_a_hundred_times_its_price() -> None:
    broker = make_paper_account()
    option = find_option(broker)
    (row,) = transactions([broker], [option.conid], "USD", 30)["transactions"]
    assert row["amt"] == pytest.approx(-row["qty"] * row["pr"] * 100)


def test_only_the_days_asked_for_are_told() -> None:
    broker = make_paper_account()
    assert [row["type"] for row in transactions([broker], [AAPL], "USD", 1)["transactions"]] == ["Sell"]
    assert len(transactions([broker], [AAPL], "USD", 90)["transactions"]) == 2


def test_amounts_stay_in_the_currency_of_the_instrument() -> None:
    broker = make_paper_account()
    trade(broker, IBM_IN_FRANKFURT, 10, 200.0)
    trade(broker, IBM_IN_FRANKFURT, -10, 210.0)
    body = transactions([broker], [IBM_IN_FRANKFURT], "USD", 1)
    assert {row["cur"] for row in body["transactions"]} == {"EUR"}
    profit = body["rpnl"]["data"][0]
    assert float(body["rpnl"]["amt"]) == pytest.approx(float(profit["amt"]) * profit["fxRate"])
    assert profit["fxRate"] == pytest.approx(broker.exchange_rates.rate("EUR"), abs=1e-6)


def test_several_accounts_are_told_apart_in_the_order_of_the_days() -> None:
    first, second = make_paper_account(), make_paper_account()
    second.account_id = "DU7654321"
    rows = transactions([first, second], [IBM, AAPL], "USD", 90)["transactions"]
    assert {row["acctid"] for row in rows} == {"DU1234567", "DU7654321"}
    assert [row["rawDate"] for row in rows] == sorted(row["rawDate"] for row in rows)


def test_a_currency_that_is_not_traded_is_not_found() -> None:
    with pytest.raises(LookupError):
        transactions([make_paper_account()], [AAPL], "XXX", 1)
