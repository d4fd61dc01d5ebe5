"""Values and returns of accounts from one wide request."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import httpx
import pytest

from api_gateway.errors import LoginRequired
from mcp_server.answers.portfolio_analyst.account_values import ALL_PERIODS, ONE_PERIOD, Values
from mcp_server.answers.portfolio_analyst.limited_requests import INTERVAL
from mcp_server.answers.portfolio_analyst.value_series import PERIODS, parse_series
from tests.mcp_server.answers.answer_stack import AnswerStack, with_stack

LATER = INTERVAL.total_seconds() + 1


async def _read(stack: AnswerStack, account: str | None = None, until: date | None = None) -> Values:
    login = await stack.context.accounts.read()
    return await stack.context.portfolio_analyst.values.read(login.choose(account), until=until)


def _sent(stack: AnswerStack) -> list[str]:
    return [each.removeprefix("POST ") for each in stack.requests if "/pa/" in each]


def _run(scenario: Callable[[AnswerStack], Awaitable[Any]], profile: str = "retail") -> Any:
    return with_stack(scenario, profile)


def test_one_request_has_all_periods_of_all_accounts() -> None:
    async def scenario(stack: AnswerStack) -> None:
        found = await _read(stack)
        assert len(found.by_account) == 3
        assert not found.missing
        assert all(set(each.series) == set(PERIODS) for each in found.by_account.values())
        # Further accounts, the advisor's own too, cost nothing.
        before = len(stack.requests)
        for account in stack.simulation.accounts:
            assert not (await _read(stack, account)).missing
        other = AnswerStack("fa", facts=stack.facts)
        assert (await _read(other)).by_account == found.by_account
        assert len(stack.requests) == before
        assert _sent(stack) == [ALL_PERIODS]
        assert _sent(other) == []

    _run(scenario, "fa")


def test_a_newer_response_is_requested_only_for_days_that_were_not_over() -> None:
    async def scenario(stack: AnswerStack) -> None:
        first = await _read(stack)
        await stack.sleep(LATER)
        assert await _read(stack, until=date(2026, 10, 31)) == first
        assert _sent(stack) == [ALL_PERIODS]
        assert await _read(stack) != first
        assert _sent(stack) == [ALL_PERIODS, ALL_PERIODS]

    _run(scenario)


def test_accounts_that_the_wide_response_lacks_come_from_the_other_operation() -> None:
    async def scenario(stack: AnswerStack) -> None:
        bodies: dict[str, Any] = {}

        def respond(request: httpx.Request) -> httpx.Response | None:
            path = request.url.path
            if "/pa/" in path:
                bodies[path.removeprefix("/v1/api")] = json.loads(request.content)
            if path.endswith(ALL_PERIODS):
                series = {"dates": ["20261118"], "nav": [5.0], "cps": [0.0]}
                return httpx.Response(200, json={"DU1234567": {"1D": series, "baseCurrency": "USD"}})
            return None

        stack.respond = respond
        found = await _read(stack)
        assert not found.missing
        assert bodies[ONE_PERIOD] == {"acctIds": ["DU1234568", "DU1234569"], "period": "1Y"}
        assert list(found.by_account["DU1234568"].series) == ["1Y"]
        stack.respond = lambda _: None
        expected = await stack.send("POST", f"{ALL_PERIODS}?param=DU1234568")
        assert found.by_account["DU1234568"].series["1Y"] == parse_series(expected["DU1234568"]["1Y"])

    _run(scenario, "fa")


def test_a_used_up_limit_leaves_the_stored_values_or_says_when_it_is_over() -> None:
    async def scenario(stack: AnswerStack) -> None:
        async def use_up() -> None:
            """What other tools of this server may request."""
            for path in (ALL_PERIODS, ONE_PERIOD):
                body = {"acctIds": ["DU1234567"], "period": "1D", "other": 1}
                await stack.gateway.post(path, body=body, reads=True)

        await use_up()
        none = await _read(stack)
        assert none.missing == ("DU1234567",)
        assert none.next_at is not None
        await stack.sleep(LATER)
        first = await _read(stack)
        assert not first.missing
        await stack.sleep(LATER)
        await use_up()
        stale = await _read(stack)
        assert stale.by_account == first.by_account
        assert stale.next_at is not None
        assert stale.next_at > stack.context.clock.now()

    _run(scenario)


def test_a_failure_leaves_the_stored_values_and_its_reason() -> None:
    async def scenario(stack: AnswerStack) -> None:
        first = await _read(stack)
        await stack.sleep(LATER)
        stack.respond = lambda each: httpx.Response(500, json={}) if "/pa/" in each.url.path else None
        failed = await _read(stack)
        assert failed.by_account == first.by_account
        assert failed.refusal

    _run(scenario)


def test_a_response_without_days_is_not_stored_over_one_that_has_some() -> None:
    async def scenario(stack: AnswerStack) -> None:
        first = await _read(stack)
        await stack.sleep(LATER)
        empty: dict[str, Any] = {"DU1234567": {"1D": {"dates": [], "nav": []}}}
        stack.respond = lambda each: httpx.Response(200, json=empty) if "/pa/" in each.url.path else None
        assert (await _read(stack)).by_account == first.by_account

    _run(scenario)


def test_a_login_that_is_gone_is_an_error() -> None:
    async def scenario(stack: AnswerStack) -> None:
        login = await stack.context.accounts.read()
        stack.respond = lambda _: httpx.Response(401, text="")
        with pytest.raises(LoginRequired):
            await stack.context.portfolio_analyst.values.read(login.clients)

    _run(scenario)
