"""What a universe file can contain: its tables, their fields and the valid values."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Number = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, le=1e9, allow_inf_nan=False)]
Symbol = Annotated[str, Field(pattern=r"^[A-Z0-9][A-Z0-9. ]{0,11}$")]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Conid = Annotated[int, Field(gt=0, lt=600_000_000)]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class InstrumentRow(_Row):
    """An instrument that the file adds, or a built-in one whose fields it replaces where given."""

    symbol: Symbol
    exchange: str
    type: Literal["STK", "IND", "CRYPTO", "FUND"] = "STK"
    name: Annotated[str, Field(min_length=1, max_length=60)] | None = None
    currency: Currency | None = None
    price: Positive | None = None
    conid: Conid | None = None
    tick: Positive | None = None
    volatility: Annotated[float, Field(gt=0, le=5, allow_inf_nan=False)] | None = None
    volume: Annotated[int, Field(ge=0, le=10**12)] | None = None
    options: Literal["", "monthly", "weekly", "mon-wed-fri", "daily"] | None = None
    dividend: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    dividend_months: list[Annotated[int, Field(ge=1, le=12)]] | None = None
    sector: str | None = None
    group: str | None = None
    category: str | None = None

    @property
    def key(self) -> str:
        """How the row is identified: symbol@exchange."""
        return f"{self.symbol}@{self.exchange}"


class PositionRow(_Row):
    """A position: a contract, given by conid or by its terms, how much of it, and what it cost."""

    quantity: Number
    conid: Annotated[int, Field(gt=0, lt=2**31)] | None = None
    symbol: Annotated[str, Field(min_length=1, max_length=12)] | None = None
    type: Literal["STK", "OPT", "FOP", "FUT", "CRYPTO", "FUND"] = "STK"
    exchange: str | None = None
    trading_class: str | None = None
    expiry: date | None = None
    strike: Positive | None = None
    right: Literal["C", "P"] | None = None
    price: Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)] | None = None
    bought: date | None = None

    @model_validator(mode="after")
    def _check_contract(self) -> Self:
        if self.quantity == 0:
            raise ValueError("needs a quantity other than 0")
        if (self.conid is None) == (self.symbol is None):
            raise ValueError("needs a conid or a symbol, not both")
        if self.conid is None and self.type in ("OPT", "FOP"):
            missing = [name for name in ("expiry", "strike", "right") if getattr(self, name) is None]
            if missing:
                raise ValueError(f"needs {', '.join(missing)}, because its type is {self.type}")
        if self.conid is None and self.type == "FUT" and self.expiry is None:
            raise ValueError("needs expiry, because its type is FUT")
        return self


class UniverseFile(_Row):
    """A whole file. Positions and cash replace what the profile's first account has."""

    instrument: tuple[InstrumentRow, ...] = Field(default=(), strict=False)
    position: tuple[PositionRow, ...] = Field(default=(), strict=False)
    cash: dict[Currency, Annotated[float, Field(ge=-1e12, le=1e12, allow_inf_nan=False)]] | None = None

    @property
    def has_portfolio(self) -> bool:
        """Whether it replaces the account's positions and cash."""
        return bool(self.position) or self.cash is not None
