# Made by `python -m routers_generator generate`. Changed by hand, it is never written over.
# sha256:e6f96425c09af518c066ffbec2284ee64f2caf1f1d9dea0b95859fe2293173f2
"""Orders: made from IBKR's OpenAPI document 9.1.0."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import Field

from mcp_server.dependencies import ConidNumber, Gateway, Number, PlainText
from mcp_server.effects import CHANGES, TRADES
from mcp_server.models.arguments import Arguments
from mcp_server.relay import Json

router = APIRouter(tags=["Orders"])


class Ticket(Arguments):
    """An order ticket."""

    conid: Annotated[ConidNumber | None, Field(description="Contract id.")] = None
    side: Annotated[Literal["BUY", "SELL"], Field(description="IBKR's `side`.")]
    quantity: Annotated[Number, Field(description="IBKR's `quantity`.")]
    c_oid: Annotated[PlainText | None, Field(serialization_alias="cOID", description="IBKR's `cOID`.")] = None
    strategy_parameters: Annotated[
        dict[str, PlainText] | None,
        Field(description="IBKR's `strategyParameters`."),
    ] = None


class PlaceOrdersBody(Arguments):
    """The body of `POST /iserver/account/{accountId}/orders`."""

    orders: Annotated[list[Ticket], Field(description="IBKR's `orders`.")]


@router.post("/iserver/account/{account_id}/orders", openapi_extra=CHANGES | TRADES)
async def place_orders(
    gateway: Gateway,
    account_id: Annotated[PlainText, Path(description="IBKR's `accountId`.")],
    wanted: PlaceOrdersBody,
) -> Json:
    """Submit orders.

    This one has a hand-written route.
    \f
    Source: IBKR's OpenAPI document 9.1.0, 'Submit New Order'; generated.
    """
    return await gateway.post("/iserver/account/{allocation}/orders", account_id, body=wanted.sent())
