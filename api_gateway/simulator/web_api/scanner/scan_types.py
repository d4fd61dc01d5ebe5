"""Tables of the scan types and filters of IBKR's scanner."""

# ruff: noqa: E501 one row of a table is one line

from __future__ import annotations

from typing import NamedTuple

from api_gateway.simulator.web_api.scanner import measures as by
from api_gateway.simulator.web_api.scanner.measures import Measure, seeded_measure, snapshot_field


class ScanType(NamedTuple):
    """One scan type: the measure that it ranks by, in which direction, and for which instruments."""

    code: str
    name: str
    column: str
    measure: Measure
    instruments: tuple[str, ...]
    lowest_first: bool = False


class RangeFilter(NamedTuple):
    """A filter by a minimum (`above_code`) or maximum (`below_code`) of a measure."""

    code: str
    name: str
    measure: Measure
    instruments: tuple[str, ...]
    above_code: str
    below_code: str


class ChoiceFilter(NamedTuple):
    """A filter by one of its `option_count` values."""

    code: str
    name: str
    option_count: int
    instruments: tuple[str, ...]


_FUNDS = ("ETF.EQ.US", "ETF.FI.US")
_STOCKS = ("STK", *_FUNDS, "STOCK.NA", "STOCK.EU", "STOCK.ME", "STOCK.HK")
_FUTURES = ("FUT.US", "FUT.NA", "FUT.EU", "FUT.HK", "SSF.EU", "SSF.HK")
_INDICES = ("IND.US", "IND.EU", "IND.HK")
_BONDS = ("BOND", "BOND.GOVT")
_TRADED = (*_STOCKS, *_FUTURES)
_PRICED = (*_TRADED, *_INDICES)
_WITH_OPTIONS = ("STK", *_FUNDS, "IND.US", "STOCK.EU", "IND.EU", "STOCK.HK", "IND.HK")
_US = ("STK", *_FUNDS)
_ALL = (*_PRICED, *_BONDS)

# fmt: off
_growth_rate, _price_to_book, _quick_ratio, _return_on_equity = (seeded_measure(21, -10, 40), seeded_measure(22, 0.5, 30), seeded_measure(23, 0.3, 4), seeded_measure(24, -5, 60))
_utilization, _fee_rate, _shortable_shares = (seeded_measure(25, 0, 100), seeded_measure(26, 0.2, 30), seeded_measure(27, 1e4, 5e7))
_iv_rank, _analyst_rating, _float_shares = (seeded_measure(28, 0, 100), seeded_measure(29, 1, 5), seeded_measure(30, 1e7, 1e10))
_days_since_earnings, _days_to_earnings, _days_to_event = (seeded_measure(31, 0, 90), seeded_measure(32, 0, 90), seeded_measure(33, 0, 90))
_synthetic_yield, _eps_change, _payout_ratio = (seeded_measure(34, -5, 5), seeded_measure(35, -30, 60), seeded_measure(36, 0, 120))
_market_cap = by.in_millions(snapshot_field("7289"))
_put_call_volume, _put_call_interest = snapshot_field("7086"), snapshot_field("7085")

# Third-party scores from 0 to 100, or percentages.
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

