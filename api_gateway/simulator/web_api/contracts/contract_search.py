"""Contract search: underlyings by symbol, ISIN or company name, and bond issuers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from api_gateway.simulator.instruments.isins import listings_of
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.contracts.derivatives import (
    exchange_names,
    listed_contracts,
    month_codes,
)

SECURITY_TYPES = ("STK", "IND", "BOND")
BONDS_CONID = 2_147_483_647  # IBKR's conid for "bonds in general"


def search_contracts(
    simulation: Simulation, symbol: str, *, sec_type: str, by_name: bool, pattern: bool
) -> list[dict[str, Any]]:
    """Return one row per matching listing, and one for the bonds of each matching issuer.

    `sec_type` is empty, STK, IND or BOND. Unless `by_name`, the session remembers the listings found: their
    strikes and derivatives can be requested from then on.
    """
    listings = (
        [] if sec_type == "BOND" else _find_listings(simulation, symbol, by_name=by_name, pattern=pattern)
    )
    if sec_type == "IND":
        listings = [i for i in listings if i.sec_type == "IND"]
    elif sec_type == "STK":
        listings = [i for i in listings if i.sec_type != "IND"]
    if not by_name:
        simulation.preflights.searched_conids.update(i.conid for i in listings)
    rows = [_search_row(simulation, instrument) for instrument in listings]
    if sec_type in ("", "BOND"):
        rows += _bond_rows(simulation, symbol)
    return rows


def _find_listings(simulation: Simulation, symbol: str, *, by_name: bool, pattern: bool) -> list[Instrument]:
    universe = simulation.universe
    term = symbol.strip().upper()
    if not term:
        return []
    if not by_name and not pattern:
        of_isin = listings_of(term)
        return universe.underlyings_of_symbol(term) or [
            i
            for i in universe.all()
            if (i.sec_type == "CASH" and i.local_symbol == term)
            or (i.sec_type == "STK" and (i.symbol, i.exchange) in of_isin)
        ]
    underlyings = (i for i in universe.all() if i.underlying_conid is None and i.expiry is None)
    if by_name:
        return [i for i in underlyings if term in i.name.upper()]
    return [i for i in underlyings if i.symbol.startswith(term)]


def _search_row(simulation: Simulation, instrument: Instrument) -> dict[str, Any]:
    return {
        "conid": str(instrument.conid),
        "companyHeader": f"{instrument.name} - {instrument.exchange}",
        "companyName": instrument.name,
        "symbol": instrument.symbol,
        "description": instrument.exchange,
        "restricted": "IND" if instrument.sec_type == "IND" else None,
        "sections": list(_sections(simulation, instrument)),
    }


def _sections(simulation: Simulation, instrument: Instrument) -> Iterable[dict[str, str]]:
    own = {"secType": instrument.sec_type}
    yield own if instrument.sec_type == "STK" else own | {"exchange": instrument.exchange}
    for kind in ("FUT", "FOP", "OPT"):
        months = month_codes(simulation, instrument.conid, kind)
        if months:
            exchanges = exchange_names(simulation, instrument.conid, kind)
            yield {"secType": kind, "months": ";".join(months), "exchange": ";".join(exchanges)}
    for cfd in listed_contracts(simulation, instrument.conid, "CFD"):
        yield {"secType": "CFD", "exchange": cfd.exchange, "conid": str(cfd.conid)}
    if instrument.sec_type == "STK" and instrument.is_us:
        yield {"secType": "BAG"}


def _bond_rows(simulation: Simulation, symbol: str) -> list[dict[str, Any]]:
    term = symbol.strip().upper()
    bonds = [i for i in simulation.universe.all() if i.sec_type == "BOND" and i.symbol == term]
    issuers = {bond.issuer_id: bond.name for bond in bonds}
    if not issuers:
        return []
    treasury = term == "US-T"
    return [
        {
            "issuers": [{"id": number, "name": name} for number, name in issuers.items()],
            "bondid": 1 if treasury else 5,
            "conid": str(BONDS_CONID),
            "companyHeader": "US Treasury" if treasury else "Corporate Fixed Income",
            "companyName": None,
            "symbol": None,
            "description": None,
            "restricted": None,
            "sections": [{"secType": "BOND"}],
        }
    ]
