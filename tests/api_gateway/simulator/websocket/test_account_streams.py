from __future__ import annotations

from typing import Any

import pytest

from api_gateway.simulator.orders.order import Order, OrderStatus
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from api_gateway.simulator.web_api.account_views import find_account_view
from api_gateway.simulator.websocket.account_streams import (
    BalanceStream,
    OrderStream,
    ProfitStream,
    TradeStream,
)
from api_gateway.simulator.websocket.stream import Stream
from tests.api_gateway.simulator.combination_helpers import conidex, make_combination
from tests.api_gateway.simulator.paper_account import AAPL, ACCOUNT, IBM, MSFT, trade


def step(stream: Stream, simulation: Simulation, seconds: float = 0.5) -> list[dict[str, Any]]:
    simulation.clock.advance(seconds)
    return stream.due_frames(simulation.clock.now())


def open_order(simulation: Simulation) -> int:
    return next(
        number for number, order in simulation.selected_account.orders.items() if order.status.is_working
    )


def test_the_order_stream_sends_full_rows_first_and_then_changes(simulation: Simulation) -> None:
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


def test_the_order_stream_sends_a_new_order_in_full(simulation: Simulation) -> None:
    orders = OrderStream(simulation, ())
    step(orders, simulation)
    trade(simulation.selected_account, MSFT, 5, 480.0)
    ((row,),) = [frame["args"] for frame in step(orders, simulation)]
    assert (row["ticker"], row["status"], row["filledQuantity"]) == ("MSFT", "Filled", 5.0)


def test_a_filtered_order_stream_still_reports_the_end_of_its_orders(simulation: Simulation) -> None:
    orders = OrderStream(simulation, ["submitted"])
    ((row,),) = [frame["args"] for frame in step(orders, simulation)]
    assert row["status"] == "Submitted"
    simulation.selected_account.orders[row["orderId"]].set_status(
        OrderStatus.CANCELLED, simulation.clock.now()
    )
    assert step(orders, simulation)[0]["args"][0]["status"] == "Cancelled"


def test_a_filtered_list_over_http_mutes_the_order_stream_until_a_forced_one(simulation: Simulation) -> None:
    orders = OrderStream(simulation, ())
    step(orders, simulation)
    simulation.preflights.orders_filtered = True
    trade(simulation.selected_account, MSFT, 5, 480.0)
    assert step(orders, simulation) == []
    simulation.preflights.orders_filtered = False
    assert len(step(orders, simulation)[0]["args"]) == 1


def test_the_order_stream_is_silent_until_there_is_an_order(simulation: Simulation) -> None:
    orders = OrderStream(simulation, ["inactive"])
    assert step(orders, simulation) == []
    simulation.selected_account.orders[open_order(simulation)].set_status(
        OrderStatus.INACTIVE, simulation.clock.now()
    )
    ((row,),) = [frame["args"] for frame in step(orders, simulation)]
    assert (row["status"], "ticker" in row) == ("Inactive", True)


@pytest.mark.parametrize("start", ["ids", "quiet"])
def test_the_order_stream_can_start_with_ids_or_nothing_and_continues_with_changes(
    simulation: Simulation, start: str
) -> None:
    orders = OrderStream(simulation, (), start)
    frames = step(orders, simulation)
    assert len(frames) == (len(simulation.selected_account.live_orders()) if start == "ids" else 0)
    for frame in frames:
        (row,) = frame["args"]
        assert row.keys() == {"acct", "conidex", "conid", "orderId", "isEventTrading"}
    number = open_order(simulation)
    simulation.selected_account.orders[number].set_status(OrderStatus.CANCELLED, simulation.clock.now())
    ((change,),) = [frame["args"] for frame in step(orders, simulation)]
    assert (change["orderId"], change["status"], "ticker" in change) == (number, "Cancelled", False)


def test_the_trade_stream_sends_each_execution_once(simulation: Simulation) -> None:
    trades = TradeStream(simulation, 1, updates_only=False)
    ((first, second),) = [frame["args"] for frame in step(trades, simulation)]
    assert {first["side"], second["side"]} == {"S"}
    assert isinstance(first["price"], str)
    assert step(trades, simulation) == []
    trade(simulation.selected_account, MSFT, 5, 480.0)
    ((news,),) = [frame["args"] for frame in step(trades, simulation)]
    assert (news["symbol"], news["size"]) == ("MSFT", 5.0)
    assert {"conidEx", "accountCode", "open_close"} <= news.keys()
    assert not {"order_id", "commission", "position"} & news.keys()


def test_the_trade_stream_with_updates_only_skips_past_executions(simulation: Simulation) -> None:
    trades = TradeStream(simulation, 7, updates_only=True)
    assert step(trades, simulation) == []
    trade(simulation.selected_account, MSFT, 5, 480.0)
    assert len(step(trades, simulation)[0]["args"]) == 1


def test_the_trade_stream_sends_more_trades_for_more_days(simulation: Simulation) -> None:
    one, seven = (
        step(TradeStream(simulation, days, updates_only=False), simulation)[0]["args"] for days in (1, 7)
    )
    assert len(seven) > len(one) > 0


