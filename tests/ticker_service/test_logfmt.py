"""Log lines in logfmt."""

from __future__ import annotations

import pytest

from ticker_service.logfmt import format_event


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"state": "closed", "was": "established"}, "event=e state=closed was=established"),
        ({"sentence": "Two words."}, 'event=e sentence="Two words."'),
        ({"said": 'a "quote"'}, 'event=e said="a \\"quote\\""'),
        ({"said": "two\nlines"}, 'event=e said="two\\nlines"'),
        ({"said": "a=b"}, 'event=e said="a=b"'),
        ({"lasted": 3.14159, "compete": False, "attempt": 2}, "event=e lasted=3.1 compete=false attempt=2"),
        ({"nothing": None, "empty": "", "zero": 0}, "event=e zero=0"),
        ({"url": "https://localhost:5056/state"}, "event=e url=https://localhost:5056/state"),
    ],
)
def test_an_event_is_one_line_that_a_program_can_parse(values: dict[str, object], text: str) -> None:
    assert format_event("e", **values) == text
