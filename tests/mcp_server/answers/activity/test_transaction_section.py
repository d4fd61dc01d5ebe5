"""Transactions, to the cent against the simulator's ledger."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from api_gateway.simulator.accounts.cash_transactions import INTEREST_KINDS, CashTransactionKind
from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.portfolio_analyst.account_history import end_of_day, new_york_date
from mcp_server.answers.activity.tool import get_activity
from mcp_server.instruments.instrument import Found
from tests.mcp_server.answers.activity.order_placing import place
from tests.mcp_server.answers.answer_stack import AnswerStack, Called, with_stack

LATER = datetime(2027, 3, 17, 16, tzinfo=UTC)
"""After some payments of dividends and interest to an account that began in the autumn."""

PATH = "POST /pa/transactions"


async def call(stack: AnswerStack, **arguments: Any) -> Called:
    called = await stack.call(get_activity, what="transactions", **arguments)
    assert not called.is_error, called.text
    return called


def amount_after(called: Called, words: str) -> float:
    """The amount that follows these words in the line of sums."""
    line = next(line for line in called.text.splitlines() if line.startswith("Transactions"))
    return float(line.partition(f"{words} ")[2].split(";")[0].split()[0])


def ledger(account: PaperAccount, start: date, *kinds: CashTransactionKind) -> float:
    """The account's cash transactions of these kinds since a day, at the rate of its end."""
    total, now = 0.0, account.clock.now()
    for each in account.cash_transactions:
        day = new_york_date(each.at)
        if each.kind in kinds and day >= start:
            total += each.amount * account.exchange_rates.rate(each.currency, end_of_day(day, now))
    return round(total, 2)


def test_the_sums_of_a_year_are_those_of_the_ledger() -> None:
    async def scenario(stack: AnswerStack) -> tuple[Called, PaperAccount]:
        stack.simulation.execution_simulator.catch_up()
        return await call(stack, since="1y"), stack.simulation.selected_account

    called, account = with_stack(scenario, now=LATER)
    start = date(2026, 3, 17)
    kinds = CashTransactionKind
    assert amount_after(called, "fees") == ledger(account, start, kinds.MARKET_DATA_FEE)
    assert amount_after(called, "commissions") == -round(sum(e.commission for e in account.executions), 2)
    realized = sum(each.realised for each in account.executions)
    assert abs(amount_after(called, "realized P&L") - realized) < 0.02
    assert ledger(account, start, *INTEREST_KINDS) == amount_after(called, "interest")


def test_dividends_and_taxes_are_those_of_the_ledger_when_the_clock_is_behind() -> None:
    async def scenario(stack: AnswerStack) -> tuple[Called, PaperAccount]:
        stack.clock.advance(25 * 86_400)
        stack.simulation.session.login()
        stack.clock.advance(10)
        return await call(stack), stack.simulation.selected_account

    called, account = with_stack(scenario)
    start, kinds = date(2026, 1, 1), CashTransactionKind
    assert amount_after(called, "dividends") == ledger(account, start, kinds.DIVIDEND) > 0
    assert amount_after(called, "withholding tax") == ledger(account, start, kinds.WITHHOLDING_TAX) < 0
    assert "2026-12" in called.text


def test_interest_and_fees_of_this_year_are_the_default() -> None:
    async def scenario(stack: AnswerStack) -> tuple[Called, PaperAccount]:
        return await call(stack), stack.simulation.selected_account

    called, account = with_stack(scenario)
    start = date(2026, 1, 1)
    assert "2026-01-01 to 2026-11-18" in called.text
    assert amount_after(called, "interest") == ledger(account, start, *INTEREST_KINDS)
    assert amount_after(called, "fees") == ledger(account, start, CashTransactionKind.MARKET_DATA_FEE)
    realized = sum(each.realised for each in account.executions)
    assert abs(float(called.row("AAPL ")[0]) - realized) < 0.01


