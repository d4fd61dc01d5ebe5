"""Models as the endpoints below `/fa/model` write them.

Of the two sets of names that IBKR's documents have, these are the newer ones, which are reported from a live
advisor's login too. Parts of a model (`target`, `actual`) are numbers from 0 to 1, although IBKR's text calls
them percentages. Amounts are text where the document's examples have text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from api_gateway.simulator.advisors.model_portfolios import CORE, Model, Models, Stake
from api_gateway.simulator.advisors.model_transfers import Draft, Move

if TYPE_CHECKING:
    from api_gateway.simulator.accounts.paper_account import Broker

_TOLERANCE = 0.01  # of a target
_IN_TARGET_ONLY, _HELD_ONLY = 1, 2
_CASH, _POSITIONS, _ORDERS = 1, 2, 4  # batches, to be carried out in this order


def summary(models: Models, name: str) -> dict[str, Any]:
    """One model in headlines; of a model that is unknown, those of one that holds nothing."""
    model = models.models.get(name)
    stakes = models.stakes(name) if model else []
    return {
        "bootstrapped": bool(stakes),
        "customIndex": False,
        "desc": model.description if model else "",
        "isStatic": model.is_static if model else False,
        "mismatch": any(_mismatch(model, stakes, conid) for conid in _conids(model, stakes)),
        "model": name,
        "nlv": _amount(_worth(stakes)),
        "numAccounts": len(stakes),
    }


def positions(models: Models, name: str, at: float) -> dict[str, Any]:
    """What a model holds and should hold, over all its accounts; `at` is in seconds since 1970."""
    model = models.models.get(name)
    stakes = models.stakes(name) if model else []
    rows = [_position(models, model, stakes, conid) for conid in _conids(model, stakes)] if model else []
    worth, invested = _worth(stakes), sum(row["mv"] for row in rows)
    return {
        "cash": [_cash(model, stakes)] if model else [],
        "mismatched": any(row["mismatchType"] for row in rows),
        "model": name,
        "nlv": round(worth, 2),
        "positionList": rows,
        "positionTs": int(at * 1000),
        "stkOnly": True,
        "totalDlv": round(invested, 2),
        "totalMv": round(invested, 2),
    }


def accounts_details(
    models: Models, name: str, aliases: dict[str, str], *, profits: bool
) -> list[dict[str, Any]]:
    """The accounts that are invested in a model and their total; without `profits` those are 0."""
    model = models.models.get(name)
    stakes = models.stakes(name) if model else []
    if model is None:
        return []
    rows = [
        _account(
            stake.account,
            aliases.get(stake.account, ""),
            [stake],
            models.core_cash(stake.account, model.currency),
            profits=profits,
        )
        for stake in stakes
    ]
    outside = sum(models.core_cash(stake.account, model.currency) for stake in stakes)
    return [*rows, _account("TOTAL", "", stakes, outside, profits=profits)]


def investable(models: Models, name: str, aliases: dict[str, str]) -> list[dict[str, Any]]:
    """Each client's account in parts: in this model, in other models, and outside as cash and positions."""
    if name not in models.models:
        return []
    return [
        _investable(broker, models.stakes_of(account), name, aliases.get(account, ""))
        for account, broker in models.clients.items()
    ]


def transfers(number: int, draft: Draft) -> dict[str, Any]:
    """A draft: cash and positions that are moved when it is submitted, and what is left to order."""
    return {
        "transfersInstructionId": number,
        "cashTransfers": [
            {
                "account": move.account,
                "amt": _amount(abs(move.cash)),
                "batchNumber": _CASH,
                "ccy": draft.model.currency,
                **_direction(draft, move.cash),
            }
            for move in draft.moves
            if round(move.cash, 2)
        ],
        "positionTransfers": [
            {
                "account": move.account,
                "batchNumber": _POSITIONS,
                "conid": conid,
                "price": f"{move.prices[conid]:.4f}",
                "quantity": f"{abs(quantity):.4f}",
                **_direction(draft, quantity),
            }
            for move in draft.moves
            for conid, quantity in move.quantities.items()
        ],
        "allocations": [row for move in draft.moves for row in _orders(draft, move)],
        "errors": None,
    }


def _orders(draft: Draft, move: Move) -> Iterable[dict[str, Any]]:
    for conid, quantity in move.to_buy.items():
        yield {
            "account": move.account,
            "batchNumber": _ORDERS,
            "cashQty": _amount(quantity * move.prices[conid]),
            "closePosition": False,
            "conid": conid,
            "isCashQty": False,
            "model": draft.model.name,
            "price": f"{move.prices[conid]:.4f}",
            "quantity": f"{quantity:.4f}",
            "secType": "STK",
        }


def _direction(draft: Draft, amount: float) -> dict[str, str]:
    ends = (CORE, draft.model.name) if amount > 0 else (draft.model.name, CORE)
    return dict(zip(("sourceModel", "destinationModel"), ends, strict=True))


