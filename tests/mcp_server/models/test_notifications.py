from __future__ import annotations

from typing import Any

import pytest

from mcp_server.models.notifications import Device, NotificationsQuery
from tests.mcp_server.rejections import rejected


def test_the_default_limit_is_ten_notifications() -> None:
    assert NotificationsQuery().sent() == {"max": 10}


def test_the_next_page_starts_after_the_last_notification() -> None:
    assert NotificationsQuery(limit=3, after_id="20241213").sent() == {"max": 3, "id": "20241213"}


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"limit": 11}, {"limit", "less_than_equal"}),
        ({"include": ["BA"], "exclude": ["PR"]}, {"include", "exclude"}),
        ({"include": ["BA"] * 51}, set()),
        ({"exclude": ["B,A"]}, {"exclude.0"}),
    ],
)
def test_a_query_that_ibkr_would_misread_is_rejected(query: dict[str, Any], named: set[str]) -> None:
    assert rejected(NotificationsQuery, query) == named


def test_the_id_of_a_phone_is_a_url() -> None:
    phone = Device(device_id="apn://mtws@SDFSDFDSFS123123DSFSDF", enabled=False)
    assert phone.sent() == {"deviceId": "apn://mtws@SDFSDFDSFS123123DSFSDF", "enabled": False}
