"""Tables of listings. A conid of 0 is derived from the rest of the row; prices are those of the first day."""

# ruff: noqa: E501 one row of a table is one line

from __future__ import annotations

from typing import NamedTuple


class Classification(NamedTuple):
    """IBKR's classification of a company: sector, group (industry) and category."""

    sector: str | None = None
    group: str | None = None
    category: str | None = None


class Listing(NamedTuple):
    """One row: an underlying on one exchange. `volume` is the average daily volume."""

    conid: int
    symbol: str
    name: str
    sec_type: str
    exchange: str
    currency: str
    price: float
    tick: float
    volatility: float
    volume: int
    hours: str
    classification: Classification = Classification()
    price_source_conid: int | None = None
    ratio: float = 1.0


class Bond(NamedTuple):
    """One bond: the coupon is in percent, maturity and issue date are yyyymmdd."""

    conid: int
    symbol: str
    issuer_id: str
    issuer: str
    coupon: float
    issue_date: str
    maturity: str
    price: float


COMPUTERS = Classification("Technology", "Computers", "Computers")
SERVICES = Classification("Technology", "Computers", "Computer Services")
SOFTWARE = Classification("Technology", "Software", "Applications Software")
CHIPS = Classification("Technology", "Semiconductors", "Electronic Compo-Semicon")
INTERNET = Classification("Communications", "Internet", "Web Portals/ISP")
RETAIL = Classification("Communications", "Internet", "E-Commerce/Products")
CARS = Classification("Consumer, Cyclical", "Auto Manufacturers", "Auto-Cars/Light Trucks")
STORES = Classification("Consumer, Cyclical", "Retail", "Retail-Discount")
BANKS = Classification("Financial", "Banks", "Diversified Banking Inst")
HOLDINGS = Classification("Financial", "Insurance", "Reinsurance")
DRINKS = Classification("Consumer, Non-cyclical", "Beverages", "Beverages-Non-alcoholic")
PHARMA = Classification("Consumer, Non-cyclical", "Pharmaceuticals", "Medical-Drugs")
OIL = Classification("Energy", "Oil&Gas", "Oil Comp-Integrated")
MEDIA = Classification("Communications", "Media", "Multimedia")
PLANES = Classification("Industrial", "Aerospace/Defense", "Aerospace/Defense")
FUNDS = Classification("Funds", "Equity Fund", "Growth&Income-Large Cap")
BOND_FUNDS = Classification("Funds", "Debt Fund", "Government Bond")
GOLD = Classification("Funds", "Commodity Fund", "Commodity Fund-Gold")
INDICES = Classification("Indices", "Broad Range Equity Index", "*")

ES_INDEX, NQ_INDEX, CL_INDEX, GC_INDEX = 11004968, 11004958, 17340715, 17340718
AAPL, IBM, MSFT, SPY, QQQ, SPX = 265598, 8314, 272093, 756733, 320227571, 416904

_IBM, _AAPL, _MSFT = "INTL BUSINESS MACHINES CORP", "APPLE INC", "MICROSOFT CORP"
_SP500, _NASDAQ = "S&P 500 Stock Index", "NASDAQ 100 Stock Index"

