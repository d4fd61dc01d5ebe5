"""An advisor's model portfolios: their targets, and which part of a client's account belongs to which.

An account is its own "Core" (IBKR also says Independent) and a share of each model that it is invested in.
Only the shares are kept here; Core is what the account holds beyond them, so moving something between the two
changes nothing about the account and nothing can be lost. Assumed: an account that sells more than its Core
holds takes the rest out of its models, and the money is Core's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from api_gateway.simulator.accounts.position import NEGLIGIBLE
from api_gateway.simulator.accounts.valued_position import Line

if TYPE_CHECKING:
    from api_gateway.simulator.accounts.paper_account import Broker
    from api_gateway.simulator.accounts.valuation import Valuation

CORE = "Core"


class ModelError(Exception):
    """Something that cannot be done with a model; `str()` says why, without an account's id."""


@dataclass(frozen=True)
class Model:
    """What a model should hold: parts of its value, by conid and as cash, which make 1 together."""

    name: str
    description: str
    is_static: bool
    currency: str
    cash_target: float
    targets: Mapping[int, float]


@dataclass
class Share:
    """What of one account belongs to one model: cash in the model's currency, quantities by conid."""

    cash: float = 0.0
    quantities: dict[int, float] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """True if nothing is left in it, to a hundredth of a currency unit."""
        return abs(self.cash) < 0.005 and not any(self.quantities.values())


@dataclass(frozen=True)
class Stake:
    """A share at one moment's prices."""

    account: str
    model: Model
    cash: float
    lines: tuple[Line, ...]
    rate: float

    @property
    def net_liquidation(self) -> float:
        """What it is worth, in the account's base currency."""
        return self.cash * self.rate + self.invested

    @property
    def invested(self) -> float:
        """What its positions are worth, in the account's base currency."""
        return sum(line.equity * line.rate for line in self.lines)

    @property
    def cost(self) -> float:
        """What its positions have cost, in the account's base currency."""
        return sum(line.cost * line.rate for line in self.lines)

    @property
    def unrealised(self) -> float:
        """The open profit of its positions, in the account's base currency."""
        return sum(line.unrealised * line.rate for line in self.lines)

    @property
    def daily(self) -> float:
        """The profit of its positions since the trading day began, in the account's base currency."""
        return sum(line.daily * line.rate for line in self.lines)

    def value_of(self, conid: int) -> float:
        """What its position in one instrument is worth, in the account's base currency."""
        return sum(line.equity * line.rate for line in self.lines if line.instrument.conid == conid)

    def quantity_of(self, conid: int) -> float:
        """How much of one instrument is in it."""
        return sum(line.quantity for line in self.lines if line.instrument.conid == conid)


class Models:
    """The models of one advisor over `clients`."""

    def __init__(self, clients: Mapping[str, Broker], models: Iterable[Model] = ()) -> None:
        self.clients = clients
        self.models = {model.name: model for model in models}
        self._shares: dict[str, dict[str, Share]] = {}

    def save(self, model: Model) -> None:
        """Add a model or give one new targets.

        Raises ModelError if `is_static` or the currency would change although accounts are invested.
        """
        known = self.models.get(model.name)
        if known and self.invested(model.name):
            if known.is_static is not model.is_static:
                raise ModelError("isStatic cannot change once accounts are invested")
            if known.currency != model.currency:
                raise ModelError("the currency cannot change once accounts are invested")
        self.models[model.name] = model

    def invested(self, name: str) -> list[str]:
        """The accounts that have a share of the model."""
        return [account for account in self.clients if name in self._shares_of(account)]

    def stake(self, account: str, name: str) -> Stake:
        """The account's share of a model at this moment's prices; worth nothing if it has none."""
        model, broker = self.models[name], self.clients[account]
        share = self._shares_of(account).get(name, Share())
        valuation = broker.valuation()
        return Stake(
            account,
            model,
            share.cash,
            tuple(_part(valuation, conid, part) for conid, part in share.quantities.items() if part),
            broker.rates.rate(model.currency),
        )

    def stakes(self, name: str) -> list[Stake]:
        """The shares of all accounts in a model."""
        return [self.stake(account, name) for account in self.invested(name)]

    def stakes_of(self, account: str) -> list[Stake]:
        """The shares of one account in all models; none for an account that is no client."""
        return [self.stake(account, name) for name in self._shares_of(account)]

    def core_quantity(self, account: str, conid: int) -> float:
        """How much of an instrument an account holds outside of all models; nothing if it is short."""
        return max(0.0, self._held(account, conid) - self._attributed(account, conid))

    def core_cash(self, account: str, currency: str) -> float:
        """How much cash of one currency an account holds outside of all models."""
        shares = self._shares_of(account).items()
        inside = sum(share.cash for name, share in shares if self.models[name].currency == currency)
        return self.clients[account].cash.get(currency, 0.0) - inside

    def move(self, account: str, name: str, cash: float, quantities: Mapping[int, float]) -> None:
        """Take cash and quantities from Core into a model, or back where they are negative."""
        share = self._shares.setdefault(account, {}).setdefault(name, Share())
        share.cash += cash
        for conid, quantity in quantities.items():
            left = share.quantities.get(conid, 0.0) + quantity
            share.quantities[conid] = left if abs(left) > NEGLIGIBLE else 0.0
        if share.is_empty:
            del self._shares[account][name]

    def _shares_of(self, account: str) -> dict[str, Share]:
        """The account's shares by model, with no more in them than the account still holds."""
        shares = self._shares.get(account, {})
        for conid in {conid for share in shares.values() for conid in share.quantities}:
            attributed = sum(share.quantities.get(conid, 0.0) for share in shares.values())
            left = min(1.0, max(0.0, self._held(account, conid)) / attributed) if attributed else 1.0
            for share in shares.values():
                if conid in share.quantities:
                    share.quantities[conid] *= left
        return shares

    def _attributed(self, account: str, conid: int) -> float:
        return sum(share.quantities.get(conid, 0.0) for share in self._shares_of(account).values())

    def _held(self, account: str, conid: int) -> float:
        holding = self.clients[account].holdings.get(conid)
        return holding.quantity if holding else 0.0


def _part(valuation: Valuation, conid: int, quantity: float) -> Line:
    """So much of a position that the account holds."""
    line = valuation.line(conid)
    if line is None:
        raise LookupError(f"nothing is held of {conid}")
    of_all = quantity / line.quantity
    return replace(line, quantity=quantity, cost=line.cost * of_all, realised=0.0, daily=line.daily * of_all)
