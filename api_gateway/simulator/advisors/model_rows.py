"""Rows of the model portfolio endpoints, `/fa/model/…`.

IBKR's documents have two sets of field names; these are the newer ones, which a live advisor's login was
reported to use too. `target` and `actual` are fractions from 0 to 1, although IBKR's text calls them
percentages. Amounts are strings where the document's examples have strings.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.advisors.model_portfolios import CORE, Model, ModelPortfolios, ValuedModelHolding
from api_gateway.simulator.advisors.model_transfers import AccountTransfer, TransferDraft

_TOLERANCE = 0.01  # of a target
_IN_TARGET_ONLY, _HELD_ONLY = 1, 2
_CASH_BATCH, _POSITIONS_BATCH, _ORDERS_BATCH = 1, 2, 4  # batches, executed in this order


def model_summary(models: ModelPortfolios, name: str) -> dict[str, Any]:
    """The summary of one model; an unknown name gives the summary of an empty model."""
    model = models.by_name.get(name)
    holdings = models.value_holdings(name) if model else []
    return {
        "bootstrapped": bool(holdings),
        "customIndex": False,
        "desc": model.description if model else "",
        "isStatic": model.is_static if model else False,
        "mismatch": any(_mismatch_type(model, holdings, conid) for conid in _conids(model, holdings)),
        "model": name,
        "nlv": _format_amount(_total_value(holdings)),
        "numAccounts": len(holdings),
    }


def model_positions(models: ModelPortfolios, name: str, at: float) -> dict[str, Any]:
    """Actual and target positions of a model over all its accounts; `at` is in seconds since 1970."""
    model = models.by_name.get(name)
    holdings = models.value_holdings(name) if model else []
    rows = (
        [_position_row(models, model, holdings, conid) for conid in _conids(model, holdings)] if model else []
    )
    worth, invested = _total_value(holdings), sum(row["mv"] for row in rows)
    return {
        "cash": [_cash_row(model, holdings)] if model else [],
        "mismatched": any(row["mismatchType"] for row in rows),
        "model": name,
        "nlv": round(worth, 2),
        "positionList": rows,
        "positionTs": int(at * 1000),
        "stkOnly": True,
        "totalDlv": round(invested, 2),
        "totalMv": round(invested, 2),
    }


def account_details(
    models: ModelPortfolios, name: str, aliases: dict[str, str], *, include_profits: bool
) -> list[dict[str, Any]]:
    """The accounts that are invested in a model, and their total; profits are 0 without `include_profits`."""
    model = models.by_name.get(name)
    holdings = models.value_holdings(name) if model else []
    if model is None:
        return []
    rows = [
        _account_row(
            holding.account,
            aliases.get(holding.account, ""),
            [holding],
            models.core_cash(holding.account, model.currency),
            include_profits=include_profits,
        )
        for holding in holdings
    ]
    outside = sum(models.core_cash(holding.account, model.currency) for holding in holdings)
    return [*rows, _account_row("TOTAL", "", holdings, outside, include_profits=include_profits)]


def investable_accounts(models: ModelPortfolios, name: str, aliases: dict[str, str]) -> list[dict[str, Any]]:
    """Per client account: what is in this model, in other models, and outside as cash and positions."""
    if name not in models.by_name:
        return []
    return [
        _investable_row(paper_account, models.value_account_holdings(account), name, aliases.get(account, ""))
        for account, paper_account in models.clients.items()
    ]


def transfer_rows(number: int, draft: TransferDraft) -> dict[str, Any]:
    """A draft: cash and positions to transfer on submission, and the orders that remain to be placed."""
    return {
        "transfersInstructionId": number,
        "cashTransfers": [
            {
                "account": transfer.account,
                "amt": _format_amount(abs(transfer.cash)),
                "batchNumber": _CASH_BATCH,
                "ccy": draft.model.currency,
                **_direction(draft, transfer.cash),
            }
            for transfer in draft.transfers
            if round(transfer.cash, 2)
        ],
        "positionTransfers": [
            {
                "account": transfer.account,
                "batchNumber": _POSITIONS_BATCH,
                "conid": conid,
                "price": f"{transfer.prices[conid]:.4f}",
                "quantity": f"{abs(quantity):.4f}",
                **_direction(draft, quantity),
            }
            for transfer in draft.transfers
            for conid, quantity in transfer.quantities.items()
        ],
        "allocations": [row for transfer in draft.transfers for row in _order_rows(draft, transfer)],
        "errors": None,
    }


def _order_rows(draft: TransferDraft, transfer: AccountTransfer) -> Iterable[dict[str, Any]]:
    for conid, quantity in transfer.to_buy.items():
        yield {
            "account": transfer.account,
            "batchNumber": _ORDERS_BATCH,
            "cashQty": _format_amount(quantity * transfer.prices[conid]),
            "closePosition": False,
            "conid": conid,
            "isCashQty": False,
            "model": draft.model.name,
            "price": f"{transfer.prices[conid]:.4f}",
            "quantity": f"{quantity:.4f}",
            "secType": "STK",
        }


def _direction(draft: TransferDraft, amount: float) -> dict[str, str]:
    ends = (CORE, draft.model.name) if amount > 0 else (draft.model.name, CORE)
    return dict(zip(("sourceModel", "destinationModel"), ends, strict=True))


def _position_row(
    models: ModelPortfolios, model: Model, holdings: Sequence[ValuedModelHolding], conid: int
) -> dict[str, Any]:
    paper_account = next(iter(models.clients.values()))
    value, target = sum(holding.value_of(conid) for holding in holdings), model.targets.get(conid, 0.0)
    actual = _fraction_of_total(value, holdings)
    return {
        "actual": actual,
        "actualRangeMax": round(target * (1 + _TOLERANCE), 6),
        "actualRangeMin": round(target * (1 - _TOLERANCE), 6),
        "ccy": model.currency,
        "conid": conid,
        "dlv": round(value, 2),
        "exchangeRate": round(paper_account.exchange_rates.rate(model.currency), 7),
        "flags": 0,
        "instrument": paper_account.instrument(conid).symbol,
        "instrumentImbalance": round(actual - target, 6) if holdings else 0.0,
        "mismatchType": _mismatch_type(model, holdings, conid),
        "mv": round(value, 2),
        "position": round(sum(holding.quantity_of(conid) for holding in holdings), 4),
        "target": target,
    }


def _cash_row(model: Model, holdings: Sequence[ValuedModelHolding]) -> dict[str, Any]:
    value = sum(holding.cash * holding.rate for holding in holdings)
    actual = _fraction_of_total(value, holdings)
    return {
        "actual": actual,
        "ccy": model.currency,
        "exchangeRate": round(holdings[0].rate, 7) if holdings else 1.0,
        "instrumentImbalance": round(actual - model.cash_target, 6) if holdings else 0.0,
        "mv": round(value, 2),
        "target": model.cash_target,
    }


def _account_row(
    account: str,
    alias: str,
    holdings: Sequence[ValuedModelHolding],
    core_cash: float,
    *,
    include_profits: bool,
) -> dict[str, Any]:
    return {
        "account": account,
        "accountImbalance": f"{_imbalance(holdings):.6f}",
        "alias": alias,
        "baseCcyAccount": "USD",
        "cashInIndependent": _format_amount(core_cash),
        "costBasis": _format_amount(sum(holding.cost for holding in holdings)) if include_profits else "0",
        "exchangeRate": 1.0,
        "nlv": _format_amount(_total_value(holdings)),
        "numInstrumentsOutsideRange": _count_outside_range(holdings),
        "unrealizedPnL": _format_amount(sum(holding.unrealised for holding in holdings))
        if include_profits
        else "0",
    }


def _investable_row(
    paper_account: PaperAccount, holdings: Sequence[ValuedModelHolding], name: str, alias: str
) -> dict[str, Any]:
    valuation = paper_account.valuation()
    cash = valuation.base_ledger.cash - sum(holding.cash * holding.rate for holding in holdings)
    inside = _total_value(holdings)
    here = _total_value([holding for holding in holdings if holding.model.name == name])
    return {
        "account": paper_account.account_id,
        "accountModelNlv": _format_amount(here),
        "accountOtherModelsNlv": _format_amount(inside - here),
        "alias": alias,
        "baseCcyAccount": paper_account.base_currency,
        "baseCcyAccountPrecision": "0.01",
        "cashInIndependentNlv": _format_amount(cash),
        "exchangeRate": 1.0,
        "nlv": _format_amount(valuation.net_liquidation),
        "positionsInIndependentNlv": _format_amount(valuation.net_liquidation - inside - cash),
    }


def _conids(model: Model | None, holdings: Sequence[ValuedModelHolding]) -> list[int]:
    held = [position.instrument.conid for holding in holdings for position in holding.positions]
    return list(dict.fromkeys([*(model.targets if model else ()), *held]))


def _mismatch_type(model: Model | None, holdings: Sequence[ValuedModelHolding], conid: int) -> int:
    """1: in the target but not held; 2: held but not in the target; 0: neither, or no account is invested."""
    wanted = bool(model and model.targets.get(conid))
    held = any(holding.quantity_of(conid) for holding in holdings)
    if not holdings or wanted is held:
        return 0
    return _IN_TARGET_ONLY if wanted else _HELD_ONLY


def _imbalance(holdings: Sequence[ValuedModelHolding]) -> float:
    """Total deviation of the positions from their targets, as a fraction of the model's value."""
    model = holdings[0].model if holdings else None
    return sum(
        abs(
            _fraction_of_total(sum(holding.value_of(conid) for holding in holdings), holdings)
            - model.targets.get(conid, 0.0)
        )
        for conid in _conids(model, holdings)
        if model
    )


def _count_outside_range(holdings: Sequence[ValuedModelHolding]) -> int:
    model = holdings[0].model if holdings else None
    if model is None:
        return 0
    actual = {
        conid: _fraction_of_total(sum(holding.value_of(conid) for holding in holdings), holdings)
        for conid in _conids(model, holdings)
    }
    targets = {conid: model.targets.get(conid, 0.0) for conid in actual}
    return sum(abs(actual[conid] - target) > target * _TOLERANCE for conid, target in targets.items())


def _total_value(holdings: Iterable[ValuedModelHolding]) -> float:
    return sum(holding.net_liquidation for holding in holdings)


def _fraction_of_total(value: float, holdings: Sequence[ValuedModelHolding]) -> float:
    worth = _total_value(holdings)
    return round(value / worth, 6) if worth else 0.0


def _format_amount(value: float) -> str:
    return f"{value:.2f}" if round(value, 2) else "0"
