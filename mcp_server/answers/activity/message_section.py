"""Messages as a part of the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mcp_server.answers.activity.messages import Message, read_messages
from mcp_server.answers.activity.sections import TOOL, Section, Wanted
from mcp_server.answers.context import AnswerContext
from mcp_server.answers.orders.row_values import row_time
from mcp_server.answers.outside_text import outside_message
from mcp_server.answers.paging import Listing, show_listing
from mcp_server.answers.partial import gather_partial
from mcp_server.answers.quotes import parse_number
from mcp_server.answers.table import Column
from mcp_server.answers.times import in_new_york

_MAX_LENGTH = 220


async def message_section(wanted: Wanted, context: AnswerContext) -> Section:
    """The unread messages, and those of the period. Raises GatewayError."""

    days = wanted.period(context.clock.today())

    def is_recent(message: Message) -> bool:
        day = in_new_york(message.moment).date() if message.moment else None
        return day is not None and days.start <= day <= days.end

    def wants_older(messages: Sequence[Message]) -> bool:
        oldest = messages[-1]
        return not oldest.is_read or oldest.moment is None or is_recent(oldest)

    async def count_unread() -> Any:
        return (await context.gateway.get("/fyi/unreadnumber")).value

    async def read() -> Any:
        return await read_messages(context.gateway, wants_older)

    found = await gather_partial({"count": count_unread(), "list": read()})
    unread = _parse_count(found.values.get("count"))
    if "list" not in found.values:
        return Section(
            [
                f"Messages: {_format_count(unread)} unread; the list is not available. "
                f"{found.errors['list'].sentence}"
            ]
        )
    messages, has_older = found.values["list"]
    chosen = [
        each
        for each in messages
        if (not each.is_read or is_recent(each)) and wanted.symbol.occurs_in(f"{each.title} {each.text}")
    ]
    listed_unread = sum(not each.is_read for each in messages)
    if unread is None:
        unread = listed_unread
    title = f"Messages{wanted.about()}: {_format_count(unread)} unread"
    now = context.clock.now()
    newest = messages[0] if messages else None
    if not chosen:
        last = f"; the newest is from {row_time(newest.moment, now)}" if newest else "; there are none"
        return Section([f"{title}, none in the period {days.name}{last}"])
    columns = [
        Column[Message]("time", lambda each: row_time(each.moment, now)),
        Column[Message]("", lambda each: "" if each.is_read else "unread"),
        Column[Message]("message from IBKR", _quote),
    ]
    notes = []
    if has_older and unread > listed_unread:
        notes.append(f"{unread - listed_unread} unread messages are older: call `list_older_notifications`.")
    return Section(
        [
            title,
            show_listing(TOOL, Listing(columns, chosen, wanted.wide_rows, head="Messages"), context.cursors),
        ],
        notes,
    )


def _quote(message: Message) -> str:
    title = message.title.removeprefix("FYI: ")
    return outside_message(": ".join(filter(None, (title, message.text))), _MAX_LENGTH)


def _parse_count(value: Any) -> int | None:
    number = parse_number(value.get("BN")) if isinstance(value, dict) else None
    return None if number is None else int(number)


def _format_count(count: int | None) -> str:
    return "an unknown number" if count is None else str(count)
