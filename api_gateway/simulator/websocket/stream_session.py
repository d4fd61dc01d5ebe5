"""One client's WebSocket session, without the network: which frames it receives, and when.

`receive` takes a frame from the client and returns the responses to it; `due_frames` returns the frames that
have become due since the last call, by the simulation's clock. Heartbeats alone follow the wall clock: a
client takes their absence for a dead connection, even while the simulated clock is frozen or jumps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from random import Random
from types import MappingProxyType
from typing import Any

from api_gateway.simulator.calendar.trading_hours import PRICE_STEP
from api_gateway.simulator.instruments.combinations import Combination
from api_gateway.simulator.session.session import LoginState
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.account_views import find_account_view
from api_gateway.simulator.web_api.sections.accounts import accounts_row
from api_gateway.simulator.web_api.sections.session import SERVER_INFO, USER_NAME, auth_status
from api_gateway.simulator.websocket.account_streams import (
    BalanceStream,
    OrderStream,
    ProfitStream,
    TradeStream,
)
from api_gateway.simulator.websocket.frames import (
    Command,
    Frame,
    error_frame,
    parse_command,
    parse_session_token,
    unknown_topic_frame,
)
from api_gateway.simulator.websocket.market_streams import HistoryStream, QuoteStream, find_instrument
from api_gateway.simulator.websocket.notices import BulletinStream, NoticeStream
from api_gateway.simulator.websocket.price_ladder import PriceLadderStream
from api_gateway.simulator.websocket.stream import IntervalTimer, Stream

HEARTBEAT_SECONDS = 10.0
MAX_HISTORIES = 5
_FIRST_SERVER_ID = 20_477
_MAX_DAYS = 7
_BROKERAGE_TOPICS = frozenset({"smd", "smh", "sbd", "sor", "str", "shs", "inp"})
_ACCOUNTS_TOPICS = frozenset({"smd", "smh", "sor", "str"})


class StreamSession:
    """The WebSocket session of one client. `token` is the session token of its cookie, if it has one."""

    def __init__(self, simulation: Simulation, token: str | None = None) -> None:
        self._simulation = simulation
        self._token = token
        self._opened_at = simulation.clock.now()
        self._session_requested = False
        self._greeted = False
        self._reported_status: dict[str, Any] = {}
        self._reported_account: str | None = None
        self._streams: dict[str, Stream] = {}
        self._notice_streams: tuple[Stream, ...] = ()
        self._server_ids = count(_FIRST_SERVER_ID)
        simulation.sockets_opened += 1
        # Seeded, so that runs are reproducible; nothing here is a secret.
        self._order_of_greeting = Random(f"{simulation.options.seed}:{simulation.sockets_opened}")  # noqa: S311
        self._heartbeat_timer = IntervalTimer(HEARTBEAT_SECONDS)
        self._tick_timer = IntervalTimer(PRICE_STEP)

    @property
    def has_ended(self) -> bool:
        """True once IBKR would close the socket: its login has ended, or sessions are being reset."""
        variants = self._simulation.variants
        if variants.nightly_reset == "close" and self._was_reset:
            return True
        return self._has_lost_login and variants.after_login_ends == "close"

    def receive(self, text: str) -> list[Frame]:
        """Return the responses to a client's frame; none before the greeting, or without the login."""
        if self._has_lost_login:
            return []
        if not self._logged_in():
            self._token = parse_session_token(text) if text.strip().startswith("{") else None
            return [] if self._logged_in() else [_waiting_frame()]
        if not self._greeted:
            return []
        command = parse_command(text)
        if command is None:
            return [unknown_topic_frame(None)]
        topic = _TOPICS.get(command.topic)
        if topic is None:
            return [unknown_topic_frame(command.topic)]
        if command.topic in _BROKERAGE_TOPICS and self._simulation.session.state is not LoginState.BROKERAGE:
            return [error_frame(command, 400, "Bad Request: no bridge")]
        if command.topic in _ACCOUNTS_TOPICS and not self._simulation.preflights.accounts_called:
            return [error_frame(command, 500, "No accounts")]
        return topic(self, command)

    def due_frames(self) -> list[Frame]:
        """Return every frame to send by now."""
        now = self._simulation.clock.now()
        if not self._greeted:
            return self._greeting_frames()
        if self._has_lost_login:
            self.close()
            ended = self._simulation.session.state is LoginState.NO_LOGIN
            return [*(self._status_frames() if ended else []), *self._heartbeat_frames()]
        frames = [*self._status_frames(), *self._heartbeat_frames()]
        if self._tick_timer.is_due(now):
            self._simulation.catch_up()
            frames += self._stream_frames(now)
        return frames

    def close(self) -> None:
        """Release what the subscriptions hold."""
        for name in list(self._streams):
            self._end_stream(name)

    @property
    def _was_reset(self) -> bool:
        session = self._simulation.session
        return session.is_under_maintenance or session.last_reset >= self._opened_at

    @property
    def _has_lost_login(self) -> bool:
        return self._greeted and not self._logged_in()

    def _logged_in(self) -> bool:
        session = self._simulation.session
        return session.state is not LoginState.NO_LOGIN and self._token == session.token

    def _greeting_frames(self) -> list[Frame]:
        """Return the greeting; its frames come in any order, so a client must wait for the `system` frame."""
        if not self._logged_in():
            if self._session_requested:
                return []
            self._session_requested = True
            return [_waiting_frame()]
        self._greeted = True
        self._heartbeat_timer.is_due(self._simulation.clock.wall_now())
        self._notice_streams = (BulletinStream(self._simulation), NoticeStream(self._simulation))
        welcome = {
            "topic": "system",
            "success": USER_NAME,
            "isFT": False,
            "isPaper": self._simulation.profile.paper,
        }
        status = {**self._session_status(), "message": "", "fail": "", **SERVER_INFO, "username": USER_NAME}
        self._reported_status = self._session_status()
        frames = [welcome, *self._account_frames(), {"topic": "sts", "args": status}]
        self._order_of_greeting.shuffle(frames)
        return frames

    def _session_status(self) -> dict[str, Any]:
        status = auth_status(self._simulation)
        return {name: status[name] for name in ("authenticated", "competing")}

    def _status_frames(self) -> list[Frame]:
        """Return a changed session status, split in two; without a brokerage session its streams end."""
        if self._simulation.session.state is not LoginState.BROKERAGE:
            for name in [name for name in self._streams if name[:3] in _BROKERAGE_TOPICS]:
                self._end_stream(name)
        frames = self._account_frames()
        before, status = self._reported_status, self._session_status()
        self._reported_status = status
        lost = before["authenticated"] and not status["authenticated"]
        if status["authenticated"] != before["authenticated"]:
            frames.append({"topic": "sts", "args": {"authenticated": status["authenticated"]}})
        if lost or status["competing"] != before["competing"]:
            frames.append({"topic": "sts", "args": {"competing": status["competing"], "message": ""}})
        return frames

    def _account_frames(self) -> list[Frame]:
        """Return `act` when a brokerage session has opened, or a different account has been selected."""
        brokerage = self._simulation.session.state is LoginState.BROKERAGE
        account = self._simulation.selected_account_id if brokerage else None
        changed, self._reported_account = account != self._reported_account, account
        return [{"topic": "act", "args": accounts_row(self._simulation)}] if account and changed else []

    def _heartbeat_frames(self) -> Iterator[Frame]:
        """Return a heartbeat every ten seconds of real time, stamped with real time in milliseconds."""
        now = self._simulation.clock.wall_now()
        if self._heartbeat_timer.is_due(now):
            yield {"topic": "system", "hb": int(now * 1000)}

    def _stream_frames(self, now: float) -> list[Frame]:
        for name in [name for name, stream in self._streams.items() if stream.has_ended(now)]:
            self._end_stream(name)
        return [
            frame
            for stream in (*self._notice_streams, *self._streams.values())
            for frame in stream.due_frames(now)
        ]

    def _end_stream(self, name: str) -> None:
        stream = self._streams.pop(name, None)
        if stream is not None:
            stream.close()

    def _subscribe_quotes(self, command: Command) -> list[Frame]:
        instrument = find_instrument(self._simulation, command)
        if instrument is None:
            return [error_frame(command, 400, "Bad Request: invalid conid")]
        quotes = self._streams.get(command.name)
        if not isinstance(quotes, QuoteStream):
            quotes = self._streams[command.name] = QuoteStream(
                self._simulation, instrument, "+".join(command.target)
            )
        quotes.subscribe(command.string_list("fields") or [], self._simulation.clock.now())
        return []

    def _subscribe_history(self, command: Command) -> list[Frame]:
        instrument = find_instrument(self._simulation, command)
        if instrument is None or isinstance(instrument, Combination):
            return [error_frame(command, 400, "Bad Request: invalid conid")]
        if sum(isinstance(stream, HistoryStream) for stream in self._streams.values()) >= MAX_HISTORIES:
            return [error_frame(command, 429, f"At most {MAX_HISTORIES} histories at a time")]
        number = next(self._server_ids)
        self._streams[f"smh+{number}"] = HistoryStream(self._simulation, instrument, command, number)
        return []

    def _unsubscribe_history(self, command: Command) -> list[Frame]:
        if not command.target or f"smh+{command.target[0]}" not in self._streams:
            return [error_frame(command, 500, "unknown")]
        self._end_stream(f"smh+{command.target[0]}")
        return [{"message": f"Unsubscribed {command.target[0]}"}]

    def _subscribe_orders(self, command: Command) -> list[Frame]:
        simulation = self._simulation
        if left := simulation.variants.order_refusals:
            simulation.variants = simulation.variants.model_copy(update={"order_refusals": left - 1})
            return [error_frame(command, 500, "unable to subscribe")]
        states = [state.lower() for state in command.string_list("filters") or []]
        self._streams["sor"] = OrderStream(simulation, states, simulation.variants.order_stream)
        return []

    def _subscribe_trades(self, command: Command) -> list[Frame]:
        days = command.arguments.get("days", 1)
        if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= _MAX_DAYS:
            return [error_frame(command, 400, "Bad Request: days must be from 1 to 7")]
        updates_only = command.arguments.get("realtimeUpdatesOnly") is True
        self._streams["str"] = TradeStream(self._simulation, days, updates_only=updates_only)
        return []

    def _subscribe_profit(self, command: Command) -> list[Frame]:  # noqa: ARG002 takes no arguments
        self._streams["spl"] = ProfitStream(self._simulation)
        return []

    def _subscribe_balances(self, command: Command) -> list[Frame]:
        view = find_account_view(self._simulation, command.target[0]) if command.target else None
        if view is None:
            return [error_frame(command, 400, "Bad Request: unknown account")]
        keys, fields = command.string_list("keys") or None, command.string_list("fields")
        self._streams[command.name] = BalanceStream(command.name, view, keys, fields)
        return []

    def _unsubscribe_balances(self, command: Command) -> list[Frame]:
        self._end_stream(_subscription_name(command))
        return [{"result": f"unsubscribed from {'summary' if command.topic == 'usd' else 'ledger'}"}]

    def _unsubscribe(self, command: Command) -> list[Frame]:
        """End a stream without a response."""
        targeted = command.topic in ("umd", "ubd")
        self._end_stream(_subscription_name(command) if targeted else f"s{command.topic[1:]}")
        return []

    def _subscribe_ladder(self, command: Command) -> list[Frame]:
        """Start the account's price ladder; an account has at most one at a time."""
        account_id, conid, exchange = (*command.target, "", "", "")[:3]
        instrument = self._simulation.universe.by_conid(int(conid)) if conid.isdecimal() else None
        if account_id not in self._simulation.accounts or instrument is None:
            return [error_frame(command, 400, "Bad Request: unknown account or conid")]
        if exchange and exchange not in instrument.venues:
            return [error_frame(command, 400, "Bad Request: unknown exchange")]
        if not self._simulation.availability.startswith("R"):
            return [error_frame(command, 403, "No market depth permissions")]
        topic = f"sbd+{account_id}+{instrument.conid}"
        self._streams[f"sbd+{account_id}"] = PriceLadderStream(self._simulation, instrument, topic)
        return []

    def _reject_exercise(self, command: Command) -> list[Frame]:
        return [error_frame(command, 403, "Option exercise is not available")]

    def _confirm_alive(self, command: Command) -> list[Frame]:
        return [{"topic": command.name, "alive": True, "lastAccessed": self._simulation.clock.now_ms()}]

    def _echo(self, command: Command) -> list[Frame]:
        return [{"topic": command.name}]


