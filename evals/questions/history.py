"""Questions about how prices moved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from typing import Final

from api_gateway.simulator.instruments.instrument import Instrument
from api_gateway.simulator.prices.quotes import Bar
from evals.books import close_on, daily_bars, listed, quote
from evals.facts import Fact, WordFact, number
from evals.question import OPEN, SATURDAY, Call, Question
from evals.situation import Situation

_FRIDAY_BEFORE: Final = date(2026, 11, 13)


def _history(what: str, **arguments: object) -> Call:
    return Call("get_price_history", {"what": what, **arguments})


_MONTHS_AGO: Final = {"3m": date(2026, 8, 18), "1y": date(2025, 11, 18)}
"""The same day of the month that begins the period, which is counted from the close before it."""


def _bars(s: Situation, instrument: Instrument, period: str) -> list[Bar]:
    """The daily bars from the last one before the period on."""
    first = datetime.combine(_MONTHS_AGO[period] - timedelta(days=7), time(), UTC)
    bars = daily_bars(s, instrument, first)
    begins = datetime.combine(_MONTHS_AGO[period], time(), UTC).timestamp()
    before = [index for index, each in enumerate(bars) if each.start < begins]
    return bars[before[-1] :]


def _return(bars: Sequence[Bar]) -> float:
    """From the close before the period to the last one, in percent."""
    return (bars[-1].close / bars[0].close - 1) * 100


def _three_months(s: Situation) -> Sequence[Fact]:
    bars = _bars(s, listed(s, "AAPL"), "3m")
    closes = [each.close for each in bars]
    inside = bars[1:]
    drawdown = min(each / peak - 1 for each, peak in zip(closes, accumulate(closes, max), strict=True))
    return [
        number("return", _return(bars), "AAPL"),
        number("last", closes[-1], "AAPL"),
        number("high", max(each.high for each in inside), "AAPL"),
        number("low", min(each.low for each in inside), "AAPL"),
        number("drawdown", drawdown * 100, "AAPL"),
    ]


def _year_of_two(s: Situation) -> Sequence[Fact]:
    return [number(symbol, _return(_bars(s, listed(s, symbol), "1y")), symbol) for symbol in ("AAPL", "MSFT")]


def _two_hours(s: Situation) -> Sequence[Fact]:
    spy, now = listed(s, "SPY"), OPEN.timestamp()
    total = s.simulation.prices.range_between(spy, now - 7200, now)
    return [
        number("high", total.high, "SPY"),
        number("low", total.low, "SPY"),
        # The first bar may begin up to five minutes later.
        number("change", (quote(s, spy).last / total.open - 1) * 100, "SPY", moves=0.05),
    ]


def _last_closes(s: Situation) -> Sequence[Fact]:
    microsoft = listed(s, "MSFT")
    return [number(f"{day}", close_on(s, microsoft, date(2026, 11, day))) for day in (12, 13, 16, 17)]


def _week(s: Situation) -> Sequence[Fact]:
    spy = listed(s, "SPY")
    change = (quote(s, spy).last / close_on(s, spy, _FRIDAY_BEFORE) - 1) * 100
    return [number("change since the Friday before", change, "SPY"), WordFact("market", "closed | Friday")]


def _chart(s: Situation) -> Sequence[Fact]:
    return [*_three_months(s), WordFact("picture", "[image/png]")]


def _euro(s: Situation) -> Sequence[Fact]:
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
    Question("Draw me Apple's last three months.", [_history("AAPL", chart=True)], _chart),
    Question("How was SPY's week?", [_history("SPY", period="WTD")], _week, now=SATURDAY),
    Question("Where is the euro after a month?", [_history("EUR.USD", period="1m")], _euro),
)
