"""Questions about options."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from api_gateway.simulator.instruments.instrument import Instrument
from evals.books import greeks, holding, listed, pinned_quote, quote, value
from evals.facts import Fact, WordFact, number
from evals.question import Call, Question
from evals.situation import Situation


def _chain(underlying: str, **arguments: object) -> Call:
    return Call("get_option_chain", {"underlying": underlying, **arguments})


def _listed(s: Situation, symbol: str, expiry: str, right: str) -> list[Instrument]:
    """The options of an expiry, by strike."""
    conid = listed(s, symbol).conid
    found = s.simulation.universe.options_of(conid, expiry=expiry, right=right)
    return sorted(found, key=lambda each: each.strike or 0.0)


def _nearest(s: Situation, symbol: str, expiry: str, right: str, price: float) -> Instrument:
    return min(_listed(s, symbol, expiry, right), key=lambda each: abs((each.strike or 0.0) - price))


def _delta(s: Situation, option: Instrument) -> float:
    return greeks(s, option).delta


def _prices(s: Situation, option: Instrument) -> Sequence[Fact]:
    """Bid and ask, in the row of the strike."""
    found, strike = pinned_quote(s, option), f"{option.strike:g}"
    return [
        number(f"bid of {strike}{option.right}", found.bid, strike),
        number(f"ask of {strike}{option.right}", found.ask, strike),
    ]


def _is_expiry(day: str) -> Fact:
    expires = datetime.strptime(day, "%Y%m%d").date()  # noqa: DTZ007
    return WordFact("expiry", f"{expires} | {expires.day}{expires:%b%y} | {expires.day} {expires:%b %Y}")


def _next_expiry(s: Situation) -> Sequence[Fact]:
    spy = listed(s, "SPY")
    today = f"{s.simulation.universe.today:%Y%m%d}"
    first = next(
        day for each in s.simulation.universe.expiries_of(spy.conid) if (day := f"{each.day:%Y%m%d}") > today
    )
    price = quote(s, spy).last
    return [
        _is_expiry(first),
        *_prices(s, _nearest(s, "SPY", first, "C", price)),
        *_prices(s, _nearest(s, "SPY", first, "P", price)),
        number("underlying", price),
    ]


def _delta_puts(s: Situation) -> Sequence[Fact]:
    puts = _listed(s, "SPY", "20270115", "P")
    put = min(puts, key=lambda each: abs(abs(_delta(s, each)) - 0.3))
    return [*_prices(s, put), number("delta", _delta(s, put), f"{put.strike:g}", decimals=2)]


def _covered_calls(s: Situation) -> Sequence[Fact]:
    apple = holding(s, "AAPL")
    call = _nearest(s, "AAPL", "20261218", "C", quote(s, apple.instrument).last * 1.05)
    return [
        WordFact("shares", f"{apple.quantity:g}"),
        number("contracts", apple.quantity // 100, "cover", decimals=0),
        number("bid", pinned_quote(s, call).bid, f"{call.strike:g}"),
    ]


def _secured_puts(s: Situation) -> Sequence[Fact]:
    coke = listed(s, "KO")
    put = _nearest(s, "KO", "20261218", "P", quote(s, coke).last * 0.95)
    bid, strike = pinned_quote(s, put).bid, put.strike or 1.0
    return [
        number("bid", bid, f"{strike:g}"),
        number("bid in percent of the cash that it needs", bid / strike * 100, f"{strike:g}"),
        number("settled cash", value(s).settled_cash["USD"], "cash"),
    ]


def _out_of_the_money(s: Situation) -> Sequence[Fact]:
    price = quote(s, listed(s, "NVDA")).last
    calls = [
        each for each in _listed(s, "NVDA", "20261218", "C") if 1.03 <= (each.strike or 0.0) / price <= 1.08
    ]
    return [fact for each in calls[:2] for fact in _prices(s, each)]


def _index(s: Situation) -> Sequence[Fact]:
    spx = listed(s, "SPX", "IND")
    options = [
        each
        for each in s.simulation.universe.options_of(spx.conid, expiry="20261218", right="P")
        if each.trading_class == "SPX"
    ]
    put = min(options, key=lambda each: abs((each.strike or 0.0) - quote(s, spx).last))
    return _prices(s, put)


OPTION_QUESTIONS: Final = (
    Question("What do at-the-money SPY options cost tomorrow?", [_chain("SPY")], _next_expiry),
    Question(
        "Puts on SPY for 15 January around delta 0.3?",
        [_chain("SPY", near="15Jan27", delta=0.3, side="put")],
        _delta_puts,
    ),
    Question(
        "What calls could I sell against my Apple shares for December?",
        [_chain("AAPL", near="18Dec26", **{"for": "covered_call"})],
        _covered_calls,
    ),
    Question(
        "What would a cash-secured put on Coca-Cola for December bring?",
        [_chain("KO", near="18Dec26", **{"for": "cash_secured_put"})],
        _secured_puts,
    ),
    Question(
        "Nvidia calls for 18 December, 3 to 8 % above the price?",
        [_chain("NVDA", near="2026-12-18", moneyness="+3..+8", side="call")],
        _out_of_the_money,
    ),
    Question(
        "SPX puts for the third Friday of December?", [_chain("SPX", near="18Dec26", side="put")], _index
    ),
)