SCAN_TYPES = (
    ScanType("TOP_PERC_GAIN", "Top % Gainers", "Chg%", by.change_percent, _PRICED),
    ScanType("TOP_PERC_LOSE", "Top % Losers", "Chg%", by.change_percent, _PRICED, lowest_first=True),
    ScanType("MOST_ACTIVE", "Most Active", "Volume", by.volume, _TRADED),
    ScanType("MOST_ACTIVE_USD", "Most Active ($)", "Volume ($)", by.in_dollars(by.turnover), _STOCKS),
    ScanType("MOST_ACTIVE_AVG_USD", "Most Active (Avg $)", "Avg Volume ($)", by.in_dollars(by.average_turnover), _STOCKS),
    ScanType("NOT_OPEN", "Not Open", "Avg Volume", by.closed_market_volume, _TRADED),
    ScanType("HALTED", "Halted", "Chg%", by.halted_change_percent, _STOCKS),
    ScanType("HOT_BY_PRICE", "Hot Contracts by Price", "Chg%", by.change_in_deviations, _PRICED),
    ScanType("HOT_BY_VOLUME", "Hot Contracts by Volume", "Vol. vs Avg", by.relative_volume, _TRADED),
    ScanType("HOT_BY_PRICE_RANGE", "Hot by Price Range", "Range", by.range_in_deviations, _PRICED),
    ScanType("TOP_PRICE_RANGE", "Top Price Range", "Range", by.price_range, _PRICED),
    ScanType("TOP_TRADE_COUNT", "Top Trade Count", "Trades", by.trade_count, _TRADED),
    ScanType("TOP_TRADE_RATE", "Top Trade Rate", "Trades/Min", by.trade_rate, _TRADED),
    ScanType("TOP_VOLUME_RATE", "Top Volume Rate", "Volume/Min", by.volume_rate, _TRADED),
    ScanType("TOP_OPEN_PERC_GAIN", "Top % Gainers Since Open", "Chg% Open", by.change_since_open, _PRICED),
    ScanType("TOP_OPEN_PERC_LOSE", "Top % Losers Since Open", "Chg% Open", by.change_since_open, _PRICED, lowest_first=True),
    ScanType("HIGH_OPEN_GAP", "Top Close-to-Open % Gainers", "Gap%", by.opening_gap, _PRICED),
    ScanType("LOW_OPEN_GAP", "Top Close-to-Open % Losers", "Gap%", by.opening_gap, _PRICED, lowest_first=True),
    ScanType("TOP_AFTER_HOURS_PERC_GAIN", "Top After-Hours % Gainers", "AH Chg%", by.after_hours_change_percent, _US),
    ScanType("TOP_AFTER_HOURS_PERC_LOSE", "Top After-Hours % Losers", "AH Chg%", by.after_hours_change_percent, _US, lowest_first=True),
    ScanType("HIGH_STVOLUME_3MIN", "Highest 3-Minute Volume", "Volume 3m", by.recent_volume(3), _US),
    ScanType("HIGH_STVOLUME_5MIN", "Highest 5-Minute Volume", "Volume 5m", by.recent_volume(5), _US),
    ScanType("HIGH_STVOLUME_10MIN", "Highest 10-Minute Volume", "Volume 10m", by.recent_volume(10), _US),
    ScanType("HIGH_VS_13W_HL", "13-Week High", "vs 13w High", by.percent_from_high(13), _PRICED),
    ScanType("LOW_VS_13W_HL", "13-Week Low", "vs 13w Low", by.percent_from_low(13), _PRICED, lowest_first=True),
    ScanType("HIGH_VS_26W_HL", "26-Week High", "vs 26w High", by.percent_from_high(26), _PRICED),
    ScanType("LOW_VS_26W_HL", "26-Week Low", "vs 26w Low", by.percent_from_low(26), _PRICED, lowest_first=True),
    ScanType("HIGH_VS_52W_HL", "52-Week High", "vs 52w High", by.percent_from_high(52), _PRICED),
    ScanType("LOW_VS_52W_HL", "52-Week Low", "vs 52w Low", by.percent_from_low(52), _PRICED, lowest_first=True),
    ScanType("HIGH_OPT_IMP_VOLAT", "Highest Option Imp Vol", "Imp Vol", snapshot_field("7283"), _WITH_OPTIONS),
    ScanType("LOW_OPT_IMP_VOLAT", "Lowest Option Imp Vol", "Imp Vol", snapshot_field("7283"), _WITH_OPTIONS, lowest_first=True),
    ScanType("TOP_OPT_IMP_VOLAT_GAIN", "Top Option Imp Vol % Gainers", "IV Chg%", snapshot_field("7607"), _WITH_OPTIONS),
    ScanType("TOP_OPT_IMP_VOLAT_LOSE", "Top Option Imp Vol % Losers", "IV Chg%", snapshot_field("7607"), _WITH_OPTIONS, lowest_first=True),
    ScanType("HIGH_OPT_IMP_VOLAT_OVER_HIST", "High Option Imp Vol Over Historical", "IV/HV", snapshot_field("7084"), _WITH_OPTIONS),
    ScanType("LOW_OPT_IMP_VOLAT_OVER_HIST", "Low Option Imp Vol Over Historical", "IV/HV", snapshot_field("7084"), _WITH_OPTIONS, lowest_first=True),
    ScanType("OPT_VOLUME_MOST_ACTIVE", "Most Active by Opt Volume", "Opt Volume", snapshot_field("7089"), _WITH_OPTIONS),
    ScanType("HOT_BY_OPT_VOLUME", "Hot by Option Volume", "Opt Volume", snapshot_field("7089"), _WITH_OPTIONS),
    ScanType("OPT_OPEN_INTEREST_MOST_ACTIVE", "Most Active by Opt Open Interest", "Opt OI", by.option_open_interest, _WITH_OPTIONS),
    ScanType("HIGH_OPT_VOLUME_PUT_CALL_RATIO", "High Option Volume P/C Ratio", "P/C Volume", _put_call_volume, _WITH_OPTIONS),
    ScanType("LOW_OPT_VOLUME_PUT_CALL_RATIO", "Low Option Volume P/C Ratio", "P/C Volume", _put_call_volume, _WITH_OPTIONS, lowest_first=True),
    ScanType("HIGH_OPT_OPEN_INTEREST_PUT_CALL_RATIO", "High Option Open Interest P/C Ratio", "P/C OI", _put_call_interest, _WITH_OPTIONS),
    ScanType("LOW_OPT_OPEN_INTEREST_PUT_CALL_RATIO", "Low Option Open Interest P/C Ratio", "P/C OI", _put_call_interest, _WITH_OPTIONS, lowest_first=True),
    ScanType("HIGH_DIVIDEND_YIELD_IB", "High Dividend Yield IB", "Div Yield", snapshot_field("7287"), _STOCKS),
    ScanType("HIGH_DIVIDEND_YIELD", "High Dividend Yield", "Div Yield", snapshot_field("7287"), _STOCKS),
    ScanType("HIGH_PE_RATIO", "High P/E Ratio", "P/E", snapshot_field("7290"), _STOCKS),
    ScanType("LOW_PE_RATIO", "Low P/E Ratio", "P/E", snapshot_field("7290"), _STOCKS, lowest_first=True),
    ScanType("HIGH_GROWTH_RATE", "High Growth Rate", "Growth", _growth_rate, _STOCKS),
    ScanType("LOW_GROWTH_RATE", "Low Growth Rate", "Growth", _growth_rate, _STOCKS, lowest_first=True),
    ScanType("HIGH_PRICE_2_BOOK_RATIO", "High Price/Book Ratio", "P/B", _price_to_book, _STOCKS),
    ScanType("LOW_PRICE_2_BOOK_RATIO", "Low Price/Book Ratio", "P/B", _price_to_book, _STOCKS, lowest_first=True),
    ScanType("HIGH_QUICK_RATIO", "High Quick Ratio", "Quick Ratio", _quick_ratio, _STOCKS),
    ScanType("LOW_QUICK_RATIO", "Low Quick Ratio", "Quick Ratio", _quick_ratio, _STOCKS, lowest_first=True),
    ScanType("HIGH_RETURN_ON_EQUITY", "High Return on Equity", "ROE", _return_on_equity, _STOCKS),
    ScanType("LOW_RETURN_ON_EQUITY", "Low Return on Equity", "ROE", _return_on_equity, _STOCKS, lowest_first=True),
    ScanType("HIGH_SYNTH_BID_REV_NAT_YIELD", "High Synth Bid Rev Yield", "Yield", _synthetic_yield, ("STK", "STOCK.EU")),
    ScanType("LOW_SYNTH_BID_REV_NAT_YIELD", "Low Synth Bid Rev Yield", "Yield", _synthetic_yield, ("STK", "STOCK.EU"), lowest_first=True),
    ScanType("SCAN_sharesAvailableNorm_DESC", "Shortable Shares Desc", "Shortable", _shortable_shares, _US),
    ScanType("SCAN_sharesAvailableNorm_ASC", "Shortable Shares Asc", "Shortable", _shortable_shares, _US, lowest_first=True),
    ScanType("SCAN_utilization_DESC", "Utilization Desc", "Utilization", _utilization, _US),
    ScanType("SCAN_utilization_ASC", "Utilization Asc", "Utilization", _utilization, _US, lowest_first=True),
    ScanType("SCAN_ivRank52w_DESC", "52-Week IV Rank Desc", "IV Rank", _iv_rank, _US),
    ScanType("SCAN_ivRank52w_ASC", "52-Week IV Rank Asc", "IV Rank", _iv_rank, _US, lowest_first=True),
    ScanType("WSH_PREV_EARNINGS", "Previous Earnings (WSH)", "Days", _days_since_earnings, _US, lowest_first=True),
    ScanType("WSH_NEXT_EARNINGS", "Upcoming Earnings (WSH)", "Days", _days_to_earnings, _US, lowest_first=True),
    ScanType("WSH_NEXT_MAJOR_EVENT", "Upcoming Major Event (WSH)", "Days", _days_to_event, _US, lowest_first=True),
    *(
        ScanType(f"SCAN_{code}_{order}", f"{name} {order.capitalize()}", name, seeded_measure(number, 0, 100), _STOCKS, lowest_first=order == "ASC")
        for number, (code, name) in enumerate(_SCORES, start=40)
        for order in ("DESC", "ASC")
    ),
    ScanType("BOND_CUSIP_AZ", "Bond CUSIP A-Z", "CUSIP", by.conid, _BONDS, lowest_first=True),
    ScanType("BOND_CUSIP_ZA", "Bond CUSIP Z-A", "CUSIP", by.conid, _BONDS),
)


