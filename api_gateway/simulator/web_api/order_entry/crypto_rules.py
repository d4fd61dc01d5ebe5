"""Crypto rules: what IBKR rejects in an order for a cryptocurrency.

Reported by users of IBKR's other API, with its messages: a purchase must be IOC or be measured in minutes
(`PAX`), a market order must be IOC, a market purchase must name an amount of cash, and the limit of a
purchase must be within 10 dollars or 0.25 % of the ask price. Assumed: the larger of the two distances
counts, and a limit order to sell may also be `DAY` or `GTC`.
"""

from __future__ import annotations

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.instruments.price_format import price_text
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.web_api.order_entry.rejections import OrderRejectedError
from api_gateway.simulator.web_api.order_entry.tickets import Ticket

_BUY_TIFS = frozenset({"IOC", "PAX"})
_LIMIT_SALE_TIFS = frozenset({"IOC", "PAX", "DAY", "GTC"})
_DISTANCE, _DISTANCE_PART = 10.0, 0.0025


def check_crypto_ticket(paper_account: PaperAccount, instrument: Instrument, ticket: Ticket) -> None:
    """Reject a ticket for a cryptocurrency that IBKR rejects; other tickets are not checked.

    Raises OrderRejectedError.
    """
    if instrument.sec_type != "CRYPTO":
        return
    is_market, is_purchase = ticket.order_type == "MKT", ticket.side == "BUY"
    if is_market and ticket.tif != "IOC":
        raise OrderRejectedError("The crypto MKT order must be IOC")
    if is_purchase and ticket.tif not in _BUY_TIFS:
        raise OrderRejectedError("The crypto buy order must be Minutes or IOC")
    if ticket.tif not in _LIMIT_SALE_TIFS:
        raise OrderRejectedError(f"Time in force {ticket.tif} is not supported for this contract.")
    if is_market and is_purchase and ticket.cash_quantity is None:
        raise OrderRejectedError("You must set Cash Quantity for this order")
    if not is_purchase and ticket.cash_quantity is not None:
        raise OrderRejectedError("A cryptocurrency is sold by quantity, not by cash quantity.")
    if is_purchase and ticket.limit_price is not None:
        ask = paper_account.prices.quote(instrument).ask
        if abs(ticket.limit_price - ask) > max(_DISTANCE, ask * _DISTANCE_PART):
            raise OrderRejectedError(
                "We cannot accept an order at the limit price of "
                f"{price_text(instrument, ticket.limit_price)}. It is too far from the ask price of "
                f"{price_text(instrument, ask)}."
            )
