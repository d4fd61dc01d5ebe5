"""JSON rows of the portfolio endpoints: account attributes, ledger and allocation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from api_gateway.simulator.accounts.valuation import Ledger, Valuation
from api_gateway.simulator.accounts.valued_position import ValuedPosition
from api_gateway.simulator.profiles import Profile

_OPENED_MS = 1590724800000
_ASSET_COLUMNS = {
    "stockmarketvalue": "STK",
    "stockoptionmarketvalue": "OPT",
    "futuremarketvalue": "FUT",
    "futureoptionmarketvalue": "FOP",
    "corporatebondsmarketvalue": "BOND",
    "cryptocurrencyvalue": "CRYPTO",
    "funds": "FUND",
    "futuresonlypnl": "FUT",
}
_EMPTY_COLUMNS = (
    "cashbalancefxsegment",
    "commoditymarketvalue",
    "issueroptionsmarketvalue",
    "moneyfunds",
    "tbillsmarketvalue",
    "tbondsmarketvalue",
    "warrantsmarketvalue",
)


def account_attributes(profile: Profile, account_id: str, *, brokerage_access: bool) -> dict[str, Any]:
    """Return an account's owner and type. Raises LookupError if the login does not have the account.

    A retail login's attributes are recorded. For an advisor's clients, `faclient` true is documented, and the
    master account as their parent is assumed; the other members of `parent` describe another structure.
    """
    account = profile.account(account_id)
    is_client = profile.master is not None and profile.master is not account
    return {
        "id": account_id,
        "PrepaidCrypto-Z": False,
        "PrepaidCrypto-P": False,
        "brokerageAccess": brokerage_access,
        "accountId": account_id,
        "accountVan": account_id,
        "accountTitle": account.title,
        "displayName": account.alias or account.title,
        "accountAlias": account.alias or None,
        "accountStatus": _OPENED_MS,
        "currency": "USD",
        "type": "DEMO" if profile.paper else "INDIVIDUAL",
        "tradingType": "STKNOPT",
        "businessType": "INDEPENDENT",
        "category": "",
        "ibEntity": "IBLLC-US",
        "faclient": is_client,
        "clearingStatus": "O",
        "covestor": False,
        "noClientTrading": False,
        "trackVirtualFXPortfolio": True,
        "acctCustType": "INDIVIDUAL",
        "parent": {
            "mmc": [],
            "accountId": profile.master.id if profile.master and is_client else "",
            "isMParent": False,
            "isMChild": False,
            "isMultiplex": False,
        },
        "desc": account_id,
    }


def ledger(account_id: str, valuation: Valuation) -> dict[str, Any]:
    """Return the balances by currency and their sum, `BASE`; `timestamp` is in seconds."""
    rows = [*valuation.ledgers, valuation.base_ledger]
    ledger_rows = {row.currency: _ledger_row(account_id, row, int(valuation.at)) for row in rows}
    ledger_rows[valuation.base_currency]["endofbundle"] = 1
    return ledger_rows


def _ledger_row(account_id: str, row: Ledger, timestamp: int) -> dict[str, Any]:
    return {
        "acctcode": account_id,
        "cashbalance": round(row.cash, 2),
        "settledcash": round(row.settled_cash, 2),
        **{column: round(float(row.value_of(kind)), 2) for column, kind in _ASSET_COLUMNS.items()},
        **dict.fromkeys(_EMPTY_COLUMNS, 0.0),
        "dividends": round(row.dividends, 2),
        "interest": round(row.interest, 2),
        "currency": row.currency,
        "exchangerate": 1 if row.rate == 1.0 else round(row.rate, 7),
        "key": "LedgerList",
        "netliquidationvalue": round(row.net_liquidation, 2),
        "realizedpnl": round(float(row.realised), 2),
        "secondkey": row.currency,
        "sessionid": 1,
        "severity": 0,
        "timestamp": timestamp,
        "unrealizedpnl": round(float(row.unrealised), 2),
    }


def allocation(valuation: Valuation) -> dict[str, Any]:
    """Return the value in base currency by asset class, sector and group; cash counts only by class."""
    cash = ("CASH", [ledger_row.cash * ledger_row.rate for ledger_row in valuation.ledgers])
    classes = _allocate(valuation.open_positions, lambda line: line.instrument.sec_type, *[cash])
    return {
        "assetClass": classes,
        "sector": _allocate(valuation.open_positions, lambda line: line.instrument.sector or "Others"),
        "group": _allocate(valuation.open_positions, lambda line: line.instrument.group or "Others"),
    }


def empty_allocation() -> dict[str, Any]:
    """Return the allocation of an account with no positions and no cash."""
    return {category: {"long": {}, "short": {}} for category in ("assetClass", "sector", "group")}


def _allocate(
    positions: Iterable[ValuedPosition],
    category: Callable[[ValuedPosition], str],
    *extra_amounts: tuple[str, list[float]],
) -> dict[str, dict[str, float]]:
    sides: dict[str, dict[str, float]] = {"long": {}, "short": {}}
    amounts = [(category(position), position.market_value * position.rate) for position in positions]
    amounts += [(key, value) for key, values in extra_amounts for value in values]
    for key, value in amounts:
        if value:
            side = sides["long" if value > 0 else "short"]
            side[key] = round(side.get(key, 0.0) + value, 2)
    return sides
