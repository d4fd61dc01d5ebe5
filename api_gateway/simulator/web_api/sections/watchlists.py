"""Watchlists: lists of contracts that belong to the username."""

from __future__ import annotations

import re
from typing import Any

from api_gateway.simulator.accounts.watchlists import Watchlist
from api_gateway.simulator.instruments.contract_names import full_name
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.guards import unavailable
from api_gateway.simulator.web_api.routing import Call, Needs, Section, bad_request

SECTION = Section("Watchlists")

_ID = re.compile(r"-?\d{1,19}", re.ASCII)
_CONID = re.compile(r"\d{1,18}", re.ASCII)


@SECTION.answers("GET", "/iserver/watchlists", needs=Needs.BROKERAGE)
def watchlists(simulation: Simulation, call: Call) -> Any:  # noqa: ARG001 `SC` has one value, and no effect
    """The names and ids of all lists."""
    listed = [
        {
            "is_open": False,
            "read_only": False,
            "name": watchlist.name,
            "modified": watchlist.modified,
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
            "user_lists": listed,
        },
        "action": "content",
        "MID": _message(simulation),
    }


@SECTION.answers("GET", "/iserver/watchlist", needs=Needs.BROKERAGE)
def watchlist(simulation: Simulation, call: Call) -> Any:
    """One list with its contracts; those that this session has not seen in a list yet come without names."""
    list_id = _asked_for(call)
    found = simulation.watchlists.find(list_id)
    if found is None:
        raise unavailable()
    _message(simulation)
    known = simulation.preflights.watchlists_read
    rows = [_row(simulation, conid, named=list_id in known) for conid in found.rows]
    known.add(list_id)
    return {**_head(found), "instruments": rows}


@SECTION.answers("POST", "/iserver/watchlist", needs=Needs.BROKERAGE)
def keep_watchlist(simulation: Simulation, call: Call) -> Any:
    """Make a list, or replace the one that has the id; the answer never shows the contracts."""
    if not isinstance(call.body, dict) or not call.body:
        raise bad_request("body can't be empty")
    list_id, name, rows = (call.body.get(key) for key in ("id", "name", "rows"))
    if not (isinstance(list_id, str) and _ID.fullmatch(list_id) and isinstance(name, str) and name):
        raise unavailable()
    if not isinstance(rows, list):
        raise unavailable()
    made = simulation.watchlists.keep(
        list_id, name, tuple(_conid(row) for row in rows), simulation.clock.now()
    )
    _message(simulation)
    simulation.preflights.watchlists_read.discard(list_id)
    return {**_head(made), "instruments": []}


@SECTION.answers("DELETE", "/iserver/watchlist", needs=Needs.BROKERAGE)
def delete_watchlist(simulation: Simulation, call: Call) -> Any:
    """Delete a list. A session that has dealt with lists before does not mind if there is none."""
    list_id = _asked_for(call)
    if not simulation.watchlists.remove(list_id) and not simulation.preflights.watchlist_messages:
        raise unavailable()
    return {"data": {"deleted": list_id}, "action": "context", "MID": _message(simulation)}


def _asked_for(call: Call) -> str:
    list_id = call.query.get("id", "")
    if not list_id:
        raise bad_request("id is required")
    return list_id


def _message(simulation: Simulation) -> str:
    """The number of this session's message about lists."""
    simulation.preflights.watchlist_messages += 1
    return str(simulation.preflights.watchlist_messages)


def _head(found: Watchlist) -> dict[str, Any]:
    return {"id": found.list_id, "hash": str(found.modified), "name": found.name, "readOnly": False}


def _conid(row: Any) -> int | None:
    """The conid in `{"C": 8314}`, or None for the blank line `{"H": ""}`."""
    if isinstance(row, dict) and not isinstance(row.get("C"), bool):
        if "C" not in row and "H" in row:
            return None
        if isinstance(row.get("C"), int | str) and _CONID.fullmatch(str(row["C"])):
            return int(row["C"])
    raise unavailable()


def _row(simulation: Simulation, conid: int | None, *, named: bool) -> dict[str, Any]:
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
