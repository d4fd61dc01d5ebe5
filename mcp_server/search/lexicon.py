"""Query language: rewrites, stop words, words that show the intent, and word endings.

Synonyms, abbreviations and negations were tried and removed: they gained nothing on questions that they
were not written for. Nothing here is about one operation.
"""

from __future__ import annotations

from typing import Final

# "when NVDA reaches 200, ": a price condition before the action.
_PRICE_CONDITION: Final = r"^\W*(when|if|once|whenever)\b.{1,60}?\d[\d.,]*[km%]?,? (then )?"
# Replacements made before a text is split, regardless of case.
REWRITES: Final = (
    (r"^\W*((hi|hey|hello|ok|okay|and|now|please|pls|plz|kindly)\b\W*)+", ""),
    (r"^((can|could|would|will) (yo)?u|(can|shall) we)\b", ""),
    (r"^i('d| would)? (want|wanna|like)( you)?( to)?\b", ""),
    (r"p\s?[&/]\s?l\b|profits?[ -](and|or)[ -]loss(es)?", "pnl"),
    (r"\b(log|sign)(ged|ging|ned|ning)?[ -](me )?(back )?(in|on)(to)?\b", "login"),
    (r"\b(log|sign)(ged|ging|ned|ning)?[ -](me )?(out|off)\b", "logout"),
    (r"\bwhat[ -]?if\b", "whatif"),
    (r"\bkeep(ing)?[ -](\w+ ){0,3}(alive|expiring|timing out)\b", "keepalive"),
    (r"\b(get(ting)? rid of|throw away)\b", "delete"),
    (r"\b(alert|warn|notify|ping|remind|text|e-?mail) (me|us) (\w+ ){0,2}(when|if|once)\b", "create alert"),
    (r"\b(tell|let) (me|us) (know )?(when|if|once)\b(?=.{1,40}\d)", "create alert"),
    (r"\b(conids?|contract ids?) (of|for)\b", r"search \1"),
    (_PRICE_CONDITION + r"(?=buy|sell|short|close|place|cancel)", ""),
    (_PRICE_CONDITION + r"(alert|notify|tell|warn|ping|text|e-?mail|let|send)\b", "create alert"),
    (r"\b(go|going|get) (long|short)\b", r"buy sell \2"),
    (r"^\W*(long|short) (?=\d)", r"sell buy \1 "),
    (r"\b(close|exit|unwind|liquidate|flatten)( \w{1,5}){0,4} (position|holding)s?\b", "sell"),
    (r"\b(stop|take|trailing)[ -]?(loss|profit|stop)\b", r"\1\2 order"),
    (r"\b(hits?|crosses|touches|breaks) (?=\$?\d)", "reaches "),
    (r"\bfine print\b", "disclaimer"),
    (r"\bright (now|away)\b", "now"),
    (
        r"\b(drop|fall|ris|go|climb|cross|dip|is|get)(e?s)? (to|below|under|above|over|past|beyond)\b",
        "reaches",
    ),
    (r"\b(such as|as well|at once|as soon as|so that|for example)\b", " "),
)

_STOP_WORDS: Final = """
    a about again am an and any are as at be been being but by can could did do does doing for from had has
    have how i if in into is it its just let like me my of off on or our please should so some tell
    than that the their them then there these they this those to up us want was we were what when where which
    who whom whose why will with would you your s t re ve ll m d get give got see show need needed
    whats wheres hows whos thats dont doesnt cant im ive u ur pls plz thx check before while
"""
STOP_WORDS: Final = frozenset(_STOP_WORDS.split())

# Words that a question and a command begin with.
INTENT_WORD_COUNT: Final = 3
_INTERROGATIVE: Final = """
    what which how who whose when where why is are was were do does did can am have has show list see find
    look tell check view read lookup search display explain describe get give
"""
INTERROGATIVE: Final = frozenset(_INTERROGATIVE.split())
_IMPERATIVE: Final = """
    accept activate add answer buy cancel change clear close confirm create deactivate define delete disable
    drop edit enable enroll flush forget invest kill logout make mark modify move notify pause place
    proceed pull purchase put raise register reject remove rename replace reset resume save sell send set
    stop store submit subscribe suppress switch transfer turn unsubscribe update warn withdraw write yes
"""
IMPERATIVE: Final = frozenset(_IMPERATIVE.split())

# Longest first. A suffix is removed if at least three letters remain, one of them a vowel.
SUFFIXES: Final = (
    *("izations", "ization", "ations", "ation", "ating", "ators", "ator", "ated", "ates", "ate"),
    *("ments", "ment", "ions", "ion", "ings", "ing", "ies", "ied", "ers", "ed", "er", "es", "ly", "s", "e"),
    "y",
)
_UNSTEMMED: Final = """
    ibkr iserver fyi fyis pnl news does status us this bus gas plus series hours ledger number order rate
    date state later water paper user owner holder server exercise trigger transfer filter other under over
"""
UNSTEMMED: Final = frozenset(_UNSTEMMED.split())
IRREGULAR: Final = {
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
    "owners": "owner",
    "holders": "holder",
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
