from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from mcp_server.models.moments import TIMESTAMP_DESCRIPTION, Timestamp

TIMESTAMPS: TypeAdapter[str] = TypeAdapter(Timestamp)


def test_a_valid_timestamp_is_returned_unchanged() -> None:
    assert TIMESTAMPS.validate_python("20270228-23:59:59") == "20270228-23:59:59"


@pytest.mark.parametrize(
    "text",
    [
        "20270229-00:00:00",
        "20271301-00:00:00",
        "20270101-24:00:00",
        "20270101 00:00:00",
        "20270101-0:00:00",
        "",
    ],
)
def test_an_invalid_timestamp_is_rejected_with_the_format(text: str) -> None:
    with pytest.raises(ValidationError, match=TIMESTAMP_DESCRIPTION):
        TIMESTAMPS.validate_python(text)
