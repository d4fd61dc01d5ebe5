"""The day's profit and loss of accounts, as IBKR counts it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api_gateway.client.gateway import GatewayClient
from mcp_server.answers.quotes import parse_number


@dataclass(frozen=True)
class DayPnl:
    """The day P&L: profit since the prior close, with the net liquidation that includes it, in base currency.

    `is_computed`: computed here, not IBKR's figure.
    """

    amount: float
    net_liquidation: float | None
    is_computed: bool = False

    def percent_of(self, net_liquidation: float | None) -> float | None:
        """The profit in percent of the account's value at the prior close, excluding deposits."""
        now = self.net_liquidation if self.net_liquidation is not None else net_liquidation
        before = None if now is None else now - self.amount
        return self.amount / before * 100 if before else None


async def read_day_pnl(gateway: GatewayClient) -> dict[str, DayPnl]:
    """The day P&L by account ID; IBKR reports only the selected account's. Raises GatewayError.

    Empty while IBKR is still collecting it.
    """
    return parse_pnl((await gateway.get("/iserver/account/pnl/partitioned")).value)


def parse_pnl(value: Any) -> dict[str, DayPnl]:
    """The profit by account, from rows such as `DU1234567.Core`: an account's models are added up."""
    rows = value.get("upnl") if isinstance(value, Mapping) else None
    found: dict[str, DayPnl] = {}
    for name, row in rows.items() if isinstance(rows, Mapping) else ():
        account = str(name).partition(".")[0]
        amount = parse_number(row.get("dpl")) if isinstance(row, Mapping) else None
        if amount is None:
            continue
        worth, before = parse_number(row.get("nl")), found.get(account)
        if before is not None:
            amount += before.amount
            worth = (
                None if worth is None or before.net_liquidation is None else worth + before.net_liquidation
            )
        found[account] = DayPnl(amount, worth)
    return found
