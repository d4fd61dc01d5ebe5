"""Portfolio Analyst's asset allocation: by type, class, sector, region and country."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.portfolio_analyst.account_history import AccountSnapshot


class AllocationSlice(NamedTuple):
    """One slice of an allocation: IBKR's ID, its name and its chart color."""

    id: str
    name: str
    color: str


_CASH = AllocationSlice("CA", "Cash", "#11ea77")
_OTHER = AllocationSlice("OT", "Other", "#9aa5b1")
_INSTRUMENT_TYPES: Mapping[str, AllocationSlice] = MappingProxyType(
    {
        "STK": AllocationSlice("STK", "Stocks", "#034da2"),
        "OPT": AllocationSlice("OPT", "Options", "#7a3fa0"),
        "FOP": AllocationSlice("FOP", "Futures Options", "#b07aa1"),
        "FUT": AllocationSlice("FUT", "Futures", "#e07b00"),
        "BOND": AllocationSlice("BOND", "Bonds", "#8c6d31"),
        "FUND": AllocationSlice("FUND", "Mutual Funds", "#2a9d8f"),
        "CFD": AllocationSlice("CFD", "CFDs", "#b5179e"),
        "CRYPTO": AllocationSlice("CRYPTO", "Cryptocurrencies", "#f7931a"),
        "EC": AllocationSlice("EC", "Event Contracts", "#577590"),
    }
)
_EQUITIES = AllocationSlice("EQ", "Equities", "#d780ff")
_FIXED_INCOME = AllocationSlice("FI", "Fixed Income", "#8c6d31")
_CLASSES: Mapping[str, AllocationSlice] = MappingProxyType(
    {"STK": _EQUITIES, "OPT": _EQUITIES, "CFD": _EQUITIES, "FUND": _EQUITIES, "BOND": _FIXED_INCOME}
)
_SECTORS: Mapping[str, AllocationSlice] = MappingProxyType(
    {
        "Energy": AllocationSlice("50", "Energy", "#e4572e"),
        "Metals": AllocationSlice("51", "Basic Materials", "#007aa0"),
        "Industrial": AllocationSlice("52", "Industrials", "#a1c181"),
        "Consumer, Cyclical": AllocationSlice("53", "Consumer Cyclicals", "#ff9f1c"),
        "Consumer, Non-cyclical": AllocationSlice("54", "Consumer Non-Cyclicals", "#f4d35e"),
        "Financial": AllocationSlice("55", "Financials", "#56c480"),
        "Technology": AllocationSlice("57", "Technology", "#008fd5"),
        "Communications": AllocationSlice("58", "Telecommunications Services", "#6a4c93"),
        "Funds": AllocationSlice("BR", "Broad", "#4d908e"),
        "Indices": AllocationSlice("BR", "Broad", "#4d908e"),
    }
)
_COUNTRIES: Mapping[str, AllocationSlice] = MappingProxyType(
    {
        "USD": AllocationSlice("US", "United States", "#0070ba"),
        "EUR": AllocationSlice("DE", "Germany", "#ffcc00"),
        "GBP": AllocationSlice("GB", "United Kingdom", "#c8102e"),
        "CHF": AllocationSlice("CH", "Switzerland", "#d52b1e"),
        "CAD": AllocationSlice("CA", "Canada", "#ff5a5f"),
        "MXN": AllocationSlice("MX", "Mexico", "#006847"),
        "JPY": AllocationSlice("JP", "Japan", "#bc002d"),
        "HKD": AllocationSlice("HK", "Hong Kong", "#de2910"),
    }
)
_NORTH_AMERICA = AllocationSlice("NORTHA", "North America", "#25a8ff")
_EUROPE = AllocationSlice("EUROPE", "Europe", "#3d5a80")
_ASIA = AllocationSlice("ASIA", "Asia", "#ee6c4d")
_REGIONS: Mapping[str, AllocationSlice] = MappingProxyType(
    {
        **dict.fromkeys(("USD", "CAD", "MXN"), _NORTH_AMERICA),
        **dict.fromkeys(("EUR", "GBP", "CHF"), _EUROPE),
        **dict.fromkeys(("JPY", "HKD"), _ASIA),
    }
)

# For each allocation type: the slice of a position, and the slice of a cash balance.
_SPLITS: Mapping[
    str, tuple[Callable[[Instrument], AllocationSlice | None], Callable[[str], AllocationSlice | None]]
] = MappingProxyType(
    {
        "FINANCIAL_INSTRUMENT": (
            lambda instrument: _INSTRUMENT_TYPES.get(instrument.sec_type),
            lambda _: AllocationSlice("CASH_BALANCE", "Cash", _CASH.color),
        ),
        "ASSET_CLASS": (lambda instrument: _CLASSES.get(instrument.sec_type), lambda _: _CASH),
        "COUNTRY": (lambda instrument: _COUNTRIES.get(instrument.currency), _COUNTRIES.get),
        "SECTOR": (lambda instrument: _SECTORS.get(instrument.sector or ""), lambda _: _CASH),
        "REGION": (lambda instrument: _REGIONS.get(instrument.currency), _REGIONS.get),
    }
)
ALLOCATION_TYPES = (*_SPLITS, "ALL")


def allocations(snapshots: Iterable[AccountSnapshot], allocation_type: str, rate: float) -> dict[str, Any]:
    """Return one of `ALLOCATION_TYPES`, or all of them, for all the accounts together.

    `rate` is the price of one unit of the target currency in base currency. Debts are on the short side,
    which is left out if it is empty.
    """
    snapshot_list = list(snapshots)
    return {
        name: _allocate(snapshot_list, name, rate)
        for name in (_SPLITS if allocation_type == "ALL" else (allocation_type,))
    }


def _allocate(snapshots: list[AccountSnapshot], name: str, rate: float) -> dict[str, Any]:
    position_slice, cash_slice = _SPLITS[name]
    sides: dict[str, dict[AllocationSlice, float]] = {"long": {}, "short": {}}

    def add(side: str, allocation_slice: AllocationSlice | None, value: float) -> None:
        key = allocation_slice or _OTHER
        sides[side][key] = sides[side].get(key, 0.0) + value / rate

    for snapshot in snapshots:
        for asset in snapshot.assets:
            add("long" if asset.quantity > 0 else "short", position_slice(asset.instrument), asset.value)
        for currency, value in snapshot.cash.items():
            add("long" if value > 0 else "short", cash_slice(currency), value)
    return {side: _side_row(slices) for side, slices in sides.items() if slices or side == "long"}


def _side_row(slices: dict[AllocationSlice, float]) -> dict[str, Any]:
    total = float(sum(slices.values()))
    return {
        "total": {"nav": round(total, 8), "weight": 1.0 if total else 0.0},
        "items": [
            {
                "id": allocation_slice.id,
                "name": allocation_slice.name,
                "nav": round(nav, 8),
                "weight": round(nav / total, 8) if total else 0.0,
                "color": allocation_slice.color,
            }
            for allocation_slice, nav in slices.items()
        ],
    }
