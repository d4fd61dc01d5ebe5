"""Expiries, strikes and contracts of option chains at the simulator, and how many requests they cost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from mcp_server.instruments.instrument import Found
from mcp_server.instruments.option_chains import OptionChain
from tests.mcp_server.instruments.simulated import SimulatedInstruments, run_simulated


async def chain_of(simulated: SimulatedInstruments, text: str) -> OptionChain:
    found = await simulated.instruments.resolve(text)
    assert isinstance(found, Found)
    assert found.only is not None
    chain = await simulated.instruments.chains.chain(found.only)
    assert chain is not None
    return chain


@pytest.mark.parametrize("text", ["SPY", "AAPL", "KO", "SPX", "VIX", "ES", "CL@NYSE", "GC", "BRK B"])
def test_all_expiries_are_found_with_their_classes_in_a_request_a_month(text: str) -> None:
    async def check(simulated: SimulatedInstruments) -> None:
        chain = await chain_of(simulated, text)
        simulated.requests.clear()
        found = await simulated.instruments.chains.expiries(chain)
        listed = simulated.simulation.universe.expiries_of(chain.underlying.conid, chain.kind)
        assert [(each.day, each.trading_class) for each in found] == sorted(
            (each.day, each.option_class.trading_class(each.day)) for each in listed
        )
        assert len(simulated.requests) <= len(chain.months) + 2
        simulated.requests.clear()
        await simulated.another().chains.expiries(chain)
        assert simulated.requests == []

    run_simulated(check)


@pytest.mark.parametrize(
    ("text", "day", "nearest", "most"),
    [
        ("SPY", date(2026, 11, 18), date(2026, 11, 18), 2),
        ("SPY", date(2027, 1, 14), date(2027, 1, 15), 3),
        ("KO", date(2026, 12, 30), date(2026, 12, 31), 4),
        ("CL", date(2026, 12, 16), date(2026, 12, 16), 4),
        ("SPY", date(2040, 1, 1), None, 3),
    ],
)
def test_the_expiry_nearest_to_a_day_costs_few_requests(
    text: str, day: date, nearest: date | None, most: int
) -> None:
    async def check(simulated: SimulatedInstruments) -> None:
        chain = await chain_of(simulated, "CLZ6" if text == "CL" else text)
        simulated.requests.clear()
        found = await simulated.instruments.chains.expiries_near(chain, day)
        universe = simulated.simulation.universe
        listed = [each.day for each in universe.expiries_of(chain.underlying.conid, chain.kind)]
        assert found[0].day == min(listed, key=lambda each: abs((each - day).days))
        assert nearest is None or found[0].day == nearest
        assert len(simulated.requests) <= most

    run_simulated(check)


def test_a_written_class_limits_the_chain() -> None:
    async def check(simulated: SimulatedInstruments) -> None:
        chain = await chain_of(simulated, "SPXW")
        found = await simulated.instruments.chains.expiries_near(chain, date(2026, 12, 18))
        assert {each.trading_class for each in found} == {"SPXW"}

    run_simulated(check)


@pytest.mark.parametrize(
    ("text", "day", "price", "count"),
    [
        ("SPY", date(2026, 11, 20), "653", 8),
        ("SPY", date(2027, 1, 15), "653", 8),
        ("SPX", date(2026, 12, 18), "6650", 6),
        ("CLF7", date(2026, 12, 16), "61", 5),
        ("KO", date(2028, 1, 21), "71", 4),
    ],
)
def test_the_strikes_around_the_money_are_those_of_that_expiry(
    text: str, day: date, price: str, count: int
) -> None:
    async def check(simulated: SimulatedInstruments) -> None:
        chain = await chain_of(simulated, text)
        chains = simulated.instruments.chains
        [expiry, *_] = [each for each in await chains.expiries_near(chain, day) if each.day == day]
        simulated.requests.clear()
        found = (await chains.contracts_around(chain, expiry, Decimal(price), count)).by_key
        listed = [
            each
            for each in simulated.simulation.universe.options_of(
                chain.underlying.conid, chain.kind, expiry=f"{day:%Y%m%d}"
            )
            if each.trading_class == expiry.trading_class and each.strike is not None
        ]
        strikes = sorted(
            {Decimal(str(each.strike)) for each in listed}, key=lambda each: abs(each - Decimal(price))
        )
        assert {strike for strike, _ in found} == set(strikes[:count])
        conids = {(Decimal(str(each.strike)), each.right): each.conid for each in listed}
        assert {key: each.conid for key, each in found.items()} == {key: conids[key] for key in found}
        assert len(simulated.requests) <= 3 * count
        simulated.requests.clear()
        assert (
            await simulated.another().chains.contracts_around(chain, expiry, Decimal(price), count)
        ).by_key == found
        assert simulated.requests == []

    run_simulated(check)


def test_what_has_no_options_has_no_chain() -> None:
    async def check(simulated: SimulatedInstruments) -> None:
        found = await simulated.instruments.resolve("VOD.L")
        assert isinstance(found, Found)
        assert await simulated.instruments.chains.chain(found.instruments[0]) is None

    run_simulated(check)
