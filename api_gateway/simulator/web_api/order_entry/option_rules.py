"""What IBKR forbids in option orders, in its words: riskless combinations, and both sides of one contract.

Both messages are IBKR's, reported by users of TWS; that its Web API uses the same words is assumed.
"""

from __future__ import annotations

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.instruments.combinations import Combination
from api_gateway.simulator.instruments.instrument import Instrument
from api_gateway.simulator.orders.order import Order

RISKLESS = "Riskless combination orders are not allowed."
BOTH_SIDES = "Cannot have open orders on both sides of the same US Option contract."


def find_option_problem(paper_account: PaperAccount, order: Order) -> str | None:
    """Return the reason for which IBKR rejects an order because of its options, or None."""
    if order.combination is not None and _is_riskless(order, order.combination):
        return RISKLESS
    return BOTH_SIDES if _has_opposite_order(paper_account, order) else None


def payoff_range(combination: Combination) -> tuple[float, float] | None:
    """Return the least and the most that one unit can be worth at expiry, per unit of its multiplier.

    None unless it consists of options on one underlying that expire on one day.
    """
    legs = combination.legs
    options = [leg.instrument for leg in legs]
    if {option.sec_type for option in options} != {"OPT"}:
        return None
    if len({(option.underlying_conid, option.expiry) for option in options}) > 1:
        return None

    def payoff(spot: float) -> float:
        return sum(
            weight * _intrinsic_value(leg.instrument, spot)
            for leg, weight in zip(legs, combination.weights, strict=True)
        )

    strikes = [option.strike or 0.0 for option in options]
    values = [payoff(spot) for spot in (0.0, *strikes)]
    beyond = payoff(max(strikes) + 1) - payoff(max(strikes))
    unlimited = float("inf") if beyond > 0 else float("-inf") if beyond < 0 else values[-1]
    return min(*values, unlimited), max(*values, unlimited)


def _intrinsic_value(option: Instrument, spot: float) -> float:
    above = spot - (option.strike or 0.0)
    return max(0.0, above if option.right == "C" else -above)


def _is_riskless(order: Order, combination: Combination) -> bool:
    """Return whether the limit price guarantees that the combination loses nothing."""
    payoffs = payoff_range(combination)
    if payoffs is None or order.limit_price is None:
        return False
    least, most = payoffs
    return least >= order.limit_price if order.side == "BUY" else order.limit_price >= most


def _has_opposite_order(paper_account: PaperAccount, order: Order) -> bool:
    """Return whether another open order trades one of its US options in the other direction.

    Orders that wait for their parent do not count, and neither does one that replaces such an order. An order
    that closes a position is accepted, because IBKR offers to cancel the others before it.
    """
    replaced = paper_account.orders.get(order.order_id)
    is_child = replaced is not None and replaced.parent_id is not None
    if is_child or order.ticket.get("isClose") is True:
        return False
    directions = _option_directions(paper_account, order)
    return any(
        directions.get(conid) == -direction
        for other in (paper_account.orders.values() if directions else ())
        if other.status.is_working and other.parent_id is None and other.order_id != order.order_id
        for conid, direction in _option_directions(paper_account, other).items()
    )


def _option_directions(paper_account: PaperAccount, order: Order) -> dict[int, int]:
    """Return the US options that an order trades: 1 if it buys them, -1 if it sells them."""
    if order.combination is not None:
        contracts = [(leg.instrument, leg.ratio) for leg in order.combination.legs]
    else:
        contracts = [(paper_account.instrument(order.conid), 1)]
    return {
        contract.conid: order.sign * (1 if ratio > 0 else -1)
        for contract, ratio in contracts
        if contract.sec_type == "OPT" and contract.is_us
    }
