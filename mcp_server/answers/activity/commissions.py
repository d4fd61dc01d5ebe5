"""Sums of commissions, by currency and in the base currency."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from api_gateway.errors import Failed, RateLimited, Refused
from mcp_server.answers.exchange_rates import ExchangeRates
from mcp_server.answers.formats import exact_amount
from mcp_server.answers.partial import gather_partial


@dataclass(frozen=True)
class Commissions:
    """Sums by currency, an empty name for an unknown one. `in_base` is None if a rate is unknown.

    `missing` is the number of executions whose commission IBKR does not report (yet).
    """

    by_currency: Mapping[str, float]
    base: str
    in_base: float | None
    missing: int

    def text(self) -> str:
        """`USD 12.35`; `EUR 4.1, USD 12.35, total USD 17.02 at today's rates`."""
        sums = (f"{name or 'unknown currency'} {exact_amount(x)}" for name, x in self.by_currency.items())
        text = ", ".join(sums) or "none"
        if set(self.by_currency) - {self.base} and self.base:
            text += (
                f", total {self.base} {exact_amount(self.in_base)} at today's rates"
                if self.in_base is not None
                else f"; no total in {self.base}, because an exchange rate is missing"
            )
        return text + (f" (IBKR has not reported {self.missing} yet)" if self.missing else "")


async def sum_commissions(
    charged: Iterable[tuple[str, float | None]], base: str, rates: ExchangeRates
) -> Commissions:
    """The sums of commissions, each with its currency. Raises GatewayError for a lost session."""
    sums: dict[str, float] = defaultdict(float)
    missing = 0
    for currency, commission in charged:
        if commission is None:
            missing += 1
        else:
            sums[currency] += commission
    foreign = [name for name in sums if name not in ("", base)] if base else []
    try:
        found = (await gather_partial({name: rates.rate(name, base) for name in foreign})).values
    except (Failed, Refused, RateLimited):
        found = {}
    known = {base: 1.0, **found}
    parts = [(each, known.get(name)) for name, each in sums.items()]
    in_base = None if any(rate is None for _, rate in parts) else sum(s * (rate or 0) for s, rate in parts)
    return Commissions(dict(sorted(sums.items())), base, in_base if base else None, missing)
