from __future__ import annotations

import pytest

from api_gateway.simulator.lifecycle.timeline import process_events
from api_gateway.simulator.portfolio_analyst.account_history import end_of_day, new_york_date
from api_gateway.simulator.portfolio_analyst.transaction_rows import transactions
from tests.api_gateway.simulator.paper_account import (
    AAPL,
    EUR_USD,
    IBM,
    IBM_IN_FRANKFURT,
    MSFT,
    find_future,
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


def test_an_exercise_shows_the_option_and_the_shares_that_it_delivers() -> None:
    paper_account = make_paper_account()
    option = find_option(paper_account)
    paper_account.prices.override_price(AAPL, (option.strike or 0.0) + 10.0)
    paper_account.clock.advance((option.expires_at or 0.0) + 3600 - paper_account.clock.now())
    process_events(paper_account, paper_account.clock.now())
    rows = transactions([paper_account], [option.conid, AAPL], "USD", 1)["transactions"]
    assert [(row["conid"], row["type"], row["qty"], row["pr"], row["amt"]) for row in rows] == [
        (option.conid, "Exercise", -5.0, 0.0, 0.0),
        (AAPL, "Buy", 500.0, option.strike, -500.0 * (option.strike or 0.0)),
    ]


def test_a_daily_settlement_is_a_transaction_of_its_future() -> None:
    paper_account = make_paper_account()
    future = find_future(paper_account)
    paper_account.clock.advance(86400)
    process_events(paper_account, paper_account.clock.now())
    booked = [row for row in paper_account.cash_transactions if row.conid == future.conid]
    rows = transactions([paper_account], [future.conid], "USD", 90)["transactions"]
    shown = [row for row in rows if row["type"] == "Variation Margin"]
    assert [(row["amt"], row["pr"], row["qty"]) for row in shown] == [
        (each.amount, each.price, 1.0) for each in booked
    ]
    assert len(booked) > 1


@pytest.mark.parametrize("days", [1, 40])
def test_the_transactions_of_a_future_add_up_to_the_cash_that_it_moved(days: int) -> None:
    paper_account = make_paper_account()
    future = find_future(paper_account)
    trade(paper_account, future.conid, 2, 6_800.0)
    trade(paper_account, future.conid, -1, 6_825.5)
    paper_account.clock.advance(days * 86400)
    process_events(paper_account, paper_account.clock.now())
    moved = sum(e.cash_flow + e.commission for e in paper_account.executions if e.conid == future.conid)
    moved += sum(row.amount for row in paper_account.cash_transactions if row.conid == future.conid)
    rows = transactions([paper_account], [future.conid], "USD", 200)["transactions"]
    assert sum(row["amt"] for row in rows) == pytest.approx(moved)
    assert any(row["type"] == "Final Settlement" for row in rows) == (days == 40)


def test_all_transactions_together_are_the_change_of_cash() -> None:
    paper_account = make_paper_account()
    before, conids = dict(paper_account.cash), {*paper_account.positions, 0, EUR_USD, MSFT}
    paper_account.clock.advance(3600)
    start = paper_account.clock.now()
    trade(paper_account, EUR_USD, 1_000, 1.1)
    trade(paper_account, MSFT, 10, 400.0)
    for _ in range(2):
        paper_account.clock.advance(20 * 86400)
        process_events(paper_account, paper_account.clock.now())
    days = int((paper_account.clock.now() - start) / 86400)
    body = transactions([paper_account], conids | set(paper_account.positions), "USD", days)
    today = f"{new_york_date(start):%Y%m%d}"
    earlier = transactions([make_paper_account()], conids, "USD", 1)["transactions"]
    for currency in ("USD", "EUR"):
        moved = sum(row["amt"] for row in body["transactions"] if row["cur"] == currency)
        moved -= sum(r["amt"] for r in earlier if r["cur"] == currency and r["rawDate"] == today)
        exchanged = sum(row["qty"] for row in body["transactions"] if row["conid"] == EUR_USD)
        moved += exchanged if currency == "EUR" else 0.0
        assert moved == pytest.approx(paper_account.cash[currency] - before[currency]), currency
    types = {row["type"] for row in body["transactions"] if row["conid"] == 0}
    assert {"Commissions", "Other Fees", "Broker Interest Received"} <= types


def test_exchange_rates_are_those_of_the_transactions_day() -> None:
    paper_account = make_paper_account()
    trade(paper_account, IBM_IN_FRANKFURT, 10, 200.0)
    paper_account.clock.advance(30 * 86400)
    (row,) = transactions([paper_account], [IBM_IN_FRANKFURT], "USD", 60)["transactions"]
    day = new_york_date(paper_account.executions[-1].at)
    at = end_of_day(day, paper_account.clock.now())
    assert row["fxRate"] == pytest.approx(paper_account.exchange_rates.rate("EUR", at), abs=1e-6)
    assert row["fxRate"] != pytest.approx(paper_account.exchange_rates.rate("EUR"), abs=1e-6)
