"""Model portfolios of an advisor: their targets, and which part of a client's account belongs to which.

An account consists of "Core" (IBKR also calls it Independent) and a holding in each model it is invested in.
Only the model holdings are stored; Core is the rest of the account. So a transfer between Core and a model
never changes the account's totals. Assumed: an account that sells more than its Core holds sells the rest
from its models, and the proceeds go to Core.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.accounts.position import QUANTITY_TOLERANCE
from api_gateway.simulator.accounts.valuation import Valuation
from api_gateway.simulator.accounts.valued_position import ValuedPosition

CORE = "Core"


class ModelError(Exception):
    """An invalid change to a model; `str()` says why, without an account ID."""


@dataclass(frozen=True)
class Model:
    """The targets of a model: fractions of its value, by conid and as cash, that add up to 1."""

    name: str
    description: str
    is_static: bool
    currency: str
    cash_target: float
    targets: Mapping[int, float]


@dataclass
class ModelHolding:
    """The part of one account in one model: cash in the model's currency, quantities by conid."""

    cash: float = 0.0
    quantities: dict[int, float] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """True if it has no positions and its cash rounds to 0.00."""
        return abs(self.cash) < 0.005 and not any(self.quantities.values())


@dataclass(frozen=True)
class ValuedModelHolding:
    """A model holding, valued at the prices of one time."""

    account: str
    model: Model
    cash: float
    positions: tuple[ValuedPosition, ...]
    rate: float

    @property
    def net_liquidation(self) -> float:
        """Net liquidation value, in the account's base currency."""
        return self.cash * self.rate + self.positions_value

    @property
    def positions_value(self) -> float:
        """Market value of the positions, in the account's base currency."""
        return sum(position.equity * position.rate for position in self.positions)

    @property
    def cost(self) -> float:
        """Cost of the positions, in the account's base currency."""
        return sum(position.cost * position.rate for position in self.positions)

    @property
    def unrealised(self) -> float:
        """Unrealised profit of the positions, in the account's base currency."""
        return sum(position.unrealised * position.rate for position in self.positions)

    @property
    def daily_pnl(self) -> float:
        """Profit of the positions since the start of the trading day, in the account's base currency."""
        return sum(position.daily_pnl * position.rate for position in self.positions)

    def value_of(self, conid: int) -> float:
        """Market value of the position in one instrument, in the account's base currency."""
        return sum(
            position.equity * position.rate
            for position in self.positions
            if position.instrument.conid == conid
        )

    def quantity_of(self, conid: int) -> float:
        """Quantity of one instrument in the holding."""
        return sum(position.quantity for position in self.positions if position.instrument.conid == conid)


