"""Drafts of what moves between an account and a model, and their submission.

Known, from IBKR's guide: a draft is answered at once and moves nothing; its id can be submitted once; what an
account holds outside of models is moved instead of bought if the preset `preferTransferFromIndependent` is
on; what is left to buy is listed, for orders of its own.
Simplified: such orders are not simulated, so their money stays in the model as cash. A divestment takes the
same part of everything in the model back and sells nothing. Parts of shares are moved too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from types import MappingProxyType

from api_gateway.simulator.accounts.position import NEGLIGIBLE
from api_gateway.simulator.advisors.model_portfolios import Model, ModelError, Models, Stake

_A_CENT = 0.01
# The values of the example in IBKR's document; the first and `preferTransfer…` shape drafts here.
_PRESETS: Mapping[str, bool | int] = MappingProxyType(
    {
        "avoidNegativeCashInIndependent": False,
        "cashQtyEstimateFactor": 25,
        "closeDivestIndependentPosition": True,
        "fullyInvestExistingLongPositions": False,
        "keepModelOpen": False,
        "preferCrossWithIndependent": False,
        "preferTransferFromIndependent": True,
        "roundAllocationQuantityToExchangeBoardLot": False,
        "useNonBaseCcy": False,
        "useToleranceRange": False,
    }
)


@dataclass(frozen=True)
class Move:
    """What one account brings into a model, or takes out where negative; `to_buy` is by conid."""

    account: str
    cash: float
    quantities: Mapping[int, float]
    prices: Mapping[int, float]
    to_buy: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Draft:
    """Moves that wait to be submitted, all of them for one model."""

    model: Model
    moves: tuple[Move, ...]


@dataclass
class Transfers:
    """The drafts that are waiting, by id from 1 on, and the presets that shape new ones."""

    models: Models
    presets: dict[str, bool | int] = field(default_factory=lambda: dict(_PRESETS))
    drafts: dict[int, Draft] = field(default_factory=dict)
    _ids: count[int] = field(default_factory=lambda: count(1))

    def draft(self, name: str, amounts: Mapping[str, float]) -> tuple[int, Draft]:
        """Plan to invest (or divest where negative) an amount of the model's currency for each account.

        Raises ModelError for an unknown model or account, for 0, for more than can be divested and, if the
        preset wants none, for debts in Core.
        """
        model = self.models.models.get(name)
        if model is None:
            raise ModelError("no such model")
        if not amounts or not set(amounts) <= set(self.models.clients):
            raise ModelError("an account is not a sub-account")
        if not all(amounts.values()):
            raise ModelError("amtToInvest must not be 0")
        draft = Draft(model, tuple(self._move(model, *each) for each in amounts.items()))
        number = next(self._ids)
        self.drafts[number] = draft
        return number, draft

    def submit(self, number: int) -> Draft:
        """Carry a draft out, once; raises ModelError if it is unknown or no longer possible."""
        draft = self.drafts.get(number)
        if draft is None:
            raise ModelError("no such transfer instruction")
        for move in draft.moves:
            self._check(draft.model, move)
        del self.drafts[number]
        for move in draft.moves:
            self.models.move(move.account, draft.model.name, move.cash, move.quantities)
        return draft

    def _move(self, model: Model, account: str, amount: float) -> Move:
        move = self._invest(model, account, amount) if amount > 0 else self._divest(model, account, -amount)
        self._check(model, move)
        return move

    def _invest(self, model: Model, account: str, amount: float) -> Move:
        quantities, to_buy, prices = {}, {}, {}
        cash = amount
        for conid, target in model.targets.items():
            price = self._unit_value(account, conid)
            wanted = amount * target / price
            held = (
                self.models.core_quantity(account, conid)
                if self.presets["preferTransferFromIndependent"]
                else 0.0
            )
            moved = min(wanted, held)
            prices[conid] = price
            cash -= moved * price
            if moved:
                quantities[conid] = moved
            if wanted - moved > 0:
                to_buy[conid] = wanted - moved
        return Move(account, cash, quantities, prices, to_buy)

    def _divest(self, model: Model, account: str, amount: float) -> Move:
        stake = self.models.stake(account, model.name)
        worth = stake.net_liquidation / stake.rate
        if amount > worth + _A_CENT:
            raise ModelError("more than is invested")
        part = 1.0 if amount > worth - _A_CENT else amount / worth
        prices = {line.instrument.conid: line.price * line.instrument.multiplier for line in stake.lines}
        quantities = {conid: -held * part for conid, held in _quantities(stake).items()}
        return Move(account, -stake.cash * part, quantities, prices)

    def _check(self, model: Model, move: Move) -> None:
        stake = _quantities(self.models.stake(move.account, model.name))
        for conid, quantity in move.quantities.items():
            there = self.models.core_quantity(move.account, conid) if quantity > 0 else stake.get(conid, 0.0)
            if abs(quantity) > there + NEGLIGIBLE:
                raise ModelError("the account no longer holds what was to move")
        short = move.cash > self.models.core_cash(move.account, model.currency)
        if self.presets["avoidNegativeCashInIndependent"] and move.cash > 0 and short:
            raise ModelError("the account has too little cash")

    def _unit_value(self, account: str, conid: int) -> float:
        broker = self.models.clients[account]
        instrument = broker.instrument(conid)
        return broker.prices.quote(instrument).last * instrument.multiplier


def _quantities(stake: Stake) -> dict[int, float]:
    return {line.instrument.conid: line.quantity for line in stake.lines}
