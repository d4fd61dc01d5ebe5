"""JSON rows that describe a contract, one per endpoint."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from api_gateway.simulator.instruments.chinese_names import chinese_name
from api_gateway.simulator.instruments.contract_names import full_name
from api_gateway.simulator.instruments.order_rules import (
    OUTSIDE_RTH_ORDER_TYPES,
    supported_order_types,
    supports_fractions,
)
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.simulation import Simulation

_DERIVATIVES = ("OPT", "FOP", "FUT", "EC")
_COUNTRIES = {"USD": "US", "EUR": "DE", "CAD": "CA", "MXN": "MX", "CHF": "CH", "GBP": "GB"}
_COUNTRIES |= {"JPY": "JP", "HKD": "HK"}


def contract_info_row(simulation: Simulation, instrument: Instrument) -> dict[str, Any]:
    """Return contract details in snake_case; a field that does not apply to the contract type is null."""
    derivative = instrument.sec_type in _DERIVATIVES
    smart = "SMART" in instrument.venues
    row: dict[str, Any] = {
        "cfi_code": f"O{instrument.right}XXXS" if instrument.right else "",
        "symbol": instrument.symbol,
        "cusip": None,
        "expiry_full": instrument.expiry if derivative else None,
        "con_id": instrument.conid,
        "maturity_date": instrument.expiry,
        "instrument_type": instrument.sec_type,
        "has_related_contracts": _has_options(simulation, instrument),
        "trading_class": instrument.trading_class,
        "valid_exchanges": ",".join(instrument.venues),
        "allow_sell_long": False,
        "is_zero_commission_security": False,
        "local_symbol": instrument.local_symbol,
        "contract_clarification_type": None,
        "classifier": None,
        "currency": instrument.currency,
        "text": instrument.terms_text,
        "underlying_con_id": instrument.underlying_conid or 0,
        "r_t_h": instrument.sec_type == "STK",
        "multiplier": _format_multiplier(instrument) if derivative else None,
        "underlying_issuer": None,
        "contract_month": instrument.contract_month if derivative else None,
        "company_name": instrument.name,
        "smart_available": smart,
        "exchange": "SMART" if smart else instrument.exchange,
    }
    if instrument.right is not None:
        row |= {"strike": f"{instrument.strike:g}", "right": "CALL" if instrument.right == "C" else "PUT"}
    if instrument.industry is not None:
        row |= {"industry": instrument.industry, "category": instrument.category}
    return row


def contract_rules_row(simulation: Simulation, instrument: Instrument, *, is_buy: bool) -> dict[str, Any]:
    """Return the order rules for one side: types, sizes, increments and today's price. Sizes are floats."""
    quote = simulation.prices.quote(instrument)
    price = quote.ask if is_buy or not quote.bid_size else quote.bid
    stock = instrument.sec_type == "STK"
    orders = list(supported_order_types(instrument))
    size = 100.0 if stock and instrument.is_us else 1.0
    size = 20_000.0 if instrument.sec_type == "CASH" else size
    fractions = orders if supports_fractions(instrument) else []
    return {
        "algoEligible": instrument.sec_type in ("STK", "OPT", "FOP", "FUT"),
        "allOrNoneEligible": stock,
        "overnightEligible": stock and instrument.is_us,
        "costReport": False,
        "canTradeAcctIds": simulation.tradable_account_ids,
        "error": None,
        "orderTypes": orders,
        "ibAlgoTypes": [t for t in orders if t not in ("market", "midprice", "stop", "mit", "trailing_stop")],
        "fraqTypes": fractions,
        "forceOrderPreview": False,
        "cqtTypes": fractions,
        "orderDefaults": {"LMT": {"LP": f"{price:.{instrument.decimals}f}"}},
        "orderTypesOutside": [t for t in orders if t in OUTSIDE_RTH_ORDER_TYPES],
        "defaultSize": size,
        "cashSize": 0.0,
        "sizeIncrement": size,
        "tifTypes": _times_in_force(instrument, is_buy=is_buy),
        "tifDefaults": {
            "TIF": "IOC" if instrument.sec_type == "CRYPTO" else "DAY",
            "DEFAULT_ACCT": simulation.selected_account_id,
            "SIZE": f"{size:.2f}",
            "PMALGO": True,
        },
        "limitPrice": price,
        "stopprice": price,
        "orderOrigination": None,
        "preview": True,
        "displaySize": None,
        "fraqInt": 4 if fractions else 0,
        "cashCcy": instrument.currency,
        "cashQtyIncr": 500.0,
        "priceMagnifier": instrument.price_magnifier if instrument.price_magnifier > 1 else None,
        "negativeCapable": False,
        "incrementType": 1,
        "incrementRules": [{"lowerEdge": 0.0, "increment": instrument.tick}],
        "hasSecondary": True,
        "increment": instrument.tick,
        "incrementDigits": instrument.decimals,
    }


def _times_in_force(instrument: Instrument, *, is_buy: bool) -> list[str]:
    """Return the times in force: `GTC`, the order types that can have it (`o` for all), and `a`."""
    if instrument.sec_type != "CRYPTO":
        return ["IOC/MARKET,LIMIT,a", "GTC/o,a", "OPG/LIMIT,MARKET,a", "GTD/o,a", "DAY/o,a"]
    purchase = ["IOC/MARKET,LIMIT,a", "PAX/LIMIT,a"]
    return purchase if is_buy else [*purchase, "GTC/LIMIT,a", "DAY/LIMIT,a"]


