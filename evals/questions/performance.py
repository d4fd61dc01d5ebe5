"""Questions about what accounts earned."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Final

from api_gateway.simulator.portfolio_analyst.performance import PerformanceSeries, performance_series
from evals.books import account, clients, close_on, listed, quote, value
from evals.facts import Fact, WordFact, number
from evals.question import SATURDAY, Call, Question
from evals.situation import Situation


def _performance(**arguments: object) -> Call:
    return Call("get_performance", arguments)


def _series(s: Situation, period: str, account_id: str = "") -> PerformanceSeries:
    return performance_series(account(s, account_id), period)


def _gain(series: PerformanceSeries) -> float:
    return series.values[-1] - series.values[0]


def _return(series: PerformanceSeries) -> float:
    return (series.values[-1] / series.values[0] - 1) * 100


def _today(s: Situation) -> Sequence[Fact]:
    return [number("day P&L", value(s).daily_pnl, "day")]


def _year(s: Situation) -> Sequence[Fact]:
    series = _series(s, "YTD")
    return [
        number("gain", _gain(series)),
        number("return", _return(series)),
        WordFact("since", "2026-01-01 | 1 Jan | Jan 1 | 2025-12-31"),
    ]


def _month(s: Situation) -> Sequence[Fact]:
    series = _series(s, "MTD")
    return [number("gain", _gain(series)), number("return", _return(series))]


def _against_spy(s: Situation) -> Sequence[Fact]:
    series, spy = _series(s, "MTD"), listed(s, "SPY")
    change = (quote(s, spy).last / close_on(s, spy, series.baseline_date) - 1) * 100
    return [
        number("return", _return(series)),
        number("return of SPY", change, "SPY"),
        number("difference", _return(series) - change),
    ]


def _each_client(s: Situation) -> Sequence[Fact]:
    return [number(each, _gain(_series(s, "1M", each)), each) for each in clients(s)]


def _together(s: Situation) -> Sequence[Fact]:
    every = [_series(s, "YTD", each) for each in clients(s)]
    gain = sum(_gain(each) for each in every)
    return [
        number("gain together", gain),
        number("return together", gain / sum(each.values[0] for each in every) * 100),
    ]


def _extremes(s: Situation) -> Sequence[Fact]:
    series = _series(s, "YTD")
    changes = [(after / before - 1) * 100 for before, after in pairwise(series.values)]
    worst = min(range(len(changes)), key=changes.__getitem__)
    peaks = accumulate(series.values, max)
    drawdown = min((each / peak - 1) * 100 for each, peak in zip(series.values, peaks, strict=True))
    return [
        number("worst day", changes[worst], "worst"),
        WordFact("its date", f"{series.days[worst]:%Y-%m-%d} | {series.days[worst]:%-d %b}"),
        number("drawdown", drawdown, "drawdown"),
    ]


def _week(s: Situation) -> Sequence[Fact]:
    series = _series(s, "7D")
    return [number("gain", _gain(series)), number("return", _return(series))]


PERFORMANCE_QUESTIONS: Final = (
    Question("What did I make or lose today?", [Call("get_portfolio", {"view": "summary"})], _today),
    Question("What have I made this year, in dollars and percent?", [_performance()], _year),
    Question("What did I make this month?", [_performance(period="MTD")], _month),
    Question("Did I beat SPY this month?", [_performance(period="MTD", against="SPY")], _against_spy),
    Question(
        "What did each client make in the last month?",
        [_performance(account="all", period="1M")],
        _each_client,
        profile="fa",
    ),
    Question(
        "What did my clients make together this year?",
        [_performance(account="all")],
        _together,
        profile="fa5",
    ),
    Question("Which was my worst day this year, and the deepest drawdown?", [_performance()], _extremes),
    Question("How was my week?", [_performance(period="7D")], _week, now=SATURDAY),
    Question("How did I do this year?", [_performance()], _year, profile="large"),
)
