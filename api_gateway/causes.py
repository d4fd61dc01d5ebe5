"""Cause table: each thing that can be wrong, whether anything was sent, the next step, and who takes it.

Request errors, session diagnosis and doctor take every sentence from this table, so that their advice never
contradicts. Callers choose a row by its key and fill in the facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, StrEnum, unique
from types import MappingProxyType
from typing import TypedDict


class Actor(StrEnum):
    """Who takes the next step: the ticker, a person, or nobody, if it is enough to wait."""

    TICKER = "we"
    USER = "user"
    NOBODY = "nobody"


class Outcome(StrEnum):
    """What happened to the request."""

    NONE = "none"
    """There was no request: a check found the cause."""
    NOT_SENT = "not_sent"
    UNCHANGED = "unchanged"
    """It was received and changed nothing."""
    REFUSED = "refused"
    """IBKR refused it; the sentence says so and quotes IBKR."""
    UNKNOWN = "unknown"
    """It was sent, and whether it was carried out is not known."""


class WriteKind(StrEnum):
    """The kinds of write whose outcome can be unknown; each has its own next step."""

    IDEMPOTENT = "idempotent"
    SESSION = "session"
    OTHER = "other"


OUTCOME_SENTENCES: Mapping[Outcome, str] = MappingProxyType(
    {
        Outcome.NONE: "",
        Outcome.NOT_SENT: "This request was not sent.",
        Outcome.UNCHANGED: "Nothing was changed.",
        Outcome.REFUSED: "",
        Outcome.UNKNOWN: "It may have been carried out.",
    }
)

UNKNOWN_OUTCOME_STEPS: Mapping[WriteKind, str] = MappingProxyType(
    {
        WriteKind.IDEMPOTENT: "Call it again: repeating it is safe.",
        WriteKind.SESSION: "Do not send it again until you have called `connection_status`.",
        WriteKind.OTHER: (
            "Do not send it again until you have checked what exists (for an order, call `list_live_orders` "
            "and `list_trades`)."
        ),
    }
)
"""The next step after a write whose outcome is unknown, whatever the cause."""

FRAGMENTS: Mapping[str, str] = MappingProxyType(
    {
        "the_gateway": "the gateway (the program on your side that connects to IBKR)",
        "session_connection": "the connection that carries quotes and orders (the brokerage session)",
        "session_closed": "you are logged in, but IBKR has closed {session_connection}",
        "no_connection": "no connection to the gateway",
        "competing": (
            "Another program with the same IBKR username (TWS, the mobile app, another client) holds the one "
            "connection for quotes and orders that IBKR allows each username."
        ),
        "refused": "IBKR refused: {said}",
        "restart_gateway": "restart the gateway, which ends the login, and log in again at {login}",
        "apply_conf": "to apply the change, {restart_gateway}",
        "allow_address": (
            "add this machine's address as the gateway sees it (for a container, its address in Docker's "
            "network) to `ips.allow` in the gateway's conf.yaml; {apply_conf}"
        ),
        "start_gateway": (
            "start the gateway, or correct GATEWAY_URL; `docker compose ps` shows whether its container is "
            "running"
        ),
        "restart_or_correct": ("if this is IBKR's gateway, {restart_gateway}; {or_correct}"),
        "or_correct": "otherwise correct GATEWAY_URL",
        "name_gateway": "set GATEWAY_URL to IBKR's gateway (its front page redirects to /sso/Login)",
        "bypass_proxy": "set GATEWAY_URL to the gateway itself",
        "trust_certificate": (
            "set GATEWAY_CA_FILE to the gateway's own certificate (PEM); for IBKR's, which expired in 2019, "
            "set GATEWAY_VERIFY_TLS=false and GATEWAY_FINGERPRINT={fingerprint}"
        ),
        "wait_out_penalty": "wait {seconds} s; every request extends the penalty",
        "wait_briefly": "wait a few seconds",
        "wait_for_ibkr": (
            "wait a few minutes; if the error persists, check IBKR's system status page and the gateway's log"
        ),
        "retry_or_status": "call it again; if it fails again, call `connection_status`",
        "request_less": "request fewer items (contracts, fields) at a time",
        "account_ids": "get valid account IDs from `list_portfolio_accounts`",
        "paper_login": (
            "TRADING_MODE=paper writes to paper accounts only: log in with the paper username, or call "
            "`list_brokerage_accounts` to see the accounts of this login"
        ),
        "check_orders": (
            "look for the order in `list_live_orders` and `list_trades`, and place it again only if it is in "
            "neither"
        ),
        "log_out_there": "log out of that program",
        "take_over": "take the connection over with `take_over_session`",
        "second_username": "use a second IBKR username here",
        "compete_ask": "restart the ticker with COMPETE=ask",
        "start_ticker": (
            "start the ticker (`ib-mcp ticker`, or `docker compose up -d ticker`), or correct TICKER_URL"
        ),
        "rerun_doctor": "run doctor again in a minute",
        "restart_server": "restart the MCP server",
        "subscribe": (
            "subscribe to the exchange in IBKR's Client Portal (Settings, Market Data Subscriptions)"
        ),
    }
)
"""Text that several rows share. A fragment may contain another one."""

DEFAULT_FACTS: Mapping[str, str] = MappingProxyType(
    {"login": "the gateway's login page", "fingerprint": "its SHA-256"}
)


@dataclass(frozen=True)
class Row:
    """One row of the table; its texts may contain fragments and facts in braces."""

    sentence: str
    next_step: str
    actor: Actor = Actor.USER
    outcome: Outcome = Outcome.NONE


class ErrorText(TypedDict):
    """The keyword arguments that an explanation passes to a `GatewayError`."""

    problem: str
    hint: str
    explanation: Explanation


@dataclass(frozen=True)
class Explanation:
    """The text of a cause, with its facts filled in."""

    cause: Cause
    sentence: str
    next_step: str
    actor: Actor
    outcome: Outcome

    @property
    def problem(self) -> str:
        """What happened, and whether anything was sent or changed."""
        return f"{self.sentence} {OUTCOME_SENTENCES[self.outcome]}".rstrip()

    @property
    def error_text(self) -> ErrorText:
        return ErrorText(problem=self.problem, hint=self.next_step, explanation=self)

    def with_outcome(self, outcome: Outcome) -> Explanation:
        """The same cause with another outcome than the row's."""
        return replace(self, outcome=outcome)

    def after_write(self, kind: WriteKind) -> Explanation:
        """The same cause after a write: its outcome is unknown, and the next step is to check it."""
        step = UNKNOWN_OUTCOME_STEPS[kind]
        return replace(self, outcome=Outcome.UNKNOWN, next_step=step, actor=Actor.USER)

    def with_detail(self, detail: str) -> Explanation:
        """The same cause, followed by the exact message from IBKR or the network."""
        return replace(self, sentence=f"{self.sentence} {as_sentence(detail)}") if detail else self


