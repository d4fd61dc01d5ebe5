"""Session state machine of one username: browser login, brokerage session, and what ends them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import Enum
from hashlib import sha256
from types import MappingProxyType
from zoneinfo import ZoneInfo

from api_gateway.simulator.clock import Clock
from api_gateway.simulator.session.preflight import PreflightState

NEW_YORK = ZoneInfo("America/New_York")
LOGIN_LIFETIME = 24 * 3600.0
RESET_HOUR = 1


class LoginState(Enum):
    """The session state of the username."""

    NO_LOGIN = "NO_LOGIN"
    SSO = "SSO"
    CONNECTING = "CONNECTING"
    BROKERAGE = "BROKERAGE"
    COMPETING = "COMPETING"


class MaintenanceError(Exception):
    """No session can be opened now, because of the nightly maintenance."""


class LoginSession:
    """The session state machine. Driven by the clock: no background task is needed.

    A brokerage session is established `connect_seconds` after it is opened, closes after `idle_seconds`
    without a request, and cannot be opened for `maintenance_seconds` after the nightly reset. With
    `opens_brokerage`, a browser login also opens one.
    """

    def __init__(
        self,
        clock: Clock,
        preflights: PreflightState,
        *,
        seed: int = 1,
        connect_seconds: float = 1.0,
        idle_seconds: float = 360.0,
        maintenance_seconds: float = 30.0,
        opens_brokerage: bool = True,
    ) -> None:
        self.connect_seconds = connect_seconds
        self.idle_seconds = idle_seconds
        self.maintenance_seconds = maintenance_seconds
        self.opens_brokerage = opens_brokerage
        self._clock = clock
        self._preflights = preflights
        self._seed = seed
        self._login_at: float | None = None
        self._login_count = 0
        self._login_ends = 0.0
        self._established_at: float | None = None
        self._reset_at = 0.0
        self._last_manual_reset = float("-inf")
        self._last_request = clock.now()
        self._is_competing = False
        self._challenge_compete: bool | None = None

    @property
    def state(self) -> LoginState:
        """The state at the clock's time."""
        self._catch_up()
        if self._login_at is None:
            return LoginState.NO_LOGIN
        if self._is_competing:
            return LoginState.COMPETING
        if self._established_at is None:
            return LoginState.SSO
        return LoginState.BROKERAGE if self._clock.now() >= self._established_at else LoginState.CONNECTING

    @property
    def logged_in_at(self) -> float | None:
        """Time of the browser login, in seconds since 1970; None without a login."""
        self._catch_up()
        return self._login_at

    @property
    def last_request(self) -> float:
        """Time of the last request that reached IBKR's servers, in seconds since 1970."""
        return self._last_request

    @property
    def is_competing(self) -> bool:
        """True while another program of this username holds the brokerage session."""
        return self._is_competing

    @property
    def login_expires_ms(self) -> int:
        """Milliseconds until the login expires: after 24 hours, or at New York midnight if sooner."""
        self._catch_up()
        return 0 if self._login_at is None else int((self._login_ends - self._clock.now()) * 1000)

    @property
    def token(self) -> str:
        """Value of the session cookie, different for each login."""
        return self._secret("session")

    @property
    def login_cookies(self) -> dict[str, str]:
        """The cookies that prove the login, by name; different for each login."""
        return {name: self._secret(name) for name in ("XYZAB_AM.LOGIN", "XYZAB")}

    @property
    def is_under_maintenance(self) -> bool:
        """True right after the nightly reset, while no brokerage session can be opened."""
        return self._clock.now() < self.last_reset + self.maintenance_seconds

    @property
    def last_reset(self) -> float:
        """Time of the latest nightly reset, in seconds since 1970."""
        nightly = _last_time_of_day(self._clock.now(), hour=RESET_HOUR)
        return max(nightly, self._last_manual_reset)

    def touch(self) -> None:
        """Record a request, which restarts the idle timeout."""
        self._catch_up()
        self._last_request = self._clock.now()

    def login(self) -> None:
        """Log in with the browser. As with IBKR's gateway, this disconnects other programs."""
        now = self._clock.now()
        self.logout()
        self._login_at = now
        self._login_count += 1
        self._login_ends = min(now + LOGIN_LIFETIME, _next_time_of_day(now, hour=0))
        self._last_request = now
        if self.opens_brokerage:
            self._open()

    def establish(self) -> None:
        """Log in and establish the brokerage session immediately."""
        self.login()
        self._open()
        self._established_at = self._clock.now()

    def logout(self) -> None:
        """End the login and the brokerage session."""
        self._close()
        self._login_at = None
        self._challenge_compete = None

    def init(self, *, compete: bool) -> None:
        """Open the brokerage session; `compete` takes it over from another program.

        Raises MaintenanceError right after the nightly reset.
        """
        self._catch_up()
        self._refuse_during_maintenance()
        if self._is_competing and not compete:
            return
        self._preflights.reset()
        if self._established_at is None or self._is_competing:
            self._open()

    def challenge(self, *, compete: bool) -> str:
        """The challenge (hex digits) to which IBKR's gateway responds with `respond` to open its session.

        Raises MaintenanceError right after the nightly reset.
        """
        self._catch_up()
        self._refuse_during_maintenance()
        self._challenge_compete = compete
        return sha256(f"{self.token}:{self._clock.now()}".encode()).hexdigest()[:16]

    def respond(self) -> bool:
        """Establish the brokerage session requested with `challenge`; False if none was requested.

        It is established immediately: the gateway does not wait. Raises MaintenanceError as `init` does.
        """
        compete, self._challenge_compete = self._challenge_compete, None
        if compete is None:
            return False
        self.init(compete=compete)
        if self.state is LoginState.CONNECTING:
            self._established_at = self._clock.now()
        return True

    def displace(self) -> None:
        """Let another program of this username take over the brokerage session."""
        self._catch_up()
        self._close()
        self._is_competing = True

    def leave(self) -> None:
        """Let the other program log out; no program has the brokerage session until it is opened again."""
        self._catch_up()
        self._is_competing = False

    def reset(self) -> None:
        """Run the nightly reset of brokerage sessions (01:00 in New York) now."""
        self._catch_up()
        self._close()
        self._last_manual_reset = self._clock.now()

    def drop(self) -> None:
        """Close the brokerage session but keep the login, as the idle timeout does."""
        self._catch_up()
        self._close()

    def next_midnight(self) -> float:
        """The next midnight in New York, in seconds since 1970."""
        return _next_time_of_day(self._clock.now(), hour=0)

    def _secret(self, purpose: str) -> str:
        text = f"{self._seed}:{self._login_count}:{self.logged_in_at}:{purpose}"
        return sha256(text.encode()).hexdigest()[:32]

    def _open(self) -> None:
        now = self._clock.now()
        self._preflights.reset()
        self._is_competing = False
        self._established_at = now + self.connect_seconds
        self._reset_at = _next_time_of_day(now, hour=RESET_HOUR)
        self._last_request = now

    def _close(self) -> None:
        self._preflights.reset()
        self._established_at = None

    def _catch_up(self) -> None:
        now = self._clock.now()
        if self._login_at is not None and now >= self._login_ends:
            self.logout()
        elif self._established_at is not None and (
            now >= self._reset_at or now >= self._last_request + self.idle_seconds
        ):
            self._close()

    def _refuse_during_maintenance(self) -> None:
        if self.is_under_maintenance:
            raise MaintenanceError


# Session events from outside, by the names that faults and control commands use.
SESSION_EVENTS: Mapping[str, Callable[[LoginSession], None]] = MappingProxyType(
    {
        "login": LoginSession.login,
        "logout": LoginSession.logout,
        "drop": LoginSession.drop,
        "reset": LoginSession.reset,
        "compete": LoginSession.displace,
        "leave": LoginSession.leave,
    }
)


def _last_time_of_day(epoch: float, *, hour: int) -> float:
    local = datetime.fromtimestamp(epoch, tz=NEW_YORK)
    last = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    return (last if last.timestamp() <= epoch else last - timedelta(days=1)).timestamp()


def _next_time_of_day(epoch: float, *, hour: int) -> float:
    local = datetime.fromtimestamp(epoch, tz=NEW_YORK)
    first = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    if first.timestamp() <= epoch:
        # Wall-clock arithmetic on an aware datetime, so that days of 23 or 25 hours also end at midnight.
        first = first + timedelta(days=1)
    return first.timestamp()
