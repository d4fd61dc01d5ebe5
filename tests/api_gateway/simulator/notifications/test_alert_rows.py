from __future__ import annotations

from api_gateway.simulator.notifications.alert_conditions import Condition, ConditionType
from api_gateway.simulator.notifications.alert_rows import alert_details, alert_row
from api_gateway.simulator.notifications.alerts import Alerts, AlertTerms
from tests.api_gateway.simulator.paper_account import ACCOUNT, IBM, make_paper_account

DETAILS = {
    "account": str,
    "order_id": int,
    "alert_name": str,
    "tif": str,
    "expire_time": str,
    "alert_active": int,
    "alert_repeatable": int,
    "alert_email": str,
    "alert_send_message": int,
    "alert_message": str,
    "alert_show_popup": int,
    "alert_play_audio": type(None),
    "order_status": str,
    "alert_triggered": bool,
    "fg_color": str,
    "bg_color": str,
    "order_not_editable": bool,
    "itws_orders_only": int,
    "alert_mta_currency": type(None),
    "alert_mta_defaults": type(None),
    "tool_id": type(None),
    "time_zone": str,
    "alert_default_type": type(None),
    "condition_size": int,
    "condition_outside_rth": int,
    "conditions": list,
}


def test_alert_details_have_26_fields_with_flags_as_numbers_and_booleans() -> None:
    paper_account = make_paper_account()
    alerts = Alerts({ACCOUNT: paper_account}, ACCOUNT, paper_account.clock)
    condition = Condition(ConditionType.PRICE, f"{IBM}@NYSE", ">=", "500.00", "n", "0", "US/Eastern")
    terms = AlertTerms("IBM", "dear", (condition,), "GTD", expires=1798718400.0, email="a@example.com")
    row = alert_details(alerts.add(ACCOUNT, terms), paper_account.universe)
    assert {key: type(value) for key, value in row.items()} == DETAILS
    assert (row["expire_time"], row["order_status"], row["condition_size"]) == (
        "20261231-12:00:00",
        "Submitted",
        1,
    )
    assert row["conditions"] == [
        {
            "condition_type": 1,
            "conidex": "8314@NYSE",
            "contract_description_1": "IBM",
            "condition_operator": ">=",
            "condition_trigger_method": "0",
            "condition_value": "500.00",
            "condition_logic_bind": "n",
            "condition_time_zone": "US/Eastern",
        }
    ]


def test_the_mobile_alert_details_have_the_same_fields_and_no_name() -> None:
    paper_account = make_paper_account()
    alerts = Alerts({ACCOUNT: paper_account}, ACCOUNT, paper_account.clock)
    row = alert_details(alerts.fetch_mobile(), paper_account.universe)
    assert list(row) == list(DETAILS)
    assert (row["alert_name"], row["order_status"], row["alert_active"]) == (None, "Inactive", 1)
    assert (row["alert_mta_currency"], row["conditions"]) == ("USD", [])
    packed = dict(part.split(":") for part in row["alert_mta_defaults"].split("|"))
    assert set(packed) == {"9", "8", "7", "4", "5"}
    assert all(text.startswith("STATE=") for text in packed.values())


def test_an_alert_row_reports_its_creation_time_in_utc() -> None:
    paper_account = make_paper_account()
    alerts = Alerts({ACCOUNT: paper_account}, ACCOUNT, paper_account.clock)
    row = alert_row(alerts.add(ACCOUNT, AlertTerms("IBM", "dear")))
    assert {key: type(value) for key, value in row.items()} == {
        "order_id": int,
        "account": str,
        "alert_name": str,
        "alert_active": int,
        "order_time": str,
        "alert_triggered": bool,
        "alert_repeatable": int,
    }
    assert row["order_time"] == "20261123-18:00:00"