class ModelPortfolios:
    """The models of one advisor, and the holdings of its `clients`."""

    def __init__(self, clients: Mapping[str, PaperAccount], models: Iterable[Model] = ()) -> None:
        self.clients = clients
        self.by_name = {model.name: model for model in models}
        self._holdings: dict[str, dict[str, ModelHolding]] = {}
        self._applied_splits: dict[str, int] = {}

    def save(self, model: Model) -> None:
        """Add a model, or set new targets for an existing one.

        Raises ModelError if `is_static` or the currency would change while accounts are invested.
        """
        known = self.by_name.get(model.name)
        if known and self.invested_accounts(model.name):
            if known.is_static is not model.is_static:
                raise ModelError("isStatic cannot change once accounts are invested")
            if known.currency != model.currency:
                raise ModelError("the currency cannot change once accounts are invested")
        self.by_name[model.name] = model

    def invested_accounts(self, name: str) -> list[str]:
        """The accounts that are invested in the model."""
        return [account for account in self.clients if name in self._holdings_of(account)]

    def value_holding(self, account: str, name: str) -> ValuedModelHolding:
        """The account's holding in a model at current prices; an empty one if it is not invested."""
        model, paper_account = self.by_name[name], self.clients[account]
        holding = self._holdings_of(account).get(name, ModelHolding())
        valuation = paper_account.valuation()
        return ValuedModelHolding(
            account,
            model,
            holding.cash,
            tuple(
                _prorate_position(valuation, conid, part)
                for conid, part in holding.quantities.items()
                if part
            ),
            paper_account.exchange_rates.rate(model.currency),
        )

    def value_holdings(self, name: str) -> list[ValuedModelHolding]:
        """The holdings of all accounts in a model."""
        return [self.value_holding(account, name) for account in self.invested_accounts(name)]

    def value_account_holdings(self, account: str) -> list[ValuedModelHolding]:
        """One account's holdings in all models; empty for an account that is not a client's."""
        return [self.value_holding(account, name) for name in self._holdings_of(account)]

    def core_quantity(self, account: str, conid: int) -> float:
        """Quantity of an instrument that an account holds outside of all models; 0 if it is short."""
        return max(0.0, self._account_quantity(account, conid) - self._quantity_in_models(account, conid))

    def core_cash(self, account: str, currency: str) -> float:
        """Cash in one currency that an account holds outside of all models."""
        holdings = self._holdings_of(account).items()
        inside = sum(holding.cash for name, holding in holdings if self.by_name[name].currency == currency)
        return self.clients[account].cash.get(currency, 0.0) - inside

    def transfer(self, account: str, name: str, cash: float, quantities: Mapping[int, float]) -> None:
        """Transfer cash and quantities from Core to a model, or back where they are negative."""
        self._apply_splits(account, self._holdings.get(account, {}))
        holding = self._holdings.setdefault(account, {}).setdefault(name, ModelHolding())
        holding.cash += cash
        for conid, quantity in quantities.items():
            left = holding.quantities.get(conid, 0.0) + quantity
            holding.quantities[conid] = left if abs(left) > QUANTITY_TOLERANCE else 0.0
        if holding.is_empty:
            del self._holdings[account][name]

    def _holdings_of(self, account: str) -> dict[str, ModelHolding]:
        """The account's holdings by model, reduced to what the account still holds."""
        holdings = self._holdings.get(account, {})
        self._apply_splits(account, holdings)
        for conid in {conid for holding in holdings.values() for conid in holding.quantities}:
            attributed = sum(holding.quantities.get(conid, 0.0) for holding in holdings.values())
            left = (
                min(1.0, max(0.0, self._account_quantity(account, conid)) / attributed) if attributed else 1.0
            )
            for holding in holdings.values():
                if conid in holding.quantities:
                    holding.quantities[conid] *= left
        return holdings

    def _apply_splits(self, account: str, holdings: Mapping[str, ModelHolding]) -> None:
        """Multiply the quantities by the ratios of the splits since the last call."""
        splits = self.clients[account].splits if account in self.clients else []
        for split in splits[self._applied_splits.get(account, 0) :]:
            for holding in holdings.values():
                if split.conid in holding.quantities:
                    holding.quantities[split.conid] *= split.ratio
        self._applied_splits[account] = len(splits)

    def _quantity_in_models(self, account: str, conid: int) -> float:
        return sum(holding.quantities.get(conid, 0.0) for holding in self._holdings_of(account).values())

    def _account_quantity(self, account: str, conid: int) -> float:
        position = self.clients[account].positions.get(conid)
        return position.quantity if position else 0.0


def _prorate_position(valuation: Valuation, conid: int, quantity: float) -> ValuedPosition:
    """The part of a position that consists of `quantity` units."""
    position = valuation.open_position(conid)
    if position is None:
        raise LookupError(f"nothing is held of {conid}")
    of_all = quantity / position.quantity
    return replace(
        position,
        quantity=quantity,
        cost=position.cost * of_all,
        settled=position.settled * of_all,
        realised=0.0,
        daily_pnl=position.daily_pnl * of_all,
    )