# fmt: on


def _above_below_filter(
    code: str, name: str, measure: Measure, instruments: tuple[str, ...], unit: str = ""
) -> RangeFilter:
    return RangeFilter(code, name, measure, instruments, f"{code}Above{unit}", f"{code}Below{unit}")


def _min_max_filter(code: str, name: str, measure: Measure) -> RangeFilter:
    capitalized = code[0].upper() + code[1:]
    return RangeFilter(code, name, measure, _STOCKS, f"min{capitalized}", f"max{capitalized}")


# fmt: off
RANGE_FILTERS = (
    _above_below_filter("price", "Price", by.last_price, _ALL),
    _above_below_filter("usdPrice", "Price (USD)", by.in_dollars(by.last_price), _ALL),
    _above_below_filter("change", "Change", by.change, _PRICED),
    _above_below_filter("changePerc", "Change (%)", by.change_percent, _PRICED),
    _above_below_filter("changeOpenPerc", "Change Since Open (%)", by.change_since_open, _PRICED),
    _above_below_filter("openGapPerc", "Opening Gap (%)", by.opening_gap, _PRICED),
    _above_below_filter("priceRange", "Price Range", by.price_range, _PRICED),
    _above_below_filter("afterHoursChange", "After-Hours Change", by.after_hours_change, _US),
    _above_below_filter("afterHoursChangePerc", "After-Hours Change (%)", by.after_hours_change_percent, _US),
    _above_below_filter("volume", "Volume", by.volume, _TRADED),
    _above_below_filter("avgVolume", "Average Volume", by.average_volume, _TRADED),
    _above_below_filter("usdVolume", "Volume (USD)", by.in_dollars(by.turnover), _TRADED),
    _above_below_filter("avgUsdVolume", "Average Volume (USD)", by.in_dollars(by.average_turnover), _TRADED),
    _above_below_filter("volumeVsAvg", "Volume vs. Average", by.relative_volume, _TRADED),
    _above_below_filter("volumeRate", "Volume Rate", by.volume_rate, _TRADED),
    _above_below_filter("tradeCount", "Trade Count", by.trade_count, _TRADED),
    _above_below_filter("tradeRate", "Trade Rate", by.trade_rate, _TRADED),
    _above_below_filter("stVolume3min", "Volume, 3 Minutes", by.recent_volume(3), _US),
    _above_below_filter("stVolume5min", "Volume, 5 Minutes", by.recent_volume(5), _US),
    _above_below_filter("stVolume10min", "Volume, 10 Minutes", by.recent_volume(10), _US),
    _above_below_filter("marketCap", "Market Cap (millions)", _market_cap, _STOCKS, "1e6"),
    _above_below_filter("usdMarketCap", "Market Cap (millions of USD)", by.in_dollars(_market_cap), _STOCKS),
    _above_below_filter("dividendFrd", "Dividend", snapshot_field("7671"), _STOCKS),
    _above_below_filter("dividendYieldFrd", "Dividend Yield (%)", snapshot_field("7287"), _STOCKS),
    _above_below_filter("avgPriceTarget", "Average Price Target", lambda s: s.instrument.reference_price * (0.9 + 0.4 * s.seeded_value(37)), _STOCKS),
    _above_below_filter("avgRating", "Average Analyst Rating", _analyst_rating, _STOCKS),
    _above_below_filter("floatShares", "Float", _float_shares, _STOCKS),
    _above_below_filter("sharesAvailableMany", "Shortable Shares", _shortable_shares, _US),
    _above_below_filter("feeRate", "Fee Rate (%)", _fee_rate, _US),
    _above_below_filter("utilization", "Utilization (%)", _utilization, _US),
    _above_below_filter("impVolat", "Option Implied Volatility (%)", snapshot_field("7283"), _WITH_OPTIONS),
    _above_below_filter("impVolatOverHist", "Implied over Historical Volatility (%)", snapshot_field("7084"), _WITH_OPTIONS),
    _above_below_filter("impVolatChangePerc", "Implied Volatility Change (%)", snapshot_field("7607"), _WITH_OPTIONS),
    _above_below_filter("ivRank52w", "52-Week IV Rank", _iv_rank, _US),
    _above_below_filter("optVolume", "Option Volume", snapshot_field("7089"), _WITH_OPTIONS),
    _above_below_filter("avgOptVolume", "Average Option Volume", snapshot_field("7089"), _WITH_OPTIONS),
    _above_below_filter("optVolumePCRatio", "Option Volume P/C Ratio", _put_call_volume, _WITH_OPTIONS),
    _above_below_filter("optOpenInterest", "Option Open Interest", by.option_open_interest, _WITH_OPTIONS),
    _above_below_filter("curEMA20", "EMA(20)", snapshot_field("7677"), _STOCKS),
    _above_below_filter("curEMA50", "EMA(50)", snapshot_field("7676"), _STOCKS),
    _above_below_filter("curEMA100", "EMA(100)", snapshot_field("7675"), _STOCKS),
    _above_below_filter("curEMA200", "EMA(200)", snapshot_field("7674"), _STOCKS),
    _above_below_filter("lastVsEMA20", "Last vs. EMA(20) (%)", snapshot_field("7681"), _STOCKS),
    _above_below_filter("lastVsEMA50", "Last vs. EMA(50) (%)", snapshot_field("7724"), _STOCKS),
    _above_below_filter("lastVsEMA100", "Last vs. EMA(100) (%)", snapshot_field("7679"), _STOCKS),
    _above_below_filter("lastVsEMA200", "Last vs. EMA(200) (%)", snapshot_field("7678"), _STOCKS),
    _above_below_filter("epsChangeTTM", "EPS Change TTM (%)", _eps_change, _STOCKS),
    _above_below_filter("payoutRatioTTM", "Payout Ratio TTM (%)", _payout_ratio, _STOCKS),
    *(_above_below_filter(code, name, seeded_measure(number, 0, 100), _STOCKS) for number, (code, name) in enumerate(_SCORES, start=40)),
    _above_below_filter("couponRate", "Coupon Rate (%)", by.coupon, _BONDS),
    _above_below_filter("maturityDate", "Maturity Date", by.maturity, _BONDS),
    _above_below_filter("bondAskYield", "Ask Yield (%)", snapshot_field("7720"), _BONDS),
    _min_max_filter("peRatio", "P/E Ratio", snapshot_field("7290")),
    _min_max_filter("price2Bk", "Price/Book Ratio", _price_to_book),
    _min_max_filter("growthRate", "Growth Rate (%)", _growth_rate),
    _min_max_filter("quickRatio", "Quick Ratio", _quick_ratio),
    _min_max_filter("retnOnEq", "Return on Equity (%)", _return_on_equity),
)

# fmt: on

HALTED, HAS_OPTIONS, STOCK_TYPES = "haltedIs", "hasOptionsIs", "stkTypes"
CHOICE_FILTERS = (
    ChoiceFilter(HALTED, "Halted", 3, _STOCKS),
    ChoiceFilter(HAS_OPTIONS, "Has Options", 3, _STOCKS),
    ChoiceFilter(STOCK_TYPES, "Stock type", 3, ("STK", "STOCK.NA", "STOCK.EU", "STOCK.ME", "STOCK.HK")),
)
