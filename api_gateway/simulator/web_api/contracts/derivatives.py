"""The living contracts on an underlying: their months, their strikes, and those that match a request."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from api_gateway.simulator.calendar.expiries import month_code
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.simulation import Simulation

_NEW_YORK = ZoneInfo("US/Eastern")


def today_yyyymmdd(simulation: Simulation) -> str:
    """New York's date as yyyymmdd."""
    return f"{datetime.fromtimestamp(simulation.clock.now(), tz=_NEW_YORK):%Y%m%d}"


def unexpired_contracts(simulation: Simulation, conid: int, sec_type: str) -> list[Instrument]:
    """The contracts of one kind that have not expired. Event contracts are asked for as options."""
    kinds = ("OPT", "EC") if sec_type == "OPT" else (sec_type,)
    since = today_yyyymmdd(simulation)
    found = [c for kind in kinds for c in simulation.universe.derivatives_of(conid, kind)]
    return [c for c in found if c.expiry is None or c.expiry >= since]


def contract_month_text(contract: Instrument) -> str:
    """The contract month as IBKR writes it: `JAN27`."""
    return month_code(contract.contract_month + "01")


def months_text(contracts: list[Instrument]) -> str:
    """Their months, each once: `DEC26;JAN27`."""
    return ";".join(dict.fromkeys(contract_month_text(contract) for contract in contracts))


def exchanges_text(contracts: list[Instrument]) -> str:
    """Where they are traded, each once: `SMART;CBOE`."""
    return ";".join(dict.fromkeys(venue for contract in contracts for venue in contract.venues))
