"""Lists that are cut and continued."""

from __future__ import annotations

import pytest

from mcp_server.answers.cursors import TTL, CursorStore
from mcp_server.answers.errors import AnswerError
from mcp_server.answers.paging import Listing, continue_listing, show_listing
from mcp_server.answers.table import Column


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def listing(count: int, limit: int) -> Listing[int]:
    return Listing(
        [Column("n", str)], list(range(count)), limit, lambda rest: f"sum {sum(rest)}", head="numbers"
    )


def test_the_rest_of_a_list_is_summarized_and_continued_until_its_end() -> None:
    cursors = CursorStore(Clock())
    first = show_listing("count", listing(5, 2), cursors)
    assert first.splitlines() == ["n", "0", "1", "and 3 more: sum 9 (cursor c1)"]
    second = continue_listing("count", "C1", cursors)
    assert second.splitlines() == ["numbers", "n", "2", "3", "and 1 more: sum 4 (cursor c2)"]
    assert continue_listing("count", "c2", cursors).splitlines() == ["numbers", "n", "4"]
    assert second == continue_listing("count", "c1", cursors).replace("c3", "c2")


@pytest.mark.parametrize("cursor", ["c9", "", "c1'--"])
def test_an_unknown_cursor_is_refused(cursor: str) -> None:
    cursors = CursorStore(Clock())
    show_listing("count", listing(5, 2), cursors)
    with pytest.raises(AnswerError):
        continue_listing("count", cursor, cursors)


def test_a_cursor_belongs_to_its_tool_and_expires() -> None:
    clock = Clock()
    cursors = CursorStore(clock)
    show_listing("count", listing(5, 2), cursors)
    with pytest.raises(AnswerError):
        continue_listing("other", "c1", cursors)
    clock.now = TTL + 1
    with pytest.raises(AnswerError):
        continue_listing("count", "c1", cursors)
