"""Executions, and how they are grouped by order."""

from __future__ import annotations

from typing import Any

from mcp_server.answers.orders.trades import group_by_order, parse_executions

COMBINATION = "28812380;;;654/1,655/-1"


def execution(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "execution_id": f"0000dc8f.{number:08x}.01.01",
        "order_id": 602801487,
        "account": "DU1234567",
        "conid": 265598,
        "conidEx": "265598",
        "symbol": "AAPL",
        "sec_type": "STK",
        "side": "B",
        "size": 10.0,
        "price": "100.00",
        "commission": "1.0",
        "trade_time_r": 1795013136000 + number * 1000,
    } | fields


def test_the_executions_of_an_order_are_one_trade_with_the_average_price() -> None:
    rows = [execution(1, size=25, price="200"), execution(2, size="75", price="1,000.4")]
    [trade] = group_by_order(parse_executions(rows))
    assert (trade.quantity, trade.average) == (100, (25 * 200 + 75 * 1000.4) / 100)
    assert trade.moment == trade.first.moment
    assert sum(each.commission or 0 for each in trade.charged) == 2


def test_the_newest_trade_is_first_and_orders_are_apart() -> None:
    rows = [execution(1), execution(2, order_id=602801488, side="S")]
    assert [each.first.order_id for each in group_by_order(parse_executions(rows))] == [
        "602801488",
        "602801487",
    ]


def test_orders_of_different_accounts_are_apart() -> None:
    rows = [execution(1), execution(2, account="DU1234568")]
    assert len(group_by_order(parse_executions(rows))) == 2


def test_a_combination_is_one_trade_whose_legs_are_charged() -> None:
    whole = {"conid": 28812380, "conidEx": COMBINATION, "sec_type": "BAG", "commission": "0.0"}
    rows = [
        execution(1, **whole, price="2.17"),
        execution(2, conid=654, sec_type="OPT", commission="1.3"),
        execution(3, conid=655, sec_type="OPT", side="S", commission="1.3"),
    ]
    [trade] = group_by_order(parse_executions(rows))
    assert (trade.quantity, trade.average, len(trade.legs)) == (10, 2.17, 2)
    assert [each.commission for each in trade.charged] == [1.3, 1.3]


def test_a_combination_that_ibkr_charges_as_a_whole_is_not_counted_twice() -> None:
    whole = {"conid": 28812380, "conidEx": COMBINATION, "sec_type": "BAG", "commission": "2.6"}
    legs = [execution(number, conid=650 + number, sec_type="OPT", commission="") for number in (2, 3)]
    [trade] = group_by_order(parse_executions([execution(1, **whole), *legs]))
    assert [each.commission for each in trade.charged] == [2.6]


def test_legs_without_a_whole_are_trades_of_their_own() -> None:
    rows = [execution(number, conid=650 + number, conidEx=COMBINATION, sec_type="OPT") for number in (2, 3)]
    assert len(group_by_order(parse_executions(rows))) == 2


def test_bookings_without_an_order_are_apart() -> None:
    assert len(group_by_order(parse_executions([execution(n, order_id=0) for n in (1, 2)]))) == 2


def test_a_correction_replaces_the_execution_that_it_corrects() -> None:
    corrected = execution(1, execution_id="0000dc8f.00000001.01.02", price="90.00")
    [row] = parse_executions([execution(1), corrected])
    assert row.price == 90
    [row] = parse_executions([corrected, execution(1)])
    assert row.price == 90


def test_missing_values_are_unknown() -> None:
    [row] = parse_executions([{"symbol": "AAPL", "price": None, "commission": ""}, None, "x"])
    assert (row.price, row.commission, row.moment, row.size) == (None, None, None, 0)
    [trade] = group_by_order([row])
    assert trade.average is None
    assert parse_executions({"error": "x"}) == []
