"""Market Data: snapshots, history and the lines that snapshots hold."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.guards import need_accounts, whole_number, yes
from api_gateway.simulator.web_api.market_data.history import MOMENT, SOURCES, bars_in, envelope, read_period
from api_gateway.simulator.web_api.market_data.snapshots import DELAY, snapshot_row, visible_until
from api_gateway.simulator.web_api.routing import Call, Needs, Refusal, Section, bad_request

SECTION = Section("Market Data")

_MOST_CONIDS, _MOST_FIELDS = 100, 50
_CONIDEX = re.compile(r"(\d{1,18})(@[A-Z0-9]{1,12})?", re.ASCII)
_NO_CHART = "Chart data unavailable"


@SECTION.answers("GET", "/iserver/marketdata/snapshot", needs=Needs.BROKERAGE, lists=True)
def snapshot(simulation: Simulation, call: Call) -> Any:
    """One row per conid; the first answer for a conid or a field is only a receipt."""
    need_accounts(simulation)
    conids = _listed(call, "conids")
    fields = list(dict.fromkeys(_listed(call, "fields")))
    if not conids:
        raise bad_request("conids is required")
    if len(conids) > _MOST_CONIDS:
        raise bad_request(f"at most {_MOST_CONIDS} conids")
    if len(fields) > _MOST_FIELDS:
        raise bad_request(f"at most {_MOST_FIELDS} fields")
    matches = [match for conid in conids if (match := _CONIDEX.fullmatch(conid))]
    if len(matches) < len(conids):
        raise bad_request("invalid conids")
    return [_row(simulation, match, fields) for match in matches]


@SECTION.answers("GET", "/iserver/marketdata/history", needs=Needs.BROKERAGE)
def history(simulation: Simulation, call: Call) -> Any:
    """Bars that end at `startTime` or now. An unknown period or bar is replaced by another one."""
    need_accounts(simulation)
    instrument = simulation.universe.by_conid(whole_number(call.query.get("conid", ""), "conid"))
    if instrument is None or call.query.get("direction") == "1":
        raise Refusal(500, {"error": _NO_CHART, "statusCode": 500})
    if simulation.availability.startswith("N"):
        raise Refusal(500, {"error": "No market data permissions", "statusCode": 500})
    latest = visible_until(simulation, instrument)
    end = min(latest, _moment(call.query.get("startTime", ""), latest))
    if end < 0:
        raise Refusal(500, {"error": _NO_CHART, "statusCode": 500})
    period_text = call.query.get("period") or "1d"
    period, outside = read_period(period_text), yes(call, "outsideRth")
    source = call.query.get("source", "Last")
    step, bars = bars_in(simulation, instrument, period, call.query.get("bar", ""), end, outside=outside)
    if not bars:
        raise Refusal(500, {"error": _NO_CHART, "statusCode": 500})
    return envelope(
        instrument,
        bars,
        step,
        period=period_text if period else "1d",
        end=end,
        outside=outside,
        source=source if source in SOURCES else "Last",
        delay=DELAY if simulation.availability.startswith("D") else 0.0,
    )


@SECTION.answers("POST", "/iserver/marketdata/unsubscribe", needs=Needs.BROKERAGE)
def unsubscribe(simulation: Simulation, call: Call) -> Any:
    """Give one line back; a conid without a line breaks IBKR."""
    conid = call.body.get("conid") if isinstance(call.body, dict) else None
    if isinstance(conid, bool) or not isinstance(conid, int):
        raise bad_request("conid is required")
    if simulation.preflights.subscriptions.pop(conid, None) is None:
        raise Refusal(500, {"error": "unknown"})
    return {"success": True}


@SECTION.answers("GET", "/iserver/marketdata/unsubscribeall", needs=Needs.BROKERAGE)
def unsubscribe_all(simulation: Simulation, call: Call) -> Any:  # noqa: ARG001 nothing can be asked for
    """Give every line back."""
    simulation.preflights.subscriptions.clear()
    return {"unsubscribed": True}


def _row(simulation: Simulation, match: re.Match[str], fields: list[str]) -> dict[str, Any]:
    instrument = simulation.universe.by_conid(int(match[1]))
    if instrument is None:
        return {"conid": int(match[1]), "conidEx": match[0]}
    return snapshot_row(simulation, instrument, match[0], fields)


def _listed(call: Call, name: str) -> list[str]:
    return [part.strip() for part in call.query.get(name, "").split(",") if part.strip()]


def _moment(text: str, otherwise: float) -> float:
    if not text:
        return otherwise
    try:
        return datetime.strptime(text, MOMENT).replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise bad_request("invalid startTime") from None
