"""Option chains: expiries, strikes and contracts of an underlying, without prices.

IBKR lists a chain by month and strike: one request returns a strike's options of all expiries of a month. So
the expiries of a month cost one request, at a strike that all of them have, and the contracts of an expiry
one request a strike, which the other expiries of the month share. Everything is cached.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from api_gateway.errors import Failed, GatewayError, Refused
from mcp_server.instruments.catalogue import Catalogue, Underlying
from mcp_server.instruments.dates import ContractMonth, month_of
from mcp_server.instruments.derivative_search import DerivativeSearch, option_exchange
from mcp_server.instruments.instrument import Instrument, Kind, Right
from mcp_server.instruments.lookups import Lookups

_CONCURRENT: Final = 6
_PROBES: Final = 3
_NEAR: Final = 9  # strikes among which the roundest is looked for, at least
_WAVES: Final = 4
_ROUND: Final = tuple(
    Decimal(unit) / 1000
    for unit in (
        500_000,
        250_000,
        100_000,
        50_000,
        25_000,
        20_000,
        10_000,
        5000,
        2500,
        1000,
        500,
        250,
        100,
        50,
        10,
        5,
    )
)


@dataclass(frozen=True)
class OptionChain:
    """The options of one type on an underlying. `trading_class`: only that class is meant (SPXW)."""

    underlying: Underlying
    kind: Kind
    months: tuple[ContractMonth, ...]
    exchange: str
    trading_class: str = ""


@dataclass(frozen=True)
class ListedOptions:
    """Options by strike and right, and the errors of the strikes that could not be read."""

    by_key: Mapping[tuple[Decimal, Right], Instrument]
    errors: Mapping[Decimal, GatewayError]

    @property
    def strikes(self) -> list[Decimal]:
        return sorted({strike for strike, _ in self.by_key})


@dataclass(frozen=True, order=True)
class OptionExpiry:
    """The options of one class that expire on one day."""

    day: date
    trading_class: str
    month: ContractMonth
    multiplier: Decimal


class OptionChains:
    """Reads chains through the lookups."""

    def __init__(self, lookups: Lookups, catalogue: Catalogue, derivatives: DerivativeSearch) -> None:
        self._lookups = lookups
        self._catalogue = catalogue
        self._derivatives = derivatives

    async def chain(self, underlying: Instrument) -> OptionChain | None:
        """The chain of a stock, an index, or a future (then of its product); None if it has no options."""
        product = underlying.kind == "FUT"
        conid = underlying.underlying_conid if product else underlying.conid
        kinds: tuple[Kind, ...] = ("FOP", "OPT") if product else ("OPT", "FOP")
        for each in await self._catalogue.underlyings(underlying.symbol, today_only=True):
            for kind in kinds:
                section = each.section(kind)
                if each.conid == conid and section is not None:
                    trading_class = (
                        "" if product or underlying.text == each.symbol else underlying.trading_class
                    )
                    exchange = option_exchange(each, kind)
                    return OptionChain(each, kind, section.months, exchange, trading_class)
        return None

    async def expiries(
        self,
        chain: OptionChain,
        *,
        price: Decimal | None = None,
        months: Collection[ContractMonth] | None = None,
    ) -> list[OptionExpiry]:
        """The expiries from today on, the first first: of all months, or of some.

        One request a month, at a round strike near `price`; without it, one more for the strikes.
        """
        wanted = [month for month in chain.months if months is None or month in months]
        if not wanted:
            return []
        probes = _probes(await self.strikes(chain, wanted[0]), price)
        limit = asyncio.Semaphore(_CONCURRENT)

        async def read(month: ContractMonth) -> list[OptionExpiry]:
            async with limit:
                return await self._expiries_of(chain, month, probes, price)

        found = await asyncio.gather(*map(read, wanted))
        return sorted({each for expiries in found for each in expiries})

    async def expiries_near(
        self, chain: OptionChain, day: date, *, price: Decimal | None = None
    ) -> list[OptionExpiry]:
        """The expiries of the months around a day: the nearest to it first, then the earlier first."""
        listed = sorted(chain.months, key=lambda month: _days_apart(month, day))
        # Options on futures can be named after one of the months that follow their expiry.
        later = 2 if chain.kind == "FOP" else 1
        near = {month_of(day).shifted(n) for n in range(-1, later + 1)}
        month = month_of(day)
        first = {month, *(month.shifted(n) for n in range(1, later))} & set(chain.months) or set(listed[:1])
        found = await self.expiries(chain, price=price, months=first)
        best = min((abs((each.day - day).days) for each in found), default=10**6)
        others = {m for m in near & set(chain.months) if m not in first and _days_apart(m, day) < best}
        if others:
            found += await self.expiries(chain, price=price, months=others)
        return sorted(found, key=lambda each: (abs((each.day - day).days), each))

    async def strikes(self, chain: OptionChain, month: ContractMonth) -> list[Decimal]:
        """The strikes of a month, over all its expiries: a single one may lack some."""
        return await self._lookups.strikes(chain.underlying.conid, chain.kind, month, chain.exchange)

    async def contracts(
        self, chain: OptionChain, expiry: OptionExpiry, strikes: Iterable[Decimal]
    ) -> ListedOptions:
        """The options of an expiry; strikes that it does not have are absent.

        Raises GatewayError if no strike can be read, or for what concerns every request.
        """
        limit = asyncio.Semaphore(_CONCURRENT)

        errors: dict[Decimal, GatewayError] = {}

        async def read(strike: Decimal) -> list[Instrument]:
            try:
                return await request(strike)
            except (Refused, Failed) as error:
                errors[strike] = error
                return []

        async def request(strike: Decimal) -> list[Instrument]:
            async with limit:
                for today_only in (False, True):
                    found = [
                        each
                        for each in await self._derivatives.options(
                            chain.underlying, chain.kind, expiry.month, strike, today_only=today_only
                        )
                        if each.expiry == expiry.day and each.trading_class == expiry.trading_class
                    ]
                    if found:
                        break
                return found

        wanted = list(dict.fromkeys(strikes))
        listed = await asyncio.gather(*map(read, wanted))
        if errors and len(errors) == len(wanted):
            raise next(iter(errors.values()))
        by_key = {
            (each.strike, each.right): each
            for found in listed
            for each in found
            if each.strike is not None and each.right is not None
        }
        return ListedOptions(by_key, errors)

    async def contracts_around(
        self, chain: OptionChain, expiry: OptionExpiry, price: Decimal, count: int
    ) -> ListedOptions:
        """The options with the `count` strikes of an expiry that are nearest to a price."""
        waiting = sorted(await self.strikes(chain, expiry.month), key=lambda each: (abs(each - price), each))
        found: dict[tuple[Decimal, Right], Instrument] = {}
        errors: dict[Decimal, GatewayError] = {}
        missing: set[Decimal] = set()
        for _ in range(_WAVES):
            have = {strike for strike, _ in found}
            wave = waiting[: count - len(have)]
            if not wave:
                break
            try:
                listed = await self.contracts(chain, expiry, wave)
            except (Refused, Failed) as error:
                if not have:
                    raise
                listed = ListedOptions({}, dict.fromkeys(wave, error))
            found |= listed.by_key
            errors |= listed.errors
            have = {strike for strike, _ in found}
            missing |= set(wave) - have - set(errors)
            waiting = waiting[len(wave) :]
            if missing and have:  # this expiry has fewer strikes than others of its month: the round ones
                unit = next((unit for unit in _ROUND if all(each % unit == 0 for each in have)), None)
                waiting = [each for each in waiting if unit is None or each % unit == 0]
        return ListedOptions(found, errors)

    async def _expiries_of(
        self, chain: OptionChain, month: ContractMonth, probes: Sequence[Decimal], price: Decimal | None
    ) -> list[OptionExpiry]:
        today = self._lookups.today
        near = month <= month_of(today).shifted(2)  # where weekly options are added
        tried: set[Decimal] = set()
        failed: GatewayError | None = None
        for own in (False, True):
            strikes = _probes(await self.strikes(chain, month), price) if own else probes[:1]
            for strike in strikes:
                if strike in tried:
                    continue
                tried.add(strike)
                try:
                    options = await self._derivatives.options(
                        chain.underlying, chain.kind, month, strike, today_only=near
                    )
                except (Refused, Failed) as error:
                    failed = error
                    continue
                found = {
                    OptionExpiry(each.expiry, each.trading_class, month, each.multiplier)
                    for each in options
                    if each.expiry
                    and each.expiry >= today
                    and chain.trading_class in ("", each.trading_class)
                }
                if found:
                    return sorted(found)
        if failed is not None:
            raise failed
        return []


def _probes(strikes: Sequence[Decimal], price: Decimal | None) -> list[Decimal]:
    """A few strikes that every expiry is likely to have: the roundest near the money."""
    if not strikes:
        return []
    middle = price if price is not None else strikes[len(strikes) // 2]
    near = sorted(strikes, key=lambda each: abs(each - middle))[: max(_NEAR, len(strikes) // 3)]
    return sorted(near, key=lambda each: (_roundness(each), abs(each - middle)))[:_PROBES]


def _roundness(strike: Decimal) -> int:
    return next((place for place, unit in enumerate(_ROUND) if strike % unit == 0), len(_ROUND))


def _days_apart(month: ContractMonth, day: date) -> int:
    """The fewest days between a day and the days of a month."""
    first = date(month.year, month.month, 1)
    following = month.shifted(1)
    last = date(following.year, following.month, 1) - timedelta(days=1)
    return max((first - day).days, (day - last).days, 0)
