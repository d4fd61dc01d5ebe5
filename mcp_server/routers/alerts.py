"""Alerts: notifications when a price, a time or a margin is reached."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Path

from mcp_server.models.alerts import Alert
from mcp_server.rest.conflicts import alert_conflict
from mcp_server.rest.parameters import AccountId, Gateway, OrderNumber
from mcp_server.rest.relay import Json

router = APIRouter(tags=["Alerts"])

AlertId = Annotated[OrderNumber, Path(description="`order_id` from `list_alerts`.")]


@router.get("/iserver/account/{account_id}/alerts")
async def list_alerts(gateway: Gateway, account_id: AccountId) -> Json:
    """List an account's alerts: names, and whether they are active or triggered.
    \f
    Source: IBKR Web API reference, "Get a list of available alerts".
    Found by: price alarms, notifications set up.
    """
    return await gateway.get("/iserver/account/{account}/alerts", account_id)


@router.get("/iserver/account/alert/{alert_id}")
async def get_alert(gateway: Gateway, alert_id: AlertId) -> Json:
    """Get the details of one alert: conditions, message, expiry.
    \f
    Source: IBKR Web API reference, "Get details of a specific alert".
    Found by: show what an alarm waits for, its trigger.
    """
    # Q is the only type there is, and IBKR refuses a request without it.
    return await gateway.get("/iserver/account/alert/{alert}", alert_id, type="Q")


@router.get("/iserver/account/mta")
async def get_mta_alert(gateway: Gateway) -> Json:
    """Get the Mobile Trading Assistant (MTA) alert; each username has exactly one.

    Its `order_id` changes with every call; `tool_id` stays the same.
    \f
    Source: IBKR Web API reference, "Get MTA Alert".
    Found by: phone assistant, app alarm.
    """
    return await gateway.get("/iserver/account/mta")


@router.post("/iserver/account/{account_id}/alert")
async def save_alert(gateway: Gateway, account_id: AccountId, wanted: Alert) -> Json:
    """Save an alert on a price, time, margin, trade or volume: create one, or modify the one with `order_id`.

    Saving activates it. IBKR does not permit this for many logins (403).
    \f
    Source: IBKR Web API reference, "Create or Modify Alert".
    Found by: create or set a price alarm, notify me when a price falls below, rises above or hits a level,
    price target, watch a price, edit an alert.
    """
    return await gateway.post(
        "/iserver/account/{account}/alert",
        account_id,
        body=wanted.sent(),
        unless=None if wanted.order_id else alert_conflict(account_id, wanted.alert_name),
    )


@router.post("/iserver/account/{account_id}/alert/activate")
async def activate_alert(
    gateway: Gateway,
    account_id: AccountId,
    alert_id: Annotated[OrderNumber, Body(embed=True, description="`order_id` from `list_alerts`.")],
    alert_active: Annotated[bool, Body(embed=True, description="true: on, false: off.")],
) -> Json:
    """Activate an alert, or deactivate it without deleting it.
    \f
    Source: IBKR Web API reference, "Activate or Deactivate an alert".
    Found by: turn on, turn off, pause, switch, enable, disable an alarm.
    """
    return await gateway.post(
        "/iserver/account/{account}/alert/activate",
        account_id,
        body={"alertId": alert_id, "alertActive": int(alert_active)},
    )


@router.delete("/iserver/account/{account_id}/alert/{alert_id}")
async def delete_alert(gateway: Gateway, account_id: AccountId, alert_id: AlertId) -> Json:
    """Delete one alert permanently; the MTA alert returns to its defaults.
    \f
    Source: IBKR Web API reference, "Delete an alert".
    Found by: remove, cancel an alarm.
    """
    return await gateway.delete("/iserver/account/{account}/alert/{alert}", account_id, alert_id)
