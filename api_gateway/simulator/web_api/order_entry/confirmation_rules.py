"""Confirmation rules: when IBKR asks for confirmation before it accepts an order, in the order it asks.

Known, from IBKR's reference and recorded orders: the IDs, their subjects, the sequence o163, o354, o10153,
and the limits of 3 %, 500 shares and 100,000 dollars. The other conditions are assumed, and so are the texts
apart from the phrases that IBKR documents or that clients match.

Documented, but without a situation in the simulator: o10082 (a called bond), o10332 (crypto in Hong Kong),
o10333 (exercise of an option at the money), o10334 (an omnibus account) and o10335 (the rapid entry window).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from api_gateway.simulator.orders.order_types import ORDER_TYPES
from api_gateway.simulator.session.open_questions import ConfirmationQuestion
from api_gateway.simulator.web_api.order_entry.order_context import OrderContext

NO_MESSAGE_ID = ""  # The ID of the question about `isClose` is not known.
_PROMPT = "\nAre you sure you want to submit this order?"
_PERCENTAGE_LIMIT = 3.0
_VALUE_LIMIT = 100_000.0


class TextSource(Enum):
    """Where a question's text comes from."""

    DOCUMENT = "IBKR's document, at least the phrase that identifies the question"
    CLIENT = "a phrase that public clients match; the rest is the simulator's own"
    OWN = "the simulator's own text, because IBKR's is not known"


@dataclass(frozen=True)
class ConfirmationRule:
    """One question: its ID, when it applies, its text, and the source of that text."""

    message_id: str
    applies: Callable[[OrderContext], bool]
    text: Callable[[OrderContext], str]
    source: TextSource


def confirmation_questions(
    context: OrderContext, is_asked: Callable[[str], bool] = lambda _: True
) -> tuple[ConfirmationQuestion, ...]:
    """Return the questions that the order raises, without those suppressed for the session.

    `is_asked` can leave out more of them by their message IDs.
    """
    applicable = (
        r
        for r in CONFIRMATION_RULES
        if r.message_id not in context.preflights.suppressed_message_ids
        and is_asked(r.message_id)
        and r.applies(context)
    )
    return tuple(ConfirmationQuestion(rule.message_id, rule.text(context)) for rule in applicable)


