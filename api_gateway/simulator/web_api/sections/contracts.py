"""Contracts: search, details and rules, derivatives, currencies and trading hours."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from api_gateway.simulator.calendar.expiries import parse_month_code
from api_gateway.simulator.instruments.chinese_names import chinese_name
from api_gateway.simulator.instruments.execution_algorithms import algorithms
from api_gateway.simulator.instruments.schedule_rows import upcoming_schedule, venue_schedule
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.replies import bad_request
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.contracts.contract_details import (
    bond_filters,
    contract_info_row,
    contract_rules_row,
    derivative_row,
    security_row,
    underlying_row,
)
from api_gateway.simulator.web_api.contracts.contract_search import SECURITY_TYPES, search_contracts
from api_gateway.simulator.web_api.contracts.derivatives import (
    listed_contracts,
)
from api_gateway.simulator.web_api.guards import (
    is_true,
    parse_whole_number,
    required_object,
    split_csv,
    unavailable,
)
from api_gateway.simulator.web_api.routing import ApiRequest, RequiredSession, Section

SECTION = Section("Contracts")

_MAX_DEFINITIONS = 200
_MAX_ALGORITHMS = 8
_STRIKE_TYPES = ("OPT", "FOP", "WAR")
_DERIVATIVES = (*_STRIKE_TYPES, "FUT", "CFD", "IOPT")
_ASSET_CLASSES = ("STK", "OPT", "FUT", "CFD", "WAR", "SWP", "FND", "BND", "ICS")
_SEC_TYPE_BY_ASSET_CLASS = {"SWP": "CASH", "FND": "FUND", "BND": "BOND"}


@SECTION.route("GET", "/iserver/secdef/search", requires=RequiredSession.BROKERAGE, returns_list=True)
def search_by_query(simulation: Simulation, request: ApiRequest) -> Any:
    """Return underlyings by symbol or company name; an empty list for an unknown symbol."""
    switches = {name: is_true(request, name) for name in ("name", "pattern")}
    return _run_search(simulation, {**request.query, **switches})


@SECTION.route(
    "POST", "/iserver/secdef/search", requires=RequiredSession.BROKERAGE, read_only=True, returns_list=True
)
def search_by_body(simulation: Simulation, request: ApiRequest) -> Any:
    """Return underlyings as `search_by_query` does, with the parameters in the body."""
    return _run_search(simulation, required_object(request))


@SECTION.route("GET", "/iserver/secdef/strikes", requires=RequiredSession.BROKERAGE)
def strikes(simulation: Simulation, request: ApiRequest) -> Any:
    """Return the strikes of one month; empty before a search for the underlying and for an unknown month."""
    conid = parse_whole_number(_required_param(request, "conid"), "conid")
    sec_type, month = _sec_type(request), parse_month_code(_required_param(request, "month"))
    if not sec_type:
        raise bad_request("sectype is required")
    if sec_type not in _STRIKE_TYPES:
        raise bad_request("invalid sectype")
    exchange = request.query.get("exchange", "")
    if sec_type == "FOP" and not exchange:
        raise bad_request("exchange is required for FOP")
    found: dict[str, list[float]] = {"call": [], "put": []}
    if month is None or conid not in simulation.preflights.searched_conids:
        return found
    events = simulation.universe.derivatives_of(conid, "EC") if sec_type == "OPT" else []
    listed = simulation.universe.strikes_of(conid, sec_type, month, exchange)
    listed += {
        event.strike or 0.0
        for event in events
        if event.contract_month == month and exchange in ("", "SMART", *event.venues)
    }
    # Calls and puts are listed in pairs.
    return {name: sorted(listed) for name in found}


@SECTION.route("GET", "/iserver/secdef/info", requires=RequiredSession.BROKERAGE, returns_list=True)
def derivative_contracts(simulation: Simulation, request: ApiRequest) -> Any:
    """Return the derivatives of an underlying, or the bonds of an issuer."""
    exchange = request.query.get("exchange", "")
    issuer = request.query.get("issuerId")
    if issuer:
        bonds = simulation.universe.bonds_of(issuer)
        return [
            derivative_row(bond, exchange) for bond in _filter_bonds(bonds, request.query.get("filters", ""))
        ]
    instrument = _required_instrument(simulation, _required_param(request, "conid"))
    sec_type = _sec_type(request) or instrument.sec_type
    if instrument.underlying_conid is not None:
        return [derivative_row(instrument, exchange)]
    if sec_type not in _DERIVATIVES:
        return [underlying_row(instrument)] if sec_type == instrument.sec_type else []
    month = None if sec_type == "CFD" else parse_month_code(_required_param(request, "month"))
    if month is None and sec_type != "CFD":
        raise bad_request("invalid month")
    strike, right = _strike_and_right(request) if sec_type in _STRIKE_TYPES else (None, None)
    if instrument.conid not in simulation.preflights.searched_conids:
        return []
    contracts = listed_contracts(
        simulation, instrument.conid, sec_type, contract_month=month, strike=strike, right=right
    )
    return [derivative_row(c, exchange) for c in contracts if exchange in ("", *c.venues)]


@SECTION.route("GET", "/iserver/secdef/bond-filters", requires=RequiredSession.BROKERAGE)
def issuer_bond_filters(simulation: Simulation, request: ApiRequest) -> Any:
    """Return the maturities, issue dates, coupons and currencies of an issuer's bonds."""
    _required_param(request, "symbol")
    bonds = simulation.universe.bonds_of(_required_param(request, "issuerId"))
    return {"bondFilters": bond_filters(bonds) if bonds else []}


