"""What an account is made of, as Portfolio Analyst splits it: by kind, sector, region and country."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.portfolio_analyst.account_history import Past


class Share(NamedTuple):
    """One part of a split: IBKR's id, its name and the colour of its slice."""

    id: str
    name: str
    color: str


_CASH = Share("CA", "Cash", "#11ea77")
_OTHER = Share("OT", "Other", "#9aa5b1")
_KINDS: Mapping[str, Share] = MappingProxyType(
    {
        "STK": Share("STK", "Stocks", "#034da2"),
        "OPT": Share("OPT", "Options", "#7a3fa0"),
        "FUT": Share("FUT", "Futures", "#e07b00"),
        "BOND": Share("BOND", "Bonds", "#8c6d31"),
        "FUND": Share("FUND", "Mutual Funds", "#2a9d8f"),
        "CFD": Share("CFD", "CFDs", "#b5179e"),
        "CRYPTO": Share("CRYPTO", "Cryptocurrencies", "#f7931a"),
        "EC": Share("EC", "Event Contracts", "#577590"),
    }
)
_EQUITIES = Share("EQ", "Equities", "#d780ff")
_FIXED_INCOME = Share("FI", "Fixed Income", "#8c6d31")
_CLASSES: Mapping[str, Share] = MappingProxyType(
    {"STK": _EQUITIES, "OPT": _EQUITIES, "CFD": _EQUITIES, "FUND": _EQUITIES, "BOND": _FIXED_INCOME}
)
_SECTORS: Mapping[str, Share] = MappingProxyType(
    {
        "Energy": Share("50", "Energy", "#e4572e"),
        "Metals": Share("51", "Basic Materials", "#007aa0"),
        "Industrial": Share("52", "Industrials", "#a1c181"),
        "Consumer, Cyclical": Share("53", "Consumer Cyclicals", "#ff9f1c"),
        "Consumer, Non-cyclical": Share("54", "Consumer Non-Cyclicals", "#f4d35e"),
        "Financial": Share("55", "Financials", "#56c480"),
        "Technology": Share("57", "Technology", "#008fd5"),
        "Communications": Share("58", "Telecommunications Services", "#6a4c93"),
        "Funds": Share("BR", "Broad", "#4d908e"),
        "Indices": Share("BR", "Broad", "#4d908e"),
    }
)
_COUNTRIES: Mapping[str, Share] = MappingProxyType(
    {
        "USD": Share("US", "United States", "#0070ba"),
        "EUR": Share("DE", "Germany", "#ffcc00"),
        "GBP": Share("GB", "United Kingdom", "#c8102e"),
        "CHF": Share("CH", "Switzerland", "#d52b1e"),
        "CAD": Share("CA", "Canada", "#ff5a5f"),
        "MXN": Share("MX", "Mexico", "#006847"),
        "JPY": Share("JP", "Japan", "#bc002d"),
        "HKD": Share("HK", "Hong Kong", "#de2910"),
    }
)
_NORTH_AMERICA = Share("NORTHA", "North America", "#25a8ff")
_EUROPE = Share("EUROPE", "Europe", "#3d5a80")
_ASIA = Share("ASIA", "Asia", "#ee6c4d")
_REGIONS: Mapping[str, Share] = MappingProxyType(
    {
        **dict.fromkeys(("USD", "CAD", "MXN"), _NORTH_AMERICA),
        **dict.fromkeys(("EUR", "GBP", "CHF"), _EUROPE),
        **dict.fromkeys(("JPY", "HKD"), _ASIA),
    }
)

# How each split names a position, and the cash of one currency.
_SPLITS: Mapping[str, tuple[Callable[[Instrument], Share | None], Callable[[str], Share | None]]] = (
    MappingProxyType(
        {
            "FINANCIAL_INSTRUMENT": (
                lambda held: _KINDS.get(held.sec_type),
                lambda _: Share("CASH_BALANCE", "Cash", _CASH.color),
            ),
            "ASSET_CLASS": (lambda held: _CLASSES.get(held.sec_type), lambda _: _CASH),
            "COUNTRY": (lambda held: _COUNTRIES.get(held.currency), _COUNTRIES.get),
            "SECTOR": (lambda held: _SECTORS.get(held.sector or ""), lambda _: _CASH),
            "REGION": (lambda held: _REGIONS.get(held.currency), _REGIONS.get),
        }
    )
)
TYPES = (*_SPLITS, "ALL")


def allocations(pasts: Iterable[Past], kind: str, rate: float) -> dict[str, Any]:
    """One of `TYPES`, or all of them, over accounts together.

    `rate` is what one unit of the wanted currency costs in base currency. What is owed is on the short side,
    which is absent where there is none.
    """
    taken = list(pasts)
    return {name: _split(taken, name, rate) for name in (_SPLITS if kind == "ALL" else (kind,))}


def _split(pasts: list[Past], name: str, rate: float) -> dict[str, Any]:
    of_position, of_cash = _SPLITS[name]
    sides: dict[str, dict[Share, float]] = {"long": {}, "short": {}}

    def add(side: str, share: Share | None, value: float) -> None:
        slot = share or _OTHER
        sides[side][slot] = sides[side].get(slot, 0.0) + value / rate

    for past in pasts:
        for asset in past.assets:
            add("long" if asset.quantity > 0 else "short", of_position(asset.instrument), asset.value)
        for currency, value in past.cash.items():
            add("long" if value > 0 else "short", of_cash(currency), value)
    return {side: _side(shares) for side, shares in sides.items() if shares or side == "long"}


def _side(shares: dict[Share, float]) -> dict[str, Any]:
    total = float(sum(shares.values()))
    return {
        "total": {"nav": round(total, 8), "weight": 1.0 if total else 0.0},
        "items": [
            {
                "id": share.id,
                "name": share.name,
                "nav": round(nav, 8),
                "weight": round(nav / total, 8) if total else 0.0,
                "color": share.color,
            }
            for share, nav in shares.items()
        ],
    }