def test_the_profit_stream_sends_changes_at_most_once_per_second(simulation: Simulation) -> None:
    profit = ProfitStream(simulation)
    (frame,) = step(profit, simulation)
    assert frame["topic"] == "spl"
    amounts = {"dpl", "nl", "upl", "uel", "el", "mv"}
    assert frame["args"] == {f"{ACCOUNT}.Core": {"rowType": 1, **dict.fromkeys(amounts, "")}}
    (frame,) = step(profit, simulation, 1)
    row = frame["args"][f"{ACCOUNT}.Core"]
    assert {name for name, amount in row.items() if isinstance(amount, float)} == amounts
    frames = [step(profit, simulation, 0.25) for _ in range(16)]
    assert 1 <= sum(map(len, frames)) <= 4


@pytest.mark.parametrize("options", [SimulationOptions(login=True, profile="fa")], ids=["advisor"])
def test_the_profit_stream_has_every_account(simulation: Simulation, options: SimulationOptions) -> None:
    assert options.profile == "fa"
    (frame,) = step(ProfitStream(simulation), simulation)
    cores = {name: row["rowType"] for name, row in frame["args"].items() if name.endswith(".Core")}
    assert cores == {f"{account}.Core": number for number, account in enumerate(simulation.accounts, 1)}


def balances(
    simulation: Simulation, topic: str, keys: list[str] | None = None, fields: list[str] | None = None
) -> BalanceStream:
    view = find_account_view(simulation, ACCOUNT)
    assert view is not None
    return BalanceStream(f"{topic}+{ACCOUNT}", view, keys, fields)


def test_a_summary_row_has_an_amount_or_a_text(simulation: Simulation) -> None:
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


def test_a_currency_that_has_not_changed_is_only_its_key_and_timestamp(simulation: Simulation) -> None:
    summary = balances(simulation, "sld", None, ["cashBalance", "netLiquidationValue"])
    step(summary, simulation)
    assert step(summary, simulation, 5) == []
    (frame,) = step(summary, simulation, 5.5)
    rows = {row["key"]: row for row in frame["result"]}
    assert rows["LedgerListEUR"].keys() == {"key", "timestamp"}
    assert rows["LedgerListUSD"].keys() == {"key", "timestamp", "cashbalance", "netLiquidationValue"}


def test_a_changed_summary_is_repeated_in_full_and_an_unchanged_one_without_values(
    simulation: Simulation,
) -> None:
    moving = balances(simulation, "ssd", ["accountcode", "NetLiquidation"])
    still = balances(simulation, "ssd", ["AccountCode", "AccountType"])
    first, _ = step(moving, simulation), step(still, simulation)
    (again,), (unchanged,) = step(moving, simulation, 10), step(still, simulation, 10)
    assert [row.keys() for row in again["result"]] == [row.keys() for row in first[0]["result"]]
    assert [row["key"] for row in again["result"]] == ["AccountCode", "NetLiquidation"]
    assert [row.keys() for row in unchanged["result"]] == [{"key", "timestamp"}] * 2


def test_the_ledger_stream_has_every_currency_and_their_sum(simulation: Simulation) -> None:
    (frame,) = step(balances(simulation, "sld"), simulation)
    rows = {row["key"]: row for row in frame["result"]}
    assert rows.keys() == {"LedgerListEUR", "LedgerListUSD", "LedgerListBASE"}
    base = rows["LedgerListBASE"]
    assert (base["acctCode"], base["secondKey"], base["exchangeRate"]) == (ACCOUNT, "BASE", 1.0)
    assert {
        "cashbalance",
        "cashBalanceFXSegment",
        "optionMarketValue",
        "issueOptionsMarketValue",
    } <= base.keys()
    assert base["netLiquidationValue"] == pytest.approx(
        simulation.selected_account.valuation().net_liquidation, abs=0.01
    )


def test_the_ledger_stream_can_be_limited_to_one_currency_and_field(simulation: Simulation) -> None:
    ledger = balances(simulation, "sld", ["LedgerListBASE"], ["cashBalance"])
    ((row,),) = [frame["result"] for frame in step(ledger, simulation)]
    assert row.keys() == {"key", "cashbalance", "timestamp"}


def test_a_combination_is_streamed_as_one_order_and_as_the_trades_of_its_legs(simulation: Simulation) -> None:
    account, text = simulation.selected_account, conidex((AAPL, 1), (IBM, -2))
    orders, trades = OrderStream(simulation, ()), TradeStream(simulation, 1, updates_only=True)
    step(orders, simulation)
    step(trades, simulation)
    order = Order(
        order_id=account.next_order_id(),
        conid=28812380,
        side="BUY",
        quantity=3,
        order_type="MKT",
        placed_at=simulation.clock.now(),
        status=OrderStatus.SUBMITTED,
        combination=make_combination(simulation.universe, text),
    )
    account.orders[order.order_id] = order
    account.execute(order, 2, -230.0, at=simulation.clock.now(), exchange="NYSE")
    ((row,),) = [frame["args"] for frame in step(orders, simulation)]
    assert (row["conidex"], row["secType"], row["filledQuantity"]) == (text, "BAG", 2.0)
    ((whole, *legs),) = [frame["args"] for frame in step(trades, simulation)]
    assert (whole["sec_type"], whole["conidEx"], whole["price"]) == ("BAG", text, "-230.00")
    assert [(leg["conid"], leg["side"], leg["size"]) for leg in legs] == [(AAPL, "B", 2.0), (IBM, "S", 4.0)]
