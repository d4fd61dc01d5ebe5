"""Exchanges as people write them: IBKR's codes, the suffixes of other services, and their aliases.

An empty tuple means: any exchange in the United States.
"""

from __future__ import annotations

from typing import Final

US_EXCHANGES: Final = frozenset(
    {
        "NASDAQ", "NYSE", "ARCA", "AMEX", "BATS", "IEX", "PINK", "OTCLNKECN", "NYSENAT", "ISLAND", "CHX",
        "PSE", "CBOE", "MEMX", "PHLX", "BYX", "EDGEA", "DRCTEDGE", "LTSE", "BEX", "PEARL",
    }
)  # fmt: skip

ANY_US: Final[tuple[str, ...]] = ()

# IBKR's codes of exchanges outside the United States.
FOREIGN_EXCHANGES: Final = frozenset(
    {
        "LSE", "LSEETF", "LSEIOB1", "IBIS", "IBIS2", "FWB", "FWB2", "SWB", "SWB2", "GETTEX", "GETTEX2",
        "TGATE", "TGHEETF", "AEB", "SBF", "EBS", "TSE", "VENTURE", "AEQLIT", "PURE", "CHIX_CA", "MEXI",
        "SEHK", "SEHKNTL", "SEHKSZSE", "TSEJ", "ASX", "BVME", "BVME.ETF", "BM", "ENEXT.BE", "BVL", "VSE",
        "HEX", "SFB", "CPH", "OSE", "SGX", "KSE", "NSE", "TASE", "WSE", "BUX", "PRA", "ISED", "TWSE",
        "BOVESPA", "JSE", "N.RIGA", "N.TALLINN", "N.VILNIUS", "EUIBSI", "CHIXJ", "EUREX", "ICEEU",
        "OSE.JPN", "HKFE", "CME", "CBOT", "NYMEX", "COMEX", "CFE", "MONEP", "FTA", "MEFFRV", "IDEM",
        "SNFE", "CDE", "IDEALPRO", "PAXOS", "ZEROHASH", "FUNDSERV", "RUSSELL", "FORECASTX",
    }
)  # fmt: skip

# Suffixes of Yahoo and Reuters, which people copy from elsewhere: VOD.L, 7203.T, SAP.DE.
SUFFIXES: Final[dict[str, tuple[str, ...]]] = {
    "L": ("LSE", "LSEETF"), "IL": ("LSEIOB1", "LSE"), "DE": ("IBIS", "IBIS2"), "XETRA": ("IBIS", "IBIS2"),
    "F": ("FWB", "FWB2"), "SG": ("SWB", "SWB2"), "PA": ("SBF",), "AS": ("AEB",), "SW": ("EBS",),
    "S": ("EBS",), "VX": ("EBS",), "TO": ("TSE",), "V": ("VENTURE",), "NE": ("AEQLIT",), "HK": ("SEHK",),
    "T": ("TSEJ",), "AX": ("ASX",), "MI": ("BVME", "BVME.ETF"), "MC": ("BM",), "BR": ("ENEXT.BE",),
    "LS": ("BVL",), "VI": ("VSE",), "HE": ("HEX",), "ST": ("SFB",), "CO": ("CPH",), "OL": ("OSE",),
    "SI": ("SGX",), "KS": ("KSE",), "NS": ("NSE",), "MX": ("MEXI",), "TA": ("TASE",), "WA": ("WSE",),
    "BD": ("BUX",), "PR": ("PRA",), "IR": ("ISED",), "TW": ("TWSE",), "SA": ("BOVESPA",), "JO": ("JSE",),
    "SS": ("SEHKNTL",), "SZ": ("SEHKSZSE",), "US": ANY_US, "N": ("NYSE",), "O": ("NASDAQ",),
    "OQ": ("NASDAQ",), "P": ("ARCA",), "K": ("NYSE",),
}  # fmt: skip

