"""Resolves symbols, currency pairs and ISINs to what is listed under them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from mcp_server.instruments.catalogue import Catalogue, Underlying, as_instrument, in_class
from mcp_server.instruments.definitions import to_conid
from mcp_server.instruments.derivative_search import DerivativeSearch
from mcp_server.instruments.exchanges import ANY_US, US_EXCHANGES
from mcp_server.instruments.home_listing import choose_listing
from mcp_server.instruments.instrument import (
    Choices,
    Found,
    Instrument,
    Kind,
    Resolution,
    Unknown,
    choice_of,
    kinds_in_both,
    make_choices,
)
from mcp_server.instruments.lookups import Lookups
from mcp_server.instruments.meanings import MEANINGS, Meaning
from mcp_server.instruments.names import root_of_option_class
from mcp_server.instruments.readings import ListingReading, PairReading, SecurityIdReading

MAX_ROWS: Final = 10
_KINDS_MEANT: Final[dict[Meaning, tuple[Kind, ...]]] = {
    "future": ("FUT",),
    "index": ("IND",),
    "crypto": ("CRYPTO",),
    "stock and future": ("STK", "FUT"),
}


class ListingSearch:
    """Each method returns a resolution, or None if nothing has that name."""

    def __init__(self, lookups: Lookups, catalogue: Catalogue, derivatives: DerivativeSearch) -> None:
        self._lookups = lookups
        self._catalogue = catalogue
        self._derivatives = derivatives

    async def by_symbol(
        self, reading: ListingReading, query: str, kinds: Collection[Kind], currency: str
    ) -> Resolution | None:
        """What people mean by a symbol: by the table of meanings, else a stock, else what else has it."""
        wanted = kinds_in_both(reading.kinds, kinds)
        anywhere = reading.exchanges is None and not reading.currency
        meaning = MEANINGS[reading.symbols[0]][0] if anywhere and reading.symbols[0] in MEANINGS else None
        failure: Resolution | None = None
        if meaning is None and "STK" in wanted:
            for listings in await self._stocks(reading):
                chosen = await self._choose(listings, reading, query, currency)
                if isinstance(chosen, Found):
                    return chosen
                failure = failure or chosen
        if failure is not None:
            return failure
        for symbol in reading.symbols:
            underlyings = await self._catalogue.underlyings(symbol)
            if underlyings:
                result = await self._by_kind(underlyings, meaning, reading, query, wanted, currency)
                if result is not None:
                    return result
        return await self._class_root(reading, wanted, currency) if anywhere else None

    async def cfd(self, reading: ListingReading, query: str, currency: str) -> Resolution | None:
        """The CFD on what a symbol means."""
        underlying = await self.by_symbol(reading, query, ("STK", "IND"), currency)
        if not isinstance(underlying, Found):
            return underlying
        conids = [
            conid
            for each in underlying.instruments
            for row in await self._lookups.cfds(each.conid)
            if (conid := to_conid(row.get("conid"))) is not None
        ]
        found = await self._catalogue.listings(conids)
        return Found(tuple(found)) if found else None

    async def by_pair(self, reading: PairReading, query: str, currency: str) -> Resolution | None:
        """A currency pair as IBKR lists it; the inverse pair is offered as a choice."""
        quote = reading.quote or currency
        pairs = {str(row["symbol"]): row["conid"] for row in await self._lookups.pairs(reading.base)}
        if not reading.quote and reading.base == currency:
            return await self._pair_choices(
                query, pairs, f"{reading.base} is the account's own currency; these are its pairs."
            )
        for name in (f"{reading.base}.{quote}", f"{quote}.{reading.base}"):
            conid = pairs.get(name)
            if conid:
                pair = _pair(name, int(conid))
                if name.startswith(reading.base) or not reading.quote:
                    return Found((pair,))
                return Choices(
                    query, (choice_of(pair),), f"IBKR lists this pair as {name}, which has the inverse price."
                )
        if pairs and reading.quote:
            reason = f"IBKR lists no pair of {reading.base} and {quote}."
            return await self._pair_choices(query, pairs, reason)
        return None

    async def by_security_id(
        self, reading: SecurityIdReading, query: str, currency: str
    ) -> Resolution | None:
        """The listing of a security that is named by its ISIN or CUSIP."""
        if reading.problem:
            return Unknown(query, f"This is not a valid {reading.scheme}: {reading.problem}.")
        rows = await self._lookups.search(reading.security_id)
        listings = await self._catalogue.listings([row["conid"] for row in rows if row.get("conid")])
        if not listings:
            return Unknown(
                query, f"IBKR's search does not find this {reading.scheme}. Write the ticker instead."
            )
        return choose_listing(listings, currency) or make_choices(
            query, listings, "It is listed in several places."
        )

    async def _stocks(self, reading: ListingReading) -> list[list[Instrument]]:
        """The stocks of each spelling that has any."""
        by_symbol = await self._lookups.stocks(reading.symbols)
        found = [[row["conid"] for row in by_symbol.get(symbol) or ()] for symbol in reading.symbols]
        return [await self._catalogue.listings(conids) for conids in found if conids]

    async def _choose(
        self, listings: Sequence[Instrument], reading: ListingReading, query: str, currency: str
    ) -> Resolution:
        if reading.currency:
            there = [each for each in listings if each.currency == reading.currency]
            reason = f"It is not listed in {reading.currency}, only here."
        elif reading.exchanges is not None:
            there = await self._at(listings, reading.exchanges)
            places = " or ".join(reading.exchanges) or "a US exchange"
            reason = f"It is not listed on {places}, only here."
        else:
            there, reason = list(listings), ""
        if not there:
            return make_choices(query, listings, reason)
        found = choose_listing(there, reading.currency or currency)
        if found is None:
            return make_choices(query, there, "It is the symbol of several listings.")
        return Found(found.instruments, found.also if reason == "" else ())

    async def _at(self, listings: Sequence[Instrument], exchanges: tuple[str, ...]) -> list[Instrument]:
        wanted = US_EXCHANGES if exchanges == ANY_US else exchanges
        for exchange in wanted if exchanges else ():
            there = [each for each in listings if each.exchange == exchange]
            if there:
                return there
        if exchanges == ANY_US:
            return [each for each in listings if each.is_us or each.exchange in US_EXCHANGES]
        routed = await self._catalogue.routes([each.conid for each in listings], exchanges)
        return [each for each in listings if each.conid in routed][:1]

    async def _by_kind(
        self,
        underlyings: Sequence[Underlying],
        meaning: Meaning | None,
        reading: ListingReading,
        query: str,
        wanted: Collection[Kind],
        currency: str,
    ) -> Resolution | None:
        listings = await self._catalogue.listings([each.conid for each in underlyings])
        known = {each.conid for each in listings}
        listings += [as_instrument(each, currency) for each in underlyings if each.conid not in known]
        if reading.exchanges is not None or reading.currency:
            by_kind = {each.kind for each in listings}
            return await self._choose(listings, reading, query, currency) if by_kind else None
        groups: dict[str, list[Instrument]] = {}
        for each in listings:
            groups.setdefault(each.kind, []).append(each)
        products = [each for each in underlyings if each.kind == "IND" and each.section("FUT")]
        bare = {each.conid for each in products if each.section("FOP") or not each.section("OPT")}
        index_meant = meaning == "index" or set(wanted) == {"IND"}
        indices = [each for each in groups.get("IND", []) if each.conid not in bare or index_meant]
        stocks = choose_listing(groups["STK"], currency) if groups.get("STK") else None
        front = None
        if products and "FUT" in wanted and not (index_meant and indices):
            front = await self._derivatives.front(products[0])
        order: list[tuple[Kind, Sequence[Instrument]]] = [
            ("CRYPTO", groups.get("CRYPTO", [])),
            ("IND", indices),
            ("FUT", [front] if front else []),
            ("STK", stocks.instruments if stocks else groups.get("STK", [])),
            ("CASH", [each for each in groups.get("CASH", []) if each.currency == currency]),
            ("FUND", groups.get("FUND", [])),
            ("CFD", []),
        ]
        present = [(kind, found) for kind, found in order if found and kind in wanted]
        return _pick(present, meaning, stocks, query, currency)

    async def _class_root(
        self, reading: ListingReading, wanted: Collection[Kind], currency: str
    ) -> Resolution | None:
        for symbol in reading.symbols:
            root = root_of_option_class(symbol)
            if root is None:
                continue
            result = await self.by_symbol(ListingReading((root,)), symbol, wanted, currency)
            if isinstance(result, Found):
                return Found(
                    tuple(
                        in_class(each, symbol) if each.kind == "IND" else each for each in result.instruments
                    )
                )
        return None

    async def _pair_choices(self, query: str, pairs: dict[str, int], reason: str) -> Choices:
        rows = [choice_of(_pair(name, int(conid))) for name, conid in pairs.items() if conid]
        return Choices(query, tuple(rows[: 2 * MAX_ROWS]), reason)


def _pick(
    present: Sequence[tuple[Kind, Sequence[Instrument]]],
    meaning: Meaning | None,
    stocks: Found | None,
    query: str,
    currency: str,
) -> Resolution | None:
    if not present:
        return None
    found = dict(present)
    kinds = _KINDS_MEANT[meaning] if meaning else ()
    meant = [each for kind in kinds for each in found.get(kind, ())]
    if not meant:
        kind, instruments = present[0]
        if len(instruments) > 1 and not (kind == "STK" and stocks):
            chosen = choose_listing(instruments, currency)
            if chosen is None:
                return make_choices(query, instruments, "It is the symbol of several instruments.")
            instruments = chosen.instruments
        meant = list(instruments)
    others = [each for _, instruments in present for each in instruments if each not in meant]
    also = [*others, *(stocks.also if stocks else ())]
    return Found(tuple(meant), tuple(dict.fromkeys(also)))


def _pair(name: str, conid: int) -> Instrument:
    base, _, quote = name.partition(".")
    return Instrument(
        conid=conid,
        text=name,
        symbol=base,
        name=name,
        kind="CASH",
        exchange="IDEALPRO",
        currency=quote,
        is_us=True,
    )
