"""IBKR's caps: where IBKR returns no more than a fixed number of rows, without saying so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson


@dataclass(frozen=True)
class Cap:
    """At most `count` rows, in the list at `key` of the result, or in the result itself."""

    count: int
    sentence: str
    key: str = ""


CAPS: Final[Mapping[str, Cap]] = {
    "get_price_bars": Cap(
        1000,
        "IBKR returns at most 1000 bars. For older ones, pass the first bar's `t` as `start_time`.",
        "data",
    ),
    "list_positions": Cap(100, "IBKR returns 100 positions a page: there may be more on page {next_page}."),
    "list_large_subaccounts": Cap(
        20, "IBKR returns 20 accounts a page: there may be more on page {next_page}.", "subaccounts"
    ),
    "list_live_orders": Cap(1000, "IBKR returns at most 1000 orders: there may be more today.", "orders"),
    "run_scanner": Cap(
        50,
        "IBKR returns at most 50 contracts of a scan: there may be more. Narrow it with `filter`.",
        "contracts",
    ),
    "list_notifications": Cap(
        10, "IBKR returns at most 10 notifications: for older ones, pass the last `ID` as `after_id`."
    ),
    "list_older_notifications": Cap(10, "There may be older ones: pass the last `ID` as `after_id`."),
}
# IBKR has no executions of earlier days.
_MAX_TRADE_DAYS: Final = 7
_TRADES: Final = "IBKR lists executions of the last 7 days only; `list_transactions` has older ones."


def cap_note(tool: str, arguments: Mapping[str, Any], body: bytes) -> str | None:
    """The sentence to show with a result that reaches IBKR's cap."""
    if tool == "list_trades":
        return _TRADES if str(arguments.get("days")).partition(" ")[0] == str(_MAX_TRADE_DAYS) else None
    cap = CAPS.get(tool)
    if cap is None or len(body) < cap.count:
        return None
    value = orjson.loads(body)
    if cap.key:
        value = value.get(cap.key) if isinstance(value, dict) else None
    if not isinstance(value, list) or len(value) < cap.count:
        return None
    return cap.sentence.format(next_page=_page(arguments.get("page")) + 1)


def _page(page: Any) -> int:
    try:
        return int(page or 0)
    except (TypeError, ValueError):
        return 0
