"""Which end of a series is shown, and how parallel lists are cut."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from mcp_server.tools.time_series import is_oldest_first, newest_dates

DATES = [f"2026{month:02}{day:02}" for month in range(1, 13) for day in range(1, 29)]
COUNT = len(DATES)


def performance() -> dict[str, Any]:
    navs = [1000.5 + number for number in range(COUNT)]
    start = {"date": "20251231"}
    return {
        "nav": {
            "data": [{"id": "DU1234567", "navs": navs, "startNAV": start}],
            "dates": DATES,
        },
        "cps": {"data": [{"id": "DU1234567", "returns": [0.0001 * n for n in range(COUNT)]}], "dates": DATES},
        "tpps": {"data": [{"returns": [0.1, 0.2]}], "dates": ["202601", "202602"]},
        "rc": 0,
    }


@pytest.mark.parametrize("max_bytes", [2000, 9000])
def test_parallel_lists_and_series_keep_the_same_newest_dates(max_bytes: int) -> None:
    value = performance()
    found = newest_dates(value, max_bytes)
    assert found is not None
    shown = found.shown
    count = len(shown["nav"]["dates"])
    assert 10 < count < COUNT
    assert len(orjson.dumps(shown)) <= max_bytes
    assert shown["nav"]["dates"] == shown["cps"]["dates"] == DATES[-count:]
    assert shown["nav"]["data"][0]["navs"] == value["nav"]["data"][0]["navs"][-count:]
    assert shown["nav"]["data"][0]["startNAV"] == {"date": "20251231"}
    assert len(shown["cps"]["data"][0]["returns"]) == count
    assert shown["tpps"] == value["tpps"]
    assert found.rest["nav"]["dates"] == DATES[:-count]
    assert found.rest["cps"]["data"][0]["returns"] == value["cps"]["data"][0]["returns"][:-count]
    assert set(found.rest) == {"nav", "cps"}


def test_a_value_without_series_or_room_for_one_date_is_not_cut() -> None:
    assert newest_dates({"dates": ["20260102", "20260101"], "data": [1, 2]}, 10) is None
    assert newest_dates(performance(), 20) is None


@pytest.mark.parametrize(
    ("items", "oldest_first"),
    [
        ([{"t": 1}, {"t": 2}], True),
        ([{"t": 2}, {"t": 1}], False),
        ([{"rawDate": "20260101"}, {"rawDate": "20260201"}], True),
        ([{"D": "1795950000.0", "t": 1}, {"D": "5", "t": 2}], True),
        (["20260101", "20260201"], True),
        ([31, 84], False),
        (["31", "84"], False),
        ([{"maturityDate": "20270101"}, {"maturityDate": "20270201"}], False),
        ([{"t": 1}], False),
        ([{"t": 1}, None], False),
        ([], False),
    ],
)
def test_the_order_of_time_is_recognized_by_when_things_happened(
    items: list[Any], oldest_first: bool
) -> None:
    assert is_oldest_first(items) is oldest_first
