"""Holdings for tests."""

from __future__ import annotations

from typing import Any

from mcp_server.answers.accounts import Account
from mcp_server.answers.portfolio.balances import parse_balances
from mcp_server.answers.portfolio.holdings import Holding, build_holdings
from mcp_server.answers.portfolio.positions import parse_positions
from mcp_server.answers.portfolio.reading import AccountPortfolio

ROW = {
    "position": 10,
    "currency": "USD",
    "secType": "STK",
    "marketPrice": 2,
    "marketValue": 20,
    "avgCost": 1.5,
}


def account_of(*rows: dict[str, Any], account: str = "DU1234567") -> AccountPortfolio:
    """An account with a net liquidation of 1000 that holds these positions."""
    summary = {"netliquidation": {"amount": 1000, "currency": "USD"}}
    positions = parse_positions(
        account, [{"conid": number, **ROW, **row} for number, row in enumerate(rows, 1)]
    )
    return AccountPortfolio(Account(account, "", paper=True), parse_balances(summary, {}), positions)


def held(*rows: dict[str, Any], rate: float | None = 1.0) -> list[Holding]:
    """The holdings of such an account."""
    return build_holdings([account_of(*rows)], {}, lambda _: rate, merged=True)
