"""Watchlists: lists of contracts that belong to the username."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from mcp_server.models.watchlists import Watchlist, WatchlistId
from mcp_server.rest.conflicts import watchlist_conflict
from mcp_server.rest.parameters import Gateway
from mcp_server.rest.relay import Json

router = APIRouter(tags=["Watchlists"])

QueryWatchlistId = Annotated[WatchlistId, Query(description="`id` from `list_watchlists`.")]


@router.get("/iserver/watchlists")
async def list_watchlists(gateway: Gateway) -> Json:
    """List the user's watchlists: names, IDs and when they were modified.
    \f
    Source: IBKR Web API reference, "Get All Watchlists".
    Found by: favourites, saved symbols, stocks I follow.
    """
    # The only value there is.
    return await gateway.get("/iserver/watchlists", SC="USER_WATCHLIST")


@router.get("/iserver/watchlist")
async def get_watchlist(gateway: Gateway, watchlist_id: QueryWatchlistId) -> Json:
    """Get the contracts of one watchlist.

    The first response may lack names; a second call returns them.
    \f
    Source: IBKR Web API reference, "Get Watchlist Information".
    Found by: what is in a list, instruments, symbols, favourites.
    """
    return await gateway.get("/iserver/watchlist", id=watchlist_id)


@router.post("/iserver/watchlist")
async def save_watchlist(gateway: Gateway, wanted: Watchlist) -> Json:
    """Create a watchlist; with `replace`, overwrite all rows of the one with this ID.

    To add or remove a contract, pass the result of `get_watchlist` with the change made. The result does not
    include the rows.
    \f
    Source: IBKR Web API reference, "Create a Watchlist".
    Found by: new list, edit favourites, add a stock to a list, remove a symbol, rename.
    """
    return await gateway.post(
        "/iserver/watchlist",
        body=wanted.sent(),
        unless=None if wanted.replace else watchlist_conflict(wanted.watchlist_id, wanted.name),
    )


@router.delete("/iserver/watchlist")
async def delete_watchlist(gateway: Gateway, watchlist_id: QueryWatchlistId) -> Json:
    """Delete a whole watchlist permanently.
    \f
    Source: IBKR Web API reference, "Delete a Watchlist".
    Found by: remove a list, drop favourites.
    """
    return await gateway.delete("/iserver/watchlist", id=watchlist_id)
