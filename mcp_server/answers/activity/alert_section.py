"""Alerts as a part of the answer."""

from __future__ import annotations

from collections import Counter

from mcp_server.answers.activity.alerts import Alert, read_alerts
from mcp_server.answers.activity.sections import TOOL, Section, Wanted
from mcp_server.answers.context import AnswerContext
from mcp_server.answers.orders.row_values import row_time
from mcp_server.answers.outside_text import outside_message
from mcp_server.answers.paging import Listing, show_listing
from mcp_server.answers.table import Column


async def alert_section(wanted: Wanted, context: AnswerContext) -> Section:
    """All alerts of the accounts, whenever they were set. Raises GatewayError."""
    found = await read_alerts(context.gateway, [each.id for each in wanted.chosen])
    alerts = [
        each
        for each in found
        if wanted.symbol.matches((each.id, each.name), ()) or wanted.symbol.occurs_in(each.condition)
    ]
    accounts = {each.account for each in alerts}
    now = context.clock.now()
    counts = Counter(each.state for each in alerts)
    title = (
        f"Alerts of {wanted.label([each.id for each in wanted.chosen])}{wanted.about()}: "
        f"{', '.join(f'{count} {state}' for state, count in counts.items()) or 'none'}"
    )
    if not alerts:
        return Section([title])
    columns = [
        Column[Alert]("alert", lambda each: each.id),
        Column[Alert]("account", lambda each: each.account if len(accounts) > 1 else ""),
        Column[Alert]("name", lambda each: outside_message(each.name)),
        Column[Alert]("condition", lambda each: each.condition),
        Column[Alert]("state", lambda each: each.state),
        Column[Alert]("repeats", lambda each: "yes" if each.repeats else ""),
        Column[Alert]("set", lambda each: row_time(each.moment, now)),
    ]
    listing = Listing(columns, alerts, wanted.rows, head="Alerts, continued")
    return Section([title, show_listing(TOOL, listing, context.cursors)])
