"""Event contracts: the markets' underlyings, and the Yes and No contracts that are listed as time goes on."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from functools import lru_cache

from api_gateway.simulator.calendar.expiries import last_moment_of
from api_gateway.simulator.instruments.conids import event_conid, event_terms
from api_gateway.simulator.instruments.event_markets import (
    CATEGORIES,
    EXCHANGE,
    MARKETS,
    ForecastMarket,
    category_path,
)
from api_gateway.simulator.instruments.instrument import Instrument


class ForecastContracts:
    """The contracts of all markets, by conid and by market."""

    def __init__(self) -> None:
        self._markets = tuple(MARKETS.values())
        self._contract = lru_cache(maxsize=512)(self._build)

    def underlyings(self, known: Collection[int]) -> list[Instrument]:
        """The markets' underlyings, which are not traded; without those whose conids are known."""
        return [_build_underlying(market) for market in self._markets if market.conid not in known]

    def contracts(self, market_conid: int, today: date) -> Iterator[Instrument]:
        """The contracts of a market that are listed on `today`: by event and outcome, Yes before No."""
        market = MARKETS.get(market_conid)
        if market is None:
            return
        number = self._markets.index(market)
        for event in market.events(today):
            for outcome in range(len(market.outcomes)):
                yield self._contract(number, event.expiry, outcome, "C")
                yield self._contract(number, event.expiry, outcome, "P")

    def by_conid(self, conid: int, today: date) -> Instrument | None:
        """The contract with this conid, if it is or was listed by `today`; else None."""
        terms = event_terms(conid)
        if terms is None or terms.market >= len(self._markets):
            return None
        market = self._markets[terms.market]
        latest = max(event.expiry for event in market.events(today))
        if (
            terms.outcome >= len(market.outcomes)
            or terms.expiry > latest
            or not market.has_event(terms.expiry)
        ):
            return None
        return self._contract(*terms)

    def _build(self, number: int, expiry: date, outcome_number: int, right: str) -> Instrument:
        market = self._markets[number]
        outcome = market.outcomes[outcome_number]
        yes = event_conid(number, expiry, outcome_number, "C")
        ends = last_moment_of(f"{expiry:%Y%m%d}")
        return Instrument(
            conid=event_conid(number, expiry, outcome_number, right),
            symbol=market.symbol,
            name=market.name,
            sec_type="EC",
            exchange=EXCHANGE,
            currency="USD",
            reference_price=outcome.price if right == "C" else round(1 - outcome.price, 2),
            tick=0.01,
            volatility=0.4,
            trading_class=market.symbol,
            underlying_conid=market.conid,
            root_conid=market.conid,
            expiry=f"{expiry:%Y%m%d}",
            last_trading_day=f"{expiry:%Y%m%d}",
            contract_month=f"{expiry:%Y%m}",
            trades_until=ends,
            expires_at=ends,
            delivery="cash",
            strike=outcome.strike,
            right=right,
            venues=(EXCHANGE,),
            hours="forecast",
            average_volume=900,
            price_source_conid=None if right == "C" else yes,
        )


def _build_underlying(market: ForecastMarket) -> Instrument:
    return Instrument(
        conid=market.conid,
        symbol=market.symbol,
        name=market.name,
        sec_type="IND",
        exchange=EXCHANGE,
        currency="USD",
        reference_price=market.reference_level,
        tick=0.1,
        volatility=0.04,
        trading_class=market.symbol,
        sector="Indices",
        group=CATEGORIES[category_path(market.category)[0]].name,
        category="*",
        venues=(EXCHANGE,),
        hours="forecast",
    )
