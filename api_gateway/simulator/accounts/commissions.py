"""Commissions: the fee for one execution, from IBKR's published fixed pricing."""

from __future__ import annotations

from api_gateway.simulator.instruments.universe import Instrument


def commission(instrument: Instrument, quantity: float, price: float) -> float:
    """The fee for `quantity` units at `price`, in the instrument's currency; for FX in US dollars."""
    size = abs(quantity)
    value = size * price * instrument.multiplier
    match instrument.sec_type:
        case "OPT" | "FOP":
            fee = max(1.0, 0.65 * size)
        case "FUT":
            fee = 2.25 * size
        case "CASH":
            fee = max(2.0, 0.00002 * value)
        case "CRYPTO":
            fee = max(1.75, 0.0018 * value)
        case "BOND":
            fee = max(1.0, 0.001 * value)
        case _:
            fee = min(max(1.0, 0.005 * size), 0.01 * value)
    return round(fee, 2)
