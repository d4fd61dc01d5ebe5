"""The account values of `/portfolio/{accountId}/summary`: total, securities, commodities and crypto."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from api_gateway.simulator.accounts.segments import Segment
from api_gateway.simulator.accounts.valuation import Valuation
from api_gateway.simulator.calendar.trading_hours import HOURS, sessions_from

_NEW_YORK = ZoneInfo("America/New_York")
_Amount = Callable[[Segment], float]


def _zero(_: Segment) -> float:
    return 0.0


_ALL_SEGMENTS: dict[str, _Amount] = {
    "accruedcash": lambda s: s.accrued_interest,
    "accrueddividend": lambda s: s.accrued_dividends,
    "availablefunds": lambda s: s.available_funds,
    "availabletotrade": lambda s: s.available_funds,
    "availabletowithdraw": lambda s: s.available_to_withdraw,
    "billable": _zero,
    "equitywithloanvalue": lambda s: s.equity_with_loan,
    "excessliquidity": lambda s: s.excess_liquidity,
    "fullavailablefunds": lambda s: s.available_funds,
    "fullexcessliquidity": lambda s: s.excess_liquidity,
    "fullinitmarginreq": lambda s: s.initial_margin,
    "fullmaintmarginreq": lambda s: s.maintenance_margin,
    "guarantee": _zero,
    "incentivecoupons": _zero,
    "indianstockhaircut": _zero,
    "initmarginreq": lambda s: s.initial_margin,
    "lookaheadavailablefunds": lambda s: s.available_funds,
    "lookaheadexcessliquidity": lambda s: s.excess_liquidity,
    "lookaheadinitmarginreq": lambda s: s.initial_margin,
    "lookaheadmaintmarginreq": lambda s: s.maintenance_margin,
    "maintmarginreq": lambda s: s.maintenance_margin,
    "netliquidation": lambda s: s.net_liquidation,
    "pasharesvalue": _zero,
    "physicalcertificatevalue": _zero,
    "postexpirationexcess": _zero,
    "postexpirationmargin": _zero,
    "settledcash": lambda s: s.settled_cash,
    "totalcashvalue": lambda s: s.total_cash,
    "totaldebitcardpendingcharges": _zero,
}
_SECURITIES_ONLY: dict[str, _Amount] = {
    "grosspositionvalue": lambda s: s.gross_position_value,
    "previousdayequitywithloanvalue": lambda s: s.previous_equity_with_loan,
    "regtequity": lambda s: s.equity_with_loan,
    "regtmargin": lambda s: s.reg_t_margin,
    "sma": lambda s: s.special_memorandum,
}
_TITLES = {"c": "US Commodities", "s": "US Securities", "p": "Crypto at Paxos"}


def portfolio_summary(account_id: str, valuation: Valuation) -> dict[str, Any]:
    """About 150 values: `timestamp` in milliseconds, amounts in base currency, other values as strings."""
    segments = {"c": valuation.commodities, "s": valuation.securities, "p": Segment()}
    total = valuation.total
    amounts = {key: amount(total) for key, amount in _ALL_SEGMENTS.items()}
    for suffix, segment in segments.items():
        amounts |= {f"{key}-{suffix}": amount(segment) for key, amount in _ALL_SEGMENTS.items()}
    for key, amount in _SECURITIES_ONLY.items():
        amounts[key] = amounts[f"{key}-s"] = amount(valuation.securities)
    amounts |= {"buyingpower": total.buying_power, "netliquidationuncertainty": 0.0}
    texts = _text_values(account_id, valuation)

    timestamp = int(valuation.at) * 1000
    rows = {key: _row(timestamp, amount=round(amount, 2), currency="USD") for key, amount in amounts.items()}
    rows |= {key: _row(timestamp, value=text) for key, text in texts.items()}
    return dict(sorted(rows.items()))


def _text_values(account_id: str, valuation: Valuation) -> dict[str, str]:
    later = ("", "t+1", "t+2", "t+3", "t+4")
    close = sessions_from(HOURS["us_stock"], valuation.at, 1)[0].closes
    return {
        "accountcode": account_id,
        "accountready": "true",
        "accounttype": "INDIVIDUAL",
        "columnprio-c": "2",
        "columnprio-s": "1",
        "columnprio-p": "5",
        "cushion": f"{valuation.total.cushion:.6f}",
        **{f"daytradesremaining{suffix}": "-1" for suffix in later},
        "daytradingstatus-s": f"::false:{valuation.securities.equity_with_loan:.2f}::false",
        "depositoncredithold": "null",
        "highestseverity": "null",
        "leverage-s": f"{valuation.securities.leverage:.2f}",
        "lookaheadnextchange": str(int(close)),
        "nlvandmargininreview": "false",
        **{f"segmenttitle-{suffix}": title for suffix, title in _TITLES.items()},
        **{f"settledcashbydate{suffix}": text for suffix, text in _settlements(valuation).items()},
        "tradingtype-s": "STKNOPT",
        "whatifpmenabled": "true",
    }


def _settlements(valuation: Valuation) -> dict[str, str]:
    """Return the settled cash by date and segment: `20260402:987918.28;20260406:971869.62`.

    The second date is when today's trades settle; it is omitted if they change nothing.
    """
    sessions = sessions_from(HOURS["us_stock"], valuation.at, 2)
    today = datetime.fromtimestamp(valuation.at, tz=_NEW_YORK).date()
    later = next(session.day for session in sessions if session.day > today)
    segments = {"": valuation.total, "-c": valuation.commodities, "-s": valuation.securities, "-p": Segment()}
    texts = {}
    for suffix, segment in segments.items():
        texts[suffix] = f"{today:%Y%m%d}:{segment.settled_cash:.2f}"
        if round(segment.cash - segment.settled_cash, 2):
            texts[suffix] += f";{later:%Y%m%d}:{segment.cash:.2f}"
        texts[suffix] = texts[suffix].replace(":0.00", ":0")
    return texts


def _row(
    timestamp: int, *, amount: float = 0.0, currency: str | None = None, value: str | None = None
) -> dict[str, Any]:
    return {
        "amount": amount,
        "currency": currency,
        "isNull": False,
        "timestamp": timestamp,
        "value": value,
        "severity": 0,
    }
