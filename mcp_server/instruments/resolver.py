"""Resolves what people write to IBKR's contracts, with as few requests as possible."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from api_gateway.client.gateway import GatewayClient
from mcp_server.facts.fact_store import FactStore
from mcp_server.instruments.bond_search import BondSearch
from mcp_server.instruments.catalogue import Catalogue
from mcp_server.instruments.clean_text import MAX_LENGTH, clean_text
from mcp_server.instruments.company_search import CompanySearch, looks_like_a_name
from mcp_server.instruments.dates import ContractMonth
from mcp_server.instruments.derivative_search import DerivativeSearch
from mcp_server.instruments.instrument import (
    Choices,
    Found,
    Instrument,
    Kind,
    Resolution,
    Unknown,
    choice_of,
    make_choices,
)
from mcp_server.instruments.listing_search import ListingSearch
from mcp_server.instruments.lookups import Lookups
from mcp_server.instruments.meanings import MEANINGS
from mcp_server.instruments.names import is_named_by
from mcp_server.instruments.option_chains import OptionChains
from mcp_server.instruments.parsing import parse
from mcp_server.instruments.readings import (
    BondReading,
    ConidReading,
    FutureReading,
    ListingReading,
    NameReading,
    OptionReading,
    PairReading,
    Reading,
    SecurityIdReading,
)
from mcp_server.instruments.unclear_dates import UNCLEAR_DATE

USUAL_CURRENCY: Final = "USD"
_CONCURRENT: Final = 5
_UNCLEAR_DATE: Final = re.compile(r"\b(?P<a>0?[1-9]|1[0-2])/(?!(?P=a)/)(0?[1-9]|1[0-2])/")
"""A date of which the month may come first or second: 3/4/27."""
HINT: Final = (
    "Write a ticker (AAPL, VOD@LSE, BRK B), a pair (EUR.USD), a future (ESZ6), an option (SPY 15Jan27 600P), "
    "an ISIN, a conid, or part of the company's name."
)


class Instruments:
    """Understands texts and conids, and knows the instruments of conids. Static facts are cached.

    `scope` returns the login's scope of stored facts, `now` the time at IBKR, and `base_currency` the
    account's currency (empty if unknown), which is read only where it can decide. `chains` reads option
    chains.
    """

    def __init__(
        self,
        gateway: GatewayClient,
        facts: FactStore,
        *,
        scope: Callable[[], Awaitable[str]],
        now: Callable[[], datetime],
        base_currency: Callable[[], Awaitable[str]] | None = None,
    ) -> None:
        self._base_currency = base_currency
        self._lookups = Lookups(gateway, facts, scope=scope, now=now)
        self._catalogue = Catalogue(self._lookups)
        self._derivatives = DerivativeSearch(self._lookups, self._catalogue)
        self._listings = ListingSearch(self._lookups, self._catalogue, self._derivatives)
        self._companies = CompanySearch(self._lookups, self._catalogue)
        self._bonds = BondSearch(self._lookups)
        self.chains = OptionChains(self._lookups, self._catalogue, self._derivatives)

    async def by_conids(self, conids: Collection[int]) -> dict[int, Instrument]:
        """The instruments of conids, in one request for 200 unknown ones; an unknown conid is absent."""
        return await self._catalogue.by_conids(conids)

    async def resolve(
        self,
        text: str | int,
        *,
        kinds: Collection[Kind] | None = None,
        currency: str | None = None,
        explicit: bool = False,
    ) -> Resolution:
        """What a text or a conid means. `kinds` limits it; `currency` is preferred, by default the account's.

        `explicit`: what is found by a company's name or a word for it (Facebook), as the next of several
        expiries, or by a date that can be read in two ways, is only a choice.

        Raises GatewayError if IBKR cannot be reached.
        """
        found = await self._resolve(text, kinds, currency or USUAL_CURRENCY, explicit=explicit)
        if currency is not None or self._base_currency is None or not _depends_on_currency(found):
            return found
        base = await self._base_currency()
        if base in ("", USUAL_CURRENCY):
            return found
        return await self._resolve(text, kinds, base, explicit=explicit)

    async def _resolve(
        self, text: str | int, kinds: Collection[Kind] | None, currency: str, *, explicit: bool
    ) -> Resolution:
        query = clean_text(str(text))
        if len(query) > MAX_LENGTH:
            return Unknown(query[:MAX_LENGTH], f"It is too long for an instrument's name. {HINT}")
        readings = parse(query, self._lookups.today)
        literal = parse(query, self._lookups.today, words=False) if explicit else readings
        if not readings:
            return Unknown(query, f"It is empty. {HINT}")
        allowed = frozenset(kinds or ())
        failure: Resolution | None = None
        for reading in readings:
            result = await self._read(reading, query, allowed, currency)
            if isinstance(result, Found):
                if isinstance(reading, ConidReading) and not is_named_by(
                    reading.label, result.instruments[0]
                ):
                    return await self._not_its_label(reading.label, result, query, currency)
                if explicit and not (reading in literal and _names_outright(query, reading, result)):
                    rows = tuple(choice_of(each) for each in result.instruments)
                    return Choices(query, rows, _why_unclear(reading))
                names = [each for each in readings if isinstance(each, NameReading)]
                return await self._compare_with_names(reading, result, query, names, allowed, currency)
            failure = failure or result
            if isinstance(result, Choices):
                break
        return failure or Unknown(query, f"IBKR lists nothing by that name. {HINT}")

    async def resolve_all(
        self,
        texts: Sequence[str | int],
        *,
        kinds: Collection[Kind] | None = None,
        currency: str | None = None,
    ) -> list[Resolution]:
        """What several texts mean, in their order: symbols and conids are looked up together first."""
        await self._look_up_together(texts)
        limit = asyncio.Semaphore(_CONCURRENT)

        async def resolve(text: str | int) -> Resolution:
            async with limit:
                return await self.resolve(text, kinds=kinds, currency=currency)

        return list(await asyncio.gather(*map(resolve, texts)))

    async def _look_up_together(self, texts: Sequence[str | int]) -> None:
        """One request for the stocks and one for the definitions of all texts, instead of two for each."""
        symbols: list[str] = []
        conids: list[int] = []
        for text in texts:
            first = next(iter(parse(str(text), self._lookups.today)), None)
            if isinstance(first, ConidReading):
                conids.append(first.conid)
            elif isinstance(first, ListingReading) and not (first.kinds or first.symbols[0] in MEANINGS):
                symbols += first.symbols
        if len(symbols) + len(conids) > 1:
            stocks = await self._lookups.stocks(symbols)
            conids += [row["conid"] for rows in stocks.values() for row in rows]
            await self._lookups.definitions(conids)

    async def _read(
        self, reading: Reading, query: str, kinds: frozenset[Kind], currency: str
    ) -> Resolution | None:
        match reading:
            case ConidReading():
                by_conid = await self._catalogue.by_conids([reading.conid])
                return Found((by_conid[reading.conid],)) if reading.conid in by_conid else None
            case SecurityIdReading():
                return await self._listings.by_security_id(reading, query, currency)
            case PairReading() if not kinds or "CASH" in kinds:
                return await self._listings.by_pair(reading, query, currency)
            case OptionReading() if not kinds or kinds & {"OPT", "FOP"}:
                return await self._derivatives.option(reading, query, kinds)
            case FutureReading() if not kinds or "FUT" in kinds:
                return await self._derivatives.future(reading, query)
            case BondReading() if not kinds or "BOND" in kinds:
                return await self._bonds.bonds(reading, query) or await self._bonds_of(
                    reading, query, currency
                )
            case ListingReading() if "CFD" in reading.kinds:
                return await self._listings.cfd(replace(reading, kinds=frozenset()), query, currency)
            case ListingReading():
                found = await self._listings.by_symbol(reading, query, kinds, currency)
                if found is None and reading.exchanges is None and not (kinds | reading.kinds):
                    found = await self._bonds.bonds_of_symbols(reading.symbols, query)
                return found
            case NameReading():
                return await self._companies.by_name(reading, query, kinds, currency)
        return None

    async def _bonds_of(self, reading: BondReading, query: str, currency: str) -> Resolution | None:
        """The bonds of a company whose name was written instead of the issuer's symbol."""
        named = await self._companies.by_name(NameReading(reading.issuer), query, frozenset(), currency)
        if not isinstance(named, Found):
            return None
        return await self._bonds.bonds(replace(reading, issuer=named.instruments[0].symbol), query)

    async def _not_its_label(self, label: str, found: Found, query: str, currency: str) -> Choices:
        """`AAPL #8314`: the conid is IBM's, so that either can be meant."""
        named = None
        if "#" not in label:
            named = await self._resolve(label, None, currency, explicit=False)
        others = named.instruments if isinstance(named, Found) else ()
        return make_choices(
            query, [*found.instruments, *others], "The conid is another contract's than the text before it."
        )

    async def _compare_with_names(
        self,
        reading: Reading,
        found: Found,
        query: str,
        names: Sequence[NameReading],
        kinds: frozenset[Kind],
        currency: str,
    ) -> Resolution:
        """`Ford` is the symbol of another company than the one that people mean: both are offered."""
        name = next((each for each in names if looks_like_a_name(each.name)), None)
        if not isinstance(reading, ListingReading) or name is None:
            return found
        named = await self._companies.by_name(name, query, kinds, currency)
        if not isinstance(named, Found) or named.instruments[0].symbol == found.instruments[0].symbol:
            return found
        return make_choices(
            query,
            [*found.instruments, *named.instruments],
            "It is one company's symbol and another's name.",
        )


def _names_outright(query: str, reading: Reading, found: Found) -> bool:
    """Whether a text can mean nothing else: no name of a company, no expiry that is left open or unclear."""
    match reading:
        case NameReading():
            return False
        case FutureReading() | OptionReading():
            open_month = isinstance(reading.when, ContractMonth) and bool(found.also)
            unclear = reading.or_day is not None or _UNCLEAR_DATE.search(query)
            return reading.when is not None and not open_month and not unclear
        case PairReading():
            return reading.quote != ""
        case ListingReading():
            return all(each.kind != "FUT" for each in found.instruments)
    return True


def _why_unclear(reading: Reading) -> str:
    if isinstance(reading, (FutureReading, OptionReading)) and reading.or_day is not None:
        return UNCLEAR_DATE
    return "It does not identify exactly one contract."


def _depends_on_currency(found: Resolution) -> bool:
    """Whether another preferred currency could give another result."""
    if not isinstance(found, Found):
        return isinstance(found, Choices)
    return len({each.currency for each in (*found.instruments, *found.also)}) > 1
