# Made by `python -m routers_generator generate`. Changed by hand, it is never written over.
# sha256:792332ff235e6091b6fcf559514e6140362731877cbfb690cf5edba815ba7fac
"""Bazaar: made from IBKR's OpenAPI document 9.1.0."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Path, Query
from pydantic import Field

from mcp_server.dependencies import ConidNumber, Gateway, Number, PlainText
from mcp_server.effects import CHANGES, DESTROYS, TRADES
from mcp_server.models.arguments import Arguments
from mcp_server.relay import Json

router = APIRouter(tags=["Bazaar"])

Kind = Literal["carpet", "lamp", "melon", "pepper", "saffron", "teapot", "turban"]


class Ware(Arguments):
    """Ware."""

    kind: Annotated[Kind, Field(description="IBKR's `kind`.")]
    price: Annotated[Number | None, Field(description="The price \\ 'as is'.")] = None
    of: Annotated[list[Ware] | None, Field(description="What it is made of.")] = None


class Stall(Arguments):
    """The wares."""

    wares: Annotated[list[Ware], Field(min_length=1, description="IBKR's `wares`.")]
    until: Annotated[PlainText | None, Field(description="IBKR's `until`.")] = None
    json_: Annotated[bool | None, Field(alias="json", description="IBKR's `json`.")] = None
    x_model_config: Annotated[
        PlainText | None,
        Field(alias="model_config", description="IBKR's `model_config`."),
    ] = None
    list_: Annotated[
        list[Any] | None,
        Field(
            alias="list",
            description="IBKR's `list`. Free-form JSON, as the document does not say what its items are.",
        ),
    ] = None
    how: Annotated[bool | int | PlainText | None, Field(description="IBKR's `how`.")] = None
    what: Annotated[
        Any | None,
        Field(description="IBKR's `what`. Free-form JSON, as the document has several shapes for it."),
    ] = None
    name: Annotated[PlainText, Field(description="What it is called.")]
    body_stall_id: Annotated[
        PlainText | None,
        Field(serialization_alias="stallId", description="IBKR's `stallId`."),
    ] = None


@router.get("/iserver/bazaar/stalls")
async def get_all_stalls(gateway: Gateway) -> Json:
    """Stalls.
    \f
    Source: IBKR's OpenAPI document 9.1.0, 'Stalls'; generated.
    """
    return await gateway.get("/iserver/bazaar/stalls")


@router.post("/iserver/bazaar/stalls", openapi_extra=CHANGES | TRADES)
async def post_bazaar_stalls(
    gateway: Gateway,
    body: Annotated[
        dict[str, Any] | None,
        Body(
            embed=True,
            description="The body of the request. Free-form JSON, as the document does not say what is in "
            "it.",
        ),
    ] = None,
) -> Json:
    """Open a stall.
    \f
    Source: IBKR's OpenAPI document 9.1.0, 'POST /iserver/bazaar/stalls'; generated.
    """
    return await gateway.post("/iserver/bazaar/stalls", body=body)


@router.get("/iserver/bazaar/{stall_id}")
async def get_bazaar_by_stall_id(
    gateway: Gateway,
    stall_id: Annotated[PlainText, Path(description="The stall's name.")],
    id_: Annotated[int, Query(alias="id", ge=1, le=50, description="Which of them.")],
    from_: Annotated[PlainText | None, Query(alias="from", description="Since when, e.g. 20261123.")] = None,
    sort_by: Annotated[
        Literal["price", "name"] | None,
        Query(description="IBKR's `sort-by`. Default name."),
    ] = None,
    conids: Annotated[list[ConidNumber] | None, Query(max_length=9, description="IBKR's `conids`.")] = None,
    level: Annotated[int | None, Query(description="How much. One of 0, 1, 2.")] = None,
    fresh: Annotated[bool | None, Query(description="Anew.")] = None,
) -> Json:
    """Get one stall - with its 'wares'.

    The price is in `currency`. See the guide. The document asks for `X-Stall-Key` in the head of the
    request, which is not sent.
    \f
    Source: IBKR's OpenAPI document 9.1.0, 'One stall'; generated.
    """
    return await gateway.get(
        "/iserver/bazaar/{segment}",
        stall_id,
        id=id_,
        conids=conids,
        level=level,
        fresh=fresh,
        **dict[str, Any]({"from": from_, "sort-by": sort_by}),
    )


@router.put("/iserver/bazaar/{stall_id}", openapi_extra=CHANGES | TRADES)
async def set_bazaar_by_stall_id(
    gateway: Gateway,
    stall_id: Annotated[PlainText, Path(description="IBKR's `stallId`.")],
    wanted: Stall,
) -> Json:
    """Replace a stall's wares, all of them at once, and say in one go what each costs, in which currency.

    Replace a stall's wares, all of them at once, and say in one go what each costs, in which currency,
    and until when that holds. IBKR calls it deprecated.
    \f
    Source: IBKR's OpenAPI document 9.1.0, 'PUT /iserver/bazaar/{stallId}'; generated.
    """
    return await gateway.put("/iserver/bazaar/{segment}", stall_id, body=wanted.sent())


@router.delete("/iserver/bazaar/{stall_id}", openapi_extra=DESTROYS | TRADES)
async def delete_bazaar_by_stall_id(
    gateway: Gateway,
    stall_id: Annotated[PlainText, Path(description="IBKR's `stallId`.")],
) -> Json:
    """Send DELETE /iserver/bazaar/{stallId}.
    \f
    Source: IBKR's OpenAPI document 9.1.0, 'DELETE /iserver/bazaar/{stallId}'; generated.
    """
    return await gateway.delete("/iserver/bazaar/{segment}", stall_id)
