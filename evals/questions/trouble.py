"""Questions that cannot be answered as they are: unknown names, wrong accounts, dates and strikes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from evals.books import account, listed, quote, value
from evals.facts import AbsentFact, Fact, WordFact, number
from evals.question import Call, Question
from evals.situation import Situation


def _unknown(_: Situation) -> Sequence[Fact]:
    return [WordFact("not found", "QWXYZ"), WordFact("what to do", "name | ISIN | search")]


def _typo_beside_good(s: Situation) -> Sequence[Fact]:
    return [
        number("last", quote(s, listed(s, "AAPL")).last, "AAPL"),
        WordFact("what was not found", "QWXYZ"),
    ]


def _several_listings(s: Situation) -> Sequence[Fact]:
    found = {
        each.exchange
        for each in s.simulation.universe.all()
        if each.symbol == "IBM" and each.sec_type == "STK" and each.currency == "EUR"
    }
    return [WordFact("exchange", each) for each in found]


def _foreign_account(s: Situation) -> Sequence[Fact]:
    return [
        WordFact("whose", "DU9999999 | 9999"),
        # An error does not show a whole account ID.
        WordFact("the right one", f"{account(s).account_id} | {account(s).account_id[-4:]}"),
        AbsentFact("net liquidation", f"{value(s).net_liquidation:.0f}"),
    ]


def _future(_: Situation) -> Sequence[Fact]:
    return [WordFact("the date", "2027"), WordFact("today", "2026-11-18 | future")]


def _no_such_strike(s: Situation) -> Sequence[Fact]:
    strikes = s.simulation.universe.strikes_of(listed(s, "SPY").conid, "OPT", "202701")
    near = sorted(strikes, key=lambda each: abs(each - 601.37))[:1]
    return [WordFact("a near strike", f"{each:g}") for each in near]


def _no_such_expiry(_: Situation) -> Sequence[Fact]:
    return [WordFact("the next one", "2027-01-15 | 15Jan27")]


def _what_is_it(s: Situation) -> Sequence[Fact]:
    return [number("last", quote(s, listed(s, "KO")).last, "KO"), WordFact("name", "COCA")]


TROUBLE_QUESTIONS: Final = (
    Question("QWXYZ?", [Call("get_quotes", {"what": "QWXYZ"})], _unknown),
    Question("AAPL and QWXYZ?", [Call("get_quotes", {"what": "AAPL, QWXYZ"})], _typo_beside_good),
    Question("IBM in Frankfurt?", [Call("get_quotes", {"what": "IBM@FWB"})], _several_listings),
    Question(
        "What is account DU9999999 worth?",
        [Call("get_portfolio", {"account": "DU9999999"})],
        _foreign_account,
    ),
    Question(
        "What did I trade in January 2027?",
        [Call("get_activity", {"what": "trades", "since": "2027-01-01"})],
        _future,
    ),
    Question(
        "What does the 601.37 put on SPY cost?",
        [Call("get_quotes", {"what": "SPY 15Jan27 601.37P"})],
        _no_such_strike,
    ),
    Question(
        "What do SPY's options of 16 January 2027 cost?",
        [Call("get_option_chain", {"underlying": "SPY", "near": "2027-01-16"})],
        _no_such_expiry,
    ),
    Question("Coca-Cola?", [Call("get_quotes", {"what": "Coca-Cola"})], _what_is_it),
)
