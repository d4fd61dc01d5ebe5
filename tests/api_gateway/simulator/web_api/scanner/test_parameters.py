from __future__ import annotations

import orjson

from api_gateway.simulator.web_api.scanner.parameters import scanner_parameters


def test_scanner_parameters_are_a_large_response() -> None:
    parameters = scanner_parameters()
    assert len(parameters["scan_type_list"]) >= 100
    assert len(parameters["instrument_list"]) >= 8
    assert len(parameters["filter_list"]) >= 150
    assert len(orjson.dumps(parameters)) > 50_000


def test_every_instrument_is_in_the_location_tree() -> None:
    parameters = scanner_parameters()
    instruments = [each["type"] for each in parameters["instrument_list"]]
    assert [each["type"] for each in parameters["location_tree"]] == instruments


def test_the_location_tree_is_nested_and_ends_with_null() -> None:
    tree = {each["type"]: each["locations"] for each in scanner_parameters()["location_tree"]}
    major = next(each for each in tree["STK"] if each["type"] == "STK.US.MAJOR")
    assert major == {"display_name": "Listed/NASDAQ", "type": "STK.US.MAJOR", "locations": None}
    canada = next(each for each in tree["STOCK.NA"] if each["type"] == "STK.NA.CANADA")
    assert "STK.NA.TSE" in [each["type"] for each in canada["locations"]]
    assert "STK.NYSE" not in [each["type"] for each in tree["STK"]]


def test_a_choice_filter_has_unlabelled_values_and_a_range_filter_none() -> None:
    filters = {each["code"]: each for each in scanner_parameters()["filter_list"]}
    assert filters["haltedIs"] == {
        "group": "haltedIs",
        "display_name": "Halted",
        "code": "haltedIs",
        "combo_values": [
            {"vendor": None, "default": True},
            {"vendor": None, "default": False},
            {"vendor": None, "default": False},
        ],
        "type": "combo",
    }
    assert filters["afterHoursChangeAbove"] == {
        "group": "afterHoursChangeAbove",
        "display_name": "After-Hours Change Above",
        "code": "afterHoursChangeAbove",
        "type": "non-range",
    }


def test_an_instrument_lists_its_filters_by_group_code() -> None:
    instruments = {each["type"]: each["filters"] for each in scanner_parameters()["instrument_list"]}
    assert {"afterHoursChange", "avgOptVolume", "price", "stkTypes"} <= set(instruments["STK"])
    assert "couponRate" in instruments["BOND"]
    assert "couponRate" not in instruments["STK"]