def _position(models: Models, model: Model, stakes: Sequence[Stake], conid: int) -> dict[str, Any]:
    broker = next(iter(models.clients.values()))
    value, target = sum(stake.value_of(conid) for stake in stakes), model.targets.get(conid, 0.0)
    actual = _part(value, stakes)
    return {
        "actual": actual,
        "actualRangeMax": round(target * (1 + _TOLERANCE), 6),
        "actualRangeMin": round(target * (1 - _TOLERANCE), 6),
        "ccy": model.currency,
        "conid": conid,
        "dlv": round(value, 2),
        "exchangeRate": round(broker.rates.rate(model.currency), 7),
        "flags": 0,
        "instrument": broker.instrument(conid).symbol,
        "instrumentImbalance": round(actual - target, 6) if stakes else 0.0,
        "mismatchType": _mismatch(model, stakes, conid),
        "mv": round(value, 2),
        "position": round(sum(stake.quantity_of(conid) for stake in stakes), 4),
        "target": target,
    }


def _cash(model: Model, stakes: Sequence[Stake]) -> dict[str, Any]:
    value = sum(stake.cash * stake.rate for stake in stakes)
    actual = _part(value, stakes)
    return {
        "actual": actual,
        "ccy": model.currency,
        "exchangeRate": round(stakes[0].rate, 7) if stakes else 1.0,
        "instrumentImbalance": round(actual - model.cash_target, 6) if stakes else 0.0,
        "mv": round(value, 2),
        "target": model.cash_target,
    }


def _account(
    account: str, alias: str, stakes: Sequence[Stake], outside: float, *, profits: bool
) -> dict[str, Any]:
    return {
        "account": account,
        "accountImbalance": f"{_imbalance(stakes):.6f}",
        "alias": alias,
        "baseCcyAccount": "USD",
        "cashInIndependent": _amount(outside),
        "costBasis": _amount(sum(stake.cost for stake in stakes)) if profits else "0",
        "exchangeRate": 1.0,
        "nlv": _amount(_worth(stakes)),
        "numInstrumentsOutsideRange": _outside_range(stakes),
        "unrealizedPnL": _amount(sum(stake.unrealised for stake in stakes)) if profits else "0",
    }


def _investable(broker: Broker, stakes: Sequence[Stake], name: str, alias: str) -> dict[str, Any]:
    valuation = broker.valuation()
    cash = valuation.base_ledger.cash - sum(stake.cash * stake.rate for stake in stakes)
    inside = _worth(stakes)
    here = _worth([stake for stake in stakes if stake.model.name == name])
    return {
        "account": broker.account_id,
        "accountModelNlv": _amount(here),
        "accountOtherModelsNlv": _amount(inside - here),
        "alias": alias,
        "baseCcyAccount": broker.base,
        "baseCcyAccountPrecision": "0.01",
        "cashInIndependentNlv": _amount(cash),
        "exchangeRate": 1.0,
        "nlv": _amount(valuation.net_liquidation),
        "positionsInIndependentNlv": _amount(valuation.net_liquidation - inside - cash),
    }


def _conids(model: Model | None, stakes: Sequence[Stake]) -> list[int]:
    held = [line.instrument.conid for stake in stakes for line in stake.lines]
    return list(dict.fromkeys([*(model.targets if model else ()), *held]))


def _mismatch(model: Model | None, stakes: Sequence[Stake], conid: int) -> int:
    """1: wanted but not held, 2: held but not wanted; 0 for neither, and before anybody is invested."""
    wanted = bool(model and model.targets.get(conid))
    held = any(stake.quantity_of(conid) for stake in stakes)
    if not stakes or wanted is held:
        return 0
    return _IN_TARGET_ONLY if wanted else _HELD_ONLY


def _imbalance(stakes: Sequence[Stake]) -> float:
    """How far the accounts' positions are from their targets together, as a part of their value."""
    model = stakes[0].model if stakes else None
    return sum(
        abs(_part(sum(stake.value_of(conid) for stake in stakes), stakes) - model.targets.get(conid, 0.0))
        for conid in _conids(model, stakes)
        if model
    )


def _outside_range(stakes: Sequence[Stake]) -> int:
    model = stakes[0].model if stakes else None
    if model is None:
        return 0
    actual = {
        conid: _part(sum(stake.value_of(conid) for stake in stakes), stakes)
        for conid in _conids(model, stakes)
    }
    targets = {conid: model.targets.get(conid, 0.0) for conid in actual}
    return sum(abs(actual[conid] - target) > target * _TOLERANCE for conid, target in targets.items())


def _worth(stakes: Iterable[Stake]) -> float:
    return sum(stake.net_liquidation for stake in stakes)


def _part(value: float, stakes: Sequence[Stake]) -> float:
    worth = _worth(stakes)
    return round(value / worth, 6) if worth else 0.0


def _amount(value: float) -> str:
    return f"{value:.2f}" if round(value, 2) else "0"
