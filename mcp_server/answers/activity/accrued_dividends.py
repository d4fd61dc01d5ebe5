"""Dividends that are declared and not paid yet, for a period in which none was received."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api_gateway.errors import Failed, RateLimited, Refused
from mcp_server.answers.context import AnswerContext
from mcp_server.answers.formats import exact_amount
from mcp_server.answers.partial import gather_partial
from mcp_server.answers.quotes import parse_number

_MAX_ACCOUNTS = 5


async def describe_accrued(account_ids: Sequence[str], context: AnswerContext) -> str:
    """A sentence with the accounts' accrued dividends by currency, as far as IBKR reports them now."""
    none = "No dividends were received in this period."
    if len(account_ids) > _MAX_ACCOUNTS:
        return none
    try:
        found = await gather_partial(
            {each: context.gateway.get("/portfolio/{account}/summary", each) for each in account_ids}
        )
    except (Failed, Refused, RateLimited):
        return none
    accrued: dict[str, float] = {}
    for response in found.values.values():
        currency, value = _accrued(response.value)
        if value is not None:
            accrued[currency] = accrued.get(currency, 0.0) + value
    if not accrued:
        return none
    sums = ", ".join(f"{exact_amount(value)} {currency}".strip() for currency, value in accrued.items())
    return f"{none} Accrued, not paid yet: {sums}."


def _accrued(summary: Any) -> tuple[str, float | None]:
    row = summary.get("accrueddividend") if isinstance(summary, dict) else None
    if not isinstance(row, dict):
        return "", None
    return str(row.get("currency") or "")[:5], parse_number(row.get("amount"))
