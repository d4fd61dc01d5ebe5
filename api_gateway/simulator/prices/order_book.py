"""Order book: spread and sizes around the last price, reproducible for each time."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.prices.seeded_noise import hash_keys


@dataclass(frozen=True)
class OrderBook:
    """Best bid and ask, and the size of the last trade. Without a bid, its price and its size are 0."""

    bid: float
    ask: float
    bid_size: int
    ask_size: int
    last_size: int


@dataclass(frozen=True)
class _Depth:
    """The spread as a fraction of the price, and the sizes: a lot size and how many lots."""

    spread: float
    lot: int
    lots: int


_DEPTHS = MappingProxyType(
    {
        "STK": _Depth(0.00008, 100, 14),
        "CFD": _Depth(0.00012, 100, 10),
        "OPT": _Depth(0.018, 1, 90),
        "FOP": _Depth(0.02, 1, 40),
        "FUT": _Depth(0.00002, 1, 70),
        "CASH": _Depth(0.00003, 500_000, 10),
        "CRYPTO": _Depth(0.0004, 1, 4),
        "BOND": _Depth(0.0015, 5, 40),
        "EC": _Depth(0.01, 10, 60),
    }
)


def is_bid_for(instrument: Instrument, last: float) -> bool:
    """Whether anybody bids for an instrument at this last price: not for what is worth one tick or less."""
    return last > instrument.tick * 1.001


def build_order_book(instrument: Instrument, last: float, key: int, *, centred: bool) -> OrderBook:
    """The book at one time. Indices and funds have none: bid and ask equal the price, and sizes are 0.

    `centred` keeps the last price in the middle, as tests that fix a price expect.
    """
    depth = _DEPTHS.get(instrument.sec_type)
    if depth is None:
        return OrderBook(last, last, 0, 0, 0)
    noise = hash_keys(key, 7)
    tick = instrument.tick
    spread = max(1, round(last * depth.spread / tick)) * tick
    place = 2 if centred else noise % 3
    bid = last if place == 0 else last - spread
    ask = last if place == 1 else last + spread
    has_bid = is_bid_for(instrument, last)
    return OrderBook(
        bid=max(tick, round(bid, instrument.decimals)) if has_bid else 0.0,
        ask=max(tick, round(ask, instrument.decimals)),
        bid_size=depth.lot * (1 + (noise >> 8) % depth.lots) if has_bid else 0,
        ask_size=depth.lot * (1 + (noise >> 24) % depth.lots),
        last_size=depth.lot * (1 + (noise >> 40) % max(1, depth.lots // 4)),
    )
