"""The WebSocket's own spelling: REST has the same account values in lower case."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# The keys of `sld`; some differ from `/portfolio/{accountId}/ledger` in more than case.
# `cashbalance` is in lower case in responses, although IBKR's example requests `cashBalance`.
LEDGER_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "acctcode": "acctCode",
        "cashbalance": "cashbalance",
        "cashbalancefxsegment": "cashBalanceFXSegment",
        "commoditymarketvalue": "commodityMarketValue",
        "corporatebondsmarketvalue": "corporateBondsMarketValue",
        "dividends": "dividends",
        "exchangerate": "exchangeRate",
        "funds": "funds",
        "interest": "interest",
        "issueroptionsmarketvalue": "issueOptionsMarketValue",
        "moneyfunds": "moneyFunds",
        "netliquidationvalue": "netLiquidationValue",
        "realizedpnl": "realizedPnl",
        "secondkey": "secondKey",
        "settledcash": "settledCash",
        "severity": "severity",
        "stockmarketvalue": "stockMarketValue",
        "stockoptionmarketvalue": "optionMarketValue",
        "tbillsmarketvalue": "tBillsMarketValue",
        "tbondsmarketvalue": "tBondsMarketValue",
        "timestamp": "timestamp",
        "unrealizedpnl": "unrealizedPnl",
        "warrantsmarketvalue": "warrantsMarketValue",
    }
)

_SUMMARY_WORDS = """
    AccountCode AccountReady AccountType AccruedCash AccruedDividend AvailableFunds AvailableToTrade
    AvailableToWithdraw Billable BuyingPower ColumnPrio Cushion DayTradesRemaining DayTradingStatus
    DepositOnCreditHold EquityWithLoanValue ExcessLiquidity FullAvailableFunds FullExcessLiquidity
    FullInitMarginReq FullMaintMarginReq GrossPositionValue Guarantee HighestSeverity IncentiveCoupons
    IndianStockHaircut InitMarginReq Leverage LookAheadAvailableFunds LookAheadExcessLiquidity
    LookAheadInitMarginReq LookAheadMaintMarginReq LookAheadNextChange MaintMarginReq NLVAndMarginInReview
    NetLiquidation NetLiquidationUncertainty PASharesValue PhysicalCertificateValue PostExpirationExcess
    PostExpirationMargin PreviousDayEquityWithLoanValue RegTEquity RegTMargin SMA SegmentTitle SettledCash
    SettledCashByDate TotalCashValue TotalDebitCardPendingCharges TradingType WhatIfPMEnabled
"""
_SUMMARY_NAMES = {name.lower(): name for name in _SUMMARY_WORDS.split()}


def summary_key(key: str) -> str:
    """Return the key of a summary value as `ssd` spells it: `AccruedCash-S` for `accruedcash-s`.

    The names are TWS account values; the few that TWS does not have follow the same pattern.
    """
    base, hyphen, segment = key.partition("-")
    name, plus, days = base.partition("t+")
    suffix = f"T+{days}" if plus else ""
    return f"{_SUMMARY_NAMES.get(name, name)}{suffix}{hyphen}{segment.upper()}"
