"""What IBKR's scanner ranks and filters by, as tables."""

# ruff: noqa: E501 one row of a table is one line

from __future__ import annotations

from typing import NamedTuple

from api_gateway.simulator.web_api.scanner import measures as by
from api_gateway.simulator.web_api.scanner.measures import Measure, field, invented


class Scan(NamedTuple):
    """One kind of scan: what it ranks by, from the highest or from the lowest, and for which groups."""

    code: str
    name: str
    column: str
    measure: Measure
    groups: tuple[str, ...]
    lowest_first: bool = False


class Quantity(NamedTuple):
    """What contracts can be filtered by, from a value on (`above`) or up to it (`below`)."""

    code: str
    name: str
    measure: Measure
    groups: tuple[str, ...]
    above: str
    below: str


class Choice(NamedTuple):
    """A filter with `options` values, of which one is chosen."""

    code: str
    name: str
    options: int
    groups: tuple[str, ...]


_FUNDS = ("ETF.EQ.US", "ETF.FI.US")
_STOCKS = ("STK", *_FUNDS, "STOCK.NA", "STOCK.EU", "STOCK.ME", "STOCK.HK")
_FUTURES = ("FUT.US", "FUT.NA", "FUT.EU", "FUT.HK", "SSF.EU", "SSF.HK")
_INDICES = ("IND.US", "IND.EU", "IND.HK")
_BONDS = ("BOND", "BOND.GOVT")
_TRADED = (*_STOCKS, *_FUTURES)
_PRICED = (*_TRADED, *_INDICES)
_OPTIONED = ("STK", *_FUNDS, "IND.US", "STOCK.EU", "IND.EU", "STOCK.HK", "IND.HK")
_US = ("STK", *_FUNDS)
_ALL = (*_PRICED, *_BONDS)

# fmt: off
_growth, _book, _quick, _equity = (invented(21, -10, 40), invented(22, 0.5, 30), invented(23, 0.3, 4), invented(24, -5, 60))
_utilization, _fee, _lendable = (invented(25, 0, 100), invented(26, 0.2, 30), invented(27, 1e4, 5e7))
_rank, _rating, _float = (invented(28, 0, 100), invented(29, 1, 5), invented(30, 1e7, 1e10))
_reported, _reporting, _event = (invented(31, 0, 90), invented(32, 0, 90), invented(33, 0, 90))
_lending, _growing, _payout = (invented(34, -5, 5), invented(35, -30, 60), invented(36, 0, 120))
_capital = by.millions(field("7289"))
_put_call_volume, _put_call_interest = field("7086"), field("7085")

# Scores from 0 to 100 that others give, or parts in percent.
_SCORES = (
    ("esgScore", "ESG Score"),
    ("esgCombinedScore", "ESG Combined Score"),
    ("esgCommunityScore", "ESG Community Score"),
    ("esgControversiesScore", "ESG Controversies Score"),
    ("esgCSRStrategyScore", "ESG CSR Strategy Score"),
    ("esgEmissionsScore", "ESG Emissions Score"),
    ("esgEnvironmentalInnovationScore", "ESG Environmental Innovation Score"),
    ("esgHumanRightsScore", "ESG Human Rights Score"),
    ("esgManagementScore", "ESG Management Score"),
    ("esgProductResponsibilityScore", "ESG Product Responsibility Score"),
    ("esgResourceUseScore", "ESG Resource Use Score"),
    ("esgShareholdersScore", "ESG Shareholders Score"),
    ("esgWorkforceScore", "ESG Workforce Score"),
    ("socialSentimentScore", "Social Sentiment Score"),
    ("socialSentimentScoreChange", "Social Sentiment Score Change"),
    ("tweetVolumeScore", "Tweet Volume Score"),
    ("tweetVolumeScoreChange", "Tweet Volume Score Change"),
    ("ihInsiderOfFloatPerc", "% of Float Held by Insiders"),
    ("iiInstitutionalOfFloatPerc", "% of Float Held by Institutions"),
)

