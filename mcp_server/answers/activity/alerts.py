"""Alerts, and what they wait for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from api_gateway.client.gateway import GatewayClient
from api_gateway.errors import Failed, RateLimited, Refused
from mcp_server.answers.orders.row_values import first_value, parse_flag, parse_id, parse_moment
from mcp_server.answers.outside_text import outside_name
from mcp_server.answers.partial import gather_partial

MAX_DETAILS: Final = 8
"""Read the conditions of at most this many alerts, one request each."""

# What a condition is about, by IBKR's numbers; the first is the price of its contract.
_SUBJECTS: Final[Mapping[str, str]] = {
    "3": "time",
    "4": "margin cushion %",
    "5": "a trade",
    "6": "volume",
    "7": "market",
    "8": "position",
    "9": "day P&L",
}
_BINDS: Final = {"a": " and ", "o": " or "}


@dataclass(frozen=True)
class Alert:
    """One alert; `condition` is empty until its details are read."""

    id: str
    account: str
    name: str
    is_active: bool
    is_triggered: bool
    repeats: bool
    moment: datetime | None
    condition: str = ""

    @property
    def state(self) -> str:
        """`triggered`, `active` or `off`."""
        if self.is_triggered:
            return "triggered"
        return "active" if self.is_active else "off"


async def read_alerts(gateway: GatewayClient, account_ids: Sequence[str]) -> list[Alert]:
    """The alerts of the accounts, active ones first, the first few with their conditions.

    Raises GatewayError.
    """
    found = await gather_partial(
        {each: gateway.get("/iserver/account/{account}/alerts", each) for each in account_ids}
    )
    alerts = [
        alert for each, response in found.values.items() for alert in parse_alerts(response.value, each)
    ]
    alerts.sort(key=lambda each: each.moment.timestamp() if each.moment else 0.0, reverse=True)
    alerts.sort(key=lambda each: not each.is_active)
    return await _add_conditions(gateway, alerts)


def parse_alerts(rows: Any, account_id: str) -> list[Alert]:
    """The alerts in a response to /iserver/account/…/alerts."""
    return [
        Alert(
            id=parse_id(row.get("order_id")),
            account=parse_id(row.get("account")) or account_id,
            name=outside_name(first_value(row, "alert_name", "alertName")),
            is_active=parse_flag(row.get("alert_active")),
            is_triggered=parse_flag(row.get("alert_triggered")),
            repeats=parse_flag(row.get("alert_repeatable")),
            moment=parse_moment(None, row.get("order_time")),
        )
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, dict)
    ]


async def _add_conditions(gateway: GatewayClient, alerts: Sequence[Alert]) -> list[Alert]:
    numbered = [each.id for each in alerts if each.id.isdecimal()][:MAX_DETAILS]
    try:
        found = await gather_partial(
            {each: gateway.get("/iserver/account/alert/{alert}", each, type="Q") for each in numbered}
        )
    except (Failed, Refused, RateLimited):
        return list(alerts)
    conditions = {each: describe_conditions(response.value) for each, response in found.values.items()}
    return [replace(each, condition=conditions.get(each.id, "")) for each in alerts]


def describe_conditions(details: Any) -> str:
    """`AAPL >= 195 and SPY volume >= 1000000`; empty for an alert without conditions."""
    rows = details.get("conditions") if isinstance(details, dict) else None
    text, bind = "", ""
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict):
            text += bind + _describe_condition(row)
            bind = _BINDS.get(str(row.get("condition_logic_bind")).lower(), ", ")
    return text


def _describe_condition(row: Mapping[str, Any]) -> str:
    subject = _SUBJECTS.get(str(row.get("condition_type")), "")
    contract = outside_name(row.get("contract_description_1"))
    value = re.sub(r"\.0+$", "", outside_name(row.get("condition_value"), 30))
    about_contract = subject in ("", "volume", "a trade")
    parts = [
        contract if about_contract else "",
        subject,
        outside_name(row.get("condition_operator"), 5),
        value,
    ]
    return " ".join(filter(None, parts))