def security_row(simulation: Simulation, instrument: Instrument) -> dict[str, Any]:
    """Return a security definition as `/trsrv/secdef` lists it."""
    derivative = instrument.sec_type in _DERIVATIVES
    expiry = instrument.expiry if derivative else None
    underlying = simulation.universe.by_conid(instrument.underlying_conid or 0)
    row: dict[str, Any] = {
        "incrementRules": [{"lowerEdge": 0.0, "increment": instrument.tick}],
        "displayRule": {
            "magnification": 0,
            "displayRuleStep": [{"decimalDigits": instrument.decimals, "lowerEdge": 0.0, "wholeDigits": 4}],
        },
        "conid": instrument.conid,
        "currency": instrument.currency,
        "time": 6 + instrument.conid % 60,
        "chineseName": chinese_name(instrument),
        "allExchanges": ",".join(venue for venue in instrument.venues if venue != "SMART"),
        "listingExchange": instrument.exchange,
        "countryCode": _COUNTRIES.get(instrument.currency, "US"),
        "name": instrument.name,
        "assetClass": instrument.sec_type,
        "expiry": expiry,
        "lastTradingDay": instrument.last_trading_day if derivative else None,
        "group": instrument.group,
        "putOrCall": instrument.right,
        "sector": instrument.sector,
        "sectorGroup": instrument.category,
        "strike": f"{instrument.strike:g}" if instrument.strike else "0",
        "ticker": instrument.symbol,
        "undConid": instrument.underlying_conid or 0,
        "multiplier": float(instrument.multiplier) if derivative else 0.0,
        "type": ("ETF" if instrument.is_etf else "COMMON") if instrument.sec_type == "STK" else "",
        "hasOptions": _has_options(simulation, instrument),
        "fullName": full_name(instrument),
        "isUS": instrument.is_us,
        "isEventContract": instrument.sec_type == "EC",
    }
    if underlying is not None:
        row |= {"undComp": underlying.name, "undSym": underlying.symbol}
    return row


def underlying_row(instrument: Instrument) -> dict[str, Any]:
    """Return the `/iserver/secdef/info` row of a contract that is not a derivative."""
    return {
        "conid": instrument.conid,
        "ticker": instrument.symbol,
        "secType": instrument.sec_type,
        "listingExchange": instrument.exchange,
        "exchange": instrument.venues[0],
        "companyName": instrument.name,
        "currency": instrument.currency,
        "validExchanges": ",".join(instrument.venues),
        "priceRendering": None,
        "maturityDate": None,
        "right": "?",
        "strike": 0.0,
    }


def derivative_row(instrument: Instrument, exchange: str) -> dict[str, Any]:
    """Return the `/iserver/secdef/info` row of an option, future, event contract or bond."""
    bond = instrument.sec_type == "BOND"
    return {
        "conid": instrument.conid,
        "symbol": instrument.symbol,
        "secType": "OPT" if instrument.sec_type == "EC" else instrument.sec_type,
        "exchange": exchange or instrument.venues[0],
        "listingExchange": None if instrument.sec_type == "OPT" else instrument.exchange,
        "right": instrument.right or "?",
        "strike": instrument.strike or 0.0,
        "currency": instrument.currency,
        "cusip": None,
        "coupon": f"{instrument.coupon:g}" if bond else "No Coupon",
        "desc1": instrument.symbol,
        "desc2": instrument.terms_text,
        "maturityDate": instrument.expiry,
        "multiplier": _format_multiplier(instrument),
        "tradingClass": instrument.trading_class,
        "validExchanges": ",".join(instrument.venues),
        "showPrips": False,
        "companyName": instrument.name,
    }


def bond_filters(bonds: list[Instrument]) -> list[dict[str, Any]]:
    """Return the values by which an issuer's bonds can be filtered."""
    maturities = sorted({(bond.expiry or "")[:6] for bond in bonds})
    issued = sorted({bond.issue_date or "" for bond in bonds})
    coupons = sorted({f"{bond.coupon:g}" for bond in bonds})
    return [
        {
            "displayText": "Maturity Date",
            "columnId": 27,
            "options": [
                {"text": _reformat_date(month, "%Y%m", "%b %Y"), "value": month} for month in maturities
            ],
        },
        {
            "displayText": "Issue Date",
            "columnId": 28,
            "options": [{"text": _reformat_date(day, "%Y%m%d", "%b %d %Y"), "value": day} for day in issued],
        },
        {"displayText": "Coupon", "columnId": 25, "options": [{"value": coupon} for coupon in coupons]},
        {
            "displayText": "Currency",
            "columnId": 5,
            "options": [{"value": currency} for currency in sorted({bond.currency for bond in bonds})],
        },
    ]


def _reformat_date(text: str, input_format: str, output_format: str) -> str:
    return datetime.strptime(text, input_format).strftime(output_format)  # noqa: DTZ007 a date has no zone


def _has_options(simulation: Simulation, instrument: Instrument) -> bool:
    return simulation.universe.has_options(instrument.conid)


def _format_multiplier(instrument: Instrument) -> str:
    return f"{instrument.multiplier:g}"