# Bloomberg's country codes, written after a space: VOD LN, SAP GY Equity.
COUNTRY_CODES: Final[dict[str, tuple[str, ...]]] = {
    "US": ANY_US, "UN": ("NYSE",), "UW": ("NASDAQ",), "UQ": ("NASDAQ",), "LN": ("LSE", "LSEETF"),
    "GY": ("IBIS", "IBIS2"), "GR": ("IBIS", "IBIS2"), "FP": ("SBF",), "NA": ("AEB",), "SW": ("EBS",),
    "SE": ("EBS",), "CT": ("TSE",), "CN": ("TSE",), "JP": ("TSEJ",), "JT": ("TSEJ",), "HK": ("SEHK",),
    "AU": ("ASX",), "AT": ("ASX",), "IM": ("BVME", "BVME.ETF"), "SM": ("BM",), "BB": ("ENEXT.BE",),
    "PL": ("BVL",), "AV": ("VSE",), "FH": ("HEX",), "SS": ("SFB",), "DC": ("CPH",), "NO": ("OSE",),
    "SP": ("SGX",), "MM": ("MEXI",),
}  # fmt: skip

# Other names of exchanges, as in VOD@LONDON, NASDAQ:AAPL or SAP XETRA.
ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "XETRA": ("IBIS", "IBIS2"), "ETR": ("IBIS", "IBIS2"), "FRANKFURT": ("FWB", "FWB2", "IBIS"),
    "FRA": ("FWB", "FWB2"), "SIX": ("EBS",), "SWX": ("EBS",), "ZURICH": ("EBS",),
    "LONDON": ("LSE", "LSEETF"), "LON": ("LSE", "LSEETF"), "PARIS": ("SBF",), "EPA": ("SBF",),
    "AMSTERDAM": ("AEB",), "AMS": ("AEB",), "TORONTO": ("TSE",), "TSX": ("TSE",), "TSXV": ("VENTURE",),
    "CVE": ("VENTURE",), "NEO": ("AEQLIT",), "TOKYO": ("TSEJ",), "TYO": ("TSEJ",), "JPX": ("TSEJ",),
    "HONGKONG": ("SEHK",), "HKEX": ("SEHK",), "HKG": ("SEHK",), "SYDNEY": ("ASX",),
    "MILAN": ("BVME", "BVME.ETF"), "BIT": ("BVME", "BVME.ETF"), "MADRID": ("BM",), "BME": ("BM",),
    "BRUSSELS": ("ENEXT.BE",), "EBR": ("ENEXT.BE",), "LISBON": ("BVL",), "VIENNA": ("VSE",),
    "VIE": ("VSE",), "HELSINKI": ("HEX",), "STOCKHOLM": ("SFB",), "STO": ("SFB",), "COPENHAGEN": ("CPH",),
    "OSLO": ("OSE",), "MEXICO": ("MEXI",), "BMV": ("MEXI",), "BATS": ("BATS",), "NASDAQ.NMS": ("NASDAQ",),
    "NASDAQ.SCM": ("NASDAQ",), "NMS": ("NASDAQ",), "NSDQ": ("NASDAQ",), "NYSEARCA": ("ARCA",),
    "NYSEAMERICAN": ("AMEX",), "US": ANY_US, "USA": ANY_US, "SMART": ANY_US,
}  # fmt: skip

CURRENCIES: Final = frozenset(
    {
        "USD", "EUR", "GBP", "JPY", "CHF", "CAD", "AUD", "NZD", "SEK", "NOK", "DKK", "HKD", "SGD", "CNH",
        "CNY", "MXN", "ZAR", "PLN", "CZK", "HUF", "ILS", "TRY", "KRW", "INR", "BRL", "RUB", "TWD", "AED",
        "SAR", "MYR", "THB", "BGN",
    }
)  # fmt: skip

CRYPTOCURRENCIES: Final = frozenset(
    {
        "BTC",
        "ETH",
        "LTC",
        "BCH",
        "SOL",
        "XRP",
        "ADA",
        "DOGE",
        "LINK",
        "AVAX",
        "DOT",
        "UNI",
        "AAVE",
        "SUI",
        "HBAR",
        "ZEC",
    }
)


def exchanges_of(word: str) -> tuple[str, ...] | None:
    """The exchanges that a name of one means; None if it is not a known name of an exchange."""
    word = word.upper()
    if word in ALIASES:
        return ALIASES[word]
    return (word,) if word in US_EXCHANGES or word in FOREIGN_EXCHANGES else None