SCANS = (
    Scan("TOP_PERC_GAIN", "Top % Gainers", "Chg%", by.change_percent, _PRICED),
    Scan("TOP_PERC_LOSE", "Top % Losers", "Chg%", by.change_percent, _PRICED, lowest_first=True),
    Scan("MOST_ACTIVE", "Most Active", "Volume", by.volume, _TRADED),
    Scan("MOST_ACTIVE_USD", "Most Active ($)", "Volume ($)", by.in_dollars(by.turnover), _STOCKS),
    Scan("MOST_ACTIVE_AVG_USD", "Most Active (Avg $)", "Avg Volume ($)", by.in_dollars(by.average_turnover), _STOCKS),
    Scan("NOT_OPEN", "Not Open", "Avg Volume", by.not_open, _TRADED),
    Scan("HALTED", "Halted", "Chg%", by.halted, _STOCKS),
    Scan("HOT_BY_PRICE", "Hot Contracts by Price", "Chg%", by.heat, _PRICED),
    Scan("HOT_BY_VOLUME", "Hot Contracts by Volume", "Vol. vs Avg", by.volume_against_average, _TRADED),
    Scan("HOT_BY_PRICE_RANGE", "Hot by Price Range", "Range", by.range_heat, _PRICED),
    Scan("TOP_PRICE_RANGE", "Top Price Range", "Range", by.price_range, _PRICED),
    Scan("TOP_TRADE_COUNT", "Top Trade Count", "Trades", by.trades, _TRADED),
    Scan("TOP_TRADE_RATE", "Top Trade Rate", "Trades/Min", by.trade_rate, _TRADED),
    Scan("TOP_VOLUME_RATE", "Top Volume Rate", "Volume/Min", by.volume_rate, _TRADED),
    Scan("TOP_OPEN_PERC_GAIN", "Top % Gainers Since Open", "Chg% Open", by.change_since_open, _PRICED),
    Scan("TOP_OPEN_PERC_LOSE", "Top % Losers Since Open", "Chg% Open", by.change_since_open, _PRICED, lowest_first=True),
    Scan("HIGH_OPEN_GAP", "Top Close-to-Open % Gainers", "Gap%", by.opening_gap, _PRICED),
    Scan("LOW_OPEN_GAP", "Top Close-to-Open % Losers", "Gap%", by.opening_gap, _PRICED, lowest_first=True),
    Scan("TOP_AFTER_HOURS_PERC_GAIN", "Top After-Hours % Gainers", "AH Chg%", by.after_hours_percent, _US),
    Scan("TOP_AFTER_HOURS_PERC_LOSE", "Top After-Hours % Losers", "AH Chg%", by.after_hours_percent, _US, lowest_first=True),
    Scan("HIGH_STVOLUME_3MIN", "Highest 3-Minute Volume", "Volume 3m", by.recent_volume(3), _US),
    Scan("HIGH_STVOLUME_5MIN", "Highest 5-Minute Volume", "Volume 5m", by.recent_volume(5), _US),
    Scan("HIGH_STVOLUME_10MIN", "Highest 10-Minute Volume", "Volume 10m", by.recent_volume(10), _US),
    Scan("HIGH_VS_13W_HL", "13-Week High", "vs 13w High", by.below_high(13), _PRICED),
    Scan("LOW_VS_13W_HL", "13-Week Low", "vs 13w Low", by.above_low(13), _PRICED, lowest_first=True),
    Scan("HIGH_VS_26W_HL", "26-Week High", "vs 26w High", by.below_high(26), _PRICED),
    Scan("LOW_VS_26W_HL", "26-Week Low", "vs 26w Low", by.above_low(26), _PRICED, lowest_first=True),
    Scan("HIGH_VS_52W_HL", "52-Week High", "vs 52w High", by.below_high(52), _PRICED),
    Scan("LOW_VS_52W_HL", "52-Week Low", "vs 52w Low", by.above_low(52), _PRICED, lowest_first=True),
    Scan("HIGH_OPT_IMP_VOLAT", "Highest Option Imp Vol", "Imp Vol", field("7283"), _OPTIONED),
    Scan("LOW_OPT_IMP_VOLAT", "Lowest Option Imp Vol", "Imp Vol", field("7283"), _OPTIONED, lowest_first=True),
    Scan("TOP_OPT_IMP_VOLAT_GAIN", "Top Option Imp Vol % Gainers", "IV Chg%", field("7607"), _OPTIONED),
    Scan("TOP_OPT_IMP_VOLAT_LOSE", "Top Option Imp Vol % Losers", "IV Chg%", field("7607"), _OPTIONED, lowest_first=True),
    Scan("HIGH_OPT_IMP_VOLAT_OVER_HIST", "High Option Imp Vol Over Historical", "IV/HV", field("7084"), _OPTIONED),
    Scan("LOW_OPT_IMP_VOLAT_OVER_HIST", "Low Option Imp Vol Over Historical", "IV/HV", field("7084"), _OPTIONED, lowest_first=True),
    Scan("OPT_VOLUME_MOST_ACTIVE", "Most Active by Opt Volume", "Opt Volume", field("7089"), _OPTIONED),
    Scan("HOT_BY_OPT_VOLUME", "Hot by Option Volume", "Opt Volume", field("7089"), _OPTIONED),
    Scan("OPT_OPEN_INTEREST_MOST_ACTIVE", "Most Active by Opt Open Interest", "Opt OI", by.option_interest, _OPTIONED),
    Scan("HIGH_OPT_VOLUME_PUT_CALL_RATIO", "High Option Volume P/C Ratio", "P/C Volume", _put_call_volume, _OPTIONED),
    Scan("LOW_OPT_VOLUME_PUT_CALL_RATIO", "Low Option Volume P/C Ratio", "P/C Volume", _put_call_volume, _OPTIONED, lowest_first=True),
    Scan("HIGH_OPT_OPEN_INTEREST_PUT_CALL_RATIO", "High Option Open Interest P/C Ratio", "P/C OI", _put_call_interest, _OPTIONED),
    Scan("LOW_OPT_OPEN_INTEREST_PUT_CALL_RATIO", "Low Option Open Interest P/C Ratio", "P/C OI", _put_call_interest, _OPTIONED, lowest_first=True),
    Scan("HIGH_DIVIDEND_YIELD_IB", "High Dividend Yield IB", "Div Yield", field("7287"), _STOCKS),
    Scan("HIGH_DIVIDEND_YIELD", "High Dividend Yield", "Div Yield", field("7287"), _STOCKS),
    Scan("HIGH_PE_RATIO", "High P/E Ratio", "P/E", field("7290"), _STOCKS),
    Scan("LOW_PE_RATIO", "Low P/E Ratio", "P/E", field("7290"), _STOCKS, lowest_first=True),
    Scan("HIGH_GROWTH_RATE", "High Growth Rate", "Growth", _growth, _STOCKS),
    Scan("LOW_GROWTH_RATE", "Low Growth Rate", "Growth", _growth, _STOCKS, lowest_first=True),
    Scan("HIGH_PRICE_2_BOOK_RATIO", "High Price/Book Ratio", "P/B", _book, _STOCKS),
    Scan("LOW_PRICE_2_BOOK_RATIO", "Low Price/Book Ratio", "P/B", _book, _STOCKS, lowest_first=True),
    Scan("HIGH_QUICK_RATIO", "High Quick Ratio", "Quick Ratio", _quick, _STOCKS),
    Scan("LOW_QUICK_RATIO", "Low Quick Ratio", "Quick Ratio", _quick, _STOCKS, lowest_first=True),
    Scan("HIGH_RETURN_ON_EQUITY", "High Return on Equity", "ROE", _equity, _STOCKS),
    Scan("LOW_RETURN_ON_EQUITY", "Low Return on Equity", "ROE", _equity, _STOCKS, lowest_first=True),
    Scan("HIGH_SYNTH_BID_REV_NAT_YIELD", "High Synth Bid Rev Yield", "Yield", _lending, ("STK", "STOCK.EU")),
    Scan("LOW_SYNTH_BID_REV_NAT_YIELD", "Low Synth Bid Rev Yield", "Yield", _lending, ("STK", "STOCK.EU"), lowest_first=True),
    Scan("SCAN_sharesAvailableNorm_DESC", "Shortable Shares Desc", "Shortable", _lendable, _US),
    Scan("SCAN_sharesAvailableNorm_ASC", "Shortable Shares Asc", "Shortable", _lendable, _US, lowest_first=True),
    Scan("SCAN_utilization_DESC", "Utilization Desc", "Utilization", _utilization, _US),
    Scan("SCAN_utilization_ASC", "Utilization Asc", "Utilization", _utilization, _US, lowest_first=True),
    Scan("SCAN_ivRank52w_DESC", "52-Week IV Rank Desc", "IV Rank", _rank, _US),
    Scan("SCAN_ivRank52w_ASC", "52-Week IV Rank Asc", "IV Rank", _rank, _US, lowest_first=True),
    Scan("WSH_PREV_EARNINGS", "Previous Earnings (WSH)", "Days", _reported, _US, lowest_first=True),
    Scan("WSH_NEXT_EARNINGS", "Upcoming Earnings (WSH)", "Days", _reporting, _US, lowest_first=True),
    Scan("WSH_NEXT_MAJOR_EVENT", "Upcoming Major Event (WSH)", "Days", _event, _US, lowest_first=True),
    *(
        Scan(f"SCAN_{code}_{order}", f"{name} {order.capitalize()}", name, invented(number, 0, 100), _STOCKS, lowest_first=order == "ASC")
        for number, (code, name) in enumerate(_SCORES, start=40)
        for order in ("DESC", "ASC")
    ),
    Scan("BOND_CUSIP_AZ", "Bond CUSIP A-Z", "CUSIP", by.conid, _BONDS, lowest_first=True),
    Scan("BOND_CUSIP_ZA", "Bond CUSIP Z-A", "CUSIP", by.conid, _BONDS),
)


