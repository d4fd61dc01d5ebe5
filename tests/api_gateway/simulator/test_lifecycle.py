"""Money is conserved over any sequence of days and orders: the values served over HTTP add up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from api_gateway.simulator.clock import Clock
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.simulation import Simulation
from tests.api_gateway.simulator.combination_helpers import conidex, option_near_money
from tests.api_gateway.simulator.order_calls import Trader, ticket
from tests.api_gateway.simulator.paper_account import AAPL, ACCOUNT, EUR_USD, IBM, IBM_IN_FRANKFURT, SPY

NEW_YORK = ZoneInfo("America/New_York")
DAY = 86400.0
SPX, KO, JNJ = 416904, 8894, 8719
VALUES = (
    "stockmarketvalue",
    "stockoptionmarketvalue",
    "futuremarketvalue",
    "futureoptionmarketvalue",
    "dividends",
    "interest",
)
STEPS = 24


def cents(*amounts: float) -> int:
    """The sum of amounts that are whole cents, in cents."""
    assert all(abs(amount * 100 - round(amount * 100)) < 1e-4 for amount in amounts), amounts
    return sum(round(amount * 100) for amount in amounts)


class Books:
    """The account as it is served: ledger, positions, and every trade since the start."""

    def __init__(self, api: Trader, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self.trades: dict[str, dict[str, Any]] = {}
        self._known: set[str] = set()

    async def start(self) -> None:
        """Ignore the trades that the account starts with."""
        await self._collect_trades()
        self._known, self.trades = set(self.trades), {}

    async def collect(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The ledger and all positions; new trades are added to `trades`."""
        await self._collect_trades()
        await self._api.post(f"/portfolio/{ACCOUNT}/positions/invalidate")
        positions = await self._api.get_json(f"/portfolio/{ACCOUNT}/positions/0", waitForSecDef="true")
        return await self._api.get_json(f"/portfolio/{ACCOUNT}/ledger"), positions

    async def transactions(
        self, conids: set[int], since: float
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Portfolio Analyst's transactions and realised profits since a time (seconds since 1970)."""
        days = int((self._clock.now() - since) / DAY) + 1
        body = {"acctIds": [ACCOUNT], "conids": sorted(conids), "currency": "USD", "days": days}
        reply = await self._api.post("/pa/transactions", body)
        assert reply.status_code == 200, reply.text
        start = f"{datetime.fromtimestamp(since, tz=NEW_YORK):%Y%m%d}"
        # Dividends of the first day were paid in the morning, before the start.
        rows = [row for row in reply.json()["transactions"] if row["rawDate"] > start]
        return rows, [row for row in reply.json()["rpnl"]["data"] if row["date"] >= start]

    async def _collect_trades(self) -> None:
        rows = await self._api.get_json_twice("/iserver/account/trades", days=7)
        self.trades |= {row["execution_id"]: row for row in rows if row["execution_id"] not in self._known}


def check_sums(ledger: dict[str, Any], positions: list[dict[str, Any]], summary: dict[str, Any]) -> None:
    """In each currency and in total, net liquidation is cash, positions and accruals, to the cent."""
    for currency, row in ledger.items():
        parts = [row["cashbalance"], *(row[column] for column in VALUES)]
        assert cents(row["netliquidationvalue"]) == cents(*parts), currency
    for currency in ledger.keys() - {"BASE"}:
        rows = [r for r in positions if r["currency"] == currency and r["assetClass"] != "FUT"]
        held = sum(ledger[currency][column] for column in VALUES[:4] if column != "futuremarketvalue")
        assert cents(*(row["mktValue"] for row in rows)) == cents(held), currency
    assert cents(summary["netliquidation"]["amount"]) == cents(ledger["BASE"]["netliquidationvalue"])
    assert cents(summary["accrueddividend"]["amount"]) == cents(ledger["BASE"]["dividends"])
    assert cents(summary["accruedcash"]["amount"]) == cents(ledger["BASE"]["interest"])


def unsettled_basis(ledger: dict[str, Any], positions: list[dict[str, Any]], currency: str) -> int:
    """The value at which the open futures were last settled, in cents."""
    futures = [r["mktValue"] for r in positions if r["currency"] == currency and r["assetClass"] == "FUT"]
    return cents(*futures) - cents(ledger[currency]["futuremarketvalue"])


def traded_cash(trade: dict[str, Any]) -> dict[str, int]:
    """What one trade adds to the cash of each currency, in cents, commissions excluded.

    A future is treated as paid in full; its value at the last settlement is added back elsewhere.
    """
    sign = -1 if trade["side"] == "B" else 1
    if trade["sec_type"] == "BAG":  # its legs are listed as separate trades
        return {}
    if trade["sec_type"] == "CASH":
        return {"EUR": -sign * cents(trade["size"]), "USD": sign * cents(trade["net_amount"])}
    return {"EUR" if trade["conid"] == IBM_IN_FRANKFURT else "USD": sign * cents(trade["net_amount"])}


def commission_currency(trade: dict[str, Any]) -> str:
    return "EUR" if trade["conid"] == IBM_IN_FRANKFURT else "USD"


def monthly_bookings(simulation: Simulation, currency: str, since: float) -> int:
    """Interest and fees, as they were booked."""
    rows = simulation.selected_account.cash_transactions
    return cents(*(r.amount for r in rows if r.conid is None and r.currency == currency and r.at > since))


def random_combination(dice: Random, simulation: Simulation) -> dict[str, Any]:
    """A ticket for a spread, a ratio spread, a covered call, a pair of shares or a calendar spread."""
    kind, universe = dice.choice(("options", "options", "covered", "shares", "futures")), simulation.universe
    legs: list[tuple[Instrument | int, int]] = [(AAPL, 2), (KO, -3)]
    if kind == "futures":
        legs = [
            (contract, ratio) for contract, ratio in zip(universe.futures_of("ES"), (1, -1), strict=False)
        ]
    elif kind != "shares":
        now, right = simulation.clock.now(), dice.choice("CP")
        low, high = (
            option_near_money(universe, simulation.prices, now, right=right, strikes_up=up) for up in (0, 2)
        )
        legs = [(low, 1), (high, dice.choice((-1, -2)))] if kind == "options" else [(AAPL, 100), (low, -1)]
    ids = {"manualIndicator": True, "extOperator": "tester"}
    return {"conid": None, "conidex": conidex(*legs), "quantity": dice.choice((1, 2))} | ids


def random_contract(dice: Random, simulation: Simulation) -> dict[str, Any]:
    """A ticket for a random contract or combination: shares, options, futures or currencies."""
    universe = simulation.universe
    kinds = ("share", "share", "option", "option", "index option", "future", "currency", "combination")
    kind = dice.choice((*kinds, "combination"))
    if kind == "combination":
        return random_combination(dice, simulation)
    if kind == "share":
        return {"conid": dice.choice((AAPL, IBM, SPY, KO, JNJ)), "quantity": dice.choice((3, 100, 250))}
    if kind == "currency":
        return {"conid": EUR_USD, "quantity": dice.choice((20_000, 30_333))}
    if kind == "future":
        future = universe.futures_of(dice.choice(("ES", "NQ", "CL", "GC")))[dice.randrange(2)]
        operator = {"manualIndicator": True, "extOperator": "tester"}
        return {"conid": future.conid, "quantity": dice.choice((1, 2))} | operator
    underlying = SPX if kind == "index option" else dice.choice((AAPL, IBM))
    expiry = dice.choice(list(universe.expiries_of(underlying))[1:4])
    right = dice.choice("CP")
    chain = universe.options_of(underlying, expiry=f"{expiry.day:%Y%m%d}", right=right)
    spot = simulation.prices.price_at(universe.by_conid(underlying) or chain[0], simulation.clock.now())
    near = sorted(chain, key=lambda option: abs((option.strike or 0.0) - spot))[:4]
    return {"conid": dice.choice(near).conid, "quantity": dice.choice((1, 3))}


def next_noon(clock: Clock, days: int) -> float:
    """Seconds until noon in New York on the first weekday after some days."""
    day = datetime.fromtimestamp(clock.now(), tz=NEW_YORK) + timedelta(days=days)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return day.replace(hour=12, minute=1).timestamp() - clock.now()


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(3))
async def test_money_is_conserved_over_days_and_orders(
    gateway: httpx.AsyncClient,
    simulation: Simulation,
    clock: Clock,
    skip: Callable[[float], None],
    seed: int,
) -> None:
    dice = Random(seed)  # noqa: S311 not a secret
    trader = await Trader(gateway).subscribe(AAPL)
    await trader.get("/portfolio/accounts")
    skip(next_noon(clock, 1))  # the account starts with trades on the first day
    simulation.session.establish()
    await trader.subscribe()
    await trader.get("/portfolio/accounts")
    books, since = Books(trader, clock), clock.now()
    await books.start()
    first, held = await books.collect()
    assert not books.trades
    conids = {row["conid"] for row in held}
    for _ in range(STEPS):
        terms = random_contract(dice, simulation)
        terms["side"] = dice.choice(("BUY", "SELL"))
        conids_or_legs = terms["conid"] or terms["conidex"]
        await trader.get("/iserver/marketdata/snapshot", conids=conids_or_legs, fields="31")
        await trader.confirm_all(await trader.submit(ticket(**terms)))
        skip(60)
        await books.collect()
        skip(next_noon(clock, dice.choice((1, 1, 2, 3))))
        simulation.session.establish()  # the login of the day before has ended
        await trader.subscribe()
        await trader.get("/portfolio/accounts")
        ledger, positions = await books.collect()
        check_sums(ledger, positions, await trader.get_json(f"/portfolio/{ACCOUNT}/summary"))
    conids |= {trade["conid"] for trade in books.trades.values() if trade["sec_type"] != "BAG"}
    analyst, profits = await books.transactions(conids, since)
    assert len(books.trades) > STEPS / 2
    for currency in ("USD", "EUR"):
        trades = list(books.trades.values())
        bought_and_sold = sum(traded_cash(trade).get(currency, 0) for trade in trades)
        commissions = cents(
            *(float(trade["commission"]) for trade in trades if commission_currency(trade) == currency)
        )
        paid = cents(*(_paid(row) for row in analyst if row["cur"] == currency))
        settled = unsettled_basis(ledger, positions, currency) - unsettled_basis(first, held, currency)
        monthly = monthly_bookings(simulation, currency, since)
        expected = bought_and_sold - commissions + paid + settled + monthly
        before, after = first[currency], ledger[currency]
        assert cents(after["cashbalance"]) - cents(before["cashbalance"]) == expected, currency
        # The same again, computed from profits: no position's value is involved.
        exchanged = [trade for trade in trades if trade["sec_type"] == "CASH"]
        exchange_fees = cents(
            *(float(trade["commission"]) for trade in exchanged if commission_currency(trade) == currency)
        )
        flows = sum(traded_cash(trade).get(currency, 0) for trade in exchanged) - exchange_fees
        realised = cents(*(float(row["amt"]) for row in profits if row["cur"] == currency))
        gains = realised + cents(after["unrealizedpnl"]) - cents(before["unrealizedpnl"])
        accrued = sum(cents(after[column]) - cents(before[column]) for column in ("dividends", "interest"))
        change = cents(after["netliquidationvalue"]) - cents(before["netliquidationvalue"])
        assert change == gains + paid + accrued + monthly + flows, currency


def _paid(row: dict[str, Any]) -> float:
    """A dividend, a payment in lieu of one, or the tax on it."""
    if row["type"] in ("Dividends", "Payment In Lieu Of Dividends"):
        assert cents(row["amt"]) == pytest.approx(row["qty"] * row["pr"] * 100, abs=0.6)
    elif row["type"] != "Withholding Tax":
        return 0.0
    return float(row["amt"])
