"""Lists in messages."""

from __future__ import annotations

import pytest

from mcp_server.rest.listing import join_limited


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, ""), (1, "0"), (5, "0, 1, 2, 3, 4"), (6, "0, 1, 2, 3, 4, and 1 more")],
)
def test_at_most_five_parts_are_listed(count: int, text: str) -> None:
    assert join_limited(", ", [str(number) for number in range(count)]) == text
