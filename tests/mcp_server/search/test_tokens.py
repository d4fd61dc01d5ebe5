"""How a text is split into tokens."""

from __future__ import annotations

import pytest

from mcp_server.search import lexicon
from mcp_server.search.tokens import Tokenizer


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
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
def test_the_forms_of_a_word_have_one_stem(tokenizer: Tokenizer, family: str) -> None:
    assert len({tokenizer.stem(word) for word in family.split()}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("status", "state"), ("news", "new"), ("access", "acces"), ("order", "ord"), ("login", "log")],
)
def test_different_words_have_different_stems(tokenizer: Tokenizer, one: str, other: str) -> None:
    assert tokenizer.stem(one) != tokenizer.stem(other)


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
def test_a_text_is_split_into_plain_words(tokenizer: Tokenizer, text: str, words: list[str]) -> None:
    assert tokenizer.tokenize(text) == words


def test_adjacent_words_are_also_joined(tokenizer: Tokenizer) -> None:
    assert tokenizer.tokenize_query("watch lists") == (["watch", "list"], ["watchlist"])


def test_the_numbers_of_a_query_are_ignored(tokenizer: Tokenizer) -> None:
    assert tokenizer.tokenize_query("sell 10 shares at 182.50") == tokenizer.tokenize_query("sell shares at")
    assert tokenizer.tokenize_query("1Y") == (["1y"], [])


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
def test_questions_and_commands_are_distinguished(tokenizer: Tokenizer, text: str, asks: bool | None) -> None:
    assert tokenizer.is_question(text) is asks


def test_no_word_begins_both_questions_and_commands() -> None:
    assert not lexicon.INTERROGATIVE & lexicon.IMPERATIVE
