"""Contracts: finding them, their details and rules, derivatives, currencies and trading hours."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from api_gateway.simulator.calendar.expiries import is_month_code
from api_gateway.simulator.instruments.execution_algorithms import algorithms
from api_gateway.simulator.instruments.schedule_rows import coming_days, venue_schedule
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.contracts.contract_details import (
    bond_filters,
    derivative_row,
    info,
    rules,
    security_row,
    underlying_row,
)
from api_gateway.simulator.web_api.contracts.contract_search import SECURITY_TYPES, search
from api_gateway.simulator.web_api.contracts.derivatives import living, month_of, today
from api_gateway.simulator.web_api.guards import unavailable, whole_number, yes
from api_gateway.simulator.web_api.routing import Call, Needs, Refusal, Section, bad_request

SECTION = Section("Contracts")

_MOST_DEFINITIONS = 200
_MOST_ALGORITHMS = 8
_CHAINS = ("OPT", "FOP", "WAR")
_DERIVATIVES = (*_CHAINS, "FUT", "CFD", "IOPT")
_ASSET_CLASSES = ("STK", "OPT", "FUT", "CFD", "WAR", "SWP", "FND", "BND", "ICS")
_OTHER_NAMES = {"SWP": "CASH", "FND": "FUND", "BND": "BOND"}


@SECTION.answers("GET", "/iserver/secdef/search", needs=Needs.BROKERAGE, lists=True)
def search_by_query(simulation: Simulation, call: Call) -> Any:
    """Underlyings by symbol or company; an unknown symbol is an empty list."""
    switches = {name: yes(call, name) for name in ("name", "pattern")}
    return _search(simulation, {**call.query, **switches})


@SECTION.answers("POST", "/iserver/secdef/search", needs=Needs.BROKERAGE, reads=True, lists=True)
def search_by_body(simulation: Simulation, call: Call) -> Any:
    """The same, asked for in a body."""
    return _search(simulation, _body(call))


@SECTION.answers("GET", "/iserver/secdef/strikes", needs=Needs.BROKERAGE)
def strikes(simulation: Simulation, call: Call) -> Any:
    """The strikes of one month; empty before a search for the underlying and for an unknown month."""
    conid = whole_number(_required(call, "conid"), "conid")
    sec_type, month = _required(call, "sectype"), _required(call, "month")
    if sec_type not in _CHAINS:
        raise bad_request("invalid sectype")
    if sec_type == "FOP" and not call.query.get("exchange"):
        raise bad_request("exchange is required for FOP")
    listed = living(simulation, conid, sec_type) if conid in simulation.preflights.searched else []
    found = [c for c in listed if month_of(c) == month and c.strike is not None]
    exchange = call.query.get("exchange", "SMART")
    found = [c for c in found if exchange in (*c.venues, "SMART")]
    return {
        name: sorted({float(c.strike) for c in found if c.right == right and c.strike is not None})
        for name, right in (("call", "C"), ("put", "P"))
    }


@SECTION.answers("GET", "/iserver/secdef/info", needs=Needs.BROKERAGE, lists=True)
def contracts_of(simulation: Simulation, call: Call) -> Any:
    """The derivatives on an underlying, or the bonds of an issuer, as a list."""
    exchange = call.query.get("exchange", "")
    issuer = call.query.get("issuerId")
    if issuer:
        bonds = simulation.universe.bonds_of(issuer)
        return [derivative_row(bond, exchange) for bond in _filtered(bonds, call.query.get("filters", ""))]
    instrument = _known(simulation, _required(call, "conid"))
    sec_type = call.query.get("sectype", instrument.sec_type)
    if instrument.underlying_conid is not None:
        return [derivative_row(instrument, exchange)]
    if sec_type not in _DERIVATIVES:
        return [underlying_row(instrument)] if sec_type == instrument.sec_type else []
    month = "" if sec_type == "CFD" else _required(call, "month")
    if month and not is_month_code(month):
        raise bad_request("invalid month")
    if instrument.conid not in simulation.preflights.searched:
        return []
    found = living(simulation, instrument.conid, sec_type)
    if month:
        found = [c for c in found if month_of(c) == month]
    if sec_type in _CHAINS:
        found = _of_strike(found, call)
    return [derivative_row(c, exchange) for c in found]


@SECTION.answers("GET", "/iserver/secdef/bond-filters", needs=Needs.BROKERAGE)
def filters_of_issuer(simulation: Simulation, call: Call) -> Any:
    """Maturities, issue dates, coupons and currencies of an issuer's bonds; empty for an unknown one."""
    _required(call, "symbol")
    bonds = simulation.universe.bonds_of(_required(call, "issuerId"))
    return {"bondFilters": bond_filters(bonds) if bonds else []}


