from __future__ import annotations

from typing import Any

import pytest

from mcp_server.models.alerts import Alert
from tests.mcp_server.rejections import rejected

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
def test_a_complete_alert_is_accepted(alert: dict[str, Any]) -> None:
    Alert.model_validate(alert)


@pytest.mark.parametrize(
    ("alert", "named"),
    [
        (ALERT | {"conditions": []}, {"conditions"}),
        (ALERT | {"conditions": [PRICE] * 2}, {"logic_bind"}),
        (ALERT | {"conditions": [PRICE | {"logic_bind": "a"}]}, {"logic_bind"}),
        (ALERT | {"conditions": [PRICE | {"value": "high"}]}, {"conditions.0", "value"}),
        (ALERT | {"conditions": [PRICE | {"type": 3}]}, {"conditions.0.value"}),
        (ALERT | {"conditions": [PRICE | {"conidex": "*@*"}]}, {"conditions.0", "conidex"}),
        (ALERT | {"conditions": [PRICE | {"type": 6, "conidex": "*@*"}]}, {"conditions.0", "conidex"}),
        (ALERT | {"conditions": [MOBILE]}, {"itws_orders_only", "alert_repeatable"}),
        (
            ALERT | {"conditions": [MOBILE], "itws_orders_only": True},
            {"itws_orders_only", "alert_repeatable"},
        ),
        (ALERT | {"tif": "GTD"}, {"expire_time"}),
        (ALERT | {"expire_time": "20270201-21:00:00"}, {"expire_time"}),
        (ALERT | {"send_message": True}, {"send_message", "email"}),
        (ALERT | {"alert_message": "x" * 501}, {"alert_message"}),
        (ALERT | {"order_id": 0}, {"order_id", "greater_than_equal"}),
    ],
)
def test_an_inconsistent_alert_is_rejected_by_the_names_of_its_arguments(
    alert: dict[str, Any], named: set[str]
) -> None:
    assert rejected(Alert, alert) == named


def test_flags_are_sent_as_numbers_and_every_condition_with_the_same_trigger_method() -> None:
    sent = Alert.model_validate(ALERT | {"show_popup": False}).sent()
    assert (sent["alertRepeatable"], sent["outsideRth"], sent["showPopup"]) == (0, 1, 0)
    assert not any(isinstance(value, bool) for value in sent.values())
    assert sent["conditions"][0]["triggerMethod"] == "0"
    assert sent["conditions"][0]["logicBind"] == "n"
