"""Orders in the simulator of an `AnswerStack`, placed by another program."""

from __future__ import annotations

from typing import Any

from tests.api_gateway.simulator.paper_account import AAPL
from tests.mcp_server.answers.answer_stack import AnswerStack


async def place(stack: AnswerStack, *tickets: dict[str, Any], account: str = "DU1234567") -> list[int]:
    """Place market orders for ten shares of Apple, changed by the tickets; returns their IDs.

    Every question is confirmed. `None` removes a field.
    """
    defaults = {"conid": AAPL, "orderType": "MKT", "side": "BUY", "tif": "DAY", "quantity": 10}
    orders = [
        {name: value for name, value in (defaults | each).items() if value is not None} for each in tickets
    ]
    stack.clock.advance(1)  # the simulator limits requests per second
    await stack.send("GET", "/iserver/accounts")
    reply = await stack.send("POST", f"/iserver/account/{account}/orders", {"orders": orders})
    while isinstance(reply, list) and "message" in reply[0]:
        reply = await stack.send("POST", f"/iserver/reply/{reply[0]['id']}", {"confirmed": True})
    assert isinstance(reply, list), reply
    return sorted(int(each["order_id"]) for each in reply)


def price_of(stack: AnswerStack, conid: int = AAPL) -> float:
    """The current price of an instrument."""
    instrument = stack.simulation.universe.by_conid(conid)
    assert instrument is not None
    return round(stack.simulation.prices.price_at(instrument, stack.simulation.clock.now()), 2)


def pass_time(stack: AnswerStack, seconds: float) -> None:
    """Advance the simulator's clock."""
    stack.clock.advance(seconds)