# fmt: off
LISTINGS: tuple[Listing, ...] = (
    Listing(AAPL, "AAPL", _AAPL, "STK", "NASDAQ", "USD", 268.0, 0.01, 0.26, 48_000_000, "us_stock", COMPUTERS),
    Listing(0, "AAPL", _AAPL, "STK", "MEXI", "MXN", 4930.0, 0.01, 0.28, 32_000, "mexi", COMPUTERS),
    Listing(0, "AAPL", _AAPL, "STK", "EBS", "CHF", 216.0, 0.01, 0.28, 9_000, "ebs", COMPUTERS),
    Listing(0, "AAPL", "APPLE INC-CDR", "STK", "AEQLIT", "CAD", 38.5, 0.01, 0.26, 600_000, "tse", COMPUTERS),
    Listing(IBM, "IBM", _IBM, "STK", "NYSE", "USD", 252.0, 0.01, 0.24, 4_100_000, "us_stock", SERVICES),
    Listing(1411277, "IBM", _IBM, "STK", "IBIS", "EUR", 217.0, 0.05, 0.25, 21_000, "ibis", SERVICES),
    Listing(38709473, "IBM", _IBM, "STK", "MEXI", "MXN", 4640.0, 0.01, 0.25, 3_000, "mexi", SERVICES),
    Listing(41645598, "IBM", _IBM, "STK", "LSE", "USD", 252.5, 0.01, 0.25, 5_000, "lse", SERVICES),
    Listing(530091934, "IBM", "INTL BUSINESS MACHINES C-CDR", "STK", "AEQLIT", "CAD", 36.4, 0.01, 0.24, 90_000, "tse", SERVICES),
    Listing(MSFT, "MSFT", _MSFT, "STK", "NASDAQ", "USD", 486.0, 0.01, 0.23, 21_000_000, "us_stock", SOFTWARE),
    Listing(38708990, "MSFT", _MSFT, "STK", "MEXI", "MXN", 8940.0, 0.01, 0.24, 6_000, "mexi", SOFTWARE),
    Listing(4815747, "NVDA", "NVIDIA CORP", "STK", "NASDAQ", "USD", 184.0, 0.01, 0.42, 190_000_000, "us_stock", CHIPS),
    Listing(3691937, "AMZN", "AMAZON.COM INC", "STK", "NASDAQ", "USD", 226.0, 0.01, 0.3, 42_000_000, "us_stock", RETAIL),
    Listing(208813719, "GOOGL", "ALPHABET INC-CL A", "STK", "NASDAQ", "USD", 298.0, 0.01, 0.3, 33_000_000, "us_stock", INTERNET),
    Listing(107113386, "META", "META PLATFORMS INC-CLASS A", "STK", "NASDAQ", "USD", 602.0, 0.01, 0.34, 14_000_000, "us_stock", INTERNET),
    Listing(76792991, "TSLA", "TESLA INC", "STK", "NASDAQ", "USD", 404.0, 0.01, 0.55, 88_000_000, "us_stock", CARS),
    Listing(72063691, "BRK B", "BERKSHIRE HATHAWAY INC-CL B", "STK", "NYSE", "USD", 505.0, 0.01, 0.16, 4_600_000, "us_stock", HOLDINGS),
    Listing(1520593, "JPM", "JPMORGAN CHASE & CO", "STK", "NYSE", "USD", 301.0, 0.01, 0.23, 8_800_000, "us_stock", BANKS),
    Listing(8894, "KO", "COCA-COLA CO/THE", "STK", "NYSE", "USD", 71.5, 0.01, 0.14, 15_000_000, "us_stock", DRINKS),
    Listing(8719, "JNJ", "JOHNSON & JOHNSON", "STK", "NYSE", "USD", 203.0, 0.01, 0.16, 8_300_000, "us_stock", PHARMA),
    Listing(13977, "XOM", "EXXON MOBIL CORP", "STK", "NYSE", "USD", 117.0, 0.01, 0.22, 15_500_000, "us_stock", OIL),
    Listing(13824, "WMT", "WALMART INC", "STK", "NASDAQ", "USD", 104.0, 0.01, 0.19, 18_000_000, "us_stock", STORES),
    Listing(6459, "DIS", "WALT DISNEY CO/THE", "STK", "NYSE", "USD", 105.0, 0.01, 0.25, 9_700_000, "us_stock", MEDIA),
    Listing(4762, "BA", "BOEING CO/THE", "STK", "NYSE", "USD", 182.0, 0.01, 0.33, 7_500_000, "us_stock", PLANES),
    Listing(5094, "BMO", "BANK OF MONTREAL", "STK", "NYSE", "USD", 124.0, 0.01, 0.18, 700_000, "us_stock", BANKS),
    Listing(0, "BMO", "BANK OF MONTREAL", "STK", "TSE", "CAD", 174.0, 0.01, 0.17, 2_100_000, "tse", BANKS),
    Listing(15156975, "BNS", "BANK OF NOVA SCOTIA", "STK", "NYSE", "USD", 67.0, 0.01, 0.17, 1_400_000, "us_stock", BANKS),
    Listing(0, "BNS", "BANK OF NOVA SCOTIA", "STK", "TSE", "CAD", 94.0, 0.01, 0.16, 5_200_000, "tse", BANKS),
    Listing(0, "VOD", "VODAFONE GROUP PLC", "STK", "LSE", "GBP", 0.92, 0.0002, 0.22, 55_000_000, "lse", Classification("Communications", "Telecommunications", "Cellular Telecom")),
    Listing(0, "SAP", "SAP SE", "STK", "IBIS", "EUR", 211.0, 0.02, 0.25, 1_900_000, "ibis", SOFTWARE),
    Listing(0, "7203", "TOYOTA MOTOR CORP", "STK", "TSEJ", "JPY", 3120.0, 0.5, 0.26, 21_000_000, "tsej", CARS),
    Listing(0, "700", "TENCENT HOLDINGS LTD", "STK", "SEHK", "HKD", 618.0, 0.2, 0.32, 19_000_000, "sehk", INTERNET),
    Listing(SPY, "SPY", "SS SPDR S&P 500 ETF TRUST-US", "STK", "ARCA", "USD", 668.0, 0.01, 0.15, 71_000_000, "us_stock", FUNDS, ES_INDEX, 0.1),
    Listing(QQQ, "QQQ", "INVESCO QQQ TRUST SERIES 1", "STK", "NASDAQ", "USD", 605.0, 0.01, 0.2, 52_000_000, "us_stock", FUNDS, NQ_INDEX, 0.0242),
    Listing(9579970, "IWM", "ISHARES RUSSELL 2000 ETF", "STK", "ARCA", "USD", 236.0, 0.01, 0.22, 34_000_000, "us_stock", FUNDS),
    Listing(51529211, "GLD", "SPDR GOLD SHARES", "STK", "ARCA", "USD", 374.0, 0.01, 0.19, 11_000_000, "us_stock", GOLD, GC_INDEX, 0.0917),
    Listing(0, "TLT", "ISHARES 20+ YEAR TREASURY BD", "STK", "NASDAQ", "USD", 89.5, 0.01, 0.14, 33_000_000, "us_stock", BOND_FUNDS),
    Listing(SPX, "SPX", _SP500, "IND", "CBOE", "USD", 6680.0, 0.01, 0.15, 0, "us_index", INDICES, ES_INDEX, 1.0),
    Listing(416843, "NDX", _NASDAQ, "IND", "NASDAQ", "USD", 25000.0, 0.01, 0.2, 0, "us_index", INDICES, NQ_INDEX, 1.0),
    Listing(13455763, "VIX", "CBOE Volatility Index", "IND", "CBOE", "USD", 18.4, 0.01, 0.95, 0, "us_index", Classification("Indices", "Volatility Index", "*")),
    Listing(ES_INDEX, "ES", "E-mini S&P 500", "IND", "CME", "USD", 6680.0, 0.25, 0.15, 0, "cme", INDICES),
    Listing(NQ_INDEX, "NQ", "E-mini NASDAQ 100", "IND", "CME", "USD", 25000.0, 0.25, 0.2, 0, "cme", INDICES),
    Listing(CL_INDEX, "CL", "Light Sweet Crude Oil", "IND", "NYMEX", "USD", 61.4, 0.01, 0.33, 0, "nymex", Classification("Energy", "Oil", "*")),
    Listing(GC_INDEX, "GC", "Gold", "IND", "COMEX", "USD", 4078.0, 0.1, 0.19, 0, "nymex", Classification("Metals", "Gold", "*")),
    Listing(12087792, "EUR", "European Monetary Union Euro", "CASH", "IDEALPRO", "USD", 1.158, 0.00005, 0.07, 0, "fx"),
    Listing(12087797, "GBP", "British pound", "CASH", "IDEALPRO", "USD", 1.314, 0.00005, 0.08, 0, "fx"),
    Listing(14433401, "AUD", "Australian dollar", "CASH", "IDEALPRO", "USD", 0.651, 0.00005, 0.1, 0, "fx"),
    Listing(15016059, "USD", "United States dollar", "CASH", "IDEALPRO", "JPY", 155.2, 0.005, 0.1, 0, "fx"),
    Listing(12087820, "USD", "United States dollar", "CASH", "IDEALPRO", "CHF", 0.806, 0.00005, 0.08, 0, "fx"),
    Listing(15016062, "USD", "United States dollar", "CASH", "IDEALPRO", "CAD", 1.404, 0.00005, 0.06, 0, "fx"),
    Listing(37928772, "USD", "United States dollar", "CASH", "IDEALPRO", "SGD", 1.302, 0.00005, 0.05, 0, "fx"),
    Listing(0, "USD", "United States dollar", "CASH", "IDEALPRO", "MXN", 18.4, 0.0005, 0.12, 0, "fx"),
    Listing(0, "USD", "United States dollar", "CASH", "IDEALPRO", "HKD", 7.78, 0.00005, 0.01, 0, "fx"),
    Listing(12087807, "EUR", "European Monetary Union Euro", "CASH", "IDEALPRO", "GBP", 0.881, 0.00005, 0.05, 0, "fx"),
    Listing(0, "AAPL", _AAPL, "CFD", "SMART", "USD", 268.0, 0.01, 0.26, 0, "us_stock", COMPUTERS, AAPL, 1.0),
    Listing(118239202, "IBM", _IBM, "CFD", "SMART", "USD", 252.0, 0.01, 0.24, 0, "us_stock", SERVICES, IBM, 1.0),
    Listing(479624278, "BTC", "Bitcoin cryptocurrency", "CRYPTO", "PAXOS", "USD", 91500.0, 0.25, 0.5, 9_000, "crypto"),
    Listing(495759171, "ETH", "Ethereum cryptocurrency", "CRYPTO", "PAXOS", "USD", 3020.0, 0.05, 0.65, 60_000, "crypto"),
    Listing(732764706, "USCE", "US Carbon Dioxide Emissions", "IND", "FORECASTX", "USD", 4880.0, 1.0, 0.04, 0, "forecast", Classification("Indices", "Environment", "*")),
    Listing(0, "VFIAX", "VANGUARD 500 INDEX-ADM", "FUND", "FUNDSERV", "USD", 617.0, 0.01, 0.15, 0, "us_index", FUNDS, ES_INDEX, 0.0924),
)

