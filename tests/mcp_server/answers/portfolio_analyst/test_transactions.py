"""Transactions from one wide request."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

import httpx

from mcp_server.answers.portfolio_analyst.limited_requests import INTERVAL
from mcp_server.answers.portfolio_analyst.transaction_rows import NO_CONTRACT
from mcp_server.answers.portfolio_analyst.transactions import FORMS, PATH, Transactions
from tests.mcp_server.answers.answer_stack import NOON, AnswerStack, with_stack

AAPL, NVDA, IBM = 265598, 4815747, 8314

LATER = INTERVAL.total_seconds() + 1


async def _read(stack: AnswerStack, *args: Any, **rest: Any) -> Transactions:
    login = await stack.context.accounts.read()
    return await stack.context.portfolio_analyst.transactions.read(login.clients, *args, **rest)


def _sent(stack: AnswerStack) -> int:
    return stack.requests.count(f"POST {PATH}")


def _run(scenario: Callable[[AnswerStack], Awaitable[Any]], profile: str = "retail") -> Any:
    return with_stack(scenario, profile)


def test_one_request_lists_what_the_ledger_booked() -> None:
    async def scenario(stack: AnswerStack) -> None:
        found = await _read(stack)
        assert _sent(stack) == 1
        assert found.missing == frozenset()
        assert found.next_at is None
        for account in stack.simulation.accounts.values():
            if account.account_id not in {each.id for each in (await stack.context.accounts.read()).clients}:
                continue
            rows = [each for each in found.rows if each.account == account.account_id]
            booked = [each.amount for each in account.cash_transactions if each.kind.value == "Dividends"]
            listed = [each.amount or 0 for each in rows if each.kind == "Dividends"]
            assert sorted(listed) == sorted(booked)
            commissions = sum(each.commission for each in account.executions)
            charged = sum(each.amount or 0 for each in rows if each.kind == "Commissions")
            assert abs(commissions + charged) < 0.05
        assert [each.day for each in found.rows] == sorted(each.day for each in found.rows)
        assert found.first_day is not None
        assert found.first_day <= date(NOON.year - 1, 1, 1)

    _run(scenario, "fa")


def test_narrower_questions_are_answered_without_a_request() -> None:
    async def scenario(stack: AnswerStack) -> None:
        everything = await _read(stack)
        before = len(stack.requests)
        assert {each.conid for each in (await _read(stack, [AAPL])).rows} == {AAPL}
        other = AnswerStack(facts=stack.facts)  # as another process with the same file has
        assert (await _read(other)).rows == everything.rows
        assert len(stack.requests) == before
        assert _sent(other) == 0

    _run(scenario)


def test_a_contract_that_nobody_knew_is_missing_until_the_next_request() -> None:
    async def scenario(stack: AnswerStack) -> None:
        await _read(stack)
        before = len(stack.requests)
        found = await _read(stack, [NVDA])
        assert found.missing == {NVDA}
        assert found.next_at is not None
        assert len(stack.requests) == before
        assert timedelta(minutes=14) < found.next_at - stack.context.clock.now() < timedelta(minutes=16)
        await stack.sleep(LATER)
        assert (await _read(stack, [NVDA])).covered == {NVDA}
        # The request was as wide as before, and so are later ones.
        assert {AAPL, NVDA, NO_CONTRACT} <= (await _read(stack)).covered
        await stack.sleep(LATER)
        later = await _read(stack)
        assert later.as_of is not None
        assert stack.context.clock.now() - later.as_of < timedelta(minutes=1)
        assert _sent(stack) == 3

    _run(scenario)


def test_the_rows_of_other_accounts_are_left_out() -> None:
    async def scenario(stack: AnswerStack) -> None:
        login = await stack.context.accounts.read()
        everything = await _read(stack)
        found = await stack.context.portfolio_analyst.transactions.read(login.choose("Bold"))
        assert {each.account for each in found.rows} == {"DU1234569"}
        assert found.rows == tuple(each for each in everything.rows if each.account == "DU1234569")

    _run(scenario, "fa")


def test_days_that_were_over_are_answered_from_an_older_response() -> None:
    async def scenario(stack: AnswerStack) -> None:
        first = await _read(stack)
        await stack.sleep(LATER)
        old = await _read(stack, until=date(2026, 10, 31))
        assert (old.as_of, _sent(stack)) == (first.as_of, 1)
        new = await _read(stack)
        assert new.as_of is not None
        assert first.as_of is not None
        assert new.as_of > first.as_of
        assert _sent(stack) == 2

    _run(scenario)


def test_contracts_that_the_caller_has_seen_are_requested_and_the_trades_are_not_read_again() -> None:
    async def scenario(stack: AnswerStack) -> None:
        assert NVDA in (await _read(stack, seen=[NVDA])).covered
        assert not any("days=7" in each for each in stack.requests)

    _run(scenario)


def test_after_a_refusal_the_following_requests_are_narrower_and_then_stay_so() -> None:
    async def scenario(stack: AnswerStack) -> list[tuple[int, int, bool]]:
        bodies: list[dict[str, Any]] = []

        def respond(request: httpx.Request) -> httpx.Response | None:
            if not request.url.path.endswith(PATH):
                return None
            bodies.append(json.loads(request.content))
            return httpx.Response(400, json={"error": "no"}) if len(bodies[-1]["conids"]) > 1 else None

        stack.respond = respond
        refused = await _read(stack)
        assert refused.refusal
        assert not refused.rows
        again = await _read(stack)
        assert again.next_at is not None
        assert not again.rows
        await stack.sleep(LATER)
        await _read(stack)
        await stack.sleep(LATER)
        found = await _read(stack, [AAPL])
        assert found.covered == {AAPL}
        assert found.rows
        await stack.sleep(LATER)
        await _read(stack, [IBM])
        # What an earlier response said stays available.
        assert {AAPL, IBM} <= (await _read(stack)).covered
        return [(len(each["conids"]), each["days"], NO_CONTRACT in each["conids"]) for each in bodies]

    sent = _run(scenario)
    assert [each[1:] for each in sent] == [(form.days, form.no_contract) for form in (*FORMS, FORMS[-1])]
    assert sent[0][0] > 2
    assert sent[1][0] <= FORMS[1].contracts
    assert [each[0] for each in sent[2:]] == [1, 1]


def test_a_failure_is_reported_with_what_is_stored() -> None:
    async def scenario(stack: AnswerStack) -> None:
        first = await _read(stack)
        await stack.sleep(LATER)
        stack.respond = lambda each: httpx.Response(500, json={}) if PATH in each.url.path else None
        failed = await _read(stack)
        assert failed.rows == first.rows
        assert failed.as_of == first.as_of
        assert failed.refusal

    _run(scenario)