def test_one_request_answers_every_question_for_fifteen_minutes() -> None:
    async def scenario(stack: AnswerStack) -> list[str]:
        for arguments in ({}, {"since": "MTD"}, {"symbol": "IBM"}, {"since": "7d", "symbol": "AAPL"}):
            await call(stack, **arguments)
        return stack.requests

    assert with_stack(scenario).count(PATH) == 1


def test_a_symbol_limits_rows_and_sums() -> None:
    async def scenario(stack: AnswerStack) -> tuple[Called, Called]:
        return await call(stack, symbol="ESZ6"), await call(stack, symbol="SPY", since="MTD")

    future, share = with_stack(scenario)
    assert "AAPL" not in future.text
    assert amount_after(future, "futures settlement") == 1800
    assert "interest" not in share.text.splitlines()[1]
    assert "Buy" in share.text


def test_the_newest_rows_come_first_and_the_rest_has_a_cursor() -> None:
    async def scenario(stack: AnswerStack) -> tuple[Called, Called]:
        first = await call(stack, limit=3)
        [cursor] = re.findall(r"\(cursor (c\d+)\)", first.text)
        return first, await call(stack, cursor=cursor)

    first, rest = with_stack(scenario)
    days = [line.split()[0] for line in first.text.splitlines() if line.startswith("2026-")]
    assert len(days) == 3
    assert days == sorted(days, reverse=True)
    assert days[0] == "2026-11-18"
    assert [line for line in rest.text.splitlines() if line.startswith("2026-")]


@pytest.mark.parametrize("status", [400, 500])
def test_a_refused_request_is_explained(status: int) -> None:
    async def scenario(stack: AnswerStack) -> Called:
        stack.respond = lambda request: (
            httpx.Response(status, json={"error": "Bad Request"})
            if request.url.path.endswith("/pa/transactions")
            else None
        )
        return await call(stack)

    text = with_stack(scenario).text
    assert "not available" in text
    assert "refused" in text


def test_the_answer_says_that_a_closed_position_must_be_named() -> None:
    async def scenario(stack: AnswerStack) -> tuple[Called, Called]:
        return await call(stack), await call(stack, symbol="AAPL")

    every, one = with_stack(scenario)
    assert "`symbol`" in every.text
    assert "`symbol`" not in one.text


def test_a_contract_that_no_request_has_named_must_wait() -> None:
    async def scenario(stack: AnswerStack) -> Called:
        await call(stack)
        found = await stack.context.instruments.resolve("TSLA")
        assert isinstance(found, Found)
        await place(stack, {"conid": found.instruments[0].conid, "quantity": 3})
        await stack.sleep(30)
        return await call(stack, symbol="TSLA")

    text = with_stack(scenario).text
    assert "1 execution: " in text
    assert "15 minutes" in text
    assert "not available" in text
    assert "not included" in text


def test_an_answer_states_its_age_and_the_trades_that_it_lacks() -> None:
    async def scenario(stack: AnswerStack) -> tuple[Called, Called, Called]:
        first = await call(stack, since="today")
        await place(stack, {"side": "SELL", "quantity": 7})
        await stack.sleep(120)
        stored = await call(stack, since="today")
        await stack.sleep(960)
        return first, stored, await call(stack, since="today")

    first, stored, renewed = with_stack(scenario)
    assert re.search(r"as of 12:00:\d\d", first.text.split("Note")[1])
    assert "not included" not in first.text
    assert PATH not in stored.requests
    assert re.search(r"as of 12:00:\d\d.*1 trade \(AAPL\).*not included", stored.text)
    assert PATH in renewed.requests
    assert "not included" not in renewed.text
    assert " Sell " in renewed.text


def test_without_dividends_the_answer_says_so_and_what_accrues() -> None:
    async def scenario(stack: AnswerStack) -> tuple[Called, Called, float]:
        every, one = await call(stack), await call(stack, symbol="IBM")
        summary = await stack.send("GET", "/portfolio/DU1234567/summary")
        return every, one, summary["accrueddividend"]["amount"]

    every, one, accrued = with_stack(scenario)
    assert f"{accrued:g} USD" in every.text
    assert "Accrued" not in one.text
