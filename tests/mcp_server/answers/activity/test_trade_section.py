"""Trades, to the cent against the simulator's executions."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from api_gateway.simulator.accounts.paper_account import PaperAccount
from mcp_server.answers.activity.tool import get_activity
from mcp_server.answers.activity.trade_section import trading_start
from tests.api_gateway.simulator.combination_helpers import conidex, option_near_money
from tests.api_gateway.simulator.paper_account import EUR_USD, IBM_IN_FRANKFURT
from tests.mcp_server.answers.activity.order_placing import pass_time, place
from tests.mcp_server.answers.answer_stack import AnswerStack, Called, with_stack

TRADES = "/iserver/account/trades"


async def call(stack: AnswerStack, **arguments: Any) -> Called:
    called = await stack.call(get_activity, what="trades", **arguments)
    assert not called.is_error, called.text
    return called


def rows_of(called: Called) -> list[list[str]]:
    """The cells of the rows, by the number of the order in the second or third place."""
    return [line.split() for line in called.text.splitlines() if " 6028" in line]


def respond_with(stack: AnswerStack, *rows: dict[str, Any]) -> None:
    def respond(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(200, json=list(rows)) if request.url.path.endswith(TRADES) else None

    stack.respond = respond


def commissions(account: PaperAccount, *order_ids: int) -> float:
    return round(sum(each.commission for each in account.executions if each.order_id in order_ids), 2)


def test_the_week_s_trades_are_the_executions_by_order_with_their_commissions() -> None:
    async def scenario(stack: AnswerStack) -> tuple[Called, PaperAccount]:
        return await call(stack, since="7d"), stack.simulation.selected_account

    called, account = with_stack(scenario)
    executions = account.recent_executions(7)
    orders = list(dict.fromkeys(each.order_id for each in executions))
    rows = rows_of(called)
    assert [next(cell for cell in row if cell.startswith("6028")) for row in rows] == list(map(str, orders))
    for row, order_id in zip(rows, orders, strict=True):
        mine = [each for each in executions if each.order_id == order_id]
        size = sum(abs(each.quantity) for each in mine)
        average = sum(abs(each.quantity) * each.price for each in mine) / size
        at = row.index(str(order_id))
        assert row[at + 1 : at + 3] == ["BUY" if mine[0].quantity > 0 else "SELL", f"{size:g}"]
        assert abs(float(row[-3]) - average) < 1e-4
        assert row[-2] == str(len(mine))
        assert float(row[-1]) == commissions(account, order_id)
    assert f"commissions USD {commissions(account, *orders):g}" in called.text
    assert f"{len(orders)} orders, {len(executions)} executions" in called.text


@pytest.mark.parametrize(("since", "count"), [("today", 1), ("yesterday", 1), ("2026-11-13", 3), ("5d", 3)])
def test_the_period_is_counted_in_new_york_days(since: str, count: int) -> None:
    async def scenario(stack: AnswerStack) -> Called:
        return await call(stack, since=since)

    assert len(rows_of(with_stack(scenario))) == count


def test_a_trade_after_midnight_utc_belongs_to_new_york_s_day() -> None:
    def row(number: int, moment: datetime) -> dict[str, Any]:
        return {
            "execution_id": f"0000dc8f.{number:08x}.01.01",
            "order_id": 602801000 + number,
            "conid": 265598,
            "symbol": "AAPL",
            "side": "B",
            "size": 1,
            "price": "1",
            "commission": "1",
            "trade_time_r": int(moment.timestamp() * 1000),
        }

    async def scenario(stack: AnswerStack) -> Called:
        evening = datetime(2026, 11, 19, 1, 30, tzinfo=UTC)
        respond_with(stack, row(1, evening), row(2, datetime(2026, 11, 18, 3, tzinfo=UTC)))
        return await call(stack, since="today")

    called = with_stack(scenario, now=datetime(2026, 11, 19, 1, 45, tzinfo=UTC))
    assert [row[:2] for row in rows_of(called)] == [["20:30", "602801001"]]
    assert "2026-11-18" in called.text


def test_commissions_in_other_currencies_are_summed_apart_and_in_base() -> None:
    async def scenario(stack: AnswerStack) -> tuple[Called, list[int], PaperAccount, float]:
        placed = await place(stack, {"conid": EUR_USD, "quantity": 20000})
        placed += await place(stack, {"conid": IBM_IN_FRANKFURT})
        placed += await place(stack, {"quantity": 50})
        pass_time(stack, 120)
        called = await call(stack)
        rate = await stack.send("GET", "/iserver/exchangerate?source=EUR&target=USD")
        return called, placed, stack.simulation.selected_account, rate["rate"]

    # Frankfurt and New York trade at the same time in the morning.
    called, (pair, foreign, share), account, rate = with_stack(
        scenario, now=datetime(2026, 11, 18, 15, tzinfo=UTC)
    )
    euros, dollars = commissions(account, foreign), commissions(account, pair, share, 602801487)
    assert euros > 0
    assert f"EUR {euros:g}" in called.text
    assert f"USD {dollars:g}" in called.text
    together = float(called.text.partition("total USD ")[2].split()[0])
    assert abs(together - (dollars + euros * rate)) < 0.02
    assert "EUR" in " ".join(next(row for row in rows_of(called) if str(foreign) in row))


def test_a_combination_is_one_trade_with_its_legs_and_their_prices() -> None:
    async def scenario(stack: AnswerStack) -> tuple[Called, int, PaperAccount]:
        world, now = stack.simulation, stack.simulation.clock.now()
        legs = [option_near_money(world.universe, world.prices, now, strikes_up=up) for up in (0, 1)]
        ticket = {"conidex": conidex((legs[0], 1), (legs[1], -1)), "orderType": "LMT", "price": 6}
        [order] = await place(stack, {"conid": None, "quantity": 2, **ticket})
        pass_time(stack, 60)
        return await call(stack, symbol="AAPL", since="today"), order, stack.simulation.selected_account

    called, order, account = with_stack(scenario)
    [line] = [each for each in called.text.splitlines() if str(order) in each]
    [whole] = [each for each in account.combination_executions if each.order_id == order]
    for leg in (each for each in account.executions if each.order_id == order):
        side = "BUY" if leg.quantity > 0 else "SELL"
        assert f"{side} {abs(leg.quantity):g} AAPL 18Dec26" in line
        assert f"@ {leg.price:g}" in line
    assert line.split()[-3:] == [f"{whole.price:g}", "1", f"{commissions(account, order):g}"]


def test_an_execution_without_a_commission_is_counted_as_missing() -> None:
    async def scenario(stack: AnswerStack) -> Called:
        respond_with(
            stack,
            {"execution_id": "a.01", "order_id": 602801001, "size": 1, "price": "1", "conid": 265598},
            {"execution_id": "b.01", "order_id": 602801001, "size": "2", "price": "x", "commission": "0.5"},
        )
        return await call(stack)

    text = with_stack(scenario).text
    assert "has not reported 1" in text
    assert "2 executions" in text


# The tokenizer's package uses a deprecated function of Python when it is imported.
@pytest.mark.filterwarnings("ignore:open_binary is deprecated:DeprecationWarning")
def test_nine_orders_take_few_tokens() -> None:
    import bpe_openai

    async def scenario(stack: AnswerStack) -> Called:
        for quantity in range(100, 900, 100):
            await place(stack, {"quantity": quantity})
        pass_time(stack, 120)
        return await call(stack)

    called = with_stack(scenario)
    assert len(rows_of(called)) == 9
    assert len(bpe_openai.get_encoding("o200k_base").encode(called.text)) <= 320


def test_a_note_says_where_older_trades_are() -> None:
    async def scenario(stack: AnswerStack) -> tuple[Called, Called]:
        return await call(stack, since="YTD"), await call(stack, since="7d")

    older, week = with_stack(scenario)
    assert "what=transactions" in older.text
    assert "Note" not in week.text


def test_no_trades_are_none_without_requests_for_names_and_currency() -> None:
    async def scenario(stack: AnswerStack) -> Called:
        return await call(stack, since="today")

    called = with_stack(scenario, "large")
    assert called.text.splitlines()[1].endswith("none")
    assert not [each for each in called.requests if "secdef" in each or "portfolio" in each]


def test_a_warm_call_is_one_request() -> None:
    async def scenario(stack: AnswerStack) -> Called:
        await call(stack, since="today")
        return await call(stack, since="7d")

    assert with_stack(scenario).requests == [f"GET {TRADES}"]


def test_the_first_day_is_the_sixth_before_today() -> None:
    today = date(2026, 11, 18)
    assert trading_start(date(2026, 1, 1), today) == date(2026, 11, 12)
    assert trading_start(date(2026, 11, 17), today) == date(2026, 11, 17)
