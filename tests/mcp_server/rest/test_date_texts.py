"""Dates, months, moments and lengths of time as people write them."""

from __future__ import annotations

from datetime import date

import pytest

from mcp_server.rest.date_texts import read_date, read_days, read_length, read_month, read_timestamp

A_DAY = [
    *("2026-11-30", "20261130", "2026/11/30", "30 Nov 2026", "30-Nov-2026", "30Nov2026", " Nov 30, 2026 "),
    *("November 30th, 2026", "30 november 2026", "30/11/2026", "11/30/2026", "30.11.2026"),
]


@pytest.mark.parametrize("text", A_DAY)
def test_a_date_is_read_in_every_unambiguous_form(text: str) -> None:
    assert read_date(text) == date(2026, 11, 30)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "03/04/2026",
            "3.4.2026",
            "30 Nov 26",
            "2026-11-31",
            "20261301",
            "2026-1130",
            "yesterday",
            "30 Ju 2026",
        ),
        *("", "30 Foo 2026", "2026", "\u0662\u0660\u0662\u06661120", "0000-01-01"),
    ],
)
def test_a_date_that_is_ambiguous_or_does_not_exist_is_not_read(text: str) -> None:
    assert read_date(text) is None


def test_a_date_whose_readings_agree_is_read() -> None:
    assert read_date("03/03/2026") == date(2026, 3, 3)


@pytest.mark.parametrize(
    "text",
    [
        *("JAN27", "jan27", "Jan'27", "Jan '27", "Jan 2027", "JAN2027", "january 2027", "Jan-2027"),
        *("2027-01", "2027/1", "202701", "01/2027", "2027 Jan"),
    ],
)
def test_a_month_is_read_in_every_unambiguous_form(text: str) -> None:
    assert read_month(text) == "JAN27"


@pytest.mark.parametrize(
    "text", ["Jan 27", "JAN", "FOO27", "202713", "202700", "20270115", "27-01", "JAN27;FEB27", "Jan 1927", ""]
)
def test_a_month_that_could_be_a_day_or_does_not_exist_is_not_read(text: str) -> None:
    assert read_month(text) is None


@pytest.mark.parametrize(
    "text",
    [
        *("20261130-22:00:00", "20261130 22:00:00", "2026-11-30 22:00", "2026-11-30T22:00:00.000Z"),
        *(
            "30 Nov 2026 10:00 pm",
            "Nov 30, 2026, 22:00 UTC",
            "2026-11-30T17:00-05:00",
            "2026-12-01 03:30 +0530",
        ),
        *("1796076000", "1796076000000"),
    ],
)
def test_a_moment_is_read_with_its_zone(text: str) -> None:
    assert read_timestamp(text) == "20261130-22:00:00"


@pytest.mark.parametrize(
    "text",
    [
        *("03/04/2026 10:00", "2026-11-30", "20270229-00:00:00", "20261130-24:00:00", "2026-11-30 10:60"),
        *("2026-11-30 13:00 pm", "2026-11-30 10:00 EST", "now", "", "20261130-10:00:00Zulu"),
    ],
)
def test_a_moment_that_is_ambiguous_or_does_not_exist_is_not_read(text: str) -> None:
    assert read_timestamp(text) is None


def test_without_a_defined_zone_nothing_is_converted() -> None:
    assert read_timestamp("2026-11-30 22:00", utc=False) == "20261130-22:00:00"
    assert read_timestamp("2026-11-30 22:00Z", utc=False) is None
    assert read_timestamp("1796076000", utc=False) is None


@pytest.mark.parametrize(
    ("text", "length"),
    [
        *(("3 months", "3m"), ("1Y", "1y"), ("6M", "6m"), ("1 week", "1w"), ("day", "1d"), ("daily", "1d")),
        *(
            ("5 minutes", "5min"),
            ("30 mins", "30min"),
            ("2 hours", "2h"),
            ("12 mo", "12m"),
            ("90-day", "90d"),
        ),
        *((each, None) for each in ["ytd", "d", "1", "-1d", "1 fortnight", "", "1d 2h"]),
    ],
)
def test_a_length_of_time_is_read_in_words_or_letters(text: str, length: str | None) -> None:
    assert read_length(text) == length


@pytest.mark.parametrize(
    ("text", "days"),
    [("7", 7), ("7 days", 7), ("7d", 7), ("1 week", 7), ("2W", 14), ("1 month", None), ("a week", None)],
)
def test_days_are_read_with_their_unit(text: str, days: int | None) -> None:
    assert read_days(text) == days
