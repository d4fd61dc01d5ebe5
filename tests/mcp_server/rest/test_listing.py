"""Lists in sentences."""

from __future__ import annotations

import pytest

from mcp_server.rest.listing import join_limited


@pytest.mark.parametrize(
    ("count", "told"),
    [(0, ""), (1, "0"), (5, "0, 1, 2, 3, 4"), (6, "0, 1, 2, 3, 4, and 1 more")],
)
def test_at_most_five_are_told(count: int, told: str) -> None:
    assert join_limited(", ", [str(number) for number in range(count)]) == told
