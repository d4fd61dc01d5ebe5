"""Login profiles: the logins that can be simulated, with their accounts and starting portfolios.

Only the retail login is based on recordings. An advisor's accounts, groups and models are invented; the
prefixes of account ids are IBKR's: U for real money, DU for paper, DF for an advisor's paper account.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from api_gateway.simulator.advisors.allocation_groups import AllocationGroup, AllocationMethod
from api_gateway.simulator.advisors.model_portfolios import Model

ContractRef = int | str
CALL_ON_AAPL, FRONT_FUTURE = "call on AAPL", "E-mini S&P 500"


@dataclass(frozen=True)
class Purchase:
    """A past purchase, `days_ago` trading days before today and `minutes` and `seconds` after the open.

    `contract` is a conid, the symbol of a listing (the US one, if there are several), or one of the two that
    depend on the day: the at-the-money call on AAPL and the front-month future. `price` is what one unit
    cost; None is the market price.
    """

    contract: ContractRef
    quantity: float
    days_ago: int
    minutes: int
    seconds: int
    exchange: str
    price: float | None = None


@dataclass(frozen=True)
class StartingPortfolio:
    """What an account starts with. `has_orders` adds a filled, a cancelled and an open order of today.

    `shares` adds that number of positions in US shares and funds, each worth about the same. `cash` by
    currency is what the account has today, instead of what is left of the deposit; its purchases cost no
    commission.
    """

    deposit: float
    purchases: tuple[Purchase, ...] = ()
    has_orders: bool = False
    shares: int = 0
    cash: Mapping[str, float] | None = None


@dataclass(frozen=True)
class AccountProfile:
    """One account of a login, with its starting portfolio; a cash account has limited permissions."""

    id: str
    portfolio: StartingPortfolio
    title: str = "Paper Trader"
    alias: str = ""
    is_cash_account: bool = False


@dataclass(frozen=True)
class Profile:
    """One login. `availability` is its field 6509; `dynamic`: accounts are searched for and selected.

    An advisor has a `master` account in addition to the client accounts.
    """

    accounts: tuple[AccountProfile, ...]
    master: AccountProfile | None = None
    paper: bool = True
    availability: str = "RpB"
    dynamic: bool = False
    groups: tuple[AllocationGroup, ...] = ()
    models: tuple[Model, ...] = ()

    @property
    def all_accounts(self) -> tuple[AccountProfile, ...]:
        """The master account first, if there is one, then the others."""
        return ((self.master,) if self.master else ()) + self.accounts

    def account(self, account_id: str) -> AccountProfile:
        """The account with this id. Raises LookupError if the login has no such account."""
        for account in self.all_accounts:
            if account.id == account_id:
                return account
        raise LookupError("no such account")


_AAPL, _IBM, _SPY, _MSFT, _EUR_USD = 265598, 8314, 756733, 272093, 12087792
_KO, _NVDA, _QQQ, _GLD, _JNJ = 8894, 4815747, 320227571, 51529211, 8719

_MIXED_PORTFOLIO = StartingPortfolio(
    deposit=1_000_000.0,
    purchases=(
        Purchase(_AAPL, 300, 40, 42, 7, "ISLAND"),
        Purchase(_IBM, 150, 33, 311, 52, "NYSE"),
        Purchase(_SPY, 200, 25, 93, 30, "ARCA"),
        Purchase(_EUR_USD, 25_000, 20, 28, 2, "IDEALPRO"),
        Purchase(CALL_ON_AAPL, 5, 4, 130, 44, "CBOE"),
        Purchase(FRONT_FUTURE, 1, 3, 177, 19, "CME"),
        Purchase(_SPY, 20, 1, 77, 11, "ARCA"),
    ),
    has_orders=True,
)
_CAUTIOUS_PORTFOLIO = StartingPortfolio(
    deposit=500_000.0,
    purchases=(
        Purchase(_KO, 900, 38, 61, 4, "NYSE"),
        Purchase(_JNJ, 260, 30, 201, 33, "NYSE"),
        Purchase(_GLD, 150, 22, 15, 48, "ARCA"),
        Purchase(_AAPL, 40, 12, 240, 20, "ISLAND"),
    ),
)
_BOLD_PORTFOLIO = StartingPortfolio(
    deposit=250_000.0,
    purchases=(
        Purchase(_NVDA, 400, 35, 19, 26, "ISLAND"),
        Purchase(_QQQ, 120, 17, 133, 5, "ISLAND"),
        Purchase(_MSFT, 60, 9, 88, 51, "ISLAND"),
    ),
)

_CASH_PORTFOLIO = StartingPortfolio(
    deposit=60_000.0,
    purchases=(
        Purchase(_AAPL, 100, 30, 55, 12, "ISLAND"),
        Purchase(_KO, 50, 14, 201, 40, "NYSE"),
    ),
)

_INCOME_PORTFOLIO = StartingPortfolio(
    deposit=300_000.0,
    purchases=(
        Purchase("BND", 1200, 39, 44, 10, "ISLAND"),
        Purchase("TLT", 500, 31, 90, 41, "ISLAND"),
        Purchase("SCHD", 2000, 24, 12, 6, "ARCA"),
        Purchase("O", 600, 11, 260, 55, "NYSE"),
    ),
)
_WORLD_PORTFOLIO = StartingPortfolio(
    deposit=400_000.0,
    purchases=(
        Purchase("VXUS", 900, 37, 70, 3, "ISLAND"),
        Purchase("SIE", 120, 29, 10, 15, "IBIS"),
        Purchase("7203", 400, 21, 10, 20, "TSEJ"),
        Purchase("VOD", 9000, 13, 10, 45, "LSE"),
        Purchase("RY", 150, 8, 120, 31, "TSE"),
    ),
)
_LARGE_PORTFOLIO = StartingPortfolio(deposit=4_000_000.0, shares=151)

_RETAIL = AccountProfile("DU1234567", _MIXED_PORTFOLIO)
_CLIENTS = (
    AccountProfile("DU1234567", _MIXED_PORTFOLIO, "Paper Trader", "Everything"),
    AccountProfile("DU1234568", _CAUTIOUS_PORTFOLIO, "Cautious Client", "Cautious"),
    AccountProfile("DU1234569", _BOLD_PORTFOLIO, "Bold Client", "Bold"),
)
_FIVE_CLIENTS = (
    AccountProfile("DU2234561", _MIXED_PORTFOLIO, "Paper Trader", "Everything"),
    AccountProfile("DU2234562", _CAUTIOUS_PORTFOLIO, "Cautious Client", "Cautious"),
    AccountProfile("DU2234563", _BOLD_PORTFOLIO, "Bold Client", "Bold"),
    AccountProfile("DU2234564", _INCOME_PORTFOLIO, "Income Client", "Income"),
    AccountProfile("DU2234565", _WORLD_PORTFOLIO, "World Client", "World"),
)
# More than one page of twenty.
_CUSTOMERS = tuple(
    AccountProfile(
        f"DU70000{number:02d}",
        StartingPortfolio(20_000.0 + 1_000.0 * number),
        f"Customer {number}",
        f"C{number}",
    )
    for number in range(1, 24)
)

PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        "retail": Profile((_RETAIL,)),
        "fa": Profile(
            _CLIENTS,
            master=AccountProfile("DF1234567", StartingPortfolio(75_000.0), "Paper Advisor"),
            groups=(
                AllocationGroup(
                    "NetLiq_Clients",
                    AllocationMethod.NET_LIQUIDATION,
                    dict.fromkeys(each.id for each in _CLIENTS),
                ),
                AllocationGroup(
                    "Two_to_one", AllocationMethod.RATIO, {_CLIENTS[0].id: 2.0, _CLIENTS[1].id: 1.0}
                ),
            ),
            models=(Model("US-Stocks", "Two companies", False, "USD", 0.1, {_AAPL: 0.45, _IBM: 0.45}),),
        ),
        "fa5": Profile(
            _FIVE_CLIENTS,
            master=AccountProfile("DF2234567", StartingPortfolio(120_000.0), "Paper Advisor"),
            groups=(
                AllocationGroup(
                    "All_Equal", AllocationMethod.EQUAL, dict.fromkeys(each.id for each in _FIVE_CLIENTS)
                ),
                AllocationGroup(
                    "Growth", AllocationMethod.NET_LIQUIDATION, {"DU2234561": None, "DU2234563": None}
                ),
            ),
        ),
        "large": Profile((AccountProfile("DU3234567", _LARGE_PORTFOLIO),)),
        "delayed": Profile((_RETAIL,), availability="DPB"),
        "live": Profile((AccountProfile("U1234567", _MIXED_PORTFOLIO, "Live Trader"),), paper=False),
        "dynamic": Profile(_CUSTOMERS, dynamic=True),
        "cash": Profile((AccountProfile("DU7654321", _CASH_PORTFOLIO, is_cash_account=True),)),
    }
)


def starting_portfolio(account_id: str) -> StartingPortfolio:
    """The starting portfolio of an account; an account in no profile gets the retail login's."""
    for profile in PROFILES.values():
        for account in profile.all_accounts:
            if account.id == account_id:
                return account.portfolio
    return _MIXED_PORTFOLIO
