"""Alerts in the answer."""

from __future__ import annotations

from typing import Any

import httpx

from mcp_server.answers.activity.tool import get_activity
from tests.mcp_server.answers.answer_stack import AnswerStack, Called, with_stack


async def call(stack: AnswerStack, **arguments: Any) -> Called:
    called = await stack.call(get_activity, what="alerts", **arguments)
    assert not called.is_error, called.text
    return called


def test_every_alert_has_its_condition_and_state() -> None:
    async def scenario(stack: AnswerStack) -> tuple[Called, Called, Any]:
        return (
            await call(stack),
            await call(stack, symbol="SPY"),
            await stack.send("GET", "/iserver/account/DU1234567/alerts"),
        )

    called, about_one, rows = with_stack(scenario)
    assert rows
    for row in rows:
        line = called.row(str(row["order_id"]))
        assert ("active" if row["alert_active"] else "off") in line
        assert f'"{row["alert_name"]}"' in line
        assert {">=", "<="} & set(line)
    assert "1 active, 1 off" in called.text
    assert "AAPL" not in about_one.text


def test_alerts_are_listed_without_their_conditions_if_these_fail() -> None:
    async def scenario(stack: AnswerStack) -> Called:
        stack.respond = lambda request: (
            httpx.Response(503, json={"error": "x"}) if "/account/alert/" in request.url.path else None
        )
        return await call(stack)

    called = with_stack(scenario)
    assert "1 active, 1 off" in called.text
    assert "condition" not in called.text


def test_an_account_without_alerts_has_none() -> None:
    async def scenario(stack: AnswerStack) -> Called:
        stack.respond = lambda request: (
            httpx.Response(200, json=[]) if request.url.path.endswith("/alerts") else None
        )
        return await call(stack)

    called = with_stack(scenario)
    assert called.text.splitlines()[1].endswith("none")
