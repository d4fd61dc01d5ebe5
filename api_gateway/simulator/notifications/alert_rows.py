"""JSON rows for alerts: a summary for lists, and full details. IBKR writes some flags as 0 and 1."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from api_gateway.simulator.instruments.universe import Universe
from api_gateway.simulator.notifications.alert_conditions import TIME_FORMAT, Condition
from api_gateway.simulator.notifications.alerts import Alert

# The mobile alert's default for each condition type.
_MOBILE_DEFAULTS = "|".join(
    (
        "9:STATE=0,MIN=-15000,MAX=15000,STEP=500,DEF_MIN=-1500,DEF_MAX=1500",
        "8:STATE=0,MIN=-15,MAX=15,STEP=0.5,DEF_MIN=-2,DEF_MAX=2",
        "7:STATE=1,MIN=-5,MAX=5,STEP=0.5,DEF_MIN=-2,DEF_MAX=2",
        "4:STATE=1,MIN=1,MAX=50,STEP=1,DEF_VAL=10",
        "5:STATE=0",
    )
)


def alert_row(alert: Alert) -> dict[str, Any]:
    """Return the row that lists one alert."""
    return {
        "order_id": alert.order_id,
        "account": alert.account,
        "alert_name": alert.terms.name,
        "alert_active": int(alert.active),
        "order_time": _format_time(alert.placed_at),
        "alert_triggered": alert.triggered,
        "alert_repeatable": int(alert.terms.repeatable),
    }


def alert_details(alert: Alert, universe: Universe) -> dict[str, Any]:
    """Return all details of one alert; also used for the mobile alert."""
    terms, mobile = alert.terms, alert.tool_id is not None
    waiting = alert.active and bool(terms.conditions)
    return {
        "account": alert.account,
        "order_id": alert.order_id,
        "alert_name": terms.name,
        "tif": terms.tif,
        "expire_time": None if terms.expires is None else _format_time(terms.expires),
        "alert_active": int(alert.active),
        "alert_repeatable": int(terms.repeatable),
        "alert_email": terms.email,
        "alert_send_message": int(terms.send_message),
        "alert_message": terms.message,
        "alert_show_popup": int(terms.show_popup),
        "alert_play_audio": None,
        "order_status": "Submitted" if waiting else "Inactive",
        "alert_triggered": alert.triggered,
        "fg_color": "#FFFFFF" if waiting else "#000000",
        "bg_color": "#0000CC" if waiting else "#AFAFAF",
        "order_not_editable": False,
        "itws_orders_only": int(terms.mobile_only),
        "alert_mta_currency": "USD" if mobile else None,
        "alert_mta_defaults": _MOBILE_DEFAULTS if mobile else None,
        "tool_id": alert.tool_id,
        "time_zone": next(
            (condition.time_zone for condition in terms.conditions if condition.time_zone), None
        ),
        "alert_default_type": None,
        "condition_size": len(terms.conditions),
        "condition_outside_rth": int(terms.outside_rth),
        "conditions": [_condition_row(condition, universe) for condition in terms.conditions],
    }


def _condition_row(condition: Condition, universe: Universe) -> dict[str, Any]:
    instrument = universe.by_conid(condition.conid or 0)
    return {
        "condition_type": int(condition.kind),
        "conidex": condition.conidex,
        "contract_description_1": instrument.local_symbol if instrument else "Unknown",
        "condition_operator": condition.comparison,
        "condition_trigger_method": condition.trigger_method,
        "condition_value": condition.value,
        "condition_logic_bind": condition.bind,
        "condition_time_zone": condition.time_zone,
    }


def _format_time(moment: float) -> str:
    return datetime.fromtimestamp(moment, tz=UTC).strftime(TIME_FORMAT)
