"""How a text becomes the words that count."""

from __future__ import annotations

import pytest

from mcp_server.search import lexicon as lexicon
from mcp_server.search.tokens import Tokenizer


@pytest.fixture(scope="module")
def vocabulary() -> Tokenizer:
    return Tokenizer()


@pytest.mark.parametrize(
    "family",
    [
        "order orders ordered ordering",
        "cancel cancels canceled cancelled cancelling cancellation",
        "position positions",
        "notify notifies notified notifying notification notifications",
        "modify modifies modified modifying modification",
        "allocate allocates allocated allocating allocation allocations",
        "execute executed executing execution executions",
        "quote quotes quoted",
        "scan scans scanner scanning",
        "history histories",
        "buy buying bought",
        "trade trades traded trading",
    ],
)
def test_the_forms_of_a_word_are_one(vocabulary: Tokenizer, family: str) -> None:
    assert len({vocabulary.stem(word) for word in family.split()}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("status", "state"), ("news", "new"), ("access", "acces"), ("order", "ord"), ("login", "log")],
)
def test_different_words_stay_different(vocabulary: Tokenizer, one: str, other: str) -> None:
    assert vocabulary.stem(one) != vocabulary.stem(other)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("What is my P&L?", ["pnl"]),
        ("profit and loss", ["pnl"]),
        ("log me back in", ["login"]),
        ("sign out", ["logout"]),
        ("a what-if order", ["whatif", "order"]),
        ("get_tradingSchedule", ["trad", "schedul"]),
        ("get rid of it", ["delet"]),
        ("if TSLA goes above 300 notify me", ["cre", "alert"]),
        ("let me know when SPY crosses 600", ["cre", "alert", "spy", "reach", "600"]),
        ("close my NVDA position", ["sell"]),
        ("set a stop loss", ["set", "stoploss", "order"]),
        ("the owner of what I own", ["owner", "own"]),
        ("", []),
        ("?!", []),
    ],
)
def test_a_text_is_split_into_plain_words(vocabulary: Tokenizer, text: str, words: list[str]) -> None:
    assert vocabulary.tokenize(text) == words


def test_neighbouring_words_are_also_tried_as_one(vocabulary: Tokenizer) -> None:
    assert vocabulary.tokenize_query("watch lists") == (["watch", "list"], ["watchlist"])


def test_the_numbers_of_a_question_say_nothing(vocabulary: Tokenizer) -> None:
    assert vocabulary.tokenize_query("sell 10 shares at 182.50") == vocabulary.tokenize_query(
        "sell shares at"
    )
    assert vocabulary.tokenize_query("1Y") == (["1y"], [])


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("what do I own", True),
        ("show positions", True),
        ("please list them", True),
        ("cancel my order", False),
        ("advisor: create a group", False),
        ("margin", True),
        ("AAPL price", True),
        ("yes", False),
        ("margin of one account", None),
        ("can you cancel my order", False),
        ("hey, could you please show my positions", True),
        ("I'd like to buy some shares", False),
        ("when NVDA reaches 200, sell 20 shares", False),
        ("", None),
    ],
)
def test_a_question_is_told_from_a_wish(vocabulary: Tokenizer, text: str, asks: bool | None) -> None:
    assert vocabulary.is_question(text) is asks


def test_no_word_both_asks_and_wishes() -> None:
    assert not lexicon.INTERROGATIVE & lexicon.IMPERATIVE