CONFIRMATION_RULES: tuple[ConfirmationRule, ...] = (
    ConfirmationRule(
        NO_MESSAGE_ID,
        lambda context: bool(context.orders_to_cancel),
        lambda _: "Would you like to cancel all open orders and then place new closing order?",
        TextSource.CLIENT,
    ),
    ConfirmationRule(
        "o163",
        lambda context: (
            context.instrument.sec_type not in ("OPT", "FOP", "EC", "BAG")
            and abs(context.percent_from_market) > _PERCENTAGE_LIMIT
        ),
        lambda context: (
            f'The following order "{context.summary}" price exceeds \nthe Percentage constraint of '
            f"{_PERCENTAGE_LIMIT:g}%.{_PROMPT}"
        ),
        TextSource.CLIENT,
    ),
    ConfirmationRule(
        "o382",
        lambda context: context.is_off_tick,
        lambda context: (
            f'The following order "{context.summary}" price exceeds \nthe Tick Size Limit of '
            f"{context.instrument.tick:.{context.instrument.decimals}f}.{_PROMPT}"
        ),
        TextSource.CLIENT,
    ),
    ConfirmationRule(
        "o354",
        lambda context: not context.preflights.has_market_data(context.instrument),
        lambda _: (
            "You are submitting an order without market data. We strongly recommend against this as it may "
            f"result in erroneous and unexpected trades.{_PROMPT}"
        ),
        TextSource.DOCUMENT,
    ),
    ConfirmationRule(
        "o383",
        lambda context: context.order.quantity > context.size_limit,
        lambda context: (
            f'The following order "{context.summary}" size exceeds the Size Limit of '
            f"{context.size_limit}.{_PROMPT}"
        ),
        TextSource.DOCUMENT,
    ),
    ConfirmationRule(
        "o451",
        lambda context: context.value > _VALUE_LIMIT and context.instrument.sec_type != "CASH",
        lambda context: (
            f'The following order "{context.summary}" value estimate of {context.value:,.2f} '
            f"{context.account.base_currency} exceeds \n"
            f"the Total Value Limit of {_VALUE_LIMIT:,.0f} {context.account.base_currency}.{_PROMPT}"
        ),
        TextSource.DOCUMENT,
    ),
    ConfirmationRule(
        "o10138",
        lambda context: context.exceeds_increase_limit,
        lambda context: (
            f'The following order "{context.summary}" size modification exceeds the size modification '
            f"limit of {context.size_limit}.{_PROMPT}"
        ),
        TextSource.DOCUMENT,
    ),
    ConfirmationRule(
        "p6",
        lambda context: bool(context.allocations),
        lambda _: (
            "This order will be distributed over multiple accounts. We strongly suggest you familiarize "
            "yourself with our allocation facilities before submitting orders."
        ),
        TextSource.DOCUMENT,
    ),
    ConfirmationRule(
        "o2136",
        lambda context: context.is_mixed_allocation,
        lambda _: f"This order closes a position in one account and opens one in another.{_PROMPT}",
        TextSource.OWN,
    ),
    ConfirmationRule(
        "o2137",
        lambda context: context.is_cross_side,
        # TWS has the same number and sentence for its "cross side warning".
        lambda _: f"The closing order quantity is greater than your current position.{_PROMPT}",
        TextSource.CLIENT,
    ),
    ConfirmationRule(
        "o2165",
        lambda context: context.is_fractional_outside_rth,
        lambda _: f"This instrument does not trade in fractions outside regular trading hours.{_PROMPT}",
        TextSource.OWN,
    ),
    ConfirmationRule(
        "o10336",
        lambda context: context.is_illiquid,
        lambda _: (
            "This security has limited liquidity. A position may be hard to close when you want to, or at "
            f"the price that you want.{_PROMPT}"
        ),
        TextSource.DOCUMENT,
    ),
    ConfirmationRule(
        "o10223",
        lambda context: bool(context.order.ticket.get("cashQty")),
        lambda _: (
            "<h4>Cash Quantity Order Confirmation</h4>Orders that express size using a monetary value (cash "
            f"quantity) are provided on a non-guaranteed basis.{_PROMPT}"
        ),
        TextSource.DOCUMENT,
    ),
    ConfirmationRule(
        "o10164",
        lambda context: bool(context.order.ticket.get("cashQty")),
        lambda _: (
            "Traders are responsible for understanding cash quantity details, which are provided on a best "
            f"efforts basis only.{_PROMPT}"
        ),
        TextSource.DOCUMENT,
    ),
    ConfirmationRule(
        "o403",
        lambda context: context.would_trigger_now,
        lambda _: f"This order will most likely trigger and fill immediately.{_PROMPT}",
        TextSource.DOCUMENT,
    ),
    ConfirmationRule(
        "o10331",
        lambda context: context.is_stop_order,
        lambda _: (
            "You are about to submit a stop order. Please be aware of the various stop order types available "
            f"and the risks associated with each one.{_PROMPT}"
        ),
        TextSource.DOCUMENT,
    ),
    ConfirmationRule(
        "o10152",
        lambda context: context.is_stop_order and ORDER_TYPES[context.order.order_type].limit_field is None,
        lambda _: (
            "A Stop Order - i.e. a Stop (Market) Order - is an instruction to buy or sell at the market "
            'price once your trigger ("stop") price is reached, which may be far from that price.'
            f"{_PROMPT}"
        ),
        TextSource.CLIENT,
    ),
    ConfirmationRule(
        "o10288",
        lambda context: context.is_market_order and context.instrument.sec_type == "CRYPTO",
        lambda _: f"Market orders for cryptocurrencies may fill at prices that move quickly.{_PROMPT}",
        TextSource.OWN,
    ),
    ConfirmationRule(
        "o10151",
        lambda context: context.is_market_order and context.instrument.sec_type != "CRYPTO",
        # Recorded in a preview: the heading, and the space after it.
        lambda _: (
            "<h4>Market Order Confirmation</h4>&nbsp;A Market Order is an instruction to trade your order at "
            f"any available price, which may be far from the one that is shown.{_PROMPT}"
        ),
        TextSource.CLIENT,
    ),
    ConfirmationRule(
        "o10153",
        lambda context: context.is_market_order or context.percent_from_market > _PERCENTAGE_LIMIT,
        lambda _: (
            "<h4>Confirm Mandatory Cap Price</h4>To avoid trading at a price that is not consistent with a "
            "fair and orderly market, IB may set a cap (for a buy order) or a floor (for a sell order), and "
            f"the order may then not be traded.{_PROMPT}"
        ),
        TextSource.DOCUMENT,
    ),
)
