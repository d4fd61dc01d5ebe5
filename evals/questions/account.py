"""Questions about the login and an account's money."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from evals.books import account, clients, value
from evals.facts import AbsentFact, Fact, WordFact, number
from evals.question import SATURDAY, Call, Question
from evals.situation import Situation

STATUS: Final = Call("connection_status")
SUMMARY: Final = Call("get_portfolio", {"view": "summary"})
CURRENCIES: Final = Call("get_portfolio", {"view": "currencies"})


def _summary_of(account_id: str) -> Call:
    return Call("get_portfolio", {"account": account_id, "view": "summary"})


def _connected(s: Situation) -> Sequence[Fact]:
    return [WordFact("state", "established | connected"), WordFact("account", account(s).account_id)]


def _worth(s: Situation) -> Sequence[Fact]:
    return [
        number("net liquidation", value(s).net_liquidation, "net liquidation"),
        WordFact("currency", account(s).base_currency),
        WordFact("account", account(s).account_id),
        WordFact("kind", "paper"),
    ]


def _cash(s: Situation) -> Sequence[Fact]:
    found = value(s)
    return [
        *(number(f"cash in {each}", amount, each) for each, amount in found.cash.items() if amount),
        number("cash in all", found.base_ledger.cash, "cash"),
    ]


def _buying_power(s: Situation) -> Sequence[Fact]:
    return [number("buying power", value(s).total.buying_power, "buying power")]


def _margin(s: Situation) -> Sequence[Fact]:
    total = value(s).total
    return [
        number("excess liquidity", total.excess_liquidity, "excess liquidity"),
        number("cushion in percent", total.cushion * 100, "cushion", decimals=1),
        number("maintenance margin", total.maintenance_margin, "maintenance"),
    ]


def _own_money(s: Situation) -> Sequence[Fact]:
    return [
        number("available funds", value(s).total.available_funds, "available"),
        number("cash", value(s).base_ledger.cash, "cash"),
    ]


def _accrued(s: Situation) -> Sequence[Fact]:
    return [number("accrued interest", value(s).base_ledger.interest, "accrued interest")]


def _each_worth(s: Situation) -> Sequence[Fact]:
    every = clients(s)
    total = sum(each.valuation().net_liquidation for each in every.values())
    return [
        *(number(each, one.valuation().net_liquidation, each) for each, one in every.items()),
        number("together", total),
    ]


def _cash_of_each(s: Situation) -> Sequence[Fact]:
    return [number(each, one.valuation().base_ledger.cash, each) for each, one in clients(s).items()]


def _unsettled(s: Situation) -> Sequence[Fact]:
    return [number("settled cash", value(s).base_ledger.settled_cash, "settled")]


def _foreign_client(s: Situation) -> Sequence[Fact]:
    found = value(s, "DU2234565")
    return [
        number("net liquidation", found.net_liquidation, "net liquidation"),
        *(number(f"cash in {each}", amount, each) for each, amount in found.cash.items() if amount),
        AbsentFact("other clients", "DU223456[1-4]"),
    ]


ACCOUNT_QUESTIONS: Final = (
    Question("Are you connected to my account?", [STATUS], _connected),
    Question("Is this real money or paper?", [STATUS], lambda _: [WordFact("kind", "paper")]),
    Question(
        "Is it real money in here?",
        [STATUS],
        lambda _: [WordFact("kind", "live | real money")],
        profile="live",
    ),
    Question(
        "When do I have to log in again?",
        [STATUS],
        lambda _: [WordFact("midnight in New York", "2026-11-19T05:00 | midnight | 00:00 New York")],
    ),
    Question("What is my account worth?", [SUMMARY], _worth),
    Question("How much cash do I have, and in which currencies?", [CURRENCIES], _cash),
    Question("What is my buying power?", [SUMMARY], _buying_power),
    Question("How far am I from a margin call?", [SUMMARY], _margin),
    Question("How much can I invest without borrowing?", [SUMMARY], _own_money, profile="cash"),
    Question("Which part of my cash has settled?", [SUMMARY], _unsettled),
    Question("What interest has accrued that I have not received yet?", [SUMMARY], _accrued),
    Question(
        "What is each of my clients worth, and what are they together?",
        [_summary_of("all")],
        _each_worth,
        profile="fa",
    ),
    Question(
        "How much cash does each of my clients have?", [_summary_of("all")], _cash_of_each, profile="fa5"
    ),
    Question(
        "What is World worth, and in which currencies is its cash?",
        [Call("get_portfolio", {"account": "World", "view": "currencies"})],
        _foreign_client,
        profile="fa5",
    ),
    Question("What am I worth this weekend?", [SUMMARY], _worth, profile="large", now=SATURDAY),
)
