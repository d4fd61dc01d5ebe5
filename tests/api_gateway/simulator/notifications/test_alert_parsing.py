from __future__ import annotations

from typing import Any

import pytest

from api_gateway.simulator.instruments.universe import Universe, build_universe
from api_gateway.simulator.notifications.alert_conditions import ConditionType
from api_gateway.simulator.notifications.alert_parsing import InvalidAlertError, parse_terms
from tests.api_gateway.simulator.paper_account import MONDAY

CONDITION = {
    "conidex": "265598@SMART",
    "logicBind": "n",
    "operator": ">=",
    "triggerMethod": "0",
    "type": 1,
    "value": "300",
}
TICKET = {
    "alertName": "AAPL",
    "alertMessage": "AAPL is expensive",
    "alertRepeatable": 0,
    "outsideRth": 1,
    "tif": "GTC",
    "conditions": [CONDITION],
}


@pytest.fixture(scope="module")
def universe() -> Universe:
    return build_universe(MONDAY)


def test_parse_terms_reads_every_field(universe: Universe) -> None:
    extras = {"tif": "GTD", "expireTime": "20261231-12:00:00", "email": "a@example.com", "sendMessage": 1}
    terms = parse_terms({**TICKET, **extras, "showPopup": 1, "iTWSOrdersOnly": 0}, universe)
    assert (terms.name, terms.message, terms.tif, terms.email) == (
        "AAPL",
        "AAPL is expensive",
        "GTD",
        "a@example.com",
    )
    assert (terms.repeatable, terms.outside_rth, terms.send_message, terms.show_popup) == (
        False,
        True,
        True,
        True,
    )
    assert terms.expires == 1798718400.0
    (condition,) = terms.conditions
    assert (condition.kind, condition.conid, condition.comparison, condition.value) == (
        ConditionType.PRICE,
        265598,
        ">=",
        "300",
    )


def test_the_expiry_applies_only_to_gtd(universe: Universe) -> None:
    assert parse_terms({**TICKET, "expireTime": "nonsense"}, universe).expires is None


@pytest.mark.parametrize("name", list(TICKET))
def test_a_missing_required_field_is_named(universe: Universe, name: str) -> None:
    with pytest.raises(InvalidAlertError, match=f"{name} is required"):
        parse_terms({key: value for key, value in TICKET.items() if key != name}, universe)


@pytest.mark.parametrize(
    "change",
    [
        {"alertName": 5},
        {"alertName": "x" * 1001},
        {"alertMessage": ""},
        {"alertRepeatable": 2},
        {"alertRepeatable": True},
        {"outsideRth": "1"},
        {"sendMessage": 7},
        {"tif": "DAY"},
        {"tif": "GTD"},
        {"tif": "GTD", "expireTime": "tomorrow"},
        {"tif": "GTD", "expireTime": 20261231},
        {"email": 5},
        {"conditions": []},
        {"conditions": "x"},
    ],
)
def test_a_field_of_the_wrong_type_is_rejected(universe: Universe, change: dict[str, Any]) -> None:
    with pytest.raises(InvalidAlertError):
        parse_terms({**TICKET, **change}, universe)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"operator": "abc"}, r"can't recognize fix \[abc\]"),
        ({"operator": [">="]}, "can't recognize fix"),
        ({"operator": None}, "operator is required"),
        ({"type": 2}, r"can't recognize type \[2\]"),
        ({"type": "1"}, "can't recognize type"),
        ({"type": True}, "can't recognize type"),
        ({"type": 7}, "only for the mobile trading assistant"),
        ({"logicBind": "x"}, "can't recognize logic bind"),
        ({"triggerMethod": 0}, "can't recognize trigger method"),
        ({"conidex": "265598"}, "can't recognize contract"),
        ({"conidex": "1@SMART"}, "can't recognize contract"),
        ({"conidex": "*@*"}, "can't recognize contract"),
        ({"conidex": 265598}, "can't recognize contract"),
        ({"value": 300}, "can't recognize value"),
        ({"value": "dear"}, "can't recognize value"),
        ({"value": "nan"}, "can't recognize value"),
        ({"type": 3, "value": "20261231"}, "can't recognize value"),
        ({"type": 3, "value": "20261231-12:00:00", "timeZone": "US"}, "can't recognize value"),
        ({"type": 3, "value": "20261231-12:00:00", "timeZone": "../etc"}, "can't recognize value"),
        ({"type": 3, "value": "20261231-12:00:00", "timeZone": "Nowhere/Here"}, "can't recognize value"),
        ({"type": 3, "value": "20261231-12:00:00", "timeZone": 5}, "can't recognize value"),
    ],
)
def test_an_invalid_condition_is_rejected_by_its_number(
    universe: Universe, change: dict[str, Any], what: str
) -> None:
    conditions = [CONDITION, {**CONDITION, **change}]
    with pytest.raises(InvalidAlertError, match=f"^Condition #2:.*{what}"):
        parse_terms({**TICKET, "conditions": conditions}, universe)


def test_a_condition_that_is_not_an_object_is_rejected(universe: Universe) -> None:
    with pytest.raises(InvalidAlertError, match=r"^Condition #1:"):
        parse_terms({**TICKET, "conditions": ["AAPL"]}, universe)


@pytest.mark.parametrize(
    "change",
    [
        {"type": 3, "conidex": "*@*", "value": "20261231-12:00:00", "timeZone": "US/Eastern"},
        {"type": 4, "conidex": "*@*", "value": "10"},
        {"type": 5, "conidex": "*@*", "value": "*"},
        {"type": 6, "value": "1000000"},
        {"type": 8, "conidex": "*@*", "value": "-2"},
    ],
)
def test_every_other_condition_type_is_parsed(universe: Universe, change: dict[str, Any]) -> None:
    terms = parse_terms({**TICKET, "iTWSOrdersOnly": 1, "conditions": [{**CONDITION, **change}]}, universe)
    assert terms.conditions[0].kind == change["type"]
