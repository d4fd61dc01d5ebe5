"""Rows of the event contract endpoints: forecast markets and their contracts."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from api_gateway.simulator.instruments.conids import yes_and_no_conids
from api_gateway.simulator.instruments.event_markets import (
    CATEGORIES,
    EXCHANGE,
    MARKETS,
    ForecastCategory,
    ForecastEvent,
    ForecastMarket,
    category_path,
)
from api_gateway.simulator.instruments.universe import Instrument

_ZONE = "US/Central"
_RELEASE_TIME = timedelta(hours=13)
_PAYOUT = 1.0
_PAYOUT_DELAY = timedelta(days=1)
_ORDINARY_DAY_HOURS = (("12:00 AM", "4:15 PM"), ("4:16 PM", "11:59 PM"))
_MAINTENANCE_DAY_HOURS = (("12:00 AM", "2:00 AM"), ("2:15 AM", "4:15 PM"), ("4:16 PM", "11:59 PM"))


def category_tree() -> dict[str, Any]:
    """Every category by its ID, with its markets if it has any."""
    return {"categories": {category.id: _category_row(category) for category in CATEGORIES.values()}}


def market_row(market: ForecastMarket, contracts: Iterable[Instrument]) -> dict[str, Any]:
    """A market with the given contracts."""
    return {
        "market_name": market.name,
        "exchange": EXCHANGE,
        "symbol": market.symbol,
        "logo_category": _logo_category(market),
        "exclude_historical_data": not market.has_chart,
        "payout": _PAYOUT,
        "contracts": [_contract_row(market, contract) for contract in contracts],
    }


def details_row(market: ForecastMarket, contract: Instrument) -> dict[str, Any]:
    """The question of a contract, and the conids of Yes and No."""
    event, outcome = event_of(market, contract), market.outcome_at_strike(contract.strike or 0.0)
    label = market.outcome_label(outcome)
    # Within a sentence, only a name stays capitalized.
    outcome_text = label if outcome.name else label[0].lower() + label[1:]
    yes, no = yes_and_no_conids(contract.conid)
    row = {
        "conid_yes": yes,
        "conid_no": no,
        "question": market.question.format(outcome_text, event.label),
        "side": _side(contract),
        "strike_label": label,
        "strike": outcome.strike,
        "exchange": EXCHANGE,
        "expiration": contract.expiry,
        "symbol": market.symbol,
        "category": category_path(market.category)[0],
        "logo_category": _logo_category(market),
        "measured_period": f"{event.period_end:%b%d}'{event.period_end:%y}",
        "market_name": market.name,
        "underlying_conid": market.conid,
        "payout": _PAYOUT,
        "product_conid": market.product_conid,
    }
    if outcome.party:
        row["party"] = outcome.party
    return row | {"is_restricted": False}


def rules_row(market: ForecastMarket, contract: Instrument) -> dict[str, Any]:
    """How and when a contract is settled; times are in seconds since 1970."""
    event, outcome = event_of(market, contract), market.outcome_at_strike(contract.strike or 0.0)
    midnight = datetime.combine(event.expiry, datetime.min.time(), tzinfo=ZoneInfo(_ZONE))
    released = midnight + _RELEASE_TIME
    return {
        "asset_class": "OPT",
        "description": market.description,
        "market_name": market.name,
        "measured_period": f"{event.period_end:%b%d}'{event.period_end:%y}",
        "threshold": outcome.name or str(outcome.strike),
        "source_agency": market.agency,
        "data_and_resolution_link": market.link,
        "last_trade_time": int(released.timestamp()),
        "product_code": market.symbol,
        "market_rules_link": f"https://data.forecastex.com/regulatory/{market.symbol}TermsandConditions.pdf",
        "release_time": int(released.timestamp()),
        "payout_time": int((released + _PAYOUT_DELAY).timestamp()),
        "payout": "$1.00",
        "price_increment": "$0.01",
        "price_increments": [{"lower_edge": "0.0", "increment": "$0.01"}],
        "exchange_timezone": _ZONE,
    }


def forecast_schedule_rows() -> dict[str, Any]:
    """A regular week starting on Saturday, in Chicago time on a 12-hour clock."""
    week = [calendar.day_name[(calendar.SATURDAY + offset) % 7] for offset in range(7)]
    return {
        "timezone": _ZONE,
        "trading_schedules": [
            {
                "day_of_week": day,
                "trading_times": [
                    {"open": opens, "close": closes}
                    for opens, closes in (
                        _MAINTENANCE_DAY_HOURS if day == "Wednesday" else _ORDINARY_DAY_HOURS
                    )
                ],
            }
            for day in week
        ],
    }


def event_of(market: ForecastMarket, contract: Instrument) -> ForecastEvent:
    """The event of a contract. Raises LookupError if the market has no such event."""
    return market.event_on(datetime.strptime(contract.expiry or "", "%Y%m%d").date())  # noqa: DTZ007 no zone


def _category_row(category: ForecastCategory) -> dict[str, Any]:
    row: dict[str, Any] = {"name": category.name}
    if category.parent:
        row["parent_id"] = category.parent
    row["is_restricted"] = False
    markets = [market for market in MARKETS.values() if market.category == category.id]
    if markets or not category.parent:
        row["markets"] = [
            {
                "name": market.name,
                "symbol": market.symbol,
                "exchange": EXCHANGE,
                "is_restricted": False,
                "conid": market.conid,
                "product_conid": market.product_conid,
            }
            for market in markets
        ]
    return row


def _contract_row(market: ForecastMarket, contract: Instrument) -> dict[str, Any]:
    event, outcome = event_of(market, contract), market.outcome_at_strike(contract.strike or 0.0)
    row = {
        "conid": contract.conid,
        "side": _side(contract),
        "expiration": contract.expiry,
        "strike": outcome.strike,
        "strike_label": market.outcome_label(outcome),
        "expiry_label": event.label,
        "underlying_conid": market.conid,
        "time_specifier": f"{event.period_end.year}.{event.period_end.month}.{event.period_end.day}",
    }
    return row | {"party": outcome.party} if outcome.party else row


def _side(contract: Instrument) -> str:
    return "Y" if contract.right == "C" else "N"


def _logo_category(market: ForecastMarket) -> str:
    return category_path(market.category)[1]
