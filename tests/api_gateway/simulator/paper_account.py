"""A paper account on a Monday at 13:00 in New York with a frozen clock, and an HTTP client."""

from __future__ import annotations

from typing import Any

import httpx

from api_gateway.simulator.account_setup import seed_account
from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.clock import Clock
from api_gateway.simulator.instruments.universe import Instrument, build_universe
from api_gateway.simulator.prices.prices import Prices

MONDAY = 1795456800.0  # 2026-11-23 18:00 UTC
ACCOUNT = "DU1234567"
AAPL, IBM, MSFT, SPY, EUR_USD, USD_JPY = 265598, 8314, 272093, 756733, 12087792, 15016059
IBM_IN_FRANKFURT = 1411277


def make_paper_account(now: float = MONDAY) -> PaperAccount:
    """One account with its starting portfolio at `now`, without a simulation around it."""
    account = make_empty_account(now)
    account.deposit("USD", -account.cash["USD"])
    seed_account(account)
    return account


def make_empty_account(now: float = MONDAY) -> PaperAccount:
    """One account at `now` with a million dollars and nothing else."""
    clock = Clock(start=now, frozen=True)
    universe = build_universe(clock.now())
    account = PaperAccount(ACCOUNT, universe, Prices(universe, clock, 1), clock)
    account.deposit("USD", 1_000_000.0)
    return account


def trade(account: PaperAccount, conid: int, quantity: float, price: float) -> float:
    """Buy (or sell, if negative) now at a price, and return the realised profit."""
    order = account.add_working_order(
        conid, "BUY" if quantity > 0 else "SELL", abs(quantity), "MKT", at=account.clock.now()
    )
    execution = account.execute(order, abs(quantity), price, at=account.clock.now(), exchange="SMART")
    return execution.realised


def find_option(account: PaperAccount) -> Instrument:
    """The option that the account starts with."""
    return next(
        line.instrument for line in account.valuation().open_positions if line.instrument.sec_type == "OPT"
    )


def find_future(account: PaperAccount) -> Instrument:
    """The future that the account starts with."""
    return next(
        line.instrument for line in account.valuation().open_positions if line.instrument.sec_type == "FUT"
    )


class ApiClient:
    """Calls the simulator over HTTP in process, without a port."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def get(self, path: str, **query: str | int) -> httpx.Response:
        """The response to a GET below `/v1/api`."""
        return await self._client.get(f"/v1/api{path}", params=query)

    async def post(self, path: str, body: Any = None) -> httpx.Response:
        """The response to a POST below `/v1/api`."""
        return await self._client.post(f"/v1/api{path}", json={} if body is None else body)

    async def get_json(self, path: str, **query: str | int) -> Any:
        """The JSON body of a GET, which must return 200."""
        reply = await self.get(path, **query)
        assert reply.status_code == 200, reply.text
        return reply.json()

    async def prepare_session(self) -> ApiClient:
        """Make the two preflight calls, and return itself."""
        await self.get("/iserver/accounts")
        await self.get("/portfolio/accounts")
        return self

    async def get_json_twice(self, path: str, **query: str | int) -> Any:
        """The JSON body of the second of two identical GETs."""
        await self.get(path, **query)
        return await self.get_json(path, **query)
