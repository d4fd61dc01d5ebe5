"""What an account is worth: its summary and its ledger, from which every amount of the account line comes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mcp_server.answers.quotes import parse_number

BASE: Final = "BASE"
_MONETARY: Final = (
    "netliquidation",
    "totalcashvalue",
    "availablefunds",
    "buyingpower",
    "equitywithloanvalue",
)


@dataclass(frozen=True)
class CurrencyBalance:
    """The balances of one currency, in that currency; `rate` converts them to the account's base currency."""

    currency: str
    rate: float | None
    cash: float | None
    settled_cash: float | None
    realized_pnl: float | None
    futures_pnl: float | None
    net_liquidation: float | None
    accrued: float

    @property
    def base_cash(self) -> float | None:
        return None if self.cash is None or self.rate is None else self.cash * self.rate


@dataclass(frozen=True)
class Balances:
    """The amounts of one account in its base currency, by the names of IBKR's summary, and its ledger."""

    summary: Mapping[str, Any] = field(default_factory=dict)
    currencies: tuple[CurrencyBalance, ...] = ()
    total: CurrencyBalance | None = None

    def number(self, key: str) -> float | None:
        """A value of the summary, whether IBKR sends it as an amount or as text."""
        row = self.summary.get(key)
        if not isinstance(row, Mapping) or row.get("isNull") is True:
            return None
        text = parse_number(row.get("value"))
        return text if text is not None else parse_number(row.get("amount"))

    @property
    def base_currency(self) -> str:
        """The currency of the summary; without one, that of the ledger whose rate is 1; may be empty."""
        rows = (self.summary.get(key) for key in _MONETARY)
        named = [str(row["currency"]) for row in rows if isinstance(row, Mapping) and row.get("currency")]
        units = [each.currency for each in self.currencies if each.rate == 1]
        return next(iter([each for each in named if each != BASE] + units), "").upper()

    @property
    def net_liquidation(self) -> float | None:
        value = self.number("netliquidation")
        return value if value is not None or self.total is None else self.total.net_liquidation

    @property
    def cash(self) -> float | None:
        """The cash of all currencies at IBKR's rates, without unsettled futures P&L.

        IBKR's total cash value includes that profit; it is used only if there is no ledger.
        """
        if self.total is not None and self.total.cash is not None:
            return self.total.cash
        parts = [each.base_cash for each in self.currencies if each.cash]
        if self.currencies and all(each is not None for each in parts):
            return sum(each for each in parts if each is not None)
        return self.number("totalcashvalue")

    @property
    def settled_cash(self) -> float | None:
        value = self.number("settledcash")
        return value if value is not None or self.total is None else self.total.settled_cash

    @property
    def cushion(self) -> float | None:
        """Excess liquidity as a fraction of net liquidation."""
        value = self.number("cushion")
        if value is not None:
            return value
        excess, worth = self.number("excessliquidity"), self.net_liquidation
        return excess / worth if excess is not None and worth else None

    @property
    def realized_pnl(self) -> float | None:
        """The profit realized today."""
        return self.total.realized_pnl if self.total is not None else None

    def rate(self, currency: str) -> float | None:
        """How much of the base currency one unit of a currency is; None if the ledger does not say."""
        if currency in ("", self.base_currency):
            return 1.0
        return next((each.rate for each in self.currencies if each.currency == currency), None)


def parse_balances(summary: Any, ledger: Any) -> Balances:
    """The balances in the responses to /portfolio/…/summary and …/ledger; either may be missing."""
    rows = [
        _parse_currency(str(name).upper(), row)
        for name, row in (ledger.items() if isinstance(ledger, Mapping) else ())
        if isinstance(row, Mapping)
    ]
    return Balances(
        summary=summary if isinstance(summary, Mapping) else {},
        currencies=tuple(sorted((each for each in rows if each.currency != BASE), key=lambda r: r.currency)),
        total=next((each for each in rows if each.currency == BASE), None),
    )


def _parse_currency(name: str, row: Mapping[str, Any]) -> CurrencyBalance:
    accruals = (parse_number(row.get(key)) for key in ("interest", "dividends"))
    return CurrencyBalance(
        currency=name,
        rate=parse_number(row.get("exchangerate")),
        cash=parse_number(row.get("cashbalance")),
        settled_cash=parse_number(row.get("settledcash")),
        realized_pnl=parse_number(row.get("realizedpnl")),
        futures_pnl=parse_number(row.get("futuresonlypnl")),
        net_liquidation=parse_number(row.get("netliquidationvalue")),
        accrued=sum(each for each in accruals if each is not None),
    )
