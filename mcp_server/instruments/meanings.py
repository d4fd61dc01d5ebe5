"""What people mean by a symbol that belongs to several instruments, and by a word that is not a symbol.

A table, because IBKR's search returns all of them in an order that says nothing. Each entry has its reason.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

Meaning: TypeAlias = Literal["future", "index", "crypto", "stock and future"]

# Without an entry, a stock of the United States is meant before anything else.
MEANINGS: Final[dict[str, tuple[Meaning, str]]] = {
    **dict.fromkeys(
        ("ES", "NQ", "RTY", "YM", "MES", "MNQ", "M2K", "MYM"),
        ("future", "E-mini contracts are among the most traded in the world; shares called so are obscure"),
    ),
    **dict.fromkeys(
        ("GC", "MGC", "SI", "HG", "PA", "RB", "HO", "MCL", "QM", "ZB", "ZN", "ZF", "ZT", "UB", "TN"),
        ("future", "the exchange's own symbol of a benchmark contract"),
    ),
    **dict.fromkeys(
        ("ZC", "ZW", "ZL", "KE", "GF", "MBT", "NKD", "SR3"),
        ("future", "the exchange's own symbol of a benchmark contract"),
    ),
    **dict.fromkeys(
        ("CL", "ZS", "ZM", "PL", "NG", "HE", "LE"),
        ("stock and future", "Colgate-Palmolive and crude oil, Zscaler and soybeans, …: either is meant"),
    ),
    **dict.fromkeys(
        ("SPX", "NDX", "RUT", "VIX", "XSP", "DJX", "OEX", "INDU", "COMP", "SOX", "VXN", "RVX"),
        ("index", "US indices; futures on them have other names at their exchange"),
    ),
    **dict.fromkeys(
        ("DAX", "ESTX50", "SMI", "CAC40", "N225", "HSI", "AEX", "IBEX35", "FTSE"),
        (
            "index",
            "foreign indices; their futures have other names at their exchange, or are written with a month",
        ),
    ),
    **dict.fromkeys(
        ("BTC", "ETH", "LTC", "BCH", "SOL", "XRP", "ADA", "DOGE", "AVAX"),
        ("crypto", "the coin; a fund or a future of that symbol is named with its exchange or month"),
    ),
}

# Trading classes that people write instead of the symbol under which IBKR lists the underlying. Those that
# are symbols of shares too (SO, ON) are not listed.
OPTION_CLASSES: Final[dict[str, str]] = {
    "SPXW": "SPX", "NDXP": "NDX", "RUTW": "RUT", "VIXW": "VIX", "XEO": "OEX", "BRKB": "BRK B",
    "LO": "CL", "OG": "GC", "HXE": "HG", "LNE": "NG", "OZN": "ZN", "OZB": "ZB",
    "OZC": "ZC", "OZS": "ZS", "OZW": "ZW", "QNE": "NQ",
}  # fmt: skip
# Families of weekly and end-of-month options on futures; `\d` and `[A-E]` stand for the week and the weekday.
OPTION_CLASS_PATTERNS: Final[tuple[tuple[str, str], ...]] = (
    (r"EW\d?", "ES"),
    (r"E\d[A-E]", "ES"),
    (r"QN\d", "NQ"),
    (r"Q\d[A-E]", "NQ"),
    (r"LO\d", "CL"),
    (r"OG\d", "GC"),
)
FUTURE_CLASSES: Final[dict[str, str]] = {
    "6E": "EUR", "6B": "GBP", "6J": "JPY", "6A": "AUD", "6C": "CAD", "6S": "CHF", "6N": "NZD", "6M": "MXP",
    "VX": "VIX", "FDAX": "DAX", "FESX": "ESTX50", "225": "N225", "NK225": "N225", "BTC": "BRR",
    "ETH": "ETHUSDRR",
}  # fmt: skip

# Words that are not symbols, and the text that is meant.
WORDS: Final[dict[str, str]] = {
    "S&P": "SPX", "S&P 500": "SPX", "S&P500": "SPX", "SP500": "SPX", "SP 500": "SPX", "GSPC": "SPX",
    "NASDAQ 100": "NDX", "NASDAQ-100": "NDX", "NASDAQ100": "NDX", "RUSSELL 2000": "RUT", "DOW": "INDU",
    "DOW JONES": "INDU", "DJIA": "INDU", "DJI": "INDU", "FEAR INDEX": "VIX", "EURO STOXX 50": "ESTX50",
    "EUROSTOXX 50": "ESTX50", "STOXX50": "ESTX50", "NIKKEI": "N225", "NIKKEI 225": "N225", "HANG SENG": "HSI",
    "BITCOIN": "BTC", "ETHEREUM": "ETH", "ETHER": "ETH", "SOLANA": "SOL", "LITECOIN": "LTC",
    "EURO": "EUR.USD", "STERLING": "GBP.USD", "YEN": "USD.JPY", "FACEBOOK": "META", "GOOGLE": "ALPHABET",
    "CRUDE OIL": "/CL", "CRUDE": "/CL", "NATURAL GAS": "/NG", "E-MINI S&P 500": "/ES",
    "TREASURY": "US-T", "TREASURIES": "US-T", "US TREASURY": "US-T", "US TREASURIES": "US-T",
    "TREASURY BONDS": "US-T", "T-BONDS": "US-T",
}  # fmt: skip