def _waiting_frame() -> Frame:
    return {"message": "waiting for session"}


def _subscription_name(command: Command) -> str:
    """Return the name of the subscription that a command cancels: `smd+265598` for `umd+265598`."""
    return f"s{command.name[1:]}"


_TOPICS: Mapping[str, Callable[[StreamSession, Command], list[Frame]]] = MappingProxyType(
    {
        "smd": StreamSession._subscribe_quotes,
        "umd": StreamSession._unsubscribe,
        "smh": StreamSession._subscribe_history,
        "umh": StreamSession._unsubscribe_history,
        "sbd": StreamSession._subscribe_ladder,
        "ubd": StreamSession._unsubscribe,
        "sor": StreamSession._subscribe_orders,
        "uor": StreamSession._unsubscribe,
        "str": StreamSession._subscribe_trades,
        "utr": StreamSession._unsubscribe,
        "spl": StreamSession._subscribe_profit,
        "upl": StreamSession._unsubscribe,
        "ssd": StreamSession._subscribe_balances,
        "usd": StreamSession._unsubscribe_balances,
        "sld": StreamSession._subscribe_balances,
        "uld": StreamSession._unsubscribe_balances,
        "shs": StreamSession._reject_exercise,
        "inp": StreamSession._reject_exercise,
        "tic": StreamSession._confirm_alive,
        "ech": StreamSession._echo,
    }
)
