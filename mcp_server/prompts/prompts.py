"""Prompts: recurring requests, with the calls that answer them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from fastmcp.prompts import Prompt
from pydantic import Field

from api_gateway.redaction import sanitize

MAX_ARGUMENT_LENGTH: Final = 80

AccountText = Annotated[str, Field(description="Account ID or alias; empty: all accounts of the login.")]
_REPORT: Final = (
    "Report only figures from the answers, with their time, currency and live or delayed label. Say what is "
    "missing. Do not recommend buying or selling."
)


@dataclass(frozen=True)
class PromptEntry:
    """A prompt, offered if the tools that it calls are."""

    function: Callable[..., str]
    title: str
    tools: Collection[str]


def morning_brief(
    account: AccountText = "",
    watchlist: Annotated[str, Field(description="Name of a watchlist to include; empty: none.")] = "",
) -> str:
    """Summarize the account and the market this morning."""
    calls = [
        f"get_portfolio{_arguments(account=account)} (net liquidation, day P&L; biggest movers: by=day)",
        f"get_activity{_arguments(what='orders, trades, messages', since='yesterday', account=account)}",
        f"get_quotes{_arguments(what='SPY, QQQ, VIX, EUR.USD')}",
    ]
    if watchlist.strip():
        calls.append(f"get_quotes{_arguments(what=f'watchlist:{watchlist}')}")
    return _prompt("Give me a morning brief in at most 12 lines.", calls, _REPORT)


def position_review(
    symbol: Annotated[str, Field(description="The position, e.g. AAPL; empty: the five largest.")] = "",
    account: AccountText = "",
) -> str:
    """Review one position, or the five largest: size, P&L, price history, orders and transactions."""
    what = _quoted(symbol)
    if not what:
        return _prompt(
            "Review my five largest positions, one line each, then the concentration.",
            [
                f"get_portfolio{_arguments(by='value', limit='5', account=account)}",
                "get_price_history for those five, period=3m, view=summary",
            ],
            _REPORT,
        )
    return _prompt(
        f"Review my position in {what}.",
        [
            f"get_portfolio{_arguments(only=symbol, account=account)}",
            f"get_price_history{_arguments(what=symbol, period='1y', view='summary')}",
            f"get_quotes{_arguments(what=symbol, columns='quote, range, fundamentals, volatility')}",
            "get_activity"
            + _arguments(what="orders, transactions", since="1y", symbol=symbol, account=account),
        ],
        _REPORT,
    )


def pre_trade_check(
    trade: Annotated[str, Field(description='The trade in words, e.g. "buy 100 AAPL at 270".')],
    account: AccountText = "",
) -> str:
    """Check a trade before placing it: quote, spread, position, cash, margin. No order is sent."""
    return _prompt(
        f"Check this trade before I decide; do not place it: {_quoted(trade)}",
        [
            "get_quotes for the instrument, with columns=quote, range, hours",
            f"get_portfolio{_arguments(view='summary', account=account)}; again with only=the instrument",
            f"get_activity{_arguments(what='orders', account=account)} for orders that are already open",
        ],
        "State: the spread and its cost, whether the market is open and the quote live, what I hold before "
        "and after, cash and margin before and after, what open orders would add, and any drawbacks.",
    )


def year_in_review(
    account: AccountText = "",
    year: Annotated[str, Field(description="The year, e.g. 2026; empty: this year.")] = "",
) -> str:
    """Review a year: performance, income, costs, largest gains and losses."""
    period = year.strip() or "YTD"
    return _prompt(
        f"Review my year ({_quoted(period)}).",
        [
            f"get_performance{_arguments(period=period, against='SPY', account=account)}",
            f"get_activity{_arguments(what='transactions', since=period, account=account)}",
            f"get_portfolio{_arguments(by='gain', limit='10', account=account)}",
        ],
        "Cover: return against SPY, dividends, interest, taxes and commissions, realized P&L, largest "
        f"open gains and losses. {_REPORT}",
    )


PROMPTS: Final[Sequence[PromptEntry]] = (
    PromptEntry(morning_brief, "Morning brief", {"get_portfolio", "get_activity", "get_quotes"}),
    PromptEntry(
        position_review,
        "Position review",
        {"get_portfolio", "get_price_history", "get_quotes", "get_activity"},
    ),
    PromptEntry(pre_trade_check, "Pre-trade check", {"get_quotes", "get_portfolio", "get_activity"}),
    PromptEntry(year_in_review, "Year in review", {"get_performance", "get_activity", "get_portfolio"}),
)


def offered_prompts(tools: Collection[str]) -> list[Prompt]:
    """The prompts whose tools are all available."""
    return [
        Prompt.from_function(entry.function, title=entry.title)
        for entry in PROMPTS
        if set(entry.tools) <= set(tools)
    ]


def _prompt(request: str, calls: Sequence[str], rules: str) -> str:
    return "\n".join(
        [request, "Call these tools, in parallel where possible:", *(f"- {each}" for each in calls), rules]
    )


def _arguments(**values: str) -> str:
    given = ", ".join(f"{name}={_quoted(value)}" for name, value in values.items() if value.strip())
    return f" with {given}" if given else ""


def _quoted(text: str) -> str:
    """The user's text in quotation marks: it may have been pasted from anywhere."""
    cleaned = sanitize(text, max_length=MAX_ARGUMENT_LENGTH).replace('"', "'")
    return f'"{cleaned}"' if cleaned else ""
