"""Watchlists: lists of contracts that belong to the username."""

from __future__ import annotations

import re
from typing import Any

from api_gateway.simulator.accounts.watchlists import Watchlist
from api_gateway.simulator.instruments.contract_names import full_name
from api_gateway.simulator.replies import bad_request
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.guards import unavailable
from api_gateway.simulator.web_api.routing import ApiRequest, RequiredSession, Section

SECTION = Section("Watchlists")

_ID = re.compile(r"-?\d{1,19}", re.ASCII)
_CONID = re.compile(r"\d{1,18}", re.ASCII)


@SECTION.route("GET", "/iserver/watchlists", requires=RequiredSession.BROKERAGE)
def watchlists(simulation: Simulation, request: ApiRequest) -> Any:  # noqa: ARG001 `SC` has one value and no effect
    """Return the names and IDs of all watchlists."""
    rows = [
        {
            "is_open": False,
            "read_only": False,
            "name": watchlist.name,
            "modified": watchlist.modified_ms,
            "id": watchlist.list_id,
            "type": "watchlist",
        }
        for watchlist in simulation.watchlists.all()
    ]
    return {
        "data": {
            "scanners_only": False,
            "show_scanners": False,
            "bulk_delete": False,
            "user_lists": rows,
        },
        "action": "content",
        "MID": _next_message_id(simulation),
    }


@SECTION.route("GET", "/iserver/watchlist", requires=RequiredSession.BROKERAGE)
def watchlist(simulation: Simulation, request: ApiRequest) -> Any:
    """Return one watchlist; contracts that this session has not loaded yet have no names."""
    list_id = _required_id(request)
    stored = simulation.watchlists.find(list_id)
    if stored is None:
        raise unavailable()
    _next_message_id(simulation)
    lists_read = simulation.preflights.watchlists_read
    rows = [_contract_row(simulation, conid, named=list_id in lists_read) for conid in stored.rows]
    lists_read.add(list_id)
    return {**_watchlist_header(stored), "instruments": rows}


@SECTION.route("POST", "/iserver/watchlist", requires=RequiredSession.BROKERAGE)
def save_watchlist(simulation: Simulation, request: ApiRequest) -> Any:
    """Create a watchlist, or replace the one with the same ID; the response omits the contracts."""
    if not isinstance(request.body, dict) or not request.body:
        raise bad_request("body can't be empty")
    list_id, name, rows = (request.body.get(key) for key in ("id", "name", "rows"))
    if not (isinstance(list_id, str) and _ID.fullmatch(list_id) and isinstance(name, str) and name):
        raise unavailable()
    if not isinstance(rows, list):
        raise unavailable()
    saved = simulation.watchlists.save(
        list_id, name, tuple(_parse_conid(row) for row in rows), simulation.clock.now()
    )
    _next_message_id(simulation)
    simulation.preflights.watchlists_read.discard(list_id)
    return {**_watchlist_header(saved), "instruments": []}


@SECTION.route("DELETE", "/iserver/watchlist", requires=RequiredSession.BROKERAGE)
def delete_watchlist(simulation: Simulation, request: ApiRequest) -> Any:
    """Delete a watchlist. An unknown ID fails only in a session that has not read watchlists before."""
    list_id = _required_id(request)
    if not simulation.watchlists.remove(list_id) and not simulation.preflights.watchlist_messages:
        raise unavailable()
    return {"data": {"deleted": list_id}, "action": "context", "MID": _next_message_id(simulation)}


def _required_id(request: ApiRequest) -> str:
    list_id = request.query.get("id", "")
    if not list_id:
        raise bad_request("id is required")
    return list_id


def _next_message_id(simulation: Simulation) -> str:
    """Return the number of this session's next watchlist message."""
    simulation.preflights.watchlist_messages += 1
    return str(simulation.preflights.watchlist_messages)


def _watchlist_header(stored: Watchlist) -> dict[str, Any]:
    return {"id": stored.list_id, "hash": str(stored.modified_ms), "name": stored.name, "readOnly": False}


def _parse_conid(row: Any) -> int | None:
    """Return the conid of `{"C": 8314}`, or None for the blank row `{"H": ""}`."""
    if isinstance(row, dict) and not isinstance(row.get("C"), bool):
        if "C" not in row and "H" in row:
            return None
        if isinstance(row.get("C"), int | str) and _CONID.fullmatch(str(row["C"])):
            return int(row["C"])
    raise unavailable()


def _contract_row(simulation: Simulation, conid: int | None, *, named: bool) -> dict[str, Any]:
    if conid is None:
        return {"H": ""}
    instrument = simulation.universe.by_conid(conid)
    row = {"ST": instrument.sec_type if instrument else "", "C": str(conid), "conid": conid}
    if not named or instrument is None:
        return row
    return row | {
        "name": instrument.name,
        "fullName": full_name(instrument),
        "assetClass": instrument.sec_type,
        "ticker": instrument.symbol,
        "chineseName": "",
    }
