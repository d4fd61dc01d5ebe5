"""Conditions to wait for, as people write them: `AAPL above 300`, `order 12 changes`, `market opens`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from api_gateway.redaction import sanitize
from mcp_server.answers.errors import AnswerError

FORMS: Final = (
    "`AAPL above 300`, `EUR.USD below 1.15`, `order 602801480 changes`, `order 602801480 is filled`, "
    "`any order changes`, `market opens`, `market closes` or `AAPL opens`"
)

_PRICE = re.compile(
    r"(?P<what>.+?) (?:price )?(?:is |goes |trades |rises |falls |drops )?(?:to )?"
    r"(?P<side>above|over|at least|>=?|below|under|at most|<=?) ?\$?(?P<level>\d+(?:\.\d+)?|\.\d+)",
    re.IGNORECASE,
)
_ORDER = re.compile(
    r"order #?(?P<id>\d{1,19}) (?:is |gets |has been )?(?P<event>changes|filled|fills|done)", re.IGNORECASE
)
_ANY_ORDER = re.compile(r"(?:any|an) order (?:changes|fills|is filled)|orders change", re.IGNORECASE)
_MARKET = re.compile(r"(?:the )?(?P<what>.+?) (?P<event>opens|closes)", re.IGNORECASE)
_ABOVE: Final = ("above", "over", "at least", ">", ">=")
_ANY_MARKET: Final = ("market", "us market", "stock market", "exchange")


@dataclass(frozen=True)
class PriceCondition:
    """The last price of an instrument is at or beyond a level."""

    what: str
    above: bool
    level: float

    def is_met(self, price: float) -> bool:
        return price >= self.level if self.above else price <= self.level


@dataclass(frozen=True)
class OrderCondition:
    """An order changes, or is done (filled, cancelled or rejected); without an ID, any order changes."""

    order_id: str
    until_done: bool


@dataclass(frozen=True)
class MarketCondition:
    """Regular trading of an instrument opens or closes; without one, that of US stocks."""

    what: str
    event: Literal["opens", "closes"]


Condition: TypeAlias = PriceCondition | OrderCondition | MarketCondition


def parse_condition(text: str) -> Condition:
    """The condition that a person wrote. Raises AnswerError with the accepted forms."""
    words = " ".join(
        re.sub(r"^(?:until|when|if|tell me when) ", "", text.strip(), flags=re.IGNORECASE).split()
    )
    if _ANY_ORDER.fullmatch(words):
        return OrderCondition("", until_done=False)
    if found := _ORDER.fullmatch(words):
        return OrderCondition(found["id"], until_done=found["event"].lower() != "changes")
    if found := _PRICE.fullmatch(words):
        return PriceCondition(found["what"].strip(), found["side"].lower() in _ABOVE, float(found["level"]))
    if found := _MARKET.fullmatch(words):
        what = "" if found["what"].lower() in _ANY_MARKET else found["what"]
        return MarketCondition(what, "opens" if found["event"].lower() == "opens" else "closes")
    raise AnswerError(
        f'`until` "{sanitize(text, max_length=60)}" is not a supported condition.',
        f"Write {FORMS}.",
    )
