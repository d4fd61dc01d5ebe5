"""What a cash account without futures and with limited option trading may not do.

IBKR documents which option strategies it allows: long options, covered calls and puts covered by cash. The
messages are IBKR's, as its help and its users quote them, except for the one about short stock.
"""

from __future__ import annotations

from collections import defaultdict

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.instruments.combinations import Combination, contracts_of
from api_gateway.simulator.orders.order import Order

NO_PERMISSION = "No trading permissions."
SHORT_CALL = "Account May Not Hold Positions: Short Call"
SHORT_STOCK = "Account May Not Hold Positions: Short Stock"  # a guess
STRATEGY = (
    "You are not able to submit this order because you do not have trading permissions for this options "
    "strategy."
)
_NOT_PERMITTED = frozenset({"FUT", "FOP"})


def find_permission_problem(paper_account: PaperAccount, order: Order) -> str | None:
    """Return the reason for which IBKR rejects an order of a cash account, or None."""
    if not paper_account.is_cash_account:
        return None
    if any(c.sec_type in _NOT_PERMITTED for c in contracts_of(paper_account.instrument_of(order))):
        return NO_PERMISSION
    return _short_position_problem(paper_account, order)


def _short_position_problem(paper_account: PaperAccount, order: Order) -> str | None:
    quantities = _quantities_after(paper_account, order)
    traded = {contract.conid for contract in contracts_of(paper_account.instrument_of(order))}
    shares_needed: dict[int, float] = defaultdict(float)
    cash_needed = 0.0
    short_calls = short_puts = False
    for conid, quantity in quantities.items():
        instrument = paper_account.instrument(conid)
        if quantity >= 0:
            continue
        if instrument.sec_type != "OPT":
            if conid in traded:
                return SHORT_STOCK
            continue
        if instrument.right == "C":
            shares_needed[instrument.underlying_conid or 0] -= quantity * instrument.multiplier
            short_calls = short_calls or conid in traded
        else:
            cash_needed -= quantity * instrument.multiplier * (instrument.strike or 0.0)
            short_puts = short_puts or conid in traded
    if short_calls and any(quantities.get(conid, 0.0) < needed for conid, needed in shares_needed.items()):
        return STRATEGY if order.combination is not None else SHORT_CALL
    if short_puts and cash_needed > paper_account.valuation().base_ledger.cash:
        return STRATEGY
    return None


def _quantities_after(paper_account: PaperAccount, order: Order) -> dict[int, float]:
    """Return the account's positions by conid once the order has filled."""
    quantities = {conid: position.quantity for conid, position in paper_account.positions.items()}
    instrument = paper_account.instrument_of(order)
    ratios = instrument.ratios if isinstance(instrument, Combination) else {instrument.conid: 1}
    if instrument.sec_type == "CASH":
        return quantities
    for conid, ratio in ratios.items():
        change = order.sign * ratio * (order.quantity - order.filled)
        quantities[conid] = quantities.get(conid, 0.0) + change
    return quantities
