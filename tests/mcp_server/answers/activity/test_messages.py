"""Messages and their pages."""

from __future__ import annotations

from typing import Any

import httpx

from mcp_server.answers.activity.messages import MAX_PAGES, Message, parse_messages, read_messages
from tests.mcp_server.answers.answer_stack import AnswerStack, with_stack


def test_a_message_is_plain_text_on_one_line() -> None:
    [message] = parse_messages(
        [
            {
                "ID": "1",
                "D": "1795007100.0",
                "R": 0,
                "MS": "FYI",
                "MD": "<html>a <br /> b \u202e<script>x</script></html>",
            }
        ]
    )
    assert (message.text, message.is_read) == ("a b", False)
    assert message.moment is not None


def test_rows_without_values_are_messages_without_text() -> None:
    [message] = parse_messages([{"R": "1"}, None])
    assert message == Message("", None, True, "", "")
    assert parse_messages({"status": "waiting"}) == []


def test_pages_are_read_while_older_ones_are_wanted() -> None:
    async def scenario(stack: AnswerStack) -> tuple[list[Any], list[str]]:
        every, more = await read_messages(stack.gateway, lambda _: True)
        first, _ = await read_messages(stack.gateway, lambda _: False)
        return [every, more, first], stack.requests

    (every, more, first), requests = with_stack(scenario)
    ids = [each.id for each in every]
    assert len(set(ids)) == len(ids) > len(first)
    assert requests.count("GET /fyi/notifications/more") == MAX_PAGES - 1 or not more


def test_a_page_that_fails_leaves_the_first_ones() -> None:
    async def scenario(stack: AnswerStack) -> tuple[list[Message], bool]:
        stack.respond = lambda request: (
            httpx.Response(500, json={"error": "x"}) if request.url.path.endswith("/more") else None
        )
        return await read_messages(stack.gateway, lambda _: True)

    messages, has_older = with_stack(scenario)
    assert messages
    assert has_older
