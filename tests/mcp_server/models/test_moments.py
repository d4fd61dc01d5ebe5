"""Types of dates, times and lengths of time."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from mcp_server.models.moments import CalendarDate, Timestamp, as_days, as_length, as_upper_length

DAYS = Annotated[int | None, Field(ge=1, le=9), as_days]
BAR = Annotated[Literal["1d", "1w"] | None, as_length]
PERIOD = Annotated[Literal["1D", "1W"] | None, as_upper_length]


@pytest.mark.parametrize(
    ("kind", "value", "sent"),
    [
        (Timestamp, "20270228-23:59:59", "20270228-23:59:59"),
        (Timestamp, "2027-02-28 18:59:59-05:00", "20270228-23:59:59"),
        (CalendarDate, "28 Feb 2027", "20270228"),
        (DAYS, "1 week", 7),
        (DAYS, 3, 3),
        (BAR, "daily", "1d"),
        (PERIOD, "1 week", "1W"),
        *((each, None, None) for each in (DAYS, BAR, PERIOD)),
    ],
)
def test_what_people_write_becomes_ibkrs_form(kind: Any, value: Any, sent: Any) -> None:
    assert TypeAdapter(kind).validate_python(value) == sent


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Timestamp, "20270229-00:00:00"),
        (Timestamp, 5),
        (CalendarDate, "03/04/2026"),
        (CalendarDate, None),
        (DAYS, "1 month"),
        (DAYS, "2 weeks"),
        (BAR, "1 month"),
        (PERIOD, "x"),
    ],
)
def test_what_is_ambiguous_or_out_of_range_is_rejected(kind: Any, value: Any) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(value)