# fmt: on


def _pair(code: str, name: str, measure: Measure, groups: tuple[str, ...], unit: str = "") -> Quantity:
    return Quantity(code, name, measure, groups, f"{code}Above{unit}", f"{code}Below{unit}")


def _limits(code: str, name: str, measure: Measure) -> Quantity:
    big = code[0].upper() + code[1:]
    return Quantity(code, name, measure, _STOCKS, f"min{big}", f"max{big}")


# fmt: off
QUANTITIES = (
    _pair("price", "Price", by.last, _ALL),
    _pair("usdPrice", "Price (USD)", by.in_dollars(by.last), _ALL),
    _pair("change", "Change", by.change, _PRICED),
    _pair("changePerc", "Change (%)", by.change_percent, _PRICED),
    _pair("changeOpenPerc", "Change Since Open (%)", by.change_since_open, _PRICED),
    _pair("openGapPerc", "Opening Gap (%)", by.opening_gap, _PRICED),
    _pair("priceRange", "Price Range", by.price_range, _PRICED),
    _pair("afterHoursChange", "After-Hours Change", by.after_hours, _US),
    _pair("afterHoursChangePerc", "After-Hours Change (%)", by.after_hours_percent, _US),
    _pair("volume", "Volume", by.volume, _TRADED),
    _pair("avgVolume", "Average Volume", by.average_volume, _TRADED),
    _pair("usdVolume", "Volume (USD)", by.in_dollars(by.turnover), _TRADED),
    _pair("avgUsdVolume", "Average Volume (USD)", by.in_dollars(by.average_turnover), _TRADED),
    _pair("volumeVsAvg", "Volume vs. Average", by.volume_against_average, _TRADED),
    _pair("volumeRate", "Volume Rate", by.volume_rate, _TRADED),
    _pair("tradeCount", "Trade Count", by.trades, _TRADED),
    _pair("tradeRate", "Trade Rate", by.trade_rate, _TRADED),
    _pair("stVolume3min", "Volume, 3 Minutes", by.recent_volume(3), _US),
    _pair("stVolume5min", "Volume, 5 Minutes", by.recent_volume(5), _US),
    _pair("stVolume10min", "Volume, 10 Minutes", by.recent_volume(10), _US),
    _pair("marketCap", "Market Cap (millions)", _capital, _STOCKS, "1e6"),
    _pair("usdMarketCap", "Market Cap (millions of USD)", by.in_dollars(_capital), _STOCKS),
    _pair("dividendFrd", "Dividend", field("7671"), _STOCKS),
    _pair("dividendYieldFrd", "Dividend Yield (%)", field("7287"), _STOCKS),
    _pair("avgPriceTarget", "Average Price Target", lambda s: s.instrument.reference_price * (0.9 + 0.4 * s.invented(37)), _STOCKS),
    _pair("avgRating", "Average Analyst Rating", _rating, _STOCKS),
    _pair("floatShares", "Float", _float, _STOCKS),
    _pair("sharesAvailableMany", "Shortable Shares", _lendable, _US),
    _pair("feeRate", "Fee Rate (%)", _fee, _US),
    _pair("utilization", "Utilization (%)", _utilization, _US),
    _pair("impVolat", "Option Implied Volatility (%)", field("7283"), _OPTIONED),
    _pair("impVolatOverHist", "Implied over Historical Volatility (%)", field("7084"), _OPTIONED),
    _pair("impVolatChangePerc", "Implied Volatility Change (%)", field("7607"), _OPTIONED),
    _pair("ivRank52w", "52-Week IV Rank", _rank, _US),
    _pair("optVolume", "Option Volume", field("7089"), _OPTIONED),
    _pair("avgOptVolume", "Average Option Volume", field("7089"), _OPTIONED),
    _pair("optVolumePCRatio", "Option Volume P/C Ratio", _put_call_volume, _OPTIONED),
    _pair("optOpenInterest", "Option Open Interest", by.option_interest, _OPTIONED),
    _pair("curEMA20", "EMA(20)", field("7677"), _STOCKS),
    _pair("curEMA50", "EMA(50)", field("7676"), _STOCKS),
    _pair("curEMA100", "EMA(100)", field("7675"), _STOCKS),
    _pair("curEMA200", "EMA(200)", field("7674"), _STOCKS),
    _pair("lastVsEMA20", "Last vs. EMA(20) (%)", field("7681"), _STOCKS),
    _pair("lastVsEMA50", "Last vs. EMA(50) (%)", field("7724"), _STOCKS),
    _pair("lastVsEMA100", "Last vs. EMA(100) (%)", field("7679"), _STOCKS),
    _pair("lastVsEMA200", "Last vs. EMA(200) (%)", field("7678"), _STOCKS),
    _pair("epsChangeTTM", "EPS Change TTM (%)", _growing, _STOCKS),
    _pair("payoutRatioTTM", "Payout Ratio TTM (%)", _payout, _STOCKS),
    *(_pair(code, name, invented(number, 0, 100), _STOCKS) for number, (code, name) in enumerate(_SCORES, start=40)),
    _pair("couponRate", "Coupon Rate (%)", by.coupon, _BONDS),
    _pair("maturityDate", "Maturity Date", by.maturity, _BONDS),
    _pair("bondAskYield", "Ask Yield (%)", field("7720"), _BONDS),
    _limits("peRatio", "P/E Ratio", field("7290")),
    _limits("price2Bk", "Price/Book Ratio", _book),
    _limits("growthRate", "Growth Rate (%)", _growth),
    _limits("quickRatio", "Quick Ratio", _quick),
    _limits("retnOnEq", "Return on Equity (%)", _equity),
)

# fmt: on

HALTED, HAS_OPTIONS, STOCK_TYPES = "haltedIs", "hasOptionsIs", "stkTypes"
CHOICES = (
    Choice(HALTED, "Halted", 3, _STOCKS),
    Choice(HAS_OPTIONS, "Has Options", 3, _STOCKS),
    Choice(STOCK_TYPES, "Stock type", 3, ("STK", "STOCK.NA", "STOCK.EU", "STOCK.ME", "STOCK.HK")),
)
