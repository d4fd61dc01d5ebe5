"""Snapshots and market data lines: the first response only acknowledges, then values arrive per field."""

from __future__ import annotations

from math import inf
from typing import Any

from api_gateway.simulator.calendar.trading_hours import HOURS, PRICE_STEP, session_at
from api_gateway.simulator.instruments.combinations import Combination, contracts_of, line_key
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.prices.seeded_noise import hash_keys, uniform
from api_gateway.simulator.session.preflight import MarketDataSubscription
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.market_data.snapshot_fields import (
    COMBINATION_FIELDS,
    CONTRACT_FIELDS,
    PRICE_FIELDS,
    ContractSnapshot,
)

MAX_LINES = 100
DELAY_SECONDS = 900.0  # seconds
_SEARCH_REQUIRED = frozenset({"OPT", "FOP", "FUT", "EC"})


def snapshot_row(
    simulation: Simulation, instrument: Instrument, conidex: str, fields: list[str]
) -> dict[str, Any]:
    """Return a contract's row: an acknowledgement first, later every field whose value has arrived."""
    receipt: dict[str, Any] = {"conid": instrument.conid, "conidEx": conidex}
    line = _open_line(simulation, instrument, fields)
    if line is None or not _has_been_searched(simulation, instrument):
        return receipt
    now = simulation.clock.now()
    arrived = [field for field in fields if now - line.fields[field] >= _first_value_delay(instrument, field)]
    if not arrived and (fields or now - line.since < PRICE_STEP):
        return receipt
    return receipt | _field_values(simulation, instrument, arrived)


def availability(simulation: Simulation, instrument: Instrument) -> str:
    """Return field 6509: the data quality, frozen (`Z`, or `Y` if delayed) while the market is closed."""
    configured, now = simulation.availability, simulation.clock.now()
    session = session_at(HOURS[instrument.hours], now)
    is_trading = session.is_trading_at(now) and now < (instrument.trades_until or inf)
    if configured[:1] in ("R", "D") and not is_trading:
        return ("Z" if configured[0] == "R" else "Y") + configured[1:]
    return configured


def visible_until(simulation: Simulation, instrument: Instrument) -> float:
    """Return the time of the latest prices that the account may see, in seconds since 1970.

    For a contract that has expired, it is the end of trading; that IBKR still returns prices is a guess.
    """
    now, configured = simulation.clock.now(), simulation.availability
    if configured.startswith("D"):
        return instrument.until_its_end(now - DELAY_SECONDS)
    now = instrument.until_its_end(now)
    session = session_at(HOURS[instrument.hours], now)
    if configured.startswith(("Z", "Y")) and session.is_trading_at(now):
        return session.start - PRICE_STEP
    return now


def _open_line(
    simulation: Simulation, instrument: Instrument, fields: list[str]
) -> MarketDataSubscription | None:
    """Return the contract's market data line with these fields added, or None if no line is free."""
    lines, now = simulation.preflights.subscriptions, simulation.clock.now()
    key = line_key(instrument)
    line = lines.get(key)
    if line is None:
        if len(lines) >= MAX_LINES:
            return None
        line = lines[key] = MarketDataSubscription(since=now)
    for field in fields:
        line.fields.setdefault(field, now)
    return line


def _has_been_searched(simulation: Simulation, instrument: Instrument) -> bool:
    """Return whether it has values: a derivative has none before a search for its underlying."""
    searched = simulation.preflights.searched_conids
    return all(
        contract.sec_type not in _SEARCH_REQUIRED or contract.root_conid in searched
        for contract in contracts_of(instrument)
    )


def _first_value_delay(instrument: Instrument, field: str) -> float:
    """Return the seconds until a field's first value: 0.5 to 1."""
    return PRICE_STEP + PRICE_STEP * uniform(
        hash_keys(instrument.conid, int(field) if field.isdecimal() else 0), 3
    )


def _field_values(simulation: Simulation, instrument: Instrument, fields: list[str]) -> dict[str, Any]:
    code = availability(simulation, instrument)
    moment = visible_until(simulation, instrument)
    snapshot = ContractSnapshot(simulation, instrument, simulation.prices.quote(instrument, moment), moment)
    server = f"q{list(simulation.preflights.subscriptions).index(line_key(instrument))}"
    row: dict[str, Any] = {}
    served = COMBINATION_FIELDS if isinstance(instrument, Combination) else None
    for field in fields:
        if served is not None and field not in served:
            continue
        write = CONTRACT_FIELDS.get(field) or (PRICE_FIELDS.get(field) if not code.startswith("N") else None)
        value = write(snapshot) if write else None
        if value is not None:
            row[field] = value
    session = session_at(HOURS[instrument.hours], moment)
    updated = min(moment, session.end) // PRICE_STEP * PRICE_STEP
    return row | {"server_id": server, "6119": server, "6509": code, "_updated": int(updated * 1000)}