@SECTION.route("GET", "/iserver/contract/{conid}/info", requires=RequiredSession.BROKERAGE)
def contract_info(simulation: Simulation, request: ApiRequest) -> Any:
    """Return contract details."""
    return contract_info_row(simulation, _required_instrument(simulation, request.path_params["conid"]))


@SECTION.route("GET", "/iserver/contract/{conid}/info-and-rules", requires=RequiredSession.BROKERAGE)
def contract_info_and_rules(simulation: Simulation, request: ApiRequest) -> Any:
    """Return contract details and the order rules for one side."""
    instrument = _required_instrument(simulation, request.path_params["conid"])
    is_buy = request.query.get("isBuy", "true").lower() == "true"
    return contract_info_row(simulation, instrument) | {
        "rules": contract_rules_row(simulation, instrument, is_buy=is_buy)
    }


@SECTION.route("GET", "/iserver/contract/{conid}/algos", requires=RequiredSession.BROKERAGE)
def contract_algorithms(simulation: Simulation, request: ApiRequest) -> Any:
    """Return the execution algorithms; the first call for a contract returns none."""
    text = request.path_params["conid"]
    instrument = simulation.universe.by_conid(int(text)) if text.isdecimal() and len(text) < 19 else None
    if instrument is None:
        raise unavailable()
    algorithm_names = {number for number in request.query.get("algos", "").split(";") if number}
    if len(algorithm_names) > _MAX_ALGORITHMS:
        raise bad_request(f"at most {_MAX_ALGORITHMS} algos")
    requested_conids = simulation.preflights.algos_warm
    if instrument.conid not in requested_conids:
        requested_conids.add(instrument.conid)
        return {"algos": []}
    return {
        "algos": algorithms(
            instrument,
            algorithm_names,
            include_descriptions=request.query.get("addDescription") == "1",
            include_parameters=request.query.get("addParams") == "1",
        )
    }


@SECTION.route("POST", "/iserver/contract/rules", requires=RequiredSession.BROKERAGE, read_only=True)
def contract_rules(simulation: Simulation, request: ApiRequest) -> Any:
    """Return the order rules for one side of a contract."""
    body = required_object(request)
    instrument = _required_instrument(simulation, str(body.get("conid", "")))
    return contract_rules_row(simulation, instrument, is_buy=body.get("isBuy", True) is not False)