@SECTION.answers("GET", "/iserver/contract/{conid}/info", needs=Needs.BROKERAGE)
def contract_info(simulation: Simulation, call: Call) -> Any:
    """Contract details."""
    return info(simulation, _known(simulation, call.values["conid"]))


@SECTION.answers("GET", "/iserver/contract/{conid}/info-and-rules", needs=Needs.BROKERAGE)
def contract_info_and_rules(simulation: Simulation, call: Call) -> Any:
    """Contract details and the rules for one side."""
    instrument = _known(simulation, call.values["conid"])
    is_buy = call.query.get("isBuy", "true").lower() == "true"
    return info(simulation, instrument) | {"rules": rules(simulation, instrument, is_buy=is_buy)}


@SECTION.answers("GET", "/iserver/contract/{conid}/algos", needs=Needs.BROKERAGE)
def contract_algorithms(simulation: Simulation, call: Call) -> Any:
    """Execution algorithms; the first call for a contract finds none."""
    text = call.values["conid"]
    instrument = simulation.universe.by_conid(int(text)) if text.isdecimal() and len(text) < 19 else None
    if instrument is None:
        raise unavailable()
    wanted = {number for number in call.query.get("algos", "").split(";") if number}
    if len(wanted) > _MOST_ALGORITHMS:
        raise bad_request(f"at most {_MOST_ALGORITHMS} algos")
    warm = simulation.preflights.algos_warm
    if instrument.conid not in warm:
        warm.add(instrument.conid)
        return {"algos": []}
    return {
        "algos": algorithms(
            instrument,
            wanted,
            descriptions=call.query.get("addDescription") == "1",
            parameters=call.query.get("addParams") == "1",
        )
    }


@SECTION.answers("POST", "/iserver/contract/rules", needs=Needs.BROKERAGE, reads=True)
def contract_rules(simulation: Simulation, call: Call) -> Any:
    """The rules for one side of a contract."""
    body = _body(call)
    instrument = _known(simulation, str(body.get("conid", "")))
    return rules(simulation, instrument, is_buy=body.get("isBuy", True) is not False)


@SECTION.answers("GET", "/iserver/currency/pairs", needs=Needs.BROKERAGE)
def currency_pairs(simulation: Simulation, call: Call) -> Any:
    """Every pair with a currency in it; nothing for an unknown one."""
    currency = _required(call, "currency")
    pairs = [i for i in simulation.universe.all() if i.sec_type == "CASH"]
    found = [
        {
            "symbol": pair.local_symbol,
            "conid": pair.conid,
            "ccyPair": pair.currency if pair.symbol == currency else pair.symbol,
        }
        for pair in pairs
        if currency in (pair.symbol, pair.currency)
    ]
    return {currency: found} if found else {}


@SECTION.answers("GET", "/iserver/exchangerate", needs=Needs.BROKERAGE)
def exchange_rate(simulation: Simulation, call: Call) -> Any:
    """What one unit of `source` costs in `target`."""
    target, source = _required(call, "target"), _required(call, "source")
    rates = simulation.broker.rates
    try:
        return {"rate": round(rates.rate(source) / rates.rate(target), 8)}
    except LookupError:
        raise bad_request("invalid currency") from None


@SECTION.answers("GET", "/trsrv/stocks", needs=Needs.LOGIN)
def stocks(simulation: Simulation, call: Call) -> Any:
    """Every stock with one of the symbols, by company; unknown symbols are left out."""
    found: dict[str, list[dict[str, Any]]] = {}
    for symbol in _listed(call, "symbols"):
        listings = [i for i in simulation.universe.matching(symbol) if i.sec_type == "STK"]
        for name in dict.fromkeys(i.name for i in listings):
            contracts = [
                {"conid": i.conid, "exchange": i.exchange, "isUS": i.is_us}
                for i in listings
                if i.name == name
            ]
            row = {"name": name, "chineseName": None, "assetClass": "STK", "contracts": contracts}
            found.setdefault(symbol, []).append(row)
    return found


@SECTION.answers("GET", "/trsrv/futures", needs=Needs.LOGIN)
def futures(simulation: Simulation, call: Call) -> Any:
    """The living futures of the symbols; unknown symbols are left out."""
    exchange, since = call.query.get("exchange"), today(simulation)
    found = {}
    for symbol in _listed(call, "symbols"):
        contracts = [f for f in simulation.universe.futures_of(symbol) if (f.expiry or "") >= since]
        rows = [_future(f) for f in contracts if exchange in (None, "", f.exchange)]
        if rows:
            found[symbol] = rows
    return found


@SECTION.answers("GET", "/trsrv/secdef", needs=Needs.LOGIN)
def definitions(simulation: Simulation, call: Call) -> Any:
    """Security definitions by conid, at most 200; unknown conids are left out."""
    conids = [whole_number(text, "conids") for text in _listed(call, "conids")]
    if len(conids) > _MOST_DEFINITIONS:
        raise bad_request(f"at most {_MOST_DEFINITIONS} conids")
    found = [simulation.universe.by_conid(conid) for conid in dict.fromkeys(conids)]
    return {"secdef": [security_row(simulation, i) for i in found if i is not None]}


