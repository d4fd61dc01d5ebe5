"""The username's alerts: their conditions, and which of them have fired."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from html import escape
from itertools import count
from zlib import crc32
from zoneinfo import ZoneInfo

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.clock import Clock
from api_gateway.simulator.instruments.price_format import price_text, round_to_tick
from api_gateway.simulator.notifications.alert_conditions import Condition, ConditionType, first_trigger_time
from api_gateway.simulator.notifications.inbox import Notification

_NEW_YORK = ZoneInfo("America/New_York")
_FIRST_ORDER_ID = 833_967_258
_DAY = 86400.0
_AAPL, _SPY = 265598, 756733


@dataclass(frozen=True)
class AlertTerms:
    """The settings of an alert. `expires` is in seconds since 1970 and applies to a `tif` of GTD.

    `mobile_only` is IBKR's `iTWSOrdersOnly`.
    """

    name: str | None
    message: str | None
    conditions: tuple[Condition, ...] = ()
    tif: str = "GTC"
    expires: float | None = None
    repeatable: bool = False
    outside_rth: bool = False
    email: str | None = None
    send_message: bool = False
    show_popup: bool = False
    mobile_only: bool = False


@dataclass
class Alert:
    """One alert and its state; only the mobile alert has a `tool_id`, which never changes."""

    order_id: int
    account: str
    terms: AlertTerms
    placed_at: float
    checked_until: float
    active: bool = True
    triggered: bool = False
    tool_id: int | None = None


@dataclass(frozen=True)
class TriggeredAlert:
    """An alert that has fired, with the terms it had at that moment."""

    at: float
    account: str
    terms: AlertTerms = field(repr=False)


class Alerts:
    """The alerts of all accounts, and the mobile alert, exactly one per username.

    Lazy evaluation: nothing watches the market; `check` works out which alerts have fired since the last
    check, and when. A repeatable alert fires once per New York day; any other alert becomes inactive once
    it has fired. `default_account` owns the mobile alert and two initial alerts.
    """

    def __init__(self, accounts: Mapping[str, PaperAccount], default_account: str, clock: Clock) -> None:
        self._accounts = accounts
        self._clock = clock
        self._ids = count(_FIRST_ORDER_ID)
        self._by_id: dict[int, Alert] = {}
        self._triggered_alerts: list[TriggeredAlert] = []
        self._default_account = default_account
        self.mobile = self._create_mobile_alert(55_000_000_000 + crc32(default_account.encode()))
        self._add_initial_alerts()

    def for_account(self, account: str) -> list[Alert]:
        """Return the account's alerts, oldest first, without the mobile alert."""
        self.check()
        return [alert for alert in self._by_id.values() if alert.account == account]

    def find(self, alert_id: int) -> Alert | None:
        """Return the alert with this order ID, or None; the mobile alert is also found by its tool ID."""
        self.check()
        if alert_id in (self.mobile.order_id, self.mobile.tool_id):
            return self.mobile
        return self._by_id.get(alert_id)

    def fetch_mobile(self) -> Alert:
        """Return the mobile alert; its order ID changes on each call."""
        self.check()
        self.mobile.order_id = next(self._ids)
        return self.mobile

    def add(self, account: str, terms: AlertTerms) -> Alert:
        """Create an alert for the account; its conditions are checked from now on."""
        now = self._clock.now()
        alert = Alert(next(self._ids), account, terms, placed_at=now, checked_until=now)
        self._by_id[alert.order_id] = alert
        return alert

    def change(self, alert: Alert, terms: AlertTerms) -> None:
        """Replace the alert's terms; the new conditions are checked from now on."""
        self.check()
        if alert is self.mobile:
            alert.order_id = next(self._ids)
        alert.terms = terms
        self._arm(alert)

    def set_active(self, alert: Alert, active: bool) -> None:
        """Activate or deactivate the alert."""
        self.check()
        if active and not alert.active:
            self._arm(alert)
        alert.active = active

    def remove(self, alert: Alert) -> None:
        """Delete the alert; the mobile alert is reset to its initial terms instead."""
        if alert is self.mobile:
            self.mobile = self._create_mobile_alert(alert.tool_id)
        else:
            del self._by_id[alert.order_id]

    def check(self) -> None:
        """Fire every alert that was met since the last check, dated at the moment it was met."""
        for alert in (*self._by_id.values(), self.mobile):
            if alert.active:
                self._check_alert(alert)

    def notifications(self, since: float, until: float) -> Iterator[Notification]:
        """Yield the notifications of the alerts that fired after `since` and up to `until`."""
        self.check()
        for triggered in self._triggered_alerts:
            if since < triggered.at <= until:
                name = triggered.terms.name or "Mobile Trading Assistant"
                message = triggered.terms.message or "A condition is met."
                conditions = ", ".join(
                    _describe_condition(condition) for condition in triggered.terms.conditions
                )
                account = f"Account: {triggered.account[0]}****{triggered.account[-3:]}"
                html = " <br /> ".join(escape(line) for line in (message, conditions, account))
                yield Notification(triggered.at, "UA", f"Alert: {name}", f"<html>{html}</html>")

    def _check_alert(self, alert: Alert) -> None:
        now, expires = self._clock.now(), alert.terms.expires
        until = now if expires is None else min(now, expires)
        paper_account, terms = self._accounts[alert.account], alert.terms
        since, alert.checked_until = alert.checked_until, max(alert.checked_until, until)
        while alert.active and since < until:
            moment = first_trigger_time(
                terms.conditions, paper_account, since, until, outside_rth=terms.outside_rth
            )
            if moment is None:
                break
            alert.triggered = True
            self._triggered_alerts.append(TriggeredAlert(moment, alert.account, terms))
            alert.active = terms.repeatable
            since = _midnight_after(moment)
            alert.checked_until = max(alert.checked_until, since)
        if expires is not None and expires <= now:
            alert.active = False

    def _arm(self, alert: Alert) -> None:
        alert.active, alert.triggered = True, False
        alert.checked_until = self._clock.now()

    def _create_mobile_alert(self, tool_id: int | None) -> Alert:
        now = self._clock.now()
        terms = AlertTerms(name=None, message=None, repeatable=True, send_message=True)
        return Alert(
            next(self._ids), self._default_account, terms, placed_at=now, checked_until=now, tool_id=tool_id
        )

    def _add_initial_alerts(self) -> None:
        """Add two alerts that were created in TWS some days ago, one active and one inactive."""
        now = self._clock.now()
        active_alert = self.add(self._default_account, self._price_alert_terms(_AAPL, ">=", 1.03))
        active_alert.placed_at = now - 6 * _DAY
        inactive_alert = self.add(
            self._default_account,
            replace(self._price_alert_terms(_SPY, "<=", 0.9), repeatable=True, outside_rth=True),
        )
        inactive_alert.placed_at = now - 19 * _DAY
        inactive_alert.active = False

    def _price_alert_terms(self, conid: int, comparison: str, price_ratio: float) -> AlertTerms:
        """Return terms that fire at `price_ratio` times the contract's current price."""
        paper_account = self._accounts[self._default_account]
        instrument = paper_account.instrument(conid)
        price = paper_account.prices.price_at(instrument, self._clock.now())
        value = price_text(instrument, round_to_tick(instrument, price_ratio * price))
        condition = Condition(ConditionType.PRICE, f"{conid}@SMART", comparison, value)
        return AlertTerms(
            instrument.symbol, f"{instrument.symbol} is at {value}", (condition,), show_popup=True
        )


def _describe_condition(condition: Condition) -> str:
    return f"{condition.kind.name.lower().replace('_', ' ')} {condition.comparison} {condition.value}"


def _midnight_after(moment: float) -> float:
    local = datetime.fromtimestamp(moment, tz=_NEW_YORK).replace(hour=0, minute=0, second=0, microsecond=0)
    return (local + timedelta(days=1)).timestamp()  # wall-clock arithmetic: also right when clocks change
