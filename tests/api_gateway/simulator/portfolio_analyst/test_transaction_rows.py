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


def test_transactions_merge_a_days_executions_per_side() -> None:
    paper_account = make_paper_account()
    for quantity, price in ((10, 100.0), (30, 104.0), (-5, 110.0)):
        trade(paper_account, MSFT, quantity, price)
    rows = transactions([paper_account], [MSFT], "USD", 1)["transactions"]
    assert [(row["type"], row["qty"], row["pr"], row["amt"]) for row in rows] == [
        ("Buy", 40.0, 103.0, -4120.0),
        ("Sell", -5.0, 110.0, 550.0),
    ]


def test_an_option_transaction_applies_the_multiplier() -> None:
    paper_account = make_paper_account()
    option = find_option(paper_account)
    (row,) = transactions([paper_account], [option.conid], "USD", 30)["transactions"]
    assert row["amt"] == pytest.approx(-row["qty"] * row["pr"] * 100)


def test_transactions_cover_only_the_requested_days() -> None:
    paper_account = make_paper_account()
    assert [row["type"] for row in transactions([paper_account], [AAPL], "USD", 1)["transactions"]] == [
        "Sell"
    ]
    assert len(transactions([paper_account], [AAPL], "USD", 90)["transactions"]) == 2


def test_transaction_amounts_are_in_the_instrument_currency() -> None:
    paper_account = make_paper_account()
    trade(paper_account, IBM_IN_FRANKFURT, 10, 200.0)
    trade(paper_account, IBM_IN_FRANKFURT, -10, 210.0)
    body = transactions([paper_account], [IBM_IN_FRANKFURT], "USD", 1)
    assert {row["cur"] for row in body["transactions"]} == {"EUR"}
    profit = body["rpnl"]["data"][0]
    assert float(body["rpnl"]["amt"]) == pytest.approx(float(profit["amt"]) * profit["fxRate"])
    assert profit["fxRate"] == pytest.approx(paper_account.exchange_rates.rate("EUR"), abs=1e-6)


def test_transactions_of_several_accounts_are_sorted_by_day() -> None:
    first, second = make_paper_account(), make_paper_account()
    second.account_id = "DU7654321"
    rows = transactions([first, second], [IBM, AAPL], "USD", 90)["transactions"]
    assert {row["acctid"] for row in rows} == {"DU1234567", "DU7654321"}
    assert [row["rawDate"] for row in rows] == sorted(row["rawDate"] for row in rows)


def test_an_unknown_currency_raises_lookup_error() -> None:
    with pytest.raises(LookupError):
        transactions([make_paper_account()], [AAPL], "XXX", 1)
