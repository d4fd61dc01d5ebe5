"""Prompts: choices that IBKR offers about an order, in the response to it or unsolicited on the WebSocket."""

from __future__ import annotations

from typing import Any

from api_gateway.simulator.orders.order import Order, OrderStatus
from api_gateway.simulator.orders.order_hours import can_trade_now
from api_gateway.simulator.session.open_questions import Prompt
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.order_entry.order_context import OrderContext

PRICE_MANAGEMENT = "p12"
PRICE_MANAGEMENT_OPTIONS = ("Use on this order", "Always use", "Do not use")
# The first clause is what clients match; the last line is the question in IBKR's document.
PRICE_MANAGEMENT_TEXT = (
    "If your order is not immediately executable, our systems may, depending on market conditions, reject "
    "your order, because its limit price is then too far from the reference price.\n"
    "Use the Price Management Algo?"
)
_ALWAYS_USE = PRICE_MANAGEMENT_OPTIONS[1]
_MANAGED_PERCENTAGE = 10.0


def offers_price_management(context: OrderContext) -> bool:
    """Return whether IBKR offers its price management for the order.

    Known: it is for orders that cannot be executed immediately, and that may be rejected later because their
    limit is far from the reference price. Assumed: the limit is more than 10 % worse for the customer than
    the market, and the ticket does not decide it (`useAdaptive`).
    """
    order, now = context.order, context.account.clock.now()
    return (
        order.order_type == "LMT"
        and order.ticket.get("useAdaptive") is None
        and context.percent_from_market > _MANAGED_PERCENTAGE
        and PRICE_MANAGEMENT not in context.preflights.suppressed_message_ids
        and not can_trade_now(order, context.instrument, now)
    )


def open_prompt(simulation: Simulation, order_id: int) -> Prompt:
    """Offer price management for an accepted order, which waits in every account for the reply."""
    for order in _orders(simulation, order_id):
        order.set_status(OrderStatus.WARN_STATE, simulation.clock.now())
    prompt = Prompt(order_id, str(20_000 + order_id % 10_000), PRICE_MANAGEMENT_OPTIONS)
    simulation.preflights.prompts[order_id, prompt.request_id] = prompt
    return prompt


def prompt_row(prompt: Prompt) -> dict[str, Any]:
    """Return the prompt as a response or a WebSocket notice shows it."""
    return {
        "orderId": prompt.order_id,
        "reqId": prompt.request_id,
        "dismissable": [],
        "text": PRICE_MANAGEMENT_TEXT,
        "options": list(prompt.options),
        "type": "M",
        "messageId": PRICE_MANAGEMENT,
        "prompt": True,
    }


def answer_prompt(simulation: Simulation, prompt: Prompt, choice: str) -> None:
    """Submit an order that was waiting for this choice."""
    if choice == _ALWAYS_USE:
        simulation.preflights.suppressed_message_ids.add(PRICE_MANAGEMENT)
    for paper_account in simulation.accounts.values():
        order = paper_account.orders.get(prompt.order_id)
        if order is not None and order.status is OrderStatus.WARN_STATE:
            simulation.execution_simulator.accept(paper_account, order)


def _orders(simulation: Simulation, order_id: int) -> list[Order]:
    """Return an order's parts: one for each account that it is allocated to."""
    accounts = simulation.accounts.values()
    return [account.orders[order_id] for account in accounts if order_id in account.orders]
