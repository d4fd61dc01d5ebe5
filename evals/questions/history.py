"""Questions about how prices moved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import accumulate
from typing import Final

from api_gateway.simulator.instruments.instrument import Instrument
from evals.books import close_on, listed, quote
from evals.facts import Fact, WordFact, number
from evals.question import OPEN, SATURDAY, Call, Question
from evals.situation import Situation

_TODAY: Final = date(2026, 11, 18)
_THREE_MONTHS_AGO: Final = date(2026, 8, 18)
_ONE_YEAR_AGO: Final = date(2025, 11, 18)
_FRIDAY_BEFORE: Final = date(2026, 11, 13)


def _history(what: str, **arguments: object) -> Call:
    return Call("get_price_history", {"what": what, **arguments})


def _closes(s: Situation, instrument: Instrument, since: date) -> list[float]:
    """The closes from one day to the day before today, and the last price."""
    days = (since + timedelta(days=each) for each in range((_TODAY - since).days))
    closes = [close_on(s, instrument, each) for each in days if each.weekday() < 5 and not _is_holiday(each)]
    return [*closes, quote(s, instrument).last]


def _is_holiday(day: date) -> bool:
    return day == date(2026, 9, 7)  # Labor Day


def _change(s: Situation, instrument: Instrument, since: date) -> float:
    return (quote(s, instrument).last / close_on(s, instrument, since) - 1) * 100


def _three_months(s: Situation) -> Sequence[Fact]:
    apple = listed(s, "AAPL")
    begin = close_on(s, apple, _THREE_MONTHS_AGO)
    total = s.simulation.prices.range_between(
        apple, OPEN.timestamp() - (_TODAY - _THREE_MONTHS_AGO).days * 86400, OPEN.timestamp()
    )
    closes = _closes(s, apple, _THREE_MONTHS_AGO)
    drawdown = min(each / peak - 1 for each, peak in zip(closes, accumulate(closes, max), strict=True))
    return [
        number("return", (quote(s, apple).last / begin - 1) * 100),
        number("last", quote(s, apple).last),
        number("high", total.high, "high"),
        number("low", total.low, "low"),
        number("drawdown", drawdown * 100, "drawdown"),
    ]


def _year_of_two(s: Situation) -> Sequence[Fact]:
    return [
        number(symbol, _change(s, listed(s, symbol), _ONE_YEAR_AGO), symbol) for symbol in ("AAPL", "MSFT")
    ]


def _two_hours(s: Situation) -> Sequence[Fact]:
    spy, now = listed(s, "SPY"), OPEN.timestamp()
    total = s.simulation.prices.range_between(spy, now - 7200, now)
    return [
        number("high", total.high, "high"),
        number("low", total.low, "low"),
        number("change", (quote(s, spy).last / total.open - 1) * 100),
    ]


def _last_closes(s: Situation) -> Sequence[Fact]:
    microsoft = listed(s, "MSFT")
    return [number(f"{day}", close_on(s, microsoft, date(2026, 11, day))) for day in (12, 13, 16, 17)]


def _week(s: Situation) -> Sequence[Fact]:
    spy = listed(s, "SPY")
    return [number("change", _change(s, spy, _FRIDAY_BEFORE)), WordFact("market", "closed | Friday")]


def _week_of_the_euro(s: Situation) -> Sequence[Fact]:
    return [number("last", quote(s, listed(s, "EUR", "CASH")).last, decimals=4)]


HISTORY_QUESTIONS: Final = (
    Question(
        "How has Apple done in three months: return, high, low, drawdown?", [_history("AAPL")], _three_months
    ),
    Question(
        "Apple or Microsoft: which did better in a year?", [_history("AAPL, MSFT", period="1y")], _year_of_two
    ),
    Question("What did SPY do in the last two hours?", [_history("SPY", period="2h")], _two_hours),
    Question(
        "What did Microsoft close at on the last days?",
        [_history("MSFT", period="1w", view="closes")],
        _last_closes,
    ),
    Question("How was SPY's week?", [_history("SPY", period="1w")], _week, now=SATURDAY),
    Question("Where is the euro after a month?", [_history("EUR.USD", period="1m")], _week_of_the_euro),
)
