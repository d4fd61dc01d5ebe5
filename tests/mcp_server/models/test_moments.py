from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from mcp_server.models.moments import Timestamp

MOMENTS: TypeAdapter[str] = TypeAdapter(Timestamp)


def test_a_moment_stays_as_it_is_written() -> None:
    assert MOMENTS.validate_python("20270228-23:59:59") == "20270228-23:59:59"


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
def test_a_moment_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="a moment such as"):
        MOMENTS.validate_python(text)
