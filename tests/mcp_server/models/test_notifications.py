from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from mcp_server.models.notifications import Device, NotificationsQuery


def test_ten_notifications_are_asked_for_if_nobody_says_how_many() -> None:
    assert NotificationsQuery().sent() == {"max": 10}


def test_the_next_page_follows_the_last_notification() -> None:
    assert NotificationsQuery(limit=3, after_id="20241213").sent() == {"max": 3, "id": "20241213"}


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"limit": 11}, "less than or equal to 10"),
        ({"include": ["BA"], "exclude": ["PR"]}, "not both"),
        ({"include": ["BA"] * 51}, "at most 50 types"),
        ({"exclude": ["B,A"]}, "such as BA"),
    ],
)
def test_a_choice_that_ibkr_would_misread_is_refused(wanted: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        NotificationsQuery.model_validate(wanted)


def test_a_phone_has_an_address_for_an_id() -> None:
    phone = Device(device_id="apn://mtws@SDFSDFDSFS123123DSFSDF", enabled=False)
    assert phone.sent() == {"deviceId": "apn://mtws@SDFSDFDSFS123123DSFSDF", "enabled": False}
