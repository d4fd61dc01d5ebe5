"""How people speak about an account: the words that say nothing, those that say the same, and their endings.

About the language of brokers and traders; nothing here is about one operation.
"""

from __future__ import annotations

from typing import Final

# "when NVDA reaches 200, ": a price, and then what is to be done.
_PRICE_CONDITION: Final = r"^\W*(when|if|once|whenever)\b.{1,60}?\d[\d.,]*[km%]?,? (then )?"
# What is put into one plain word before a text is split; in any case of letters.
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
# What is named only to say that it is not wanted.
NEGATIONS: Final = r"\b(without|except|excluding|not|rather than|instead of|(?<=\w )before)( \w+){1,3}"

_STOP_WORDS: Final = """
    a about again am an and any are as at be been being but by can could did do does doing for from had has
    have how i if in into is it its just let like me my of off on or our please should so some tell
    than that the their them then there these they this those to up us want was we were what when where which
    who whom whose why will with would you your s t re ve ll m d get give got see show need needed
    whats wheres hows whos thats dont doesnt cant im ive u ur pls plz thx check before while
"""
STOP_WORDS: Final = frozenset(_STOP_WORDS.split())

# How a wish to know and a wish to change something begin.
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

# What is written short, and the word that is meant.
ABBREVIATIONS: Final = {
    "acct": "account",
    "accts": "accounts",
    "pos": "position",
    "qty": "quantity",
    "px": "price",
    "lmt": "limit",
    "stp": "stop",
    "mkt": "market",
    "ccy": "currency",
    "txn": "transaction",
    "txns": "transactions",
    "exp": "expiry",
    "div": "dividend",
    "divs": "dividends",
    "upnl": "pnl",
    "iv": "implied",
    "nlv": "liquidation",
    "perf": "performance",
    "hist": "history",
    "notif": "notification",
    "notifs": "notifications",
}

# Longest first. An ending goes where at least three letters, one of them a vowel, remain.
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

# Words that people use for one another at a broker. Each row is a family; a word may be in several.
SYNONYMS: Final = (
    "stock share equity",
    "symbol ticker",
    "company name issuer",
    "instrument contract security asset product",
    "buy purchase long acquire dca order",
    "sell short order",
    "order trade ticket",
    "execution fill trade executed deal",
    "pnl profit loss gain earnings",
    "performance return yield nav",
    "quote price bid ask last snapshot",
    "current live now latest realtime today newest recent",
    "chain strike option call put expiry expiration",
    "candle bar ohlc history historical chart past",
    "balance cash money fund",
    "buying power funds available leverage",
    "margin collateral requirement maintenance",
    "position holding own hold stake",
    "worth value equity total summary",
    "watchlist favorite favourite",
    "alert alarm trigger notify warn",
    "notification notice fyi message bulletin inbox news notify",
    "scanner screener scan screen gainer loser mover",
    "hour schedule calendar timetable open close holiday",
    "cancel withdraw kill pull revoke abort",
    "delete remove erase discard destroy",
    "modify change edit update amend adjust alter revise raise lower bump increase decrease",
    "preview whatif simulate estimate dry commission impact cost",
    "place submit send enter transmit",
    "answer reply confirm respond acknowledge accept agree yes",
    "question prompt warning ask popup dialog",
    "suppress silence mute skip stop hide never",
    "reset restore undo",
    "login authenticate authenticated auth sso",
    "logout disconnect end",
    "tickle ping heartbeat keepalive",
    "session connection connected connect",
    "currency forex fx dollar euro yen pound franc usd eur",
    "rate conversion convert",
    "future futures commodity",
    "bond debt fixed coupon maturity",
    "fund etf mutual",
    "rule increment tick restriction",
    "algo algorithm strategy twap vwap adaptive",
    "transaction activity statement",
    "allocation distribution breakdown spread diversification diversified exposure split",
    "advisor fa adviser",
    "subaccount client sub",
    "event forecast prediction probability bet yes",
    "conid identifier id number",
    "info detail information description definition specification particular fact",
    "device phone mobile app tablet",
    "email mail",
    "setting preference option configuration default preset",
    "unsubscribe release stop free line subscription streaming stream",
    "greek delta gamma theta vega",
    "create new add make save define fresh build store set",
    "enroll register add subscribe enable",
    "list all every",
    "several many multiple bulk batch",
    "single one individual alone",
    "across over combined consolidated together every all",
    "status state progress health",
    "owner holder signature signer applicant entity person people",
    "group bundle",
    "enable activate disable deactivate turn pause resume stop",
    "exchange venue market",
    "industry sector",
    "refresh invalidate stale cache flush reload fresh",
    "switch select choose pick activate use",
    "rank top most best",
    "valid expire expiry check",
    "category type kind class",
    "disclaimer legal terms",
    "read seen",
    "older previous earlier past more next",
    "parameter criterion criteria code available",
    "move transfer shift invest divest",
    "month expiry expiration january february march april june jan feb mar apr jun",
    "month expiry expiration july august september october november december",
    "month expiry expiration jul aug sep oct nov dec",
    "right call put",
    "lookup search find match",
)
