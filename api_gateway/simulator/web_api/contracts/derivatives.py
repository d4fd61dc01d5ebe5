"""Derivatives: the unexpired contracts on an underlying, their months and exchanges."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from api_gateway.simulator.calendar.expiries import month_code
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.simulation import Simulation

_NEW_YORK = ZoneInfo("US/Eastern")


def today_yyyymmdd(simulation: Simulation) -> str:
    """Return today's date in New York as yyyymmdd."""
    return f"{datetime.fromtimestamp(simulation.clock.now(), tz=_NEW_YORK):%Y%m%d}"


def unexpired_contracts(simulation: Simulation, conid: int, sec_type: str) -> list[Instrument]:
    """Return the unexpired contracts of one type. Event contracts are requested as options."""
    kinds = ("OPT", "EC") if sec_type == "OPT" else (sec_type,)
    since = today_yyyymmdd(simulation)
    contracts = [c for kind in kinds for c in simulation.universe.derivatives_of(conid, kind)]
    return [c for c in contracts if c.expiry is None or c.expiry >= since]


def contract_month_text(contract: Instrument) -> str:
    """Return the contract month in IBKR's format: `JAN27`."""
    return month_code(contract.contract_month + "01")


def months_text(contracts: list[Instrument]) -> str:
    """Return the distinct contract months: `DEC26;JAN27`."""
    return ";".join(dict.fromkeys(contract_month_text(contract) for contract in contracts))


def exchanges_text(contracts: list[Instrument]) -> str:
    """Return the distinct exchanges: `SMART;CBOE`."""
    return ";".join(dict.fromkeys(venue for contract in contracts for venue in contract.venues))
