"""What a price counts: whole units of its currency, pence, points of an index, or percent of face value."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from api_gateway.client.gateway import GatewayClient
from api_gateway.errors import Failed, Refused
from mcp_server.answers.accounts import AccountBook
from mcp_server.answers.quotes import parse_number
from mcp_server.facts.fact_store import FactStore
from mcp_server.instruments.instrument import Instrument

# Currencies in whose hundredths some exchanges quote shares: the name of the hundredth, and the word for it.
_MINOR_UNITS: Final = {"GBP": ("GBX", "pence"), "ZAR": ("ZAC", "cents"), "ILS": ("ILA", "agorot")}
_MAX_AGE: Final = timedelta(weeks=4)


@dataclass(frozen=True)
class PriceUnit:
    """`label` names the unit. A price times `factor` is in `currency`; `currency` is empty for no money.

    `is_doubtful` if the prices may be in hundredths of the currency, because IBKR did not say.
    """

    label: str
    currency: str
    factor: float = 1.0
    is_doubtful: bool = False


class PriceUnits:
    """Finds the unit of each instrument's prices; only a few exchanges need a request, once per contract."""

    def __init__(self, gateway: GatewayClient, facts: FactStore, accounts: AccountBook) -> None:
        self._gateway = gateway
        self._facts = facts
        self._accounts = accounts

    async def of_all(self, instruments: Iterable[Instrument]) -> dict[int, PriceUnit]:
        """The units by conid. Raises a GatewayError only if it concerns every request."""
        wanted = {each.conid: each for each in instruments}
        units = await asyncio.gather(*map(self._of, wanted.values()))
        return dict(zip(wanted, units, strict=True))

    async def _of(self, instrument: Instrument) -> PriceUnit:
        currency = instrument.currency
        if instrument.kind == "IND":
            return PriceUnit("points", "")
        if instrument.kind == "BOND":
            return PriceUnit("% of face value", "")
        if instrument.kind != "STK" or currency not in _MINOR_UNITS:
            return PriceUnit(currency, currency)
        minor, word = _MINOR_UNITS[currency]
        magnifier = await self._magnifier(instrument.conid)
        if magnifier is None:
            return PriceUnit(f"{currency} or {word}: IBKR did not say which", "", is_doubtful=True)
        if magnifier == 1:
            return PriceUnit(currency, currency)
        return PriceUnit(f"{minor} ({word})", currency, 1 / magnifier)

    async def _magnifier(self, conid: int) -> float | None:
        """By how much quotes are larger than the price in the currency; None if it cannot be read."""

        async def fetch() -> Any:
            response = await self._gateway.get("/iserver/contract/{conid}/info-and-rules", conid)
            rules = response.value.get("rules") if isinstance(response.value, dict) else None
            return {"magnifier": rules.get("priceMagnifier") if isinstance(rules, dict) else None}

        try:
            fact = await self._facts.get_or_fetch(
                await self._accounts.scope(), "price magnifier", str(conid), _MAX_AGE, fetch
            )
        except (Refused, Failed):
            return None
        # Null is taken to mean 1, as in the contract details of TWS, where 100 stands for pence.
        return parse_number(fact.value.get("magnifier")) or 1.0
