"""Orders: preview, place, modify and cancel them, and answer IBKR's order confirmations."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query

from mcp_server.models.orders import AllocationTarget, Cancellation, MessageId, Orders, OrderTicket, ReplyId
from mcp_server.rest.parameters import AccountId, Gateway, OrderId, OrderNumber, Text
from mcp_server.rest.relay import Json

router = APIRouter(tags=["Orders"])

AccountOrGroup = Annotated[AllocationTarget, Path(description="Account ID, or an advisor's group.")]


@router.post("/iserver/account/{account_id}/orders")
async def place_orders(gateway: Gateway, account_id: AccountOrGroup, wanted: Orders) -> Json:
    """Place an order to buy or sell, a bracket or a one-cancels-all group; it may execute immediately.

    Call `preview_orders` first. Results: `order_id`: accepted; `message`: an order confirmation, and nothing
    is placed unless the very next call is `answer_order_question` (any other voids it); `error`: refused;
    `options`: use `answer_server_prompt`. Outcome unknown: check `list_live_orders` and `list_trades` first.
    Pass a `c_oid`; bracket children have none.
    \f
    Source: IBKR Web API reference, "Place Order".
    Found by: buy, sell, short, go long, trade, purchase shares, limit order, market order, stop loss,
    trailing stop, take profit, bracket, OCO, close or exit a position, flatten, write a covered call,
    exchange currency, submit an order.
    """
    return await gateway.post(
        "/iserver/account/{allocation}/orders", account_id, body=wanted.payload_for(account_id)
    )


@router.post("/iserver/account/{account_id}/orders/whatif")
async def preview_orders(gateway: Gateway, account_id: AccountOrGroup, wanted: Orders) -> Json:
    """Preview an order without placing it: cost, commission, margin and equity after it (what-if).

    Amounts are text ("1,977.60 USD"); check `error` and `warn`.
    \f
    Source: IBKR Web API reference, "Preview Order / WhatIf Order".
    Found by: simulate an order, margin impact, buying power needed, can I afford to buy, fees of a trade, dry
    run.
    """
    return await gateway.post(
        "/iserver/account/{allocation}/orders/whatif",
        account_id,
        body=wanted.payload_for(account_id),
    )


@router.post("/iserver/account/{account_id}/order/{order_id}")
async def modify_order(
    gateway: Gateway, account_id: AccountId, order_id: OrderId, wanted: OrderTicket
) -> Json:
    """Modify an open order: its price, size or time in force.

    Pass the complete ticket, including unchanged fields (see `get_order_status`). Results, confirmations and
    unknown outcomes are as with `place_orders`.
    \f
    Source: IBKR Web API reference, "Modify Order".
    Found by: change, edit, update, replace or reprice an order, raise or lower a limit, move a stop, another
    quantity.
    """
    return await gateway.post(
        "/iserver/account/{account}/order/{order}", account_id, order_id, body=wanted.payload_for(account_id)
    )


@router.delete("/iserver/account/{account_id}/order/{order_id}")
async def cancel_order(
    gateway: Gateway, account_id: AccountId, order_id: OrderId, record: Annotated[Cancellation, Query()]
) -> Json:
    """Request that one open order be cancelled.

    "Request was submitted" does not mean cancelled: the order may still fill. Call `get_order_status` until
    it is Cancelled.
    \f
    Source: IBKR Web API reference, "Cancel Order".
    Found by: delete, kill, scratch, stop, pull or withdraw an order, never mind, cancel all orders.
    """
    return await gateway.delete(
        "/iserver/account/{account}/order/{order}", account_id, order_id, **record.sent()
    )


@router.post("/iserver/reply/{reply_id}")
async def answer_order_question(
    gateway: Gateway,
    reply_id: Annotated[ReplyId, Path(description="`id` of the order confirmation.")],
    confirmed: Annotated[bool, Body(embed=True, description="true: submit the order, false: drop it.")],
) -> Json:
    """Answer IBKR's order confirmation: submit the order, or drop it.

    Must directly follow `place_orders` or `modify_order`: any call in between voids the confirmation, and the
    order is not placed. Returns what they return, often another confirmation. Outcome unknown: check
    `list_live_orders` and `list_trades` first.
    \f
    Source: IBKR Web API reference, "Place Order Reply Confirmation".
    Found by: confirm an order, reply to a warning, yes or no, are you sure.
    """
    return await gateway.post("/iserver/reply/{reply}", reply_id, body={"confirmed": confirmed})


@router.post("/iserver/questions/suppress")
async def suppress_order_questions(
    gateway: Gateway,
    message_ids: Annotated[
        list[MessageId],
        Body(embed=True, min_length=1, max_length=51, description="From `messageIds`, e.g. o163."),
    ],
) -> Json:
    """Suppress types of order confirmations until the brokerage session ends.

    Turns off a safety check: matching orders are submitted without confirmation. o163 price far off, o354 no
    market data, o383 size limit, o451 value limit, o10151 market order. Unknown IDs are accepted.
    \f
    Source: IBKR Web API reference, "Suppress Messages".
    Found by: skip, silence or turn off confirmations, precautionary warnings.
    """
    return await gateway.post("/iserver/questions/suppress", body={"messageIds": message_ids})


@router.post("/iserver/questions/suppress/reset")
async def reset_suppressed_questions(gateway: Gateway) -> Json:
    """Turn all of IBKR's order confirmations back on.
    \f
    Source: IBKR Web API reference, "Reset Suppressed Messages".
    Found by: restore order warnings, turn confirmations on again, unsuppress.
    """
    return await gateway.post("/iserver/questions/suppress/reset", body={})


@router.post("/iserver/notification")
async def answer_server_prompt(
    gateway: Gateway,
    order_id: Annotated[OrderNumber, Body(embed=True, description="`orderId` of the prompt.")],
    req_id: Annotated[Text, Body(embed=True, description="`reqId` of the prompt.")],
    text: Annotated[Text, Body(embed=True, description="One of its `options`, copied exactly.")],
) -> Json:
    """Answer a prompt that came instead of an order's result, with one of its `options`.

    Returns "Success"; then check `list_live_orders`.
    \f
    Source: IBKR Web API reference, "Respond to a Server Prompt".
    Found by: advanced order reject, dismiss a server prompt, acknowledge.
    """
    return await gateway.post(
        "/iserver/notification", body={"orderId": order_id, "reqId": req_id, "text": text}
    )
