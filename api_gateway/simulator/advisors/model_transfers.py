"""Transfers between accounts and model portfolios: drafts, and their submission.

Known from IBKR's guide: a draft is returned immediately and transfers nothing; its ID can be submitted
once; if the preset `preferTransferFromIndependent` is on, positions outside of models are transferred instead
of bought; the remaining purchases are listed, to be placed as orders.
Simplified: those orders are not simulated, so their money stays in the model as cash. A divestment returns
the same fraction of everything in the model and sells nothing. Fractional shares are transferred too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from types import MappingProxyType

from api_gateway.simulator.accounts.position import QUANTITY_TOLERANCE
from api_gateway.simulator.advisors.model_portfolios import (
    Model,
    ModelError,
    ModelPortfolios,
    ValuedModelHolding,
)

_ONE_CENT = 0.01
# Values of the example in IBKR's document. Only the first and `preferTransfer…` affect drafts here.
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
class AccountTransfer:
    """What one account transfers into a model, or out of it where negative; `to_buy` is by conid."""

    account: str
    cash: float
    quantities: Mapping[int, float]
    prices: Mapping[int, float]
    to_buy: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True)
class TransferDraft:
    """Transfers for one model that were drafted and not yet submitted."""

    model: Model
    transfers: tuple[AccountTransfer, ...]


@dataclass
class ModelTransfers:
    """The drafts not yet submitted, by ID starting from 1, and the presets for new ones."""

    models: ModelPortfolios
    presets: dict[str, bool | int] = field(default_factory=lambda: dict(_PRESETS))
    drafts: dict[int, TransferDraft] = field(default_factory=dict)
    _ids: count[int] = field(default_factory=lambda: count(1))

    def create_draft(self, name: str, amounts: Mapping[str, float]) -> tuple[int, TransferDraft]:
        """Draft an investment (a divestment if negative) per account, in the model's currency.

        Raises ModelError for an unknown model or account, an amount of 0, a divestment larger than the
        holding, and, if the preset forbids it, a negative cash balance in Core.
        """
        model = self.models.by_name.get(name)
        if model is None:
            raise ModelError("no such model")
        if not amounts or not set(amounts) <= set(self.models.clients):
            raise ModelError("an account is not a sub-account")
        if not all(amounts.values()):
            raise ModelError("amtToInvest must not be 0")
        draft = TransferDraft(model, tuple(self._plan_transfer(model, *each) for each in amounts.items()))
        number = next(self._ids)
        self.drafts[number] = draft
        return number, draft

    def submit(self, number: int) -> TransferDraft:
        """Execute a draft, once. Raises ModelError if it is unknown or no longer possible."""
        draft = self.drafts.get(number)
        if draft is None:
            raise ModelError("no such transfer instruction")
        for transfer in draft.transfers:
            self._validate(draft.model, transfer)
        del self.drafts[number]
        for transfer in draft.transfers:
            self.models.transfer(transfer.account, draft.model.name, transfer.cash, transfer.quantities)
        return draft

    def _plan_transfer(self, model: Model, account: str, amount: float) -> AccountTransfer:
        transfer = (
            self._plan_investment(model, account, amount)
            if amount > 0
            else self._plan_divestment(model, account, -amount)
        )
        self._validate(model, transfer)
        return transfer

    def _plan_investment(self, model: Model, account: str, amount: float) -> AccountTransfer:
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
        return AccountTransfer(account, cash, quantities, prices, to_buy)

    def _plan_divestment(self, model: Model, account: str, amount: float) -> AccountTransfer:
        holding = self.models.value_holding(account, model.name)
        worth = holding.net_liquidation / holding.rate
        if amount > worth + _ONE_CENT:
            raise ModelError("more than is invested")
        part = 1.0 if amount > worth - _ONE_CENT else amount / worth
        prices = {
            position.instrument.conid: position.price * position.instrument.multiplier
            for position in holding.positions
        }
        quantities = {conid: -held * part for conid, held in _quantities_by_conid(holding).items()}
        return AccountTransfer(account, -holding.cash * part, quantities, prices)

    def _validate(self, model: Model, transfer: AccountTransfer) -> None:
        quantities_in_model = _quantities_by_conid(self.models.value_holding(transfer.account, model.name))
        for conid, quantity in transfer.quantities.items():
            there = (
                self.models.core_quantity(transfer.account, conid)
                if quantity > 0
                else quantities_in_model.get(conid, 0.0)
            )
            if abs(quantity) > there + QUANTITY_TOLERANCE:
                raise ModelError("the account no longer holds what the draft transfers")
        short = transfer.cash > self.models.core_cash(transfer.account, model.currency)
        if self.presets["avoidNegativeCashInIndependent"] and transfer.cash > 0 and short:
            raise ModelError("the account has too little cash")

    def _unit_value(self, account: str, conid: int) -> float:
        paper_account = self.models.clients[account]
        instrument = paper_account.instrument(conid)
        return paper_account.prices.quote(instrument).last * instrument.multiplier


def _quantities_by_conid(holding: ValuedModelHolding) -> dict[int, float]:
    return {position.instrument.conid: position.quantity for position in holding.positions}
