"""One client on the WebSocket: what it is told, and when. There is no network in it.

`hear` takes a frame of the client and gives the answers to it, `due` gives what has become due since it was
asked last; time is the simulation's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from types import MappingProxyType
from typing import Any

from api_gateway.simulator.calendar.trading_hours import STEP
from api_gateway.simulator.session.session import State
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.account_views import account_view
from api_gateway.simulator.web_api.sections.accounts import accounts_row
from api_gateway.simulator.web_api.sections.session import SERVER_INFO, USER_NAME, auth_status
from api_gateway.simulator.websocket.account_streams import Balances, Orders, Profit, Trades
from api_gateway.simulator.websocket.frames import Command, Frame, parse, refusal, session_in, unknown
from api_gateway.simulator.websocket.market_streams import History, Quotes, instrument_in
from api_gateway.simulator.websocket.notices import Bulletins, Notices
from api_gateway.simulator.websocket.stream import Cadence, Stream

HEARTBEAT_SECONDS = 10.0
MOST_HISTORIES = 5
_FIRST_SERVER_ID = 20_477
_MOST_DAYS = 7
_NEED_BROKERAGE = frozenset({"smd", "smh", "sbd", "sor", "str", "shs", "inp"})
_NEED_ACCOUNTS = frozenset({"smd", "smh", "sor", "str"})


class Conversation:
    """The WebSocket of one client. `token` is the session that its cookie names, if it has one."""

    def __init__(self, simulation: Simulation, token: str | None = None) -> None:
        self._simulation = simulation
        self._token = token
        self._asked_for_session = False
        self._greeted = False
        self._told: dict[str, Any] = {}
        self._with_brokerage = False
        self._streams: dict[str, Stream] = {}
        self._news: tuple[Stream, ...] = ()
        self._server_ids = count(_FIRST_SERVER_ID)
        self._heartbeat = Cadence(HEARTBEAT_SECONDS)
        self._tick = Cadence(STEP)

    @property
    def over(self) -> bool:
        """True when the login has ended that it was opened with."""
        return self._greeted and not self._logged_in()

    def hear(self, text: str) -> list[Frame]:
        """What a frame of the client is answered with; nothing before the client has been greeted."""
        if not self._logged_in():
            self._token = session_in(text) if text.strip().startswith("{") else None
            return [] if self._logged_in() or self._greeted else [_waiting()]
        if not self._greeted:
            return []
        command = parse(text)
        if command is None:
            return [unknown(None)]
        topic = _TOPICS.get(command.topic)
        if topic is None:
            return [unknown(command.topic)]
        if command.topic in _NEED_BROKERAGE and self._simulation.session.state is not State.BROKERAGE:
            return [refusal(command, 400, "Bad Request: no bridge")]
        if command.topic in _NEED_ACCOUNTS and not self._simulation.preflights.accounts_called:
            return [refusal(command, 500, "No accounts")]
        return topic(self, command)

    def due(self) -> list[Frame]:
        """Everything that has to be sent by now."""
        now = self._simulation.clock.now()
        if not self._greeted:
            return self._greeting(now)
        frames = [*self._status_news(), *self._heartbeats(now)]
        if self._tick.comes(now) and self._simulation.session.state is not State.NO_LOGIN:
            self._simulation.catch_up()
            frames += self._stream_news(now)
        return frames

    def close(self) -> None:
        """Give back what the subscriptions hold."""
        for name in list(self._streams):
            self._end(name)

    def _logged_in(self) -> bool:
        session = self._simulation.session
        return session.state is not State.NO_LOGIN and self._token == session.token

    def _greeting(self, now: float) -> list[Frame]:
        if not self._logged_in():
            if self._asked_for_session:
                return []
            self._asked_for_session = True
            return [_waiting()]
        self._greeted = True
        self._heartbeat.comes(now)
        self._news = (Bulletins(self._simulation), Notices(self._simulation))
        welcome = {
            "topic": "system",
            "success": USER_NAME,
            "isFT": False,
            "isPaper": self._simulation.profile.paper,
        }
        return [welcome, *self._status_news()]

    def _status_news(self) -> list[Frame]:
        """The session's state when it has changed; what needs the brokerage session ends with it."""
        brokerage = self._simulation.session.state is State.BROKERAGE
        if not brokerage:
            for name in [name for name in self._streams if name[:3] in _NEED_BROKERAGE]:
                self._end(name)
        begins, self._with_brokerage = brokerage and not self._with_brokerage, brokerage
        status = auth_status(self._simulation)
        news = {name: status[name] for name in ("authenticated", "competing")}
        frames: list[Frame] = []
        if begins:
            frames.append({"topic": "act", "args": accounts_row(self._simulation)})
        if news != self._told:
            self._told = news
            args = {**news, "message": "", "fail": "", **SERVER_INFO, "username": USER_NAME}
            frames.append({"topic": "sts", "args": args})
        return frames

    def _heartbeats(self, now: float) -> Iterator[Frame]:
        """One every ten seconds; those that a leap of the clock has passed over are not sent after."""
        if self._heartbeat.comes(now):
            yield {"topic": "system", "hb": self._simulation.clock.milliseconds()}

    def _stream_news(self, now: float) -> list[Frame]:
        for name in [name for name, stream in self._streams.items() if stream.over(now)]:
            self._end(name)
        return [frame for stream in (*self._news, *self._streams.values()) for frame in stream.due(now)]

    def _end(self, name: str) -> None:
        stream = self._streams.pop(name, None)
        if stream is not None:
            stream.close()

    def _quotes(self, command: Command) -> list[Frame]:
        instrument = instrument_in(self._simulation, command)
        if instrument is None:
            return [refusal(command, 400, "Bad Request: invalid conid")]
        quotes = self._streams.get(command.name)
        if not isinstance(quotes, Quotes):
            quotes = self._streams[command.name] = Quotes(self._simulation, instrument, command.target[0])
        quotes.ask(command.texts("fields") or [], self._simulation.clock.now())
        return []

    def _history(self, command: Command) -> list[Frame]:
        instrument = instrument_in(self._simulation, command)
        if instrument is None:
            return [refusal(command, 400, "Bad Request: invalid conid")]
        if sum(isinstance(stream, History) for stream in self._streams.values()) >= MOST_HISTORIES:
            return [refusal(command, 429, f"At most {MOST_HISTORIES} histories at a time")]
        number = next(self._server_ids)
        self._streams[f"smh+{number}"] = History(self._simulation, instrument, command, number)
        return []

    def _no_more_history(self, command: Command) -> list[Frame]:
        if not command.target or f"smh+{command.target[0]}" not in self._streams:
            return [refusal(command, 500, "unknown")]
        self._end(f"smh+{command.target[0]}")
        return [{"message": f"Unsubscribed {command.target[0]}"}]

    def _orders(self, command: Command) -> list[Frame]:
        states = [state.lower() for state in command.texts("filters") or []]
        self._streams["sor"] = Orders(self._simulation, states)
        return []

    def _trades(self, command: Command) -> list[Frame]:
        days = command.arguments.get("days", _MOST_DAYS)
        if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= _MOST_DAYS:
            return [refusal(command, 400, "Bad Request: days must be from 1 to 7")]
        only_news = command.arguments.get("realtimeUpdatesOnly") is True
        self._streams["str"] = Trades(self._simulation, days, only_news=only_news)
        return []

    def _profit(self, command: Command) -> list[Frame]:  # noqa: ARG002 nothing can be asked for
        self._streams["spl"] = Profit(self._simulation)
        return []

    def _balances(self, command: Command) -> list[Frame]:
        view = account_view(self._simulation, command.target[0]) if command.target else None
        if view is None:
            return [refusal(command, 400, "Bad Request: unknown account")]
        keys, fields = command.texts("keys") or None, command.texts("fields")
        self._streams[command.name] = Balances(command.name, view, keys, fields)
        return []

    def _no_more_balances(self, command: Command) -> list[Frame]:
        self._end(_subscribed(command))
        return [{"result": f"unsubscribed from {'summary' if command.topic == 'usd' else 'ledger'}"}]

    def _no_more(self, command: Command) -> list[Frame]:
        """End a stream without a word."""
        self._end(_subscribed(command) if command.topic == "umd" else f"s{command.topic[1:]}")
        return []

    def _no_depth(self, command: Command) -> list[Frame]:
        return [refusal(command, 403, "No market depth permissions")]

    def _no_exercise(self, command: Command) -> list[Frame]:
        return [refusal(command, 403, "Option exercise is not available")]

    def _alive(self, command: Command) -> list[Frame]:
        return [{"topic": command.name, "alive": True, "lastAccessed": self._simulation.clock.milliseconds()}]

    def _echo(self, command: Command) -> list[Frame]:
        return [{"topic": command.name}]


def _waiting() -> Frame:
    return {"message": "waiting for session"}


def _subscribed(command: Command) -> str:
    """The name of the subscription that a cancellation means: `smd+265598` for `umd+265598`."""
    return f"s{command.name[1:]}"


_TOPICS: Mapping[str, Callable[[Conversation, Command], list[Frame]]] = MappingProxyType(
    {
        "smd": Conversation._quotes,
        "umd": Conversation._no_more,
        "smh": Conversation._history,
        "umh": Conversation._no_more_history,
        "sbd": Conversation._no_depth,
        "ubd": Conversation._no_more,
        "sor": Conversation._orders,
        "uor": Conversation._no_more,
        "str": Conversation._trades,
        "utr": Conversation._no_more,
        "spl": Conversation._profit,
        "upl": Conversation._no_more,
        "ssd": Conversation._balances,
        "usd": Conversation._no_more_balances,
        "sld": Conversation._balances,
        "uld": Conversation._no_more_balances,
        "shs": Conversation._no_exercise,
        "inp": Conversation._no_exercise,
        "tic": Conversation._alive,
        "ech": Conversation._echo,
    }
)