@SECTION.answers("GET", "/trsrv/secdef/schedule", needs=Needs.LOGIN)
def schedule_by_symbol(simulation: Simulation, call: Call) -> Any:
    """Trading hours of a symbol on each of its exchanges."""
    asset_class, symbol = _required(call, "assetClass"), _required(call, "symbol")
    if asset_class not in _ASSET_CLASSES:
        raise bad_request("invalid assetClass")
    kind = _OTHER_NAMES.get(asset_class, asset_class)
    allowed = {e for e in call.query.get("exchangeFilter", "").split(",") if e}
    allowed |= {e for e in [call.query.get("exchange", "")] if e}
    venues: dict[str, Instrument] = {}
    for instrument in simulation.universe.all():
        if symbol in (instrument.symbol, instrument.local_symbol) and instrument.sec_type == kind:
            venues.setdefault(instrument.exchange, instrument)
    day = datetime.fromtimestamp(simulation.clock.now(), tz=ZoneInfo("US/Eastern")).date()
    return [venue_schedule(i, day) for name, i in venues.items() if not allowed or name in allowed]


@SECTION.answers("GET", "/trsrv/all-conids", needs=Needs.LOGIN)
def all_conids(simulation: Simulation, call: Call) -> Any:
    """Every stock listed on an exchange."""
    exchange, kind = _required(call, "exchange"), call.query.get("assetClass", "STK")
    return [
        {"ticker": i.symbol, "conid": i.conid, "exchange": i.exchange}
        for i in simulation.universe.all()
        if i.exchange == exchange and i.sec_type == kind
    ]


@SECTION.answers("GET", "/contract/trading-schedule", needs=Needs.LOGIN)
def schedule_by_conid(simulation: Simulation, call: Call) -> Any:
    """The trading days to come of one contract."""
    return coming_days(_known(simulation, _required(call, "conid")), simulation.clock.now())


def _search(simulation: Simulation, asked: dict[str, Any]) -> Any:
    symbol, sec_type = asked.get("symbol"), asked.get("secType") or ""
    if not isinstance(symbol, str) or not symbol:
        raise bad_request("symbol is required")
    if sec_type and sec_type not in SECURITY_TYPES:
        raise bad_request("invalid secType")
    return search(
        simulation,
        symbol,
        sec_type=sec_type,
        by_name=asked.get("name") is True,
        pattern=asked.get("pattern") is True,
    )


def _body(call: Call) -> dict[str, Any]:
    if not isinstance(call.body, dict):
        raise bad_request("a JSON object is required")
    return call.body


def _required(call: Call, name: str) -> str:
    text = call.query.get(name, "")
    if not text:
        raise bad_request(f"{name} is required")
    return text


def _listed(call: Call, name: str) -> list[str]:
    return [part.strip() for part in _required(call, name).split(",") if part.strip()]


def _known(simulation: Simulation, text: str) -> Instrument:
    instrument = simulation.universe.by_conid(whole_number(text, "conid"))
    if instrument is None:
        raise bad_request("invalid conid")
    return instrument


def _of_strike(contracts: list[Instrument], call: Call) -> list[Instrument]:
    """Those with the strike and right asked for. Without a strike IBKR breaks."""
    try:
        strike = float(call.query["strike"])
    except (KeyError, ValueError):
        raise Refusal(500, {"error": "unknown", "statusCode": 500}) from None
    right = call.query.get("right")
    if right not in (None, "C", "P"):
        raise bad_request("invalid right")
    return [c for c in contracts if c.strike == strike and right in (None, c.right)]


def _filtered(bonds: list[Instrument], filters: str) -> list[Instrument]:
    """The bonds of which every value given in `27:202305,25:3.5` (column:value) is true."""
    for part in filters.split(","):
        column, _, wanted = part.partition(":")
        if column == "27":
            bonds = [bond for bond in bonds if (bond.expiry or "").startswith(wanted)]
        elif column == "28":
            bonds = [bond for bond in bonds if bond.issued == wanted]
        elif column == "25":
            bonds = [bond for bond in bonds if f"{bond.coupon:g}" == wanted]
        elif column == "5":
            bonds = [bond for bond in bonds if bond.currency == wanted]
    return bonds


def _future(contract: Instrument) -> dict[str, Any]:
    expiry = int(contract.expiry or 0)
    return {
        "symbol": contract.symbol,
        "conid": contract.conid,
        "underlyingConid": contract.underlying_conid,
        "expirationDate": expiry,
        "ltd": expiry,
        "shortFuturesCutOff": expiry,
        "longFuturesCutOff": expiry,
    }
