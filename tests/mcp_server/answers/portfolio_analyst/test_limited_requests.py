"""The limit of Portfolio Analyst's paths."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from api_gateway.errors import Unreachable
from mcp_server.answers.portfolio_analyst.limited_requests import INTERVAL, LimitedRequests, LimitReached
from tests.mcp_server.answers.answer_stack import NOON, AnswerStack, with_stack

PATH = "/pa/allperiods"
BODY = {"acctIds": ["DU1234567"]}
SCOPE = "a login"


def _requests(stack: AnswerStack) -> LimitedRequests:
    return LimitedRequests(stack.gateway, stack.facts, stack.context.clock)


def _run(scenario: Callable[[AnswerStack, LimitedRequests], Awaitable[Any]]) -> Any:
    return with_stack(lambda stack: scenario(stack, _requests(stack)))


def test_a_second_request_is_not_sent_before_the_interval_is_over() -> None:
    async def scenario(stack: AnswerStack, requests: LimitedRequests) -> list[str]:
        await requests.post(SCOPE, PATH, BODY)
        # Another process has another client, and the same facts.
        other = AnswerStack()
        other_requests = LimitedRequests(other.gateway, stack.facts, stack.context.clock)
        with pytest.raises(LimitReached) as limit:
            await other_requests.post(SCOPE, PATH, BODY)
        assert abs(limit.value.until - (stack.context.clock.now() + INTERVAL)) < timedelta(seconds=1)
        await asyncio.sleep(INTERVAL.total_seconds())
        await requests.post(SCOPE, PATH, BODY)
        return [each for each in (*stack.requests, *other.requests) if PATH in each]

    assert _run(scenario) == [f"POST {PATH}"] * 2


def test_another_path_and_another_login_have_limits_of_their_own() -> None:
    async def scenario(_: AnswerStack, requests: LimitedRequests) -> None:
        await requests.post(SCOPE, PATH, BODY)
        await requests.check(SCOPE, "/pa/performance")
        await requests.check("another login", PATH)
        with pytest.raises(LimitReached):
            await requests.check(SCOPE, PATH)

    _run(scenario)


def test_a_request_that_was_not_sent_does_not_use_up_the_limit() -> None:
    async def scenario(stack: AnswerStack, requests: LimitedRequests) -> None:
        def refuse(request: httpx.Request) -> httpx.Response | None:
            raise httpx.ConnectError("refused", request=request)

        stack.respond = refuse
        with pytest.raises(Unreachable):
            await requests.post(SCOPE, PATH, BODY)
        stack.respond = lambda _: None
        await requests.post(SCOPE, PATH, BODY)

    _run(scenario)


def test_a_limit_that_another_program_used_up_is_over_after_the_interval_at_the_latest() -> None:
    async def scenario(stack: AnswerStack, requests: LimitedRequests) -> None:
        stack.respond = lambda each: httpx.Response(429, json={}) if PATH in each.url.path else None
        with pytest.raises(LimitReached) as limit:
            await requests.post(SCOPE, PATH, BODY)
        assert abs(limit.value.until - (NOON + INTERVAL)) < timedelta(seconds=5)
        # The penalty concerns the other paths as well, but not for as long.
        with pytest.raises(LimitReached) as penalty:
            await requests.post(SCOPE, "/pa/performance", BODY)
        assert penalty.value.until < limit.value.until

    _run(scenario)


def test_a_response_that_the_client_had_cached_has_the_time_of_its_request() -> None:
    async def scenario(stack: AnswerStack, requests: LimitedRequests) -> None:
        await stack.gateway.post(PATH, body=BODY, reads=True)
        sent = stack.context.clock.now()
        await asyncio.sleep(600)
        received = await requests.post(SCOPE, PATH, BODY)
        assert abs(received.at - sent) < timedelta(seconds=5)
        with pytest.raises(LimitReached) as limit:
            await requests.check(SCOPE, PATH)
        assert abs(limit.value.until - (sent + INTERVAL)) < timedelta(seconds=5)
        # The body of another request is not in the client's cache.
        with pytest.raises(LimitReached) as other:
            await requests.post("without a record", PATH, {**BODY, "other": 1})
        assert abs(other.value.until - (sent + INTERVAL)) < timedelta(seconds=5)

    _run(scenario)


def test_an_update_goes_on_when_its_caller_is_cancelled_and_others_share_it() -> None:
    async def scenario(_: AnswerStack, requests: LimitedRequests) -> tuple[int, int]:
        runs, ends = [], []

        async def update() -> None:
            runs.append(1)
            await asyncio.sleep(5)
            ends.append(1)

        first = asyncio.create_task(requests.run_once(SCOPE, PATH, update))
        second = asyncio.create_task(requests.run_once(SCOPE, PATH, update))
        await asyncio.sleep(1)
        first.cancel()
        await second
        assert first.cancelled()
        alone = asyncio.create_task(requests.run_once(SCOPE, PATH, update))
        await asyncio.sleep(1)
        alone.cancel()
        await asyncio.sleep(10)
        return len(runs), len(ends)

    assert _run(scenario) == (2, 2)
