"""Trading hours of a row: whether its market is open, when it opens and closes, and holidays."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from mcp_server.answers.market_hours import Session
from mcp_server.answers.quote_list.quote_row import QuoteRow
from mcp_server.answers.times import in_new_york

_SATURDAY: Final = 5


def market_word(row: QuoteRow) -> str:
    """open, pre-market, after hours or closed."""
    words = row.market.words if row.market else ""
    return words.removeprefix("market ").partition(",")[0]


def regular_today(row: QuoteRow) -> str:
    """Regular hours of the exchange's current day, `none` on a day without."""
    return _hours_today(row, regular=True)


def extended_today(row: QuoteRow) -> str:
    """Extended hours of that day, which include the regular ones; empty if they are the same."""
    extended = _hours_today(row, regular=False)
    return "" if extended == _hours_today(row, regular=True) else extended


def next_close(row: QuoteRow) -> str:
    """When the regular hours end, if they are on."""
    return _when(row.market.closes, row.now) if row.market else ""


def next_open(row: QuoteRow) -> str:
    """When regular hours begin next."""
    return _when(row.market.next_open, row.now) if row.market else ""


def special_days(sessions: Sequence[Session]) -> str:
    """Weekdays without trading or with shorter hours, and how far ahead the schedule goes."""
    by_day: dict[date, timedelta] = defaultdict(timedelta)
    closes: dict[date, datetime] = {}
    for each in sessions:
        if each.day is not None and each.regular:
            by_day[each.day] += each.closes - each.opens
            closes[each.day] = each.closes
    if not by_day:
        return ""
    first, last = min(by_day), max(by_day)
    between = [first + timedelta(days=n) for n in range((last - first).days)]
    parts = [
        f"closed on {day:%a} {day}" for day in between if day.weekday() < _SATURDAY and day not in by_day
    ]
    usual = Counter(by_day.values()).most_common(1)[0][0]
    parts += [
        f"closes early on {day:%a} {day}, at {in_new_york(closes[day]):%H:%M}"
        for day, length in sorted(by_day.items())
        if length < usual
    ]
    known = f"until {last}, the end of IBKR's schedule"
    return f"{'; '.join(parts)} ({known})" if parts else f"no holidays or early closes {known}"


def _hours_today(row: QuoteRow, *, regular: bool) -> str:
    if not row.sessions:
        return ""
    day, today = _trading_day(row.sessions, row.now), in_new_york(row.now).date()
    found = [each for each in row.sessions if each.regular == regular and each.day == day]
    return ", ".join(_span(each, today) for each in found) or "none"


def _trading_day(sessions: Sequence[Session], now: datetime) -> date:
    """The exchange's day of the session that is on, or that begins later today; otherwise New York's.

    In Tokyo, tomorrow's session begins in New York's evening.
    """
    today = in_new_york(now).date()
    on = [each for each in sessions if each.opens <= now < each.closes]
    later = [each for each in sessions if each.opens > now and in_new_york(each.opens).date() == today]
    return next((each.day for each in (*on, *later) if each.day is not None), today)


def _span(session: Session, today: date) -> str:
    opens, closes = in_new_york(session.opens), in_new_york(session.closes)
    day = "" if opens.date() == today else f"{opens:%a} "
    return f"{day}{opens:%H:%M}-{closes:%H:%M}"


def _when(moment: datetime | None, now: datetime) -> str:
    if moment is None:
        return ""
    local = in_new_york(moment)
    return f"{local:%H:%M}" if local.date() == in_new_york(now).date() else f"{local:%a %m-%d %H:%M}"