@SECTION.route("GET", "/iserver/currency/pairs", requires=RequiredSession.BROKERAGE)
def currency_pairs(simulation: Simulation, request: ApiRequest) -> Any:
    """Return every pair with the currency; nothing for an unknown currency."""
    currency = _required_param(request, "currency")
    pairs = [i for i in simulation.universe.all() if i.sec_type == "CASH"]
    pair_rows = [
        {
            "symbol": pair.local_symbol,
            "conid": pair.conid,
            "ccyPair": pair.currency if pair.symbol == currency else pair.symbol,
        }
        for pair in pairs
        if currency in (pair.symbol, pair.currency)
    ]
    return {currency: pair_rows} if pair_rows else {}


@SECTION.route("GET", "/iserver/exchangerate", requires=RequiredSession.BROKERAGE)
def exchange_rate(simulation: Simulation, request: ApiRequest) -> Any:
    """Return the price of one unit of `source` in `target`."""
    target, source = _required_param(request, "target"), _required_param(request, "source")
    rates = simulation.selected_account.exchange_rates
    try:
        return {"rate": round(rates.rate(source) / rates.rate(target), 8)}
    except LookupError:
        raise bad_request("invalid currency") from None


@SECTION.route("GET", "/trsrv/stocks", requires=RequiredSession.LOGIN)
def stocks(simulation: Simulation, request: ApiRequest) -> Any:
    """Return every stock with one of the symbols, by company; unknown symbols are left out."""
    rows_by_symbol: dict[str, list[dict[str, Any]]] = {}
    for symbol in _split_csv(request, "symbols"):
        listings = [i for i in simulation.universe.underlyings_of_symbol(symbol) if i.sec_type == "STK"]
        for name in dict.fromkeys(i.name for i in listings):
            contracts = [
                {"conid": i.conid, "exchange": i.exchange, "isUS": i.is_us}
                for i in listings
                if i.name == name
            ]
            row = {
                "name": name,
                "chineseName": chinese_name(listings[0]),
                "assetClass": "STK",
                "contracts": contracts,
            }
            rows_by_symbol.setdefault(symbol, []).append(row)
    return rows_by_symbol


@SECTION.route("GET", "/trsrv/futures", requires=RequiredSession.LOGIN)
def futures(simulation: Simulation, request: ApiRequest) -> Any:
    """Return the unexpired futures of the symbols; unknown symbols are left out."""
    exchange = request.query.get("exchange")
    rows_by_symbol = {}
    for symbol in _split_csv(request, "symbols"):
        contracts = simulation.universe.futures_of(symbol)
        rows = [_future_row(f) for f in contracts if exchange in (None, "", f.exchange)]
        if rows:
            rows_by_symbol[symbol] = rows
    return rows_by_symbol


@SECTION.route("GET", "/trsrv/secdef", requires=RequiredSession.LOGIN)
def security_definitions(simulation: Simulation, request: ApiRequest) -> Any:
    """Return security definitions for up to 200 conids; unknown conids are left out."""
    conids = [parse_whole_number(text, "conids") for text in _split_csv(request, "conids")]
    if len(conids) > _MAX_DEFINITIONS:
        raise bad_request(f"at most {_MAX_DEFINITIONS} conids")
    instruments = [simulation.universe.by_conid(conid) for conid in dict.fromkeys(conids)]
    return {"secdef": [security_row(simulation, i) for i in instruments if i is not None]}


@SECTION.route("GET", "/trsrv/secdef/schedule", requires=RequiredSession.LOGIN)
def schedule_by_symbol(simulation: Simulation, request: ApiRequest) -> Any:
    """Return the trading hours of a symbol on each of its exchanges."""
    asset_class, symbol = _required_param(request, "assetClass"), _required_param(request, "symbol")
    if asset_class not in _ASSET_CLASSES:
        raise bad_request("invalid assetClass")
    kind = _SEC_TYPE_BY_ASSET_CLASS.get(asset_class, asset_class)
    allowed = {e for e in request.query.get("exchangeFilter", "").split(",") if e}
    allowed |= {e for e in [request.query.get("exchange", "")] if e}
    venues: dict[str, Instrument] = {}
    contracts = simulation.universe.all()
    if kind == "OPT":
        roots = simulation.universe.underlyings_of_symbol(symbol)
        contracts = tuple(option for root in roots for option in _first_options(simulation, root))
    for instrument in contracts:
        if symbol in (instrument.symbol, instrument.local_symbol) and instrument.sec_type == kind:
            venues.setdefault(instrument.exchange, instrument)
    day = datetime.fromtimestamp(simulation.clock.now(), tz=ZoneInfo("US/Eastern")).date()
    return [venue_schedule(i, day) for name, i in venues.items() if not allowed or name in allowed]


