"""Notification settings: the notification types, whether each is enabled, and their disclaimers."""

# ruff: noqa: E501 one row of a table is one line

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class NotificationType(NamedTuple):
    """One type. `enabled_by_default` is None if it has no switch; `group` is IBKR's undocumented `SS`."""

    code: str
    name: str
    description: str
    enabled_by_default: bool | None = True
    has_disclaimer: bool = False
    group: str = ""


# fmt: off
NOTIFICATION_TYPES: tuple[NotificationType, ...] = (
    NotificationType("M8", "871(m) Trades", "A trade falls under the US dividend tax rules of section 871(m)."),
    NotificationType("OI", "AI Order Instructions", "An instruction has been written by AI."),
    NotificationType("AA", "Account Activity", "Deposits, applications and permissions of the account."),
    NotificationType("T2", "Assignment or Exercise Realizing Long-Term Gains", "An option delivers US stock with a long-term gain."),
    NotificationType("BA", "Borrow Availability", "Shares that could not be borrowed for a short sale are available again."),
    NotificationType("BR", "Borrow Risk from Call Assignment FYI", "An assigned call may cost a high borrowing fee."),
    NotificationType("CA", "Comparable Algo", "Another algorithm or order type would cost less."),
    NotificationType("EH", "Exchange Holidays", "An exchange will be closed."),
    NotificationType("NS", "", "", enabled_by_default=None),
    NotificationType("NP", "Marketing Notification", "News about IBKR's products."),
    NotificationType("TD", "MiFID II 10% Depreciation Notice", "Open positions have lost a tenth of their value."),
    NotificationType("CB", "Missing Cost Basis", "A transferred position has no cost basis."),
    NotificationType("MF", "Mutual Fund/ETF Advisory", "An ETF is similar to a fund that is held."),
    NotificationType("DL", "Option Exercise Loss Prevention Reminder", "Exercising an option now, or not exercising it, loses money.", enabled_by_default=None),
    NotificationType("OE", "Option or Future expiration", "An option or a future expires within three days.", has_disclaimer=True),
    NotificationType("PS", "Platform Use Suggestions", "Hints on using the platform."),
    NotificationType("PF", "Portfolio FYIs", "Something has happened to a company that is held.", has_disclaimer=True),
    NotificationType("PT", "Position Transfer", "A transferred position needs a different account setting."),
    NotificationType("PC", "Price Cap FYI", "The price of an order is, or may be, capped."),
    NotificationType("SP", "SPAC FYI", "A SPAC is traded."),
    NotificationType("SG", "Short Term Gain turning Long Term", "A gain is about to become long-term for tax purposes."),
    NotificationType("SL", "Short Term Loss Becoming Long Term Loss", "A loss is about to become long-term for tax purposes."),
    NotificationType("MS", "Special Occasions", "Anniversaries and milestones."),
    NotificationType("TO", "Takeover", "A company that is held merges or is taken over."),
    NotificationType("TP", "Trade Push Notifications", "A part of an order was filled, cancelled or has expired.", enabled_by_default=False),
    NotificationType("EA", "Upcoming Earnings", "A company that is held will report its earnings."),
    NotificationType("DA", "Dividend-Triggered Option Exercise Advisory", "A call's stock goes ex dividend soon.", enabled_by_default=None, group="TA_FYI"),
    NotificationType("SE", "Suspend Orders On Economic Event", "Orders are suspended during an event.", enabled_by_default=None, group="TA_FYI"),
    NotificationType("SM", "System Messages", "System messages about the account.", enabled_by_default=None),
    NotificationType("UA", "User Defined Alerts", "An alert that the user created has fired.", enabled_by_default=None),
)
# fmt: on

_DISCLAIMER = (
    "What is said here is information and no advice to buy, to sell or to hold anything. It may be late or "
    "incomplete, and trading on it can lose more than was invested."
)


@dataclass
class NotificationSetting:
    """The user's setting for one type; `disclaimer_unread` until its disclaimer is accepted."""

    kind: NotificationType
    enabled: bool | None
    disclaimer_unread: bool


class NotificationSettings:
    """The username's notification settings, by code."""

    def __init__(self) -> None:
        self._by_code = {
            kind.code: NotificationSetting(kind, kind.enabled_by_default, kind.has_disclaimer)
            for kind in NOTIFICATION_TYPES
        }

    def all(self) -> tuple[NotificationSetting, ...]:
        """Return every type's setting, in IBKR's order."""
        return tuple(self._by_code.values())

    def is_enabled(self, code: str) -> bool:
        """Return whether this type is delivered; a type without a switch always is."""
        found = self._by_code.get(code)
        return found is not None and found.enabled is not False

    def set_enabled(self, code: str, enabled: bool) -> None:
        """Switch a type on or off; ignored for an unknown type or one without a switch."""
        found = self._by_code.get(code)
        if found is not None and found.enabled is not None:
            found.enabled = enabled

    def disclaimer(self, code: str) -> str:
        """Return the disclaimer to accept for this type; empty for an unknown type."""
        return _DISCLAIMER if code in self._by_code else ""

    def accept_disclaimer(self, code: str) -> None:
        """Mark the disclaimer of a type as accepted."""
        if code in self._by_code:
            self._by_code[code].disclaimer_unread = False
