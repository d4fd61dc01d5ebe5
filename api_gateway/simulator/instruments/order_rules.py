"""Which order types an instrument's exchange accepts, and whether fractions of a share can be traded."""

from __future__ import annotations

from api_gateway.simulator.instruments.instrument import Instrument

_STOCK_ORDER_TYPES = (
    *("limit", "midprice", "market", "stop", "stop_limit", "mit", "lit", "trailing_stop"),
    *("trailing_stop_limit", "relative", "marketonclose", "limitonclose"),
)
_OTHER_ORDER_TYPES = (
    "limit",
    "market",
    "stop",
    "stop_limit",
    "mit",
    "lit",
    "trailing_stop",
    "trailing_stop_limit",
)
_CRYPTO_ORDER_TYPES = ("limit", "market")
OUTSIDE_RTH_ORDER_TYPES = ("limit", "stop_limit", "lit", "relative")


def supported_order_types(instrument: Instrument) -> tuple[str, ...]:
    """The order types that its exchange accepts, by their names in the contract rules."""
    if instrument.sec_type == "CRYPTO":
        return _CRYPTO_ORDER_TYPES
    return _STOCK_ORDER_TYPES if instrument.sec_type == "STK" else _OTHER_ORDER_TYPES


def supports_fractions(instrument: Instrument) -> bool:
    """Whether fractions of a share can be traded, which IBKR offers for US stocks."""
    return instrument.sec_type == "STK" and instrument.is_us
