"""Derivatives: the listed contracts on an underlying, their months and exchanges."""

from __future__ import annotations

from api_gateway.simulator.calendar.expiries import month_code
from api_gateway.simulator.instruments.option_chains import Expiry
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.simulation import Simulation

OPTION_TYPES = ("OPT", "FOP")


def today_yyyymmdd(simulation: Simulation) -> str:
    """Return today's date in New York as yyyymmdd."""
    return f"{simulation.universe.today:%Y%m%d}"


def listed_contracts(
    simulation: Simulation,
    conid: int,
    sec_type: str,
    *,
    contract_month: str | None = None,
    strike: float | None = None,
    right: str | None = None,
) -> list[Instrument]:
    """Return the listed contracts of one type, in order of expiry. Event contracts are requested as options.

    `contract_month` is yyyymm. For options, request a month or a strike: a whole chain is slow to build.
    """
    found = [
        contract
        for contract in _others(simulation, conid, sec_type)
        if contract_month in (None, contract.contract_month)
        and strike in (None, contract.strike)
        and right in (None, contract.right)
    ]
    if sec_type in OPTION_TYPES:
        found += simulation.universe.options_of(
            conid, sec_type, contract_month=contract_month, strike=strike, right=right
        )
    return found


def month_codes(simulation: Simulation, conid: int, sec_type: str) -> list[str]:
    """Return the contract months of the listed contracts of one type: `DEC26`, `JAN27`."""
    months = {expiry.contract_month for expiry in _expiries(simulation, conid, sec_type)}
    months |= {contract.contract_month for contract in _others(simulation, conid, sec_type)}
    return [month_code(month) for month in sorted(months)]


def exchange_names(simulation: Simulation, conid: int, sec_type: str) -> list[str]:
    """Return the exchanges of the listed contracts of one type: `SMART`, `CBOE`."""
    venues = [expiry.option_class.venues for expiry in _expiries(simulation, conid, sec_type)]
    venues += [contract.venues for contract in _others(simulation, conid, sec_type)]
    return list(dict.fromkeys(venue for names in venues for venue in names))


def _expiries(simulation: Simulation, conid: int, sec_type: str) -> list[Expiry]:
    return simulation.universe.expiries_of(conid, sec_type) if sec_type in OPTION_TYPES else []


def _others(simulation: Simulation, conid: int, sec_type: str) -> list[Instrument]:
    """Return the listed contracts that are not options; event contracts count as options."""
    if sec_type == "FOP":
        return []
    return simulation.universe.derivatives_of(conid, "EC" if sec_type == "OPT" else sec_type)