_NOT_SENT, _UNCHANGED, _REFUSED = Outcome.NOT_SENT, Outcome.UNCHANGED, Outcome.REFUSED
_NOBODY, _TICKER = Actor.NOBODY, Actor.TICKER


@unique
class Cause(Enum):
    """Every cause that is reported, with its row."""

    # The states of the connection.
    GATEWAY_UNREACHABLE = Row(
        "{the_gateway} cannot be reached",
        "{start_gateway}; if it is running but does not respond, {restart_gateway}",
    )
    ADDRESS_REFUSED = Row(
        "{the_gateway} is running, but this machine's address is not on its list of permitted addresses",
        "{allow_address}",
        outcome=_UNCHANGED,
    )
    IBKR_SILENT = Row(
        "{the_gateway} is running, but gets no response from IBKR",
        "check this machine's internet connection; if it works and IBKR does not respond for five minutes, "
        "{restart_gateway}",
    )
    GATEWAY_FAILING = Row(
        "{the_gateway} is running, but returns an error instead of its connection status",
        "{wait_for_ibkr}",
        _NOBODY,
    )
    PENALTY_BOX = Row(
        "IBKR is rejecting all requests for a while because too many were sent (its penalty box)",
        "{wait_out_penalty}",
        _NOBODY,
    )
    RESETTING = Row(
        "IBKR is restarting its servers ({what}), so interruptions are expected until {until}",
        "wait: the connection recovers automatically",
        _NOBODY,
    )
    NOT_LOGGED_IN = Row(
        "nobody is logged in to IBKR at the gateway (a login to TWS or the mobile app does not count); IBKR "
        "requires a new login at least once a day",
        "open {login} in a browser on the machine that runs the gateway (a certificate warning is expected) "
        "and log in with your IBKR username",
        outcome=_UNCHANGED,
    )
    SESSION_CLOSED = Row(
        "{session_closed}",
        "wait a minute, because the ticker reopens it; if it stays closed, log out of every other program "
        "that uses this IBKR username, then log in again at {login}",
        _TICKER,
        _UNCHANGED,
    )
    SESSION_OPENING = Row(
        "you are logged in, and IBKR is opening {session_connection}", "{wait_briefly}", _NOBODY, _UNCHANGED
    )
    COMPETING = Row(
        "{competing}",
        "{log_out_there}, and the connection reopens here automatically; or {second_username}",
        outcome=_UNCHANGED,
    )
    ESTABLISHED = Row(
        "the connection to IBKR is open: quotes and orders are available", "no action needed", _NOBODY
    )

    # The same states, if more is known.
    STATUS_UNREADABLE = Row(
        "the gateway responds, but with something other than its connection status",
        "{wait_for_ibkr}",
        _NOBODY,
    )
    NOT_THE_GATEWAY = Row(
        "something other than IBKR's gateway responds at GATEWAY_URL ({status})", "{name_gateway}"
    )
    FOREIGN_REDIRECT = Row(
        "something other than IBKR's gateway responds at GATEWAY_URL and redirects to {target} ({status})",
        "{name_gateway}",
    )
    PROXY_WITHOUT_GATEWAY = Row(
        "a proxy in front of the gateway responds, but cannot reach the gateway ({status})",
        "start the gateway behind it, or {bypass_proxy}",
    )
    PROXY_DENIES = Row(
        "a proxy in front of the gateway requires authorization ({status})",
        "{bypass_proxy}",
        outcome=_UNCHANGED,
    )
    PROXY_STRIPS_LENGTH = Row(
        "a proxy in front of the gateway removes the Content-Length header ({status})",
        "{bypass_proxy}",
        outcome=_UNCHANGED,
    )
    BROKEN_ADDRESS_PATTERN = Row(
        "the gateway fails on every request ({status})",
        'if a pattern of `ips` in the gateway\'s conf.yaml is invalid, such as "*", correct it; '
        "{apply_conf}; if this is not IBKR's gateway, correct GATEWAY_URL",
    )
    REDIRECTED = Row(
        "the request was not processed but redirected ({status} to {target})",
        "if GATEWAY_URL is IBKR's gateway, wait a few minutes, because IBKR is redirecting all requests; "
        "{or_correct}",
        outcome=_UNCHANGED,
    )
    LOGIN_ENDS = Row(
        "IBKR ends this login in {minutes} minutes, at {when}", "after that, log in again at {login}"
    )
    READY_WITHOUT_TICKER = Row(
        "the connection to IBKR is open, but the ticker is not running, and without it IBKR closes the "
        "connection after five idle minutes",
        "{start_ticker}",
    )
    CLOSED_WITHOUT_TICKER = Row(
        "{session_closed}, and the ticker, which reopens it, is not running",
        "{start_ticker}",
    )
    COMPETING_YIELD = Row(
        "{competing}",
        "{log_out_there}, {second_username}, or have the ticker take the connection over with COMPETE=take",
    )
    COMPETING_ASK = Row("{competing}", "{log_out_there}, or {take_over}, or send `POST /take` to the ticker")
    COMPETING_ASK_HERE = Row("{competing}", "{log_out_there}, or {take_over}")
    COMPETING_TAKING = Row("{competing}", "wait: the ticker is taking the connection over", _TICKER)
    COMPETING_LOST_AGAIN = Row(
        "{competing}",
        "{log_out_there}, or {second_username}; the ticker took the connection over once, lost it again, and "
        "will not try again",
    )

    # Requests that were not sent.
    CONNECT_TIMEOUT = Row("{no_connection} within the time limit", "{start_gateway}", outcome=_NOT_SENT)
    CONNECT_FAILED = Row("{no_connection} ({reason})", "{start_gateway}", outcome=_NOT_SENT)
    NAME_UNKNOWN = Row(
        "{no_connection}: the host in GATEWAY_URL cannot be resolved ({reason})",
        "correct the host in GATEWAY_URL, or this machine's DNS; a container's name resolves only while it "
        "is running, which `docker compose ps` shows",
        outcome=_NOT_SENT,
    )
    NOT_TLS = Row(
        "the port in GATEWAY_URL does not speak TLS",
        "if this is the gateway, it serves plain HTTP: change https to http in GATEWAY_URL; otherwise "
        "correct the port in GATEWAY_URL",
        outcome=_NOT_SENT,
    )
    TLS_REJECTED = Row(
        "the gateway's certificate or TLS was rejected ({reason})", "{trust_certificate}", outcome=_NOT_SENT
    )
    CERTIFICATE_FILE_UNREADABLE = Row(
        "the gateway's certificate {file} cannot be read ({reason})",
        "the gateway writes it at startup: wait for it, or correct GATEWAY_CA_FILE",
        outcome=_NOT_SENT,
    )
    CERTIFICATE_FILE_INVALID = Row(
        "{file} is not a certificate in PEM format",
        "correct GATEWAY_CA_FILE; if the gateway's own file is damaged, {restart_gateway}: it writes a new "
        "one at startup",
        outcome=_NOT_SENT,
    )
    CLIENT_CLOSED = Row("the gateway client is closed", "restart the program", outcome=_NOT_SENT)
    RATE_LIMIT_REACHED = Row("rate limit reached", "retry in {seconds} s", _NOBODY, _NOT_SENT)
    TOO_MANY_WAITING = Row(
        "{count} requests are already waiting for the gateway",
        "retry in a few seconds; if that keeps failing, {restart_gateway}",
        outcome=_NOT_SENT,
    )
    IBKR_RATE_LIMIT = Row("IBKR is rate-limiting this login (429)", "{wait_out_penalty}", _NOBODY, _UNCHANGED)
    TICKLE_COLLISION = Row(
        "IBKR rejected this tickle (429), most likely because another program sent one in the same second",
        "no action needed: that tickle keeps the session alive",
        _NOBODY,
        _UNCHANGED,
    )
    PRELIMINARIES_TOO_SLOW = Row(
        "the preliminary requests used up the time limit", "{retry_or_status}", outcome=_NOT_SENT
    )
    MODE_FORBIDS = Row(
        "{mode} does not permit {operation}",
        "only a person can change the trading mode, in the server's settings",
        outcome=_NOT_SENT,
    )
    ALIASED_PATH = Row("this is the path of {operation}", "use that operation's tool", outcome=_NOT_SENT)
    REPLY_NOT_OURS = Row(
        "no order placed here is waiting for this confirmation",
        "confirm only what `place_orders` or `modify_order` returned here; {check_orders}",
        outcome=_NOT_SENT,
    )
    LOGIN_NOT_PAPER = Row(
        "IBKR does not report this login as a paper account", "{paper_login}", outcome=_NOT_SENT
    )
    ACCOUNT_NOT_LISTED = Row(
        "IBKR does not list {account} among this login's accounts", "{paper_login}", outcome=_NOT_SENT
    )
    UNKNOWN_ACCOUNT = Row("this login has no account {account}", "{account_ids}", outcome=_NOT_SENT)
    URL_TOO_LONG = Row(
        "the URL is {length} bytes long; the gateway accepts {limit}", "{request_less}", outcome=_NOT_SENT
    )
    URI_TOO_LONG = Row("the URL is too long (414)", "{request_less}", outcome=_UNCHANGED)
    INVALID_PATH_VALUE = Row("{value} is not {expected}", "pass {expected}", outcome=_NOT_SENT)
    INVALID_QUERY_VALUE = Row(
        "{value} is not a valid value for {name}",
        "pass plain text without control characters, or an ordinary number",
        outcome=_NOT_SENT,
    )
    INVALID_BODY = Row(
        "the body cannot be encoded as JSON ({reason})",
        "pass ordinary strings, numbers, lists and objects",
        outcome=_NOT_SENT,
    )
    ORDER_AWAITS_CONFIRMATION = Row(
        "an order is waiting for confirmation, and any other request to IBKR would void it",
        "answer the order confirmation, then try again",
        outcome=_NOT_SENT,
    )

    # Requests that were sent without a clear response. A write's outcome is then unknown.
    NO_RESPONSE_IN_TIME = Row(
        "no complete response within {seconds} s", "{retry_or_status}", outcome=_UNCHANGED
    )
    RESPONSE_TOO_LONG = Row(
        "the response is larger than the limit of {limit} bytes",
        "{request_less}, or raise GATEWAY_MAX_BODY",
        outcome=_UNCHANGED,
    )
    NOT_HTTP = Row("the response is not HTTP", "{retry_or_status}", outcome=_UNCHANGED)
    CONNECTION_BROKE = Row(
        "the connection was lost before the response was complete", "{retry_or_status}", outcome=_UNCHANGED
    )
    UNUSABLE_RESPONSE = Row("the response is {what}", "{retry_or_status}", outcome=_UNCHANGED)
    ORDER_UNCLEAR = Row(
        "the response is {what}, which does not say what happened to the order",
        "{retry_or_status}",
        outcome=_UNCHANGED,
    )
    SERVER_ERROR = Row(
        "IBKR or the gateway returned an error ({status}: {said})", "{retry_or_status}", outcome=_UNCHANGED
    )
    STATUS_MISSING = Row(
        "the response is empty, and IBKR did not report the state of the session on request",
        "{retry_or_status}",
        outcome=_UNCHANGED,
    )

    # Requests that IBKR refused.
    NOT_READY = Row("IBKR is not ready ({status}: {said})", "retry in a few seconds", outcome=_UNCHANGED)
    NOT_READY_FOR_WRITE = Row(
        "IBKR was not ready and did not carry it out: {said}",
        "{wait_briefly} before you decide to send it again",
        outcome=_REFUSED,
    )
    INVALID_ARGUMENTS = Row(
        "{refused}",
        "correct the arguments; repeating the same request returns the same error",
        outcome=_REFUSED,
    )
    REFUSED_WITHOUT_ARGUMENTS = Row(
        "{refused}",
        "call `connection_status`, and repeat this call if the connection is open",
        outcome=_REFUSED,
    )
    OPERATION_REFUSED = Row("{refused}", "{hint}", outcome=_REFUSED)
    NOT_FOR_THIS_LOGIN = Row(
        "{refused}",
        "this operation is only for {who}: with any other login, repeating it does not help; with such a "
        "login, check the arguments and repeat it once",
        outcome=_REFUSED,
    )
    REPLY_EXPIRED = Row(
        "{refused}",
        "a confirmation expires at the next request and can be answered only once: {check_orders}",
        outcome=_REFUSED,
    )
    REPLY_DECLINED = Row(
        "the order was declined, so nothing was placed or changed (IBKR: {said})",
        "no action needed",
        _NOBODY,
        _REFUSED,
    )
    ORDER_REFUSED = Row(
        "{refused}",
        "report the reason to the user; IBKR would refuse the same order again",
        outcome=_REFUSED,
    )
    ACCESS_DENIED = Row(
        "{refused}",
        "if only this request is refused, the login lacks permission for it; if all are, {allow_address}; if "
        "the address is already listed, IBKR itself refuses this machine or login",
        outcome=_REFUSED,
    )
    NOT_FOUND = Row(
        "{refused}",
        "it does not exist or no longer exists: list what exists and use an ID from that list; if every "
        "request gets this response, `connection_status` says why",
        outcome=_REFUSED,
    )
    REQUEST_TOO_LARGE = Row("{refused}", "{request_less}", outcome=_REFUSED)
    ACCOUNT_NOT_SHOWN = Row("this login cannot see this account", "{account_ids}", outcome=_UNCHANGED)

    # The ticker.
    TICKER_DOWN = Row(
        "the ticker, which keeps the connection to IBKR open, does not respond at {where}",
        "{start_ticker}; if it is already running, restart it",
    )
    NOT_THE_TICKER = Row("something other than the ticker responds at {where} ({status})", "{start_ticker}")
    TICKER_STUCK = Row(
        "the ticker responds, but has stopped maintaining the connection",
        "restart the ticker and check its log",
    )
    TICKER_STARTING = Row(
        "the ticker has just started and has not checked the connection yet", "{wait_briefly}", _NOBODY
    )
    TICKER_DISAGREES = Row(
        "the ticker reports that the brokerage session is {seen}; this check found it {found}",
        "{rerun_doctor}; if they still differ, set the ticker's GATEWAY_URL to this gateway",
    )
    TICKER_BUSY = Row(
        "the ticker is waiting for a response from the gateway",
        "try again in a few seconds",
        outcome=_UNCHANGED,
    )
    TAKEOVER_DISABLED = Row(
        "the ticker runs with COMPETE=yield, so it does not accept take-over requests",
        "if another program holds the connection, {log_out_there}, or {compete_ask}",
        outcome=_UNCHANGED,
    )
    TAKEOVER_AUTOMATIC = Row(
        "the ticker runs with COMPETE=take, so it takes the connection over automatically, once per loss, "
        "and accepts no take-over requests",
        "wait a minute; if another program still holds the connection after that, {log_out_there}, or "
        "{compete_ask}",
        outcome=_UNCHANGED,
    )
    NOTHING_TO_TAKE_OVER = Row(
        "no other program is known to hold the connection, so there is nothing to take over",
        "call `connection_status` to see the state of the connection",
        outcome=_UNCHANGED,
    )
    TAKEOVER_DECLINED = Row(
        "the user did not agree, so the other program stays connected",
        "call this again only if the user decides otherwise",
        outcome=_UNCHANGED,
    )

    # What doctor finds between this machine and the gateway.
    DNS_TIMEOUT = Row(
        "DNS did not resolve {host} within {seconds} s",
        "check this machine's network and DNS, or use an IP address in GATEWAY_URL",
    )
    DOCKER_NAME = Row(
        "{host} cannot be resolved ({reason}): it is a name inside Docker's network",
        "outside Docker, set GATEWAY_URL=https://localhost:5055, or run this in a container on that network",
    )
    PORT_SILENT = Row(
        "no response from {host}:{port} within {seconds} s",
        "correct the host in GATEWAY_URL, or allow the connection in the firewall",
    )
    PORT_CLOSED = Row("nothing is listening at {host}:{port} ({reason})", "{start_gateway}")
    PLAIN_HTTP_SPOKEN = Row(
        "the port in GATEWAY_URL speaks plain HTTP, but GATEWAY_URL begins with https",
        "set GATEWAY_URL=http://{host_and_port}, or set listenSsl in the gateway's conf.yaml; {apply_conf}",
    )
    TLS_SPOKEN = Row(
        "the port in GATEWAY_URL speaks TLS, but GATEWAY_URL begins with http",
        "set GATEWAY_URL=https://{host_and_port}",
    )
    PROTOCOL_UNKNOWN = Row("the port in GATEWAY_URL {behavior}", "{restart_or_correct}")
    FRONT_PAGE_SILENT = Row(
        "the port in GATEWAY_URL does not serve the gateway's front page: {reason}", "{restart_or_correct}"
    )
    CERTIFICATE_CHANGED = Row(
        "the gateway's certificate does not match GATEWAY_FINGERPRINT",
        "if the gateway has a new certificate, set GATEWAY_FINGERPRINT={fingerprint}; if not, find out what "
        "is responding there instead",
    )
    CERTIFICATE_EXPIRED = Row("the gateway's certificate expired{when}", "renew it, or {trust_certificate}")
    CERTIFICATE_EXPIRES_SOON = Row("the gateway's certificate expires on {when}", "renew it before that day")
    CERTIFICATE_NOT_YET_VALID = Row(
        "the gateway's certificate is not valid {when}",
        "correct the clock of this machine, or of the machine that created the certificate",
    )
    CERTIFICATE_FOR_OTHER_NAME = Row(
        "the gateway's certificate is {names}, not for {host}",
        "use a name in GATEWAY_URL that is in the certificate, or create a certificate for {host}",
    )
    CERTIFICATE_NOT_IN_CA_FILE = Row(
        "the gateway's certificate is not the one in GATEWAY_CA_FILE",
        "copy the gateway's current certificate there; the gateway creates a new one if it loses the old one",
    )
    CERTIFICATE_UNTRUSTED = Row(
        "the gateway's certificate is not signed by anyone that this machine trusts", "{trust_certificate}"
    )

    # What doctor finds at IBKR.
    NO_TIME_LEFT = Row(
        "no time was left to check this ({title}), because the checks before it were slow",
        "run doctor again; if that happens again, check the load of this machine and the network",
    )
    CHECK_TIMEOUT = Row(
        "IBKR reported the state of the session, but did not respond to this within {seconds} s",
        "{rerun_doctor}; if that happens again, {restart_gateway}",
    )
    NO_ACCOUNTS = Row(
        "IBKR lists no account for this login",
        "log in again; if the list stays empty, ask IBKR whether the username has an open account",
    )
    LIVE_LOGIN_IN_PAPER_MODE = Row(
        "{accounts} TRADING_MODE=paper rejects every order of this login",
        "log in with the paper username, or set TRADING_MODE=read",
    )
    PAPER_LOGIN_IN_LIVE_MODE = Row(
        "{accounts} TRADING_MODE=live is for live accounts",
        "set TRADING_MODE=paper to trade with this login, or log in with the live username",
    )
    QUOTES_DELAYED = Row("Apple's quote is {kind} ({field})", "{subscribe} for real-time quotes")
    NO_QUOTES = Row(
        "this login has no quotes for Apple's shares, so none for NASDAQ ({field})",
        "{subscribe} if you need quotes; a paper account can share the live account's quotes",
    )
    TERMS_NOT_ACKNOWLEDGED = Row(
        "IBKR sends programs no quotes until its terms are acknowledged ({field})",
        "sign the Market Data API Acknowledgement in IBKR's Client Portal (Settings), then log in again",
    )
    QUOTES_UNCLEAR = Row(
        "Apple's quote does not show which market data the login has ({field})",
        "retry in a minute; all market-data lines may be in use",
    )
    CLOCK_OFF = Row(
        "this machine's clock is {seconds} s {direction}",
        "synchronize the machine's clock over the network (NTP); a container uses its host's clock",
    )

    # Settings.
    INVALID_SETTING = Row(
        "{said}", "correct it in the environment or in .env; `ib-mcp settings` lists valid values"
    )
    DEPRECATED_SETTING = Row("a setting has a deprecated name", "{said}")
    CA_FILE_IGNORED = Row(
        "GATEWAY_CA_FILE names a certificate to trust, but GATEWAY_VERIFY_TLS=false accepts any certificate",
        "remove GATEWAY_VERIFY_TLS to verify, or remove GATEWAY_CA_FILE",
    )
    TLS_SETTINGS_WITHOUT_TLS = Row(
        "GATEWAY_URL begins with http, so there is no certificate to check, but settings require a check",
        "change http to https in GATEWAY_URL, or remove GATEWAY_CA_FILE and GATEWAY_FINGERPRINT",
    )
    LOGIN_URL_DIFFERS = Row(
        "the gateway is at {gateway_url}, but GATEWAY_LOGIN_URL is {login}",
        "set GATEWAY_LOGIN_URL, most likely to {gateway_url}",
    )
    CERTIFICATE_NOT_CHECKED = Row(
        "the gateway's certificate is not checked, so anyone on the network path can read and change "
        "everything",
        "set GATEWAY_CA_FILE, or GATEWAY_FINGERPRINT for IBKR's own certificate",
    )
    TICKER_PORT_DIFFERS = Row(
        "TICKER_URL is {ticker_url}, but a ticker started with these settings listens on port {port}",
        "set TICKER_URL and TICKER_PORT to the same port",
    )
    DATA_FOLDER_UNUSABLE = Row(
        "the data folder {folder} cannot be used ({reason}), so cached facts are in memory only",
        "make it writable for this user only, or set IB_MCP_DATA_DIR to another folder",
    )
    DATA_FOLDER_SHARED = Row(
        "other users of this machine can see which files are in the data folder {folder}",
        "run `chmod 700` on it, or set IB_MCP_DATA_DIR to a folder of its own",
    )
    NEWER_DATA_FILE = Row(
        "a newer version of IB MCP wrote {path} (schema {version}; this version supports up to {known})",
        "install that version again, or move the file elsewhere",
    )

    # The MCP server.
    SERVER_DOWN = Row(
        "the MCP server does not respond at {where} ({reason})",
        "start the MCP server (`ib-mcp serve`, or `docker compose up -d`), or correct MCP_SERVER_HOST and "
        "MCP_SERVER_PORT",
    )
    SERVER_SILENT = Row(
        "the MCP server did not respond at {where} within {seconds} s", "{restart_server} and check its log"
    )
    TOKEN_DIFFERS = Row(
        "the MCP server requires a different token than the MCP_SERVER_TOKEN set here (401)",
        "set MCP_SERVER_TOKEN to the same value for both, and {restart_server}",
    )
    TOKEN_MISSING = Row(
        "the MCP server requires a token, but MCP_SERVER_TOKEN is not set here (401)",
        "set MCP_SERVER_TOKEN here to the server's value",
    )
    HOST_REFUSED = Row(
        "the MCP server rejects calls to this host name ({status})",
        "add the host in its URL to MCP_SERVER_ALLOWED_HOSTS, and {restart_server}",
    )
    NO_ENDPOINT = Row(
        "a server responds there, but has no MCP endpoint at {path} (404)",
        "correct MCP_SERVER_PATH, or MCP_SERVER_PORT if this is another program, and {restart_server}",
    )
    NOT_AN_MCP_SERVER = Row(
        "something other than an MCP server responds at {where} ({status})",
        "choose another port with MCP_SERVER_PORT, or stop the other program",
    )
    CLIENT_REFUSED = Row(
        "the running MCP server rejects {value}, which {setting} allows here",
        "{restart_server}, so that it reads the current {setting}",
    )
    ONLY_LOCALHOST = Row(
        "the MCP server listens beyond this machine, but accepts only the host name localhost",
        "list the names that others use for this machine in MCP_SERVER_ALLOWED_HOSTS, or listen on 127.0.0.1",
    )
    SERVER_NOT_READY = Row("the session is open, but the MCP server reports: {said}", "{hint}")

    @property
    def key(self) -> str:
        """The name of the cause for programs."""
        return self.name.lower()


def explain(cause: Cause, /, **facts: object) -> Explanation:
    """Return the text of a cause, with these facts filled in."""
    row: Row = cause.value
    known = {**DEFAULT_FACTS, **facts}
    return Explanation(
        cause=cause,
        sentence=as_sentence(_fill_in(row.sentence, known)),
        next_step=as_sentence(_fill_in(row.next_step, known)),
        actor=row.actor,
        outcome=row.outcome,
    )


def as_sentence(text: str) -> str:
    """The text with an initial capital and a final period."""
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


class _Texts(dict[str, str]):
    """The facts, and the fragments with the same facts filled in."""

    def __init__(self, facts: Mapping[str, object]) -> None:
        super().__init__({name: str(value) for name, value in facts.items()})

    def __missing__(self, name: str) -> str:
        self[name] = FRAGMENTS[name].format_map(self)
        return self[name]


def _fill_in(text: str, facts: Mapping[str, object]) -> str:
    return text.format_map(_Texts(facts))
