"""Rows of the two position endpoints, `/portfolio` and `/portfolio2`, which differ in format."""

from __future__ import annotations

from typing import Any

from api_gateway.simulator.accounts.combination_positions import CombinationPosition
from api_gateway.simulator.accounts.valued_position import ValuedPosition
from api_gateway.simulator.instruments.chinese_names import chinese_name
from api_gateway.simulator.instruments.contract_names import contract_description, full_name
from api_gateway.simulator.instruments.price_format import price_decimals, quantity_text
from api_gateway.simulator.instruments.universe import Instrument

PAGE_SIZE = 100
_EXPIRING = frozenset({"OPT", "FOP", "FUT", "WAR", "EC"})
_COUNTRIES = {"USD": "US", "EUR": "DE", "GBP": "GB", "CHF": "CH", "JPY": "JP", "CAD": "CA", "HKD": "HK"}


def incomplete_row(account_id: str, position: ValuedPosition, realised: float) -> dict[str, Any]:
    """A position before IBKR has looked up its contract: no ticker, no name, no sector."""
    return {
        "acctId": account_id,
        "conid": position.instrument.conid,
        "contractDesc": contract_description(position.instrument),
        "position": float(position.quantity),
        "mktPrice": round(position.mark_price, 8),
        "mktValue": round(position.market_value, 2),
        "currency": position.instrument.currency,
        "avgCost": round(position.average_cost, 8),
        "avgPrice": round(position.average_price, 8),
        "realizedPnl": round(float(realised), 2),
        "unrealizedPnl": round(position.unrealised, 2),
        "exchs": None,
        "expiry": None,
        "putOrCall": None,
        "multiplier": None,
        "strike": 0.0,
        "exerciseStyle": None,
        "conExchMap": [],
        "assetClass": position.instrument.sec_type,
        "undConid": 0,
        "model": "",
    }


def complete_row(
    account_id: str, position: ValuedPosition, realised: float, underlying: Instrument | None
) -> dict[str, Any]:
    """A position with all contract details."""
    instrument = position.instrument
    expiry = instrument.expiry if instrument.sec_type in _EXPIRING else None
    row = incomplete_row(account_id, position, realised) | {
        "expiry": expiry,
        "putOrCall": instrument.right,
        "multiplier": float(instrument.multiplier) if expiry else 0.0,
        "strike": quantity_text(instrument.strike) if instrument.strike else "0",
        "undConid": instrument.underlying_conid or 0,
        "incrementRules": [{"lowerEdge": 0.0, "increment": float(instrument.tick)}],
        "displayRule": {
            "magnification": 0,
            "displayRuleStep": [
                {"decimalDigits": price_decimals(instrument), "lowerEdge": 0.0, "wholeDigits": 4}
            ],
        },
        "crossCurrency": position.rate != 1.0,
        "time": 6 + instrument.conid % 60,
        "chineseName": chinese_name(instrument),
        "allExchanges": ",".join(venue for venue in instrument.venues if venue != "SMART"),
        "listingExchange": instrument.exchange,
        "countryCode": _COUNTRIES.get(instrument.currency, "US"),
        "name": instrument.name,
        "lastTradingDay": expiry,
        "group": instrument.group,
        "sector": instrument.sector,
        "sectorGroup": instrument.category,
        "ticker": instrument.symbol,
        "type": _stock_type(instrument),
        "hasOptions": instrument.sec_type == "STK" and instrument.is_us,
        "fullName": full_name(instrument),
        "isUS": instrument.is_us,
        "isEventContract": instrument.sec_type == "EC",
        "pageSize": PAGE_SIZE,
    }
    if underlying is not None:
        row |= {"undComp": underlying.name, "undSym": underlying.symbol}
    if position.rate != 1.0:
        row |= {
            "baseMktValue": round(position.market_value * position.rate, 2),
            "baseMktPrice": round(position.mark_price * position.rate, 8),
            "baseAvgCost": round(position.average_cost * position.rate, 8),
            "baseAvgPrice": round(position.average_price * position.rate, 8),
            "baseRealizedPnl": round(realised * position.rate, 2),
            "baseUnrealizedPnl": round(position.unrealised * position.rate, 2),
        }
    return row


def combination_row(account_id: str, combination: CombinationPosition) -> dict[str, Any]:
    """A combination with its legs, and their positions without contract details.

    In IBKR's only example, the name is the hexadecimal time of what seems to be the first trade.
    """
    ratios = combination.ratios
    rows = [incomplete_row(account_id, part, part.realised) for part in combination.positions]
    return {
        "name": f"CP.CP{int(combination.since):08x}",
        "description": "".join(f"{ratio:+d}*{conid}" for conid, ratio in ratios.items()).removeprefix("+"),
        "legs": [{"conid": str(conid), "ratio": ratio} for conid, ratio in ratios.items()],
        "positions": [{key: row[key] for key in row if key != "model"} for row in rows],
    }


def portfolio2_row(position: ValuedPosition, timestamp: int) -> dict[str, Any]:
    """A position of `/portfolio2`: `timestamp` is in seconds; sector and group are always null."""
    return {
        "position": float(position.quantity),
        "conid": str(position.instrument.conid),
        "avgCost": round(position.average_cost, 8),
        "avgPrice": round(position.average_price, 8),
        "currency": position.instrument.currency,
        "description": contract_description(position.instrument),
        "isLastToLoq": False,
        "marketPrice": round(position.mark_price, 8),
        "marketValue": round(position.market_value, 2),
        "realizedPnl": round(float(position.realised), 2),
        "secType": position.instrument.sec_type,
        "timestamp": timestamp,
        "unrealizedPnl": round(position.unrealised, 2),
        "assetClass": position.instrument.sec_type,
        "sector": None,
        "group": None,
        "model": "",
    }


def sort_rows(rows: list[dict[str, Any]], column: str, descending: bool) -> list[dict[str, Any]]:
    """The rows sorted by a column, rows without a value last; unchanged for an unknown column."""

    def has_value(row: dict[str, Any]) -> bool:
        return isinstance(row.get(column), str | int | float)

    filled = sorted((row for row in rows if has_value(row)), key=lambda row: row[column], reverse=descending)
    return filled + [row for row in rows if not has_value(row)]


def _stock_type(instrument: Instrument) -> str:
    if instrument.sec_type != "STK":
        return ""
    return "ETF" if instrument.is_etf else "COMMON"
