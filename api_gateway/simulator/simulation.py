"""The state of the whole simulation: session, market, accounts, notifications; independent of HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

from api_gateway.simulator.account_setup import seed_account
from api_gateway.simulator.accounts.order_execution import ExecutionSimulator
from api_gateway.simulator.accounts.paper_account import FIRST_ORDER_ID, PaperAccount
from api_gateway.simulator.accounts.watchlists import Watchlists
from api_gateway.simulator.advisors.allocation_groups import AllocationGroups
from api_gateway.simulator.advisors.model_portfolios import ModelPortfolios
from api_gateway.simulator.advisors.model_transfers import ModelTransfers
from api_gateway.simulator.clock import Clock
from api_gateway.simulator.faults import FaultInjector
from api_gateway.simulator.instruments.listings import read_listings
from api_gateway.simulator.instruments.universe import build_universe
from api_gateway.simulator.notifications.account_news import account_notifications, holiday_notifications
from api_gateway.simulator.notifications.alerts import Alerts
from api_gateway.simulator.notifications.delivery_options import DeliveryOptions
from api_gateway.simulator.notifications.inbox import Inbox
from api_gateway.simulator.notifications.settings import NotificationSettings
from api_gateway.simulator.order_behaviour import OrderBehaviour
from api_gateway.simulator.prices.prices import Prices
from api_gateway.simulator.profiles import PROFILES, Profile
from api_gateway.simulator.rate_limits import RateLimitEnforcer
from api_gateway.simulator.session.preflight import PreflightState
from api_gateway.simulator.session.session import LoginSession
from api_gateway.simulator.universe_file.universe_file import OwnUniverse, read_universe_file
from api_gateway.simulator.variants import DEFAULT_VARIANTS, Variants


@dataclass(frozen=True)
class SimulationOptions:
    """Options of a simulation. Times are in seconds of the simulated clock.

    `profile`: which login is simulated, a key of `profiles.PROFILES`.
    `login`: logged in with an open brokerage session from the start.
    `opens_brokerage`: a browser login also opens the brokerage session, as IBKR's gateway does.
    `strict`: reproduce IBKR's strictness. Without it, a missing User-Agent, Content-Length or `publish` is
    accepted, a portfolio whose accounts were not listed first is empty instead of 401, and an order
    confirmation stays open when other requests arrive. The other preflights are still required.
    `variants`: the initial `Simulation.variants`.
    `rate_limits`, `penalty`: whether too many requests lead to 429, and for how long.
    `availability`: field 6509 of a snapshot; if empty, the profile's own.
    `alert_creation`: alerts can be created and modified; in every recorded attempt, IBKR denied it.
    `behind_gateway`: the simulator plays IBKR behind IBKR's gateway, not the gateway: a request has a login
    only with the cookies that the login has set, and WebSocket frames are text.
    `own_universe`: the user's file with instruments, positions and cash; its positions and cash replace the
    selected account's.
    `control`: whether the control endpoints `/simulator/*` are served.
    """

    profile: str = "retail"
    seed: int = 1
    login: bool = False
    opens_brokerage: bool = True
    strict: bool = True
    variants: Variants = DEFAULT_VARIANTS
    availability: str = ""
    rate_limits: bool = True
    penalty: float = 600.0
    connect_seconds: float = 1.0
    idle_seconds: float = 360.0
    maintenance_seconds: float = 30.0
    alert_creation: bool = False
    behind_gateway: bool = False
    own_universe: OwnUniverse | None = None
    control: bool = True

    @property
    def account_id(self) -> str:
        """The account that is selected initially: the profile's first one that is not a master account."""
        return PROFILES[self.profile].accounts[0].id


class Simulation:
    """One username with its accounts; all state is in memory and advances with `clock`.

    Raises UniverseFileError if the user's universe file contradicts itself or our universe.
    """

    def __init__(self, options: SimulationOptions | None = None, clock: Clock | None = None) -> None:
        self.options = options or SimulationOptions()
        self.clock = clock or Clock()
        self.preflights = PreflightState()
        self.session = LoginSession(
            self.clock,
            self.preflights,
            seed=self.options.seed,
            connect_seconds=self.options.connect_seconds,
            idle_seconds=self.options.idle_seconds,
            maintenance_seconds=self.options.maintenance_seconds,
            opens_brokerage=self.options.opens_brokerage,
        )
        self.rate_limits = RateLimitEnforcer(
            self.clock, enforced=self.options.rate_limits, penalty=self.options.penalty
        )
        self.variants = self.options.variants
        self.sockets_opened = 0
        self.faults = FaultInjector(seed=self.options.seed)
        own = self.options.own_universe
        self.universe = build_universe(
            self.clock.now,
            own.listings(read_listings()) if own else None,
            london_in_pence=self.options.variants.london_prices == "pence",
        )
        self.prices = Prices(self.universe, self.clock, self.options.seed)
        self.universe.follow_prices(self.prices.price_at)
        self.profile: Profile = PROFILES[self.options.profile]
        order_ids = count(FIRST_ORDER_ID)
        self.accounts = {
            account.id: PaperAccount(
                account.id,
                self.universe,
                self.prices,
                self.clock,
                order_ids,
                is_cash_account=account.is_cash_account,
            )
            for account in self.profile.all_accounts
        }
        for paper_account in self.accounts.values():
            selected = paper_account.account_id == self.options.account_id
            portfolio = own.portfolio(self.universe, self.clock.now()) if own and selected else None
            seed_account(paper_account, portfolio)
        self.execution_simulator = ExecutionSimulator(self.accounts)
        self.order_behaviour = OrderBehaviour()
        self.selected_account_id = self.options.account_id
        self.allocation_groups = AllocationGroups(self.clients, self.profile.groups)
        self.models = ModelPortfolios(self.clients, self.profile.models)
        self.transfers = ModelTransfers(self.models)
        self.watchlists = Watchlists(self.clock.now())
        self.notification_settings = NotificationSettings()
        self.delivery_options = DeliveryOptions()
        self.alerts = Alerts(self.accounts, self.selected_account_id, self.clock)
        news = [
            partial(account_notifications, self.accounts[account.id]) for account in self.profile.accounts
        ]
        self.inbox = Inbox(
            self.clock, self.notification_settings, [*news, holiday_notifications, self.alerts.notifications]
        )
        if self.options.login:
            self.session.establish()

    def catch_up(self) -> None:
        """Process all order and account events that are due. Call it before reading an account."""
        self.execution_simulator.catch_up()

    @property
    def selected_account(self) -> PaperAccount:
        """The selected account; the only one, unless the profile has several."""
        return self.accounts[self.selected_account_id]

    @property
    def clients(self) -> dict[str, PaperAccount]:
        """An advisor's sub-accounts; empty for every other login."""
        if self.profile.master is None:
            return {}
        return {account.id: self.accounts[account.id] for account in self.profile.accounts}

    @property
    def tradable_account_ids(self) -> list[str]:
        """The accounts that orders can be placed for; a broker's login is limited to the selected one."""
        return [self.selected_account_id] if self.profile.dynamic else list(self.accounts)

    @property
    def availability(self) -> str:
        """Field 6509 of a snapshot: which market data the login receives."""
        return self.options.availability or self.profile.availability


def check_universe_file(path: Path, profile: str) -> None:
    """Raise UniverseFileError if a simulation of this profile could not start with the file."""
    Simulation(SimulationOptions(profile=profile, own_universe=read_universe_file(path)))
