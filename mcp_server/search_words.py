"""From a text to the words it is searched by: without endings, without filling words, with their synonyms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final

_LETTERS_AND_DIGITS: Final = re.compile(r"[a-z0-9]+")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SPELLED: Final = (
    (re.compile(r"p\s?[&/]\s?l\b|profits?[ -]and[ -]loss(es)?", re.IGNORECASE), "pnl"),
    (re.compile(r"\b(log|sign)(ged|ging|ned|ning)?[ -](in|on)(to)?\b", re.IGNORECASE), "login"),
    (re.compile(r"\b(log|sign)(ged|ging|ned|ning)?[ -](me )?(out|off)\b", re.IGNORECASE), "logout"),
    (re.compile(r"\bwhat[ -]?if\b", re.IGNORECASE), "whatif"),
    (re.compile(r"\bkeep[ -]?alive\b|\bkeep(ing)? (\w+ )?(\w+ )?alive\b", re.IGNORECASE), "keepalive"),
)

_FILLING: Final = """
    a about again am an and any are as at be been being but by can could did do does doing for from had has
    have how i if in into is it its just let like me my of off on or our please put should so some tell
    than that the their them then there these they this those to up us want was we were what when where which
    who whom whose why will with would you your s t re ve ll m d get give got see show need
"""
FILLING: Final = frozenset(_FILLING.split())

# Longest first. An ending goes where at least three letters, one of them a vowel, remain.
_ENDINGS: Final = (
    *("izations", "ization", "ations", "ation", "ating", "ators", "ator", "ated", "ates", "ate"),
    *("ments", "ment", "ions", "ion", "ings", "ing", "ies", "ied", "ers", "ed", "er", "es", "ly", "s", "e"),
    "y",
)
_WHOLE: Final = """
    ibkr iserver fyi fyis pnl news does status us this bus gas plus series hours ledger number order rate
    date state later water paper user server exercise trigger transfer filter other under over
"""
_KEPT: Final = frozenset(_WHOLE.split())
_IRREGULAR: Final = {
    "bought": "buy",
    "sold": "sell",
    "held": "hold",
    "paid": "pay",
    "spent": "spend",
    "went": "go",
    "lost": "loss",
    "losing": "loss",
    "lose": "loss",
    "made": "make",
    "sent": "send",
    "fyis": "fyi",
    "hours": "hour",
    "indices": "index",
    "orders": "order",
    "ordered": "order",
    "ordering": "order",
    "rates": "rate",
    "dates": "date",
    "states": "state",
    "users": "user",
    "filters": "filter",
    "filtered": "filter",
    "filtering": "filter",
    "triggers": "trigger",
    "triggered": "trigger",
    "triggering": "trigger",
    "numbers": "number",
    "ledgers": "ledger",
    "transfers": "transfer",
    "children": "child",
    "money": "money",
}

# Words that people use for one another at a broker. Each row is a family; a word may be in several.
_FAMILIES: Final = (
    "stock share equity",
    "symbol ticker",
    "company name issuer",
    "buy purchase long acquire",
    "sell short",
    "order trade ticket",
    "execution fill trade executed deal",
    "pnl profit loss gain earnings",
    "performance return yield nav",
    "quote price bid ask last snapshot",
    "current live now latest realtime today",
    "chain strike option call put expiry expiration",
    "candle bar ohlc history historical chart past",
    "balance cash money fund",
    "buying power funds available leverage",
    "margin collateral requirement maintenance",
    "position holding own portfolio hold",
    "net liquidation worth equity total summary",
    "watchlist favorite favourite",
    "alert alarm trigger notify",
    "notification notice fyi message bulletin inbox news",
    "scanner screener scan screen gainer loser mover",
    "hour schedule calendar timetable open close holiday",
    "cancel withdraw kill pull revoke abort",
    "delete remove erase drop clear",
    "modify change edit update amend adjust alter revise",
    "preview whatif simulate estimate dry commission impact",
    "place submit send enter transmit",
    "answer reply confirm respond acknowledge accept yes",
    "question prompt warning",
    "suppress silence mute skip stop hide",
    "reset restore undo",
    "login authenticate authenticated auth sso",
    "logout disconnect end",
    "tickle ping heartbeat keepalive",
    "session connection connected",
    "currency forex fx",
    "rate conversion convert",
    "future futures commodity",
    "bond debt fixed coupon maturity",
    "fund etf mutual",
    "rule increment tick restriction",
    "algo algorithm strategy twap vwap adaptive",
    "transaction activity statement",
    "allocation distribution breakdown spread diversification exposure split",
    "advisor fa adviser",
    "subaccount client sub",
    "event forecast prediction probability yes",
    "conid identifier id",
    "info detail information description definition specification",
    "device phone mobile app tablet",
    "email mail",
    "setting preference option configuration",
    "unsubscribe release stop free line",
    "greek delta gamma theta vega",
    "create new add make save set define",
    "list all every",
    "status state",
    "owner holder signature applicant entity",
    "group bundle",
    "enable activate disable deactivate turn",
    "exchange venue market",
    "industry sector",
    "refresh invalidate stale cache flush reload",
    "switch select choose pick activate",
    "rank top most best",
    "valid expire expiry check",
)


def words(text: str) -> list[str]:
    """The words of a text in order, each without its ending; filling words are left out."""
    return [stem(word) for word in _split(text) if word not in FILLING]


def query_words(text: str) -> list[str]:
    """The different words of a question, and what each two neighbours are in one word (watch list)."""
    found = list(_split(text))
    asked = [stem(word) for word in found if word not in FILLING]
    asked += [stem(one + two) for one, two in pairwise(found)]
    return list(dict.fromkeys(asked))


def stem(word: str) -> str:
    """The word without its grammatical ending: orders, ordered and ordering are one."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word in _KEPT or len(word) < 4:
        return word
    for ending in _ENDINGS:
        if word.endswith(ending):
            rest = word[: -len(ending)]
            if len(rest) >= 3 and re.search("[aeiouy]", rest) and not (ending == "s" and rest[-1] in "su"):
                return _single(rest)
    return word


def _single(rest: str) -> str:
    """Without the letter that an ending doubles: cancell(ed), scann(er)."""
    return rest[:-1] if len(rest) > 3 and rest[-1] == rest[-2] and rest[-1] not in "s" else rest


def _split(text: str) -> Iterator[str]:
    text = _CAMEL.sub(" ", text)
    for pattern, plain in _SPELLED:
        text = pattern.sub(plain, text)
    yield from _LETTERS_AND_DIGITS.findall(text.lower())


def synonyms() -> Mapping[str, frozenset[str]]:
    """For each word that has some, the other words of its families, all without endings."""
    found: dict[str, set[str]] = {}
    for family in _FAMILIES:
        members = {stem(word) for word in family.split()}
        for member in members:
            found.setdefault(member, set()).update(members - {member})
    return {word: frozenset(others) for word, others in found.items()}
