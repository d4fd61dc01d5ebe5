"""Reads accounts: balances, positions and the day's profit, at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from api_gateway.client.gateway import GatewayClient
from api_gateway.errors import Failed, Refused
from mcp_server.answers.account_pnl import DayPnl, read_day_pnl
from mcp_server.answers.accounts import Account
from mcp_server.answers.partial import gather_partial
from mcp_server.answers.portfolio.balances import Balances, parse_balances
from mcp_server.answers.portfolio.positions import Position, parse_positions

_PAGE_SIZE: Final = 100
_MAX_PAGES: Final = 50
_ACCOUNTS_AT_ONCE: Final = 4
_WORTH_MENTIONING: Final = 1.0
_LEDGER: Final = "cash by currency"
_DAY: Final = "day P&L from IBKR"


@dataclass(frozen=True)
class AccountPortfolio:
    """One account. `problems` say what is missing or less certain, and why. Unknown positions are None."""

    account: Account
    balances: Balances
    positions: Sequence[Position] | None = None
    day: DayPnl | None = None
    problems: Sequence[str] = field(default_factory=tuple)

    @property
    def open_positions(self) -> list[Position]:
        """Without those that were closed today."""
        return [each for each in self.positions or () if each.quantity]


@dataclass(frozen=True)
class Parts:
    """What a view needs of each account, besides its summary and its positions."""

    ledger: bool = True
    day: bool = True


class PortfolioReader:
    """Reads accounts with as few requests as the parts need."""

    def __init__(self, gateway: GatewayClient) -> None:
        self._gateway = gateway

    async def read_all(self, accounts: Sequence[Account], parts: Parts) -> list[AccountPortfolio]:
        """The accounts in their order. Raises GatewayError."""
        few_at_once = asyncio.Semaphore(_ACCOUNTS_AT_ONCE)

        async def read_one(account: Account) -> AccountPortfolio:
            async with few_at_once:
                return await self._read(account, parts)

        found = await gather_partial({account: read_one(account) for account in accounts})
        return [
            found.values[account]
            if account in found.values
            else AccountPortfolio(
                account, Balances(), problems=(f"{account.id}: nothing: {found.errors[account].problem}",)
            )
            for account in accounts
        ]

    async def _read(self, account: Account, parts: Parts) -> AccountPortfolio:
        requests: dict[str, Any] = {
            "account values": self._get("/portfolio/{account}/summary", account),
            "positions": self._current_positions(account),
        }
        if parts.ledger:
            requests[_LEDGER] = self._get("/portfolio/{account}/ledger", account)
        if parts.day:
            requests[_DAY] = self._day_pnl(account)
        found = await gather_partial(requests)
        problems = [f"{account.id}: no {name}: {error.problem}" for name, error in found.errors.items()]
        if _LEDGER in found.errors:
            problems.append(
                f"{account.id}: cash is IBKR's total cash value, which includes unsettled futures P&L."
            )
        balances = parse_balances(found.values.get("account values"), found.values.get(_LEDGER))
        positions, is_cached = found.values.get("positions", (None, False))
        if "account values" in found.values and not balances.summary:
            problems.append(f"{account.id}: IBKR sent no account values.")
        if positions == [] and not is_cached and _has_positions(balances):
            positions, is_cached = await self._cached_positions(account), True
        if is_cached:
            problems.append(
                f"{account.id}: positions are from IBKR's cache and may be a few minutes old, "
                "because its current list failed. A trade of the last minutes may be missing."
            )
        return AccountPortfolio(account, balances, positions, found.values.get(_DAY), problems)

    async def _day_pnl(self, account: Account) -> DayPnl | None:
        """The account's profit; None if it is not the selected one. All accounts share one request."""
        return (await read_day_pnl(self._gateway)).get(account.id)

    async def _get(self, template: str, account: Account) -> Any:
        return (await self._gateway.get(template, account.id)).value

    async def _current_positions(self, account: Account) -> tuple[list[Position], bool]:
        """The positions, and whether they come from IBKR's cache because its current list failed."""
        try:
            rows = await self._get("/portfolio2/{account}/positions", account)
        except (Refused, Failed):
            rows = None
        if isinstance(rows, list):
            return parse_positions(account.id, rows), False
        return await self._cached_positions(account), True

    async def _cached_positions(self, account: Account) -> list[Position]:
        return parse_positions(account.id, await self._cached_rows(account))

    async def _cached_rows(self, account: Account) -> list[Any]:
        """The rows of IBKR's cached list, which has names and sectors, from all its pages."""
        rows: list[Any] = []
        for page in range(_MAX_PAGES):
            response = await self._gateway.get("/portfolio/{account}/positions/{page}", account.id, page)
            found = response.value if isinstance(response.value, list) else []
            rows += found
            if len(found) < _PAGE_SIZE:
                break
        return rows


def _has_positions(balances: Balances) -> bool:
    gross = balances.number("grosspositionvalue")
    return gross is not None and abs(gross) >= _WORTH_MENTIONING