BONDS: tuple[Bond, ...] = (
    Bond(0, "IBM", "e1400789", "International Business Machines Corp", 4.15, "20190515", "20390515", 91.62),
    Bond(0, "IBM", "e1400789", "International Business Machines Corp", 4.75, "20230206", "20330206", 100.84),
    Bond(0, "AAPL", "e1359382", "Apple Inc", 4.65, "20160223", "20460223", 93.21),
    Bond(0, "US-T", "e1234001", "United States Treasury", 4.375, "20110515", "20410515", 98.47),
)
# fmt: on

OPTION_CHAINS: tuple[
    tuple[int, float, int], ...
] = (  # underlying, distance of strikes, how many on each side
    (AAPL, 5.0, 12),
    (IBM, 5.0, 6),
    (MSFT, 10.0, 6),
    (SPY, 5.0, 14),
    (QQQ, 5.0, 8),
    (SPX, 25.0, 10),
)

FUTURES: tuple[tuple[int, float, float, int, float, int], ...] = (
    # underlying, multiplier, tick, how many, growth a year, an average day's volume of the first
    (ES_INDEX, 50.0, 0.25, 5, 0.031, 1_400_000),
    (NQ_INDEX, 20.0, 0.25, 4, 0.033, 580_000),
    (CL_INDEX, 1000.0, 0.01, 6, -0.012, 290_000),
    (GC_INDEX, 100.0, 0.1, 4, 0.036, 210_000),
)

US_EXCHANGES = frozenset(
    {
        "NASDAQ",
        "NYSE",
        "ARCA",
        "AMEX",
        "CBOE",
        "CME",
        "NYMEX",
        "COMEX",
        "SMART",
        "PAXOS",
        "FUNDSERV",
        "FORECASTX",
    }
)

STOCK_VENUES = (
    "SMART", "AMEX", "NYSE", "CBOE", "PHLX", "ISE", "CHX", "ARCA", "NASDAQ", "DRCTEDGE", "BEX", "BATS",
    "EDGEA", "BYX", "IEX", "EDGX", "PEARL", "NYSENAT", "LTSE", "MEMX", "IBEOS", "OVERNIGHT", "PSX",
)  # fmt: skip
OPTION_VENUES = (
    "SMART", "AMEX", "BATS", "BOX", "CBOE", "CBOE2", "EDGX", "EMERALD", "GEMINI", "IBUSOPT", "ISE", "MEMX",
    "MERCURY", "MIAX", "NASDAQBX", "NASDAQOM", "PEARL", "PHLX", "PSE",
)  # fmt: skip
