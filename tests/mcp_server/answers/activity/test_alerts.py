"""Alerts and their conditions."""

from __future__ import annotations

from typing import Any

import pytest

from mcp_server.answers.activity.alerts import describe_conditions, parse_alerts


def condition(kind: int, value: str, **fields: Any) -> dict[str, Any]:
    return {
        "condition_type": kind,
        "contract_description_1": "AAPL",
        "condition_operator": ">=",
        "condition_value": value,
        "condition_logic_bind": "n",
    } | fields


@pytest.mark.parametrize(
    ("conditions", "text"),
    [
        ([condition(1, "195.00")], "AAPL >= 195"),
        (
            [condition(1, "195", condition_logic_bind="a"), condition(6, "1000000")],
            "AAPL >= 195 and AAPL volume >= 1000000",
        ),
        (
            [condition(1, "195", condition_logic_bind="O"), condition(9, "-500")],
            "AAPL >= 195 or day P&L >= -500",
        ),
        ([], ""),
        (None, ""),
        ([None, condition(4, "10")], "margin cushion % >= 10"),
    ],
)
def test_conditions_are_one_line(conditions: Any, text: str) -> None:
    assert describe_conditions({"conditions": conditions}) == text
    assert describe_conditions({"error": "Alert with order ID=1 not found."}) == ""


@pytest.mark.parametrize(
    ("active", "triggered", "state"),
    [
        (1, False, "active"),
        ("1", 0, "active"),
        (0, False, "off"),
        (1, 1, "triggered"),
        (0, "true", "triggered"),
    ],
)
def test_the_state_of_an_alert(active: Any, triggered: Any, state: str) -> None:
    [alert] = parse_alerts(
        [{"order_id": 1, "alert_name": "x", "alert_active": active, "alert_triggered": triggered}],
        "DU1234567",
    )
    assert (alert.state, alert.account, alert.id) == (state, "DU1234567", "1")


def test_what_is_no_list_has_no_alerts() -> None:
    assert parse_alerts({"error": "x"}, "DU1234567") == []