@SECTION.route("GET", "/trsrv/all-conids", requires=RequiredSession.LOGIN)
def all_conids(simulation: Simulation, request: ApiRequest) -> Any:
    """Return every stock listed on an exchange."""
    exchange, kind = _required_param(request, "exchange"), request.query.get("assetClass", "STK")
    return [
        {"ticker": i.symbol, "conid": i.conid, "exchange": i.exchange}
        for i in simulation.universe.all()
        if i.exchange == exchange and i.sec_type == kind
    ]


@SECTION.route("GET", "/contract/trading-schedule", requires=RequiredSession.LOGIN)
def schedule_by_conid(simulation: Simulation, request: ApiRequest) -> Any:
    """Return the upcoming trading days of one contract."""
    return upcoming_schedule(
        _required_instrument(simulation, _required_param(request, "conid")), simulation.clock.now()
    )


def _first_options(simulation: Simulation, root: Instrument) -> list[Instrument]:
    """Return the options on an underlying that expire first."""
    expiries = simulation.universe.expiries_of(root.conid)
    return simulation.universe.options_of(root.conid, expiry=f"{expiries[0].day:%Y%m%d}") if expiries else []


def _run_search(simulation: Simulation, terms: dict[str, Any]) -> Any:
    symbol, sec_type = terms.get("symbol"), terms.get("secType") or ""
    if not isinstance(symbol, str) or not symbol:
        raise bad_request("symbol is required")
    if sec_type and sec_type not in SECURITY_TYPES:
        raise bad_request("invalid secType")
    return search_contracts(
        simulation,
        symbol,
        sec_type=sec_type,
        by_name=terms.get("name") is True,
        pattern=terms.get("pattern") is True,
    )


def _required_param(request: ApiRequest, name: str) -> str:
    text = request.query.get(name, "")
    if not text:
        raise bad_request(f"{name} is required")
    return text


def _split_csv(request: ApiRequest, name: str) -> list[str]:
    return split_csv(_required_param(request, name))


def _required_instrument(simulation: Simulation, text: str) -> Instrument:
    instrument = simulation.universe.by_conid(parse_whole_number(text, "conid"))
    if instrument is None:
        raise bad_request("invalid conid")
    return instrument


def _sec_type(request: ApiRequest) -> str:
    """Return the security type; IBKR accepts two spellings of the parameter's name."""
    return request.query.get("sectype") or request.query.get("secType") or ""


def _strike_and_right(request: ApiRequest) -> tuple[float, str | None]:
    """Return the requested strike, which is required, and the right, if one is given."""
    try:
        strike = float(_required_param(request, "strike"))
    except ValueError:
        raise bad_request("invalid strike") from None
    right = request.query.get("right") or None
    if right not in (None, "C", "P"):
        raise bad_request("invalid right")
    return strike, right


def _filter_bonds(bonds: list[Instrument], filters: str) -> list[Instrument]:
    """Return the bonds that match every filter in `27:202305,25:3.5` (column:value)."""
    for item in filters.split(","):
        column, _, value = item.partition(":")
        if column == "27":
            bonds = [bond for bond in bonds if (bond.expiry or "").startswith(value)]
        elif column == "28":
            bonds = [bond for bond in bonds if bond.issue_date == value]
        elif column == "25":
            bonds = [bond for bond in bonds if f"{bond.coupon:g}" == value]
        elif column == "5":
            bonds = [bond for bond in bonds if bond.currency == value]
    return bonds


def _future_row(contract: Instrument) -> dict[str, Any]:
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
