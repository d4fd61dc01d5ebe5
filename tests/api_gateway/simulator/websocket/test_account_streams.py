from __future__ import annotations

from typing import Any

import pytest

from api_gateway.simulator.orders.order import OrderStatus
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.account_views import find_account_view
from api_gateway.simulator.websocket.account_streams import (
    BalanceStream,
    OrderStream,
    ProfitStream,
    TradeStream,
)
from api_gateway.simulator.websocket.stream import Stream
from tests.api_gateway.simulator.paper_account import ACCOUNT, MSFT, trade


def step(stream: Stream, simulation: Simulation, seconds: float = 0.5) -> list[dict[str, Any]]:
    simulation.clock.advance(seconds)
    return stream.due_frames(simulation.clock.now())


def open_order(simulation: Simulation) -> int:
    return next(
        number for number, order in simulation.selected_account.orders.items() if order.status.is_working
    )


def test_orders_come_in_full_and_then_only_what_changed(simulation: Simulation) -> None:
    orders = OrderStream(simulation, ())
    (whole,) = step(orders, simulation)
    assert whole["topic"] == "sor"
    assert {row["status"] for row in whole["args"]} == {"Filled", "Cancelled", "Submitted"}
    assert all({"orderId", "ticker", "side", "remainingQuantity"} <= row.keys() for row in whole["args"])
    assert step(orders, simulation) == []
    number = open_order(simulation)
    simulation.selected_account.orders[number].set_status(OrderStatus.CANCELLED, simulation.clock.now())
    ((change,),) = [frame["args"] for frame in step(orders, simulation)]
    assert (change["orderId"], change["status"]) == (number, "Cancelled")
    assert "ticker" not in change


def test_a_new_order_comes_in_full(simulation: Simulation) -> None:
    orders = OrderStream(simulation, ())
    step(orders, simulation)
    trade(simulation.selected_account, MSFT, 5, 480.0)
    ((row,),) = [frame["args"] for frame in step(orders, simulation)]
    assert (row["ticker"], row["status"], row["filledQuantity"]) == ("MSFT", "Filled", 5.0)


def test_a_filter_lets_other_states_out_but_not_the_end_of_those_it_let_in(simulation: Simulation) -> None:
    orders = OrderStream(simulation, ["submitted"])
    ((row,),) = [frame["args"] for frame in step(orders, simulation)]
    assert row["status"] == "Submitted"
    simulation.selected_account.orders[row["orderId"]].set_status(
        OrderStatus.CANCELLED, simulation.clock.now()
    )
    assert step(orders, simulation)[0]["args"][0]["status"] == "Cancelled"


def test_a_filtered_list_over_http_silences_the_orders_until_one_is_forced(simulation: Simulation) -> None:
    orders = OrderStream(simulation, ())
    step(orders, simulation)
    simulation.preflights.orders_filtered = True
    trade(simulation.selected_account, MSFT, 5, 480.0)
    assert step(orders, simulation) == []
    simulation.preflights.orders_filtered = False
    assert len(step(orders, simulation)[0]["args"]) == 1


def test_no_orders_are_an_empty_list_once(simulation: Simulation) -> None:
    orders = OrderStream(simulation, ["inactive"])
    assert [step(orders, simulation), step(orders, simulation)] == [[{"topic": "sor", "args": []}], []]


def test_trades_are_told_once_and_each_new_one(simulation: Simulation) -> None:
    trades = TradeStream(simulation, 1, updates_only=False)
    ((first, second),) = [frame["args"] for frame in step(trades, simulation)]
    assert {first["side"], second["side"]} == {"S"}
    assert isinstance(first["price"], str)
    assert step(trades, simulation) == []
    trade(simulation.selected_account, MSFT, 5, 480.0)
    ((news,),) = [frame["args"] for frame in step(trades, simulation)]
    assert (news["symbol"], news["size"]) == ("MSFT", 5.0)


def test_only_news_are_told_if_only_news_are_wanted(simulation: Simulation) -> None:
    trades = TradeStream(simulation, 7, updates_only=True)
    assert step(trades, simulation) == []
    trade(simulation.selected_account, MSFT, 5, 480.0)
    assert len(step(trades, simulation)[0]["args"]) == 1


def test_more_days_are_more_trades(simulation: Simulation) -> None:
    one, seven = (
        step(TradeStream(simulation, days, updates_only=False), simulation)[0]["args"] for days in (1, 7)
    )
    assert len(seven) > len(one) > 0


def test_profit_is_told_when_it_changes_and_once_a_second(simulation: Simulation) -> None:
    profit = ProfitStream(simulation)
    (frame,) = step(profit, simulation)
    assert frame["topic"] == "spl"
    assert frame["args"][f"{ACCOUNT}.Core"].keys() == {"rowType", "dpl", "nl", "upl", "uel", "mv"}
    frames = [step(profit, simulation, 0.25) for _ in range(16)]
    assert 1 <= sum(map(len, frames)) <= 4


def balances(
    simulation: Simulation, topic: str, keys: list[str] | None = None, fields: list[str] | None = None
) -> BalanceStream:
    view = find_account_view(simulation, ACCOUNT)
    assert view is not None
    return BalanceStream(f"{topic}+{ACCOUNT}", view, keys, fields)


def test_a_summary_has_money_or_text(simulation: Simulation) -> None:
    (frame,) = step(balances(simulation, "ssd", ["NetLiquidation", "AccountCode"]), simulation)
    assert frame["topic"] == f"ssd+{ACCOUNT}"
    rows = {row["key"]: row for row in frame["result"]}
    money, text = rows["NetLiquidation"], rows["AccountCode"]
    assert money.keys() == {"key", "currency", "monetaryValue", "severity", "timestamp"}
    assert text.keys() == {"key", "value", "severity", "timestamp"}
    assert money["monetaryValue"] == pytest.approx(
        simulation.selected_account.valuation().net_liquidation, abs=0.01
    )
    assert text["value"] == ACCOUNT


def test_what_has_not_changed_after_ten_seconds_is_key_and_time(simulation: Simulation) -> None:
    summary = balances(simulation, "ssd", ["AccountCode", "NetLiquidation"], ["monetaryValue", "value"])
    step(summary, simulation)
    assert step(summary, simulation, 5) == []
    (frame,) = step(summary, simulation, 5.5)
    rows = {row["key"]: row for row in frame["result"]}
    assert rows["AccountCode"].keys() == {"key", "timestamp"}
    assert rows["NetLiquidation"].keys() == {"key", "timestamp", "monetaryValue"}


def test_a_ledger_has_its_currencies_and_their_sum(simulation: Simulation) -> None:
    (frame,) = step(balances(simulation, "sld"), simulation)
    rows = {row["key"]: row for row in frame["result"]}
    assert rows.keys() == {"LedgerListEUR", "LedgerListUSD", "LedgerListBASE"}
    base = rows["LedgerListBASE"]
    assert (base["acctCode"], base["secondKey"]) == (ACCOUNT, "BASE")
    assert base["netLiquidationValue"] == pytest.approx(
        simulation.selected_account.valuation().net_liquidation, abs=0.01
    )


def test_a_ledger_may_be_one_currency_and_one_field(simulation: Simulation) -> None:
    ledger = balances(simulation, "sld", ["LedgerListBASE"], ["cashBalance"])
    ((row,),) = [frame["result"] for frame in step(ledger, simulation)]
    assert row.keys() == {"key", "cashbalance", "timestamp"}
