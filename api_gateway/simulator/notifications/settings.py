"""What IBKR may tell the user about: the kinds of notification, their switches and their disclaimers."""

# ruff: noqa: E501 one row of a table is one line

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Kind(NamedTuple):
    """One kind. `on` is None where the user has no switch; `group` is IBKR's undocumented `SS`."""

    code: str
    name: str
    text: str
    on: bool | None = True
    disclaimer: bool = False
    group: str = ""


# fmt: off
KINDS: tuple[Kind, ...] = (
    Kind("M8", "871(m) Trades", "A trade falls under the US dividend tax rules of section 871(m)."),
    Kind("OI", "AI Order Instructions", "An instruction has been written by AI."),
    Kind("AA", "Account Activity", "Deposits, applications and permissions of the account."),
    Kind("T2", "Assignment or Exercise Realizing Long-Term Gains", "An option delivers US stock with a long-term gain."),
    Kind("BA", "Borrow Availability", "Shares that could not be borrowed for a short sale are there again."),
    Kind("BR", "Borrow Risk from Call Assignment FYI", "An assigned call may cost a high borrowing fee."),
    Kind("CA", "Comparable Algo", "Another algorithm or order type would cost less."),
    Kind("EH", "Exchange Holidays", "An exchange will be closed."),
    Kind("NS", "", "", on=None),
    Kind("NP", "Marketing Notification", "News about IBKR's products."),
    Kind("TD", "MiFID II 10% Depreciation Notice", "Open positions have lost a tenth of their value."),
    Kind("CB", "Missing Cost Basis", "A transferred position has no cost basis."),
    Kind("MF", "Mutual Fund/ETF Advisory", "There is an ETF much like a fund that is held."),
    Kind("DL", "Option Exercise Loss Prevention Reminder", "Exercising an option now, or not, loses money.", on=None),
    Kind("OE", "Option or Future expiration", "An option or a future expires within three days.", disclaimer=True),
    Kind("PS", "Platform Use Suggestions", "Hints on using the platform."),
    Kind("PF", "Portfolio FYIs", "Something has happened to a company that is held.", disclaimer=True),
    Kind("PT", "Position Transfer", "A transferred position needs another setting of the account."),
    Kind("PC", "Price Cap FYI", "The price of an order is, or may be, capped."),
    Kind("SP", "SPAC FYI", "A SPAC is traded."),
    Kind("SG", "Short Term Gain turning Long Term", "A gain is about to become long-term for the tax."),
    Kind("SL", "Short Term Loss Becoming Long Term Loss", "A loss is about to become long-term for the tax."),
    Kind("MS", "Special Occasions", "Anniversaries and milestones."),
    Kind("TO", "Takeover", "A company that is held merges or is taken over."),
    Kind("TP", "Trade Push Notifications", "A part of an order was filled, cancelled or has expired.", on=False),
    Kind("EA", "Upcoming Earnings", "A company that is held will report its earnings."),
    Kind("DA", "Dividend-Triggered Option Exercise Advisory", "A call's stock goes ex dividend soon.", on=None, group="TA_FYI"),
    Kind("SE", "Suspend Orders On Economic Event", "Orders are suspended during an event.", on=None, group="TA_FYI"),
    Kind("SM", "System Messages", "What the system says about the account.", on=None),
    Kind("UA", "User Defined Alerts", "An alert of the user's own has fired.", on=None),
)
# fmt: on

_DISCLAIMER = (
    "What is said here is information and no advice to buy, to sell or to hold anything. It may be late or "
    "incomplete, and trading on it can lose more than was invested."
)


@dataclass
class Subscription:
    """One kind as the user has set it; `unread` means that its disclaimer has not been accepted."""

    kind: Kind
    on: bool | None
    unread: bool


class NotificationSettings:
    """The switches of the username, by code."""

    def __init__(self) -> None:
        self._by_code = {kind.code: Subscription(kind, kind.on, kind.disclaimer) for kind in KINDS}

    def all(self) -> tuple[Subscription, ...]:
        """Every kind, in IBKR's order."""
        return tuple(self._by_code.values())

    def wants(self, code: str) -> bool:
        """Whether this kind is delivered; what cannot be switched off always is."""
        found = self._by_code.get(code)
        return found is not None and found.on is not False

    def switch(self, code: str, on: bool) -> None:
        """Turn a kind on or off; one without a switch, or unknown, stays as it is."""
        found = self._by_code.get(code)
        if found is not None and found.on is not None:
            found.on = on

    def disclaimer(self, code: str) -> str:
        """What has to be accepted before this kind is shown; empty for an unknown one."""
        return _DISCLAIMER if code in self._by_code else ""

    def accept(self, code: str) -> None:
        """Note that the disclaimer of a kind was read."""
        if code in self._by_code:
            self._by_code[code].unread = False
