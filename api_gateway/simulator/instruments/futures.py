"""Futures: the products of their table, and the contracts that are listed as the clock moves on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import cast
from zoneinfo import ZoneInfo

from api_gateway.simulator.calendar.expiries import months_of_letters
from api_gateway.simulator.calendar.futures_rules import LAST_DAY_RULES
from api_gateway.simulator.instruments.conids import future_conid, future_terms
from api_gateway.simulator.instruments.instrument import Delivery, Instrument
from api_gateway.simulator.instruments.tables import read_table

_FIRST_YEAR = 2000
_US_EXCHANGES = frozenset({"CME", "CBOT", "NYMEX", "COMEX", "CFE"})


@dataclass(frozen=True, eq=False)
class FutureProduct:
    """One product: the contracts on `root`. `number` is its line in the table, and part of their conids."""

    number: int
    root: Instrument
    trading_class: str
    exchange: str
    tick: float
    hours: str
    multiplier: float
    months: frozenset[int]
    rule: str
    delivery: Delivery
    minute: int
    zone: str
    listed: int
    carry: float
    volume: int

    def last_day(self, year: int, month: int) -> date:
        """The last trading day of the contract of that month."""
        return LAST_DAY_RULES[self.rule](year, month)

    def listed_months(self, today: date) -> list[tuple[int, int]]:
        """Year and month of each contract that is listed on `today`, the first to expire first."""
        found: list[tuple[int, int]] = []
        number = today.year * 12 + today.month - 2  # a contract can expire after the end of its month
        while len(found) < self.listed:
            year, month = divmod(number, 12)
            if month + 1 in self.months and self.last_day(year, month + 1) >= today:
                found.append((year, month + 1))
            number += 1
        return found


class Futures:
    """Every future, by conid and by product. `roots` are the products' indices, by key."""

    def __init__(self, roots: Mapping[str, Instrument]) -> None:
        self.products = [
            _build_product(number, row, roots[row["index"] or f"{row['symbol']}@{row['exchange']}"])
            for number, row in enumerate(read_table("futures.csv"))
        ]
        self._contract = lru_cache(maxsize=2048)(self._build)
        self._listed_months = lru_cache(maxsize=512)(FutureProduct.listed_months)

    def products_of(self, conid: int) -> list[FutureProduct]:
        """The products on one index."""
        return [product for product in self.products if product.root.conid == conid]

    def products_of_symbol(self, symbol: str) -> list[FutureProduct]:
        """The products with this symbol, or with this trading class."""
        return [
            product for product in self.products if symbol in (product.root.symbol, product.trading_class)
        ]

    def contracts(self, product: FutureProduct, today: date) -> list[Instrument]:
        """The contracts of a product that are listed on `today`, the first to expire first."""
        months = self._listed_months(product, today)
        return [self._contract(product, year, month, rank) for rank, (year, month) in enumerate(months)]

    def by_conid(self, conid: int, today: date) -> Instrument | None:
        """The contract with this conid, if it is or was listed by `today`; else None."""
        terms = future_terms(conid, today)
        if terms is None or terms[0] >= len(self.products):
            return None
        number, year, month = terms
        product = self.products[number]
        if month not in product.months or year < _FIRST_YEAR:
            return None
        months = self._listed_months(product, today)
        if (year, month) > months[-1]:
            return None
        rank = months.index((year, month)) if (year, month) in months else 0
        return self._contract(product, year, month, rank)

    def first_on_index(self, conid: int, day: date) -> Instrument:
        """The contract on an index that expires first, on `day` or later."""
        return self.contracts(self.products_of(conid)[0], day)[0]

    def _build(self, product: FutureProduct, year: int, month: int, rank: int) -> Instrument:
        root, last_day = product.root, product.last_day(year, month)
        midnight = datetime(last_day.year, last_day.month, last_day.day, tzinfo=ZoneInfo(product.zone))
        ends = (midnight + timedelta(minutes=product.minute)).timestamp()
        return Instrument(
            conid=future_conid(product.number, year, month),
            symbol=root.symbol,
            name=root.name,
            sec_type="FUT",
            exchange=product.exchange,
            currency=root.currency,
            reference_price=round(round(root.reference_price / product.tick) * product.tick, 8),
            tick=product.tick,
            volatility=root.volatility,
            trading_class=product.trading_class,
            multiplier=product.multiplier,
            underlying_conid=root.conid,
            root_conid=root.conid,
            expiry=f"{last_day:%Y%m%d}",
            last_trading_day=f"{last_day:%Y%m%d}",
            contract_month=f"{year}{month:02d}",
            trades_until=ends,
            expires_at=ends,
            delivery=product.delivery,
            sector=root.sector,
            group=root.group,
            is_us=product.exchange in _US_EXCHANGES,
            venues=(product.exchange,),
            hours=product.hours,
            average_volume=product.volume // 6**rank + 40,
            price_source_conid=root.conid,
            carry=product.carry,
        )


def _build_product(number: int, row: Mapping[str, str], root: Instrument) -> FutureProduct:
    return FutureProduct(
        number=number,
        root=root,
        trading_class=row["class"],
        exchange=row["exchange"],
        tick=float(row["tick"]),
        hours=row["hours"],
        multiplier=float(row["multiplier"]),
        months=months_of_letters(row["months"]),
        rule=row["last day"],
        delivery=cast(Delivery, row["settled"]),
        minute=int(row["minute"]),
        zone=row["zone"],
        listed=int(row["listed"]),
        carry=float(row["carry"]),
        volume=int(row["volume"]),
    )
