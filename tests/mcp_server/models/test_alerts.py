from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from mcp_server.models.alerts import Alert

PRICE: dict[str, Any] = {
    "type": 1,
    "conidex": "265598@SMART",
    "operator": ">=",
    "value": "195.00",
    "logic_bind": "n",
}
ALERT: dict[str, Any] = {
    "alert_name": "AAPL",
    "alert_message": "Up",
    "alert_repeatable": False,
    "conditions": [PRICE],
    "outside_rth": True,
    "tif": "GTC",
}
MOBILE = PRICE | {"type": 7}


@pytest.mark.parametrize(
    "alert",
    [
        ALERT,
        ALERT | {"tif": "GTD", "expire_time": "20270201-21:00:00"},
        ALERT | {"send_message": True, "email": "jane@example.com"},
        ALERT | {"send_message": False},
        ALERT | {"send_message": False, "email": "jane@example.com"},
        ALERT | {"email": "jane@example.com"},
        ALERT | {"conditions": [PRICE | {"logic_bind": "a"}, PRICE | {"logic_bind": "o"}, PRICE]},
        ALERT | {"conditions": [PRICE | {"type": 3, "value": "20270104-14:30:00"}]},
        ALERT | {"conditions": [PRICE | {"type": 5, "value": "*"}]},
        ALERT | {"conditions": [PRICE | {"type": 5, "conidex": "*@*", "value": "*"}]},
        ALERT | {"conditions": [PRICE | {"type": 4, "conidex": "*@*", "value": "10"}]},
        ALERT | {"conditions": [PRICE | {"time_zone": "GMT (Africa/Abidjan)"}]},
        ALERT | {"conditions": [PRICE | {"value": "-3.5"}]},
        ALERT | {"conditions": [MOBILE], "alert_repeatable": True, "itws_orders_only": True},
    ],
)
def test_an_alert_that_is_clear_is_taken(alert: dict[str, Any]) -> None:
    Alert.model_validate(alert)


@pytest.mark.parametrize(
    ("alert", "told"),
    [
        (ALERT | {"conditions": []}, "1 to 20 `conditions`"),
        (ALERT | {"conditions": [PRICE] * 2}, "n at the last condition"),
        (ALERT | {"conditions": [PRICE | {"logic_bind": "a"}]}, "n at the last condition"),
        (ALERT | {"conditions": [PRICE | {"value": "high"}]}, "a number as text"),
        (ALERT | {"conditions": [PRICE | {"type": 3}]}, "a moment such as"),
        (ALERT | {"conditions": [PRICE | {"conidex": "*@*"}]}, "should name a contract"),
        (ALERT | {"conditions": [PRICE | {"type": 6, "conidex": "*@*"}]}, "should name a contract"),
        (ALERT | {"conditions": [MOBILE]}, "`itws_orders_only`: true"),
        (ALERT | {"conditions": [MOBILE], "itws_orders_only": True}, "`alert_repeatable`: true"),
        (ALERT | {"tif": "GTD"}, "GTD needs `expire_time`"),
        (ALERT | {"expire_time": "20270201-21:00:00"}, "GTC takes none"),
        (ALERT | {"send_message": True}, "needs `email`"),
        (ALERT | {"alert_message": "x" * 501}, "1 to 500"),
        (ALERT | {"order_id": 0}, "greater than or equal to 1"),
    ],
)
def test_an_alert_that_is_not_clear_is_refused_and_told_why(alert: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Alert.model_validate(alert)


def test_switches_are_numbers_at_ibkr_and_every_condition_has_the_one_trigger_method() -> None:
    sent = Alert.model_validate(ALERT | {"show_popup": False}).sent()
    assert (sent["alertRepeatable"], sent["outsideRth"], sent["showPopup"]) == (0, 1, 0)
    assert not any(isinstance(value, bool) for value in sent.values())
    assert sent["conditions"][0]["triggerMethod"] == "0"
    assert sent["conditions"][0]["logicBind"] == "n"
