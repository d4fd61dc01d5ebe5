from __future__ import annotations

from itertools import permutations
from random import Random
from typing import Any

import httpx
import pytest

from api_gateway.simulator.clock import Clock
from api_gateway.simulator.session.session import LoginState
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from api_gateway.simulator.variants import Variants
from api_gateway.simulator.websocket.stream_session import StreamSession
from tests.api_gateway.simulator.order_calls import Trader, ticket
from tests.api_gateway.simulator.paper_account import AAPL, ACCOUNT, IBM, MSFT, trade

FIELDS = '{"fields":["31","84","86","55"]}'


class WallClock:
    """Real time, which only the test moves."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def wall_clock() -> WallClock:
    return WallClock()


@pytest.fixture
def clock(noon: float, wall_clock: WallClock) -> Clock:
    return Clock(start=noon, frozen=True, wall_clock=wall_clock)


class Client:
    """A WebSocket client whose simulated time advances only while it waits."""

    def __init__(self, simulation: Simulation, token: str | None = None) -> None:
        self.simulation = simulation
        self.session = StreamSession(simulation, token)

    def send(self, text: str) -> list[dict[str, Any]]:
        return self.session.receive(text)

    def wait(self, seconds: float = 0.5) -> list[dict[str, Any]]:
        """Return all frames of these seconds, polled eight times per second: eighths add up exactly."""
        frames = list(self.session.due_frames())
        for _ in range(round(seconds * 8)):
            self.simulation.clock.advance(0.125)
            frames += self.session.due_frames()
        return frames

    def frames_of(self, topic: str, seconds: float = 0.5) -> list[dict[str, Any]]:
        return [frame for frame in self.wait(seconds) if str(frame.get("topic", "")).startswith(topic)]


@pytest.fixture
def client(simulation: Simulation) -> Client:
    """Return a client that has been greeted and has called the accounts."""
    greeted_client = Client(simulation, simulation.session.token)
    greeted_client.session.due_frames()
    simulation.preflights.accounts_called = True
    return greeted_client


def keep_session_alive(simulation: Simulation) -> None:
    """Do what a tickle over HTTP does."""
    simulation.session.touch()


def test_a_client_with_a_cookie_is_greeted_with_user_accounts_and_status(simulation: Simulation) -> None:
    frames = Client(simulation, simulation.session.token).session.due_frames()
    welcome, accounts, status = (
        next(frame for frame in frames if frame["topic"] == topic) for topic in ("system", "act", "sts")
    )
    assert welcome == {"topic": "system", "success": "simulated1", "isFT": False, "isPaper": True}
    assert accounts["topic"] == "act"
    assert {"accounts", "acctProps", "selectedAccount", "allowFeatures"} <= accounts["args"].keys()
    assert status["topic"] == "sts"
    assert (status["args"]["authenticated"], status["args"]["competing"]) == (True, False)
    assert not simulation.preflights.accounts_called


def test_the_seed_determines_the_order_of_the_greeting_frames() -> None:
    orders = []
    for seed in (1, 1, 2):
        simulation = Simulation(SimulationOptions(login=True, seed=seed), Clock(frozen=True))
        greetings = [Client(simulation, simulation.session.token).session.due_frames() for _ in range(30)]
        orders.append([tuple(frame["topic"] for frame in greeting) for greeting in greetings])
    first, again, other = orders
    assert first == again != other
    assert set(first) == set(permutations(("system", "act", "sts")))


def test_a_client_without_a_cookie_must_send_its_session_token(simulation: Simulation) -> None:
    client = Client(simulation)
    assert client.wait(3) == [{"message": "waiting for session"}]
    assert client.send('{"session":"wrong"}') == [{"message": "waiting for session"}]
    assert client.send("smd+265598+{}") == [{"message": "waiting for session"}]
    assert client.send(f'{{"session":"{simulation.session.token}"}}') == []
    assert {"system", "act", "sts"} == {frame["topic"] for frame in client.session.due_frames()}


def test_a_wrong_cookie_does_not_open_the_session(simulation: Simulation) -> None:
    assert Client(simulation, "wrong").session.due_frames() == [{"message": "waiting for session"}]


def test_frames_before_the_greeting_are_ignored(simulation: Simulation) -> None:
    simulation.preflights.accounts_called = True
    client = Client(simulation, simulation.session.token)
    assert client.send(f"smd+{AAPL}+{FIELDS}") == []
    assert client.frames_of("smd", 5) == []
    client.send(f"smd+{AAPL}+{FIELDS}")
    assert client.frames_of("smd", 2) != []


def heartbeats(client: Client, wall_clock: WallClock, seconds: float) -> list[int]:
    """Return the time stamps of the heartbeats of these seconds of real time."""
    stamps = []
    for _ in range(round(seconds * 4)):
        wall_clock.seconds += 0.25
        stamps += [frame["hb"] for frame in client.session.due_frames() if "hb" in frame]
    return stamps


def test_a_heartbeat_is_sent_every_ten_seconds_of_real_time_while_the_simulated_clock_is_frozen(
    client: Client, wall_clock: WallClock
) -> None:
    start = wall_clock.seconds
    assert heartbeats(client, wall_clock, 35) == [int((start + s) * 1000) for s in (10, 20, 30)]


def test_a_jump_of_the_simulated_clock_neither_triggers_nor_delays_a_heartbeat(
    client: Client, wall_clock: WallClock
) -> None:
    client.simulation.clock.advance(200)
    assert [frame for frame in client.session.due_frames() if "hb" in frame] == []
    assert len(heartbeats(client, wall_clock, 10)) == 1


@pytest.mark.parametrize(
    ("text", "topic"), [("", "null"), ("nonsense", "null"), ("smd+1+{", "null"), ("xyz+{}", "xyz")]
)
def test_a_malformed_frame_gets_the_unknown_topic_error(client: Client, text: str, topic: str) -> None:
    assert client.send(text) == [{"error": f"Topic unknown '{topic}'"}]


def test_a_ping_and_an_echo_get_responses(client: Client) -> None:
    assert client.send("tic")[0]["topic"] == "tic"
    assert client.send("ech+hb") == [{"topic": "ech+hb"}]


@pytest.mark.parametrize("text", [f"smd+{AAPL}+{{}}", f"smh+{AAPL}+{{}}", "sor+{}", "str+{}"])
def test_trading_topics_require_the_accounts_call(client: Client, text: str) -> None:
    client.simulation.preflights.accounts_called = False
    assert client.send(text) == [{"error": "No accounts", "code": 500, "topic": text[:3]}]


@pytest.mark.parametrize("text", [f"smd+{AAPL}+{{}}", f"smh+{AAPL}+{{}}", "sor+{}", "str+{}", "sbd+x+1"])
def test_trading_topics_require_the_brokerage_session(client: Client, text: str) -> None:
    client.simulation.session.drop()
    assert client.send(text)[0]["error"] == "Bad Request: no bridge"


@pytest.mark.parametrize("text", ["spl+{}", f"ssd+{ACCOUNT}+{{}}", f"sld+{ACCOUNT}+{{}}"])
def test_balance_topics_do_not_require_the_brokerage_session(client: Client, text: str) -> None:
    client.simulation.session.drop()
    assert client.send(text) == []
    assert client.frames_of(text[:3]) != []


def test_the_end_of_the_brokerage_session_is_reported_and_ends_its_streams(client: Client) -> None:
    client.send(f"smd+{AAPL}+{FIELDS}")
    client.send("spl+{}")
    client.wait(2)
    client.simulation.session.drop()
    assert statuses(client) == [{"authenticated": False}, {"competing": False, "message": ""}]
    client.simulation.prices.override_price(AAPL, 100.0)
    later = client.wait(3)
    assert not [frame for frame in later if str(frame.get("topic")).startswith("smd")]
    assert [frame for frame in later if frame.get("topic") == "spl"]


def test_the_order_stream_ends_permanently_with_the_brokerage_session(client: Client) -> None:
    client.send("sor+{}")
    assert client.frames_of("sor", 1) != []
    client.simulation.session.drop()
    client.wait(0)
    client.simulation.session.init(compete=True)
    client.wait(2)
    client.simulation.preflights.accounts_called = True
    trade(client.simulation.selected_account, MSFT, 10, 480.0)
    assert client.frames_of("sor", 3) == []


async def test_a_fill_is_sent_without_any_request(gateway: httpx.AsyncClient, client: Client) -> None:
    trader = await Trader(gateway).subscribe()
    client.send("sor+{}")
    client.send('str+{"realtimeUpdatesOnly":true}')
    client.wait(1)
    (order_id,) = await trader.place(ticket())
    frames = client.wait(5)
    rows = [row for frame in frames if frame.get("topic") == "sor" for row in frame["args"]]
    assert [row["status"] for row in rows if row["orderId"] == order_id][-1] == "Filled"
    trade_rows = [row for frame in frames if frame.get("topic") == "str" for row in frame["args"]]
    assert {(row["symbol"], row["account"]) for row in trade_rows} == {("AAPL", ACCOUNT)}


def test_a_reopened_brokerage_session_is_reported_with_its_accounts(client: Client) -> None:
    client.simulation.session.drop()
    client.wait(0)
    client.simulation.session.init(compete=True)
    topics = [frame.get("topic") for frame in client.wait(2)]
    assert [topic for topic in topics if topic in ("sts", "act")] == ["sts", "act"]


def statuses(client: Client) -> list[dict[str, Any]]:
    return [frame["args"] for frame in client.frames_of("sts", 0)]


def test_an_eviction_and_its_end_are_reported_with_only_what_has_changed(client: Client) -> None:
    client.simulation.session.displace()
    assert statuses(client) == [{"authenticated": False}, {"competing": True, "message": ""}]
    client.simulation.session.init(compete=True)
    assert statuses(client) == [{"authenticated": True}, {"competing": False, "message": ""}]
    client.simulation.session.drop()
    statuses(client)
    client.simulation.session.init(compete=True)
    assert statuses(client) == [{"authenticated": True}]


@pytest.mark.parametrize("options", [SimulationOptions(login=True, profile="fa")], ids=["advisor"])
def test_selecting_another_account_is_reported(client: Client, options: SimulationOptions) -> None:
    assert options.profile == "fa"
    assert client.frames_of("act", 0) == []
    client.simulation.selected_account_id = list(client.simulation.accounts)[-1]
    (account,) = client.frames_of("act", 0)
    assert account["args"]["selectedAccount"] == client.simulation.selected_account_id


def test_order_streams_are_rejected_as_often_as_the_variant_specifies(client: Client) -> None:
    client.simulation.variants = Variants(order_refusals=2)
    answers = [client.send("sor+{}") for _ in range(3)]
    refusal = {"error": "unable to subscribe", "code": 500, "topic": "sor"}
    assert answers == [[refusal], [refusal], []]
    assert client.frames_of("sor", 1) != []


def test_the_order_stream_starts_as_the_variant_specifies(client: Client) -> None:
    client.simulation.variants = Variants(order_stream="quiet")
    client.send("sor+{}")
    assert client.frames_of("sor", 3) == []


def test_a_socket_can_outlive_its_login_with_heartbeats_and_dead_topics(
    client: Client, wall_clock: WallClock
) -> None:
    client.simulation.variants = Variants(after_login_ends="heartbeats")
    client.send(f"smd+{AAPL}+{FIELDS}")
    client.send("spl+{}")
    client.wait(2)
    client.simulation.session.login()
    client.simulation.preflights.accounts_called = True
    assert client.wait(5) == []
    for text in (
        "tic",
        f"smd+{AAPL}+{FIELDS}",
        "nonsense",
        f'{{"session":"{client.simulation.session.token}"}}',
    ):
        assert client.send(text) == []
    assert client.wait(5) == []
    assert not client.session.has_ended
    assert len(heartbeats(client, wall_clock, 60)) == 6


def test_a_new_login_at_the_same_time_ends_the_session_too(client: Client) -> None:
    client.simulation.session.login()
    assert client.session.has_ended


def test_the_nightly_reset_closes_every_socket_repeatedly_while_it_lasts(client: Client) -> None:
    simulation = client.simulation
    assert not client.session.has_ended
    simulation.session.reset()
    assert client.session.has_ended
    simulation.clock.advance(29)
    assert Client(simulation, simulation.session.token).session.has_ended
    simulation.clock.advance(1)
    assert not Client(simulation, simulation.session.token).session.has_ended


def test_a_socket_that_was_open_before_the_nightly_reset_is_closed_after_a_jump_over_it(
    client: Client, clock: Clock
) -> None:
    clock.advance(24 * 3600)
    assert client.session.has_ended
    assert not Client(client.simulation).session.has_ended


def test_the_nightly_reset_can_be_reported_by_the_status_alone(client: Client) -> None:
    client.simulation.variants = Variants(nightly_reset="status")
    client.simulation.session.reset()
    assert not client.session.has_ended
    assert statuses(client)[0] == {"authenticated": False}
    client.simulation.clock.advance(31)
    client.simulation.session.init(compete=True)
    assert statuses(client) == [{"authenticated": True}]


@pytest.mark.parametrize("seed", range(20))
def test_no_client_frame_raises_an_error(client: Client, seed: int) -> None:
    rng = Random(seed)  # noqa: S311 not a secret
    parts = [
        *("smd", "umd", "smh", "umh", "sbd", "ubd", "sor", "uor", "str", "utr", "spl", "upl", "ssd", "usd"),
        *("sld", "uld", "shs", "inp", "tic", "ech", "xyz", "+", "+", "+", str(AAPL), ACCOUNT, "{}", "{", "}"),
        *('{"fields":["31",null,{}]}', '{"fields":7}', '{"keys":[1],"fields":{}}', '{"days":1e99}', "\x00"),
        *(
            '{"period":"9z","bar":[]}',
            '{"period":{},"source":[],"format":1}',
            '{"filters":"x"}',
            "\ud800",
            "é",
        ),
    ]
    for _ in range(100):
        client.send("".join(rng.choices(parts, k=rng.randint(0, 6))))
        client.send(f"{rng.choice(parts)}+{rng.choice(parts)}+{rng.choice(parts)}")
        client.wait(0.125)


def test_market_data_lines_released_over_http_end_their_streams(client: Client) -> None:
    client.send(f"smd+{AAPL}+{FIELDS}")
    assert client.frames_of("smd", 2) != []
    client.simulation.preflights.subscriptions.clear()
    assert client.frames_of("smd", 5) == []


def test_websocket_traffic_does_not_keep_the_brokerage_session_alive(client: Client) -> None:
    for _ in range(8):
        client.send("tic")
        client.wait(60)
    assert client.simulation.session.state is LoginState.SSO


def test_a_logout_is_reported_and_ends_the_session(client: Client) -> None:
    assert not client.session.has_ended
    client.simulation.session.logout()
    assert client.session.has_ended
    assert client.frames_of("sts", 0)[0]["args"]["authenticated"] is False
    assert client.send("tic") == []


def test_the_quote_stream_expires_after_15_minutes_unless_renewed(client: Client) -> None:
    name = f"smd+{AAPL}"
    client.send(f"{name}+{FIELDS}")
    for minutes in range(14):
        assert client.frames_of(name, 60), minutes
        keep_session_alive(client.simulation)
    client.send(f"{name}+{FIELDS}")
    for _ in range(10):
        assert client.frames_of(name, 60)
        keep_session_alive(client.simulation)
    client.wait(310)
    keep_session_alive(client.simulation)
    assert client.frames_of(name, 30) == []
    assert AAPL not in client.simulation.preflights.subscriptions


def test_cancelling_quotes_releases_the_line_without_a_response(client: Client) -> None:
    client.send(f"smd+{AAPL}+{FIELDS}")
    client.wait(2)
    assert AAPL in client.simulation.preflights.subscriptions
    assert client.send(f"umd+{AAPL}+{{}}") == []
    assert client.frames_of("smd", 3) == []
    assert AAPL not in client.simulation.preflights.subscriptions


def test_closing_the_session_releases_its_market_data_lines(client: Client) -> None:
    client.send(f"smd+{AAPL}+{FIELDS}")
    client.wait(2)
    client.session.close()
    assert client.simulation.preflights.subscriptions == {}


@pytest.mark.parametrize("target", ["999", "AAPL", "0", "265598@x"])
@pytest.mark.parametrize("topic", ["smd", "smh"])
def test_an_unknown_contract_is_rejected(client: Client, topic: str, target: str) -> None:
    assert client.send(f"{topic}+{target}+{{}}")[0]["error"] == "Bad Request: invalid conid"


def test_a_sixth_history_request_is_rejected_until_one_is_cancelled(client: Client) -> None:
    for conid in (AAPL, AAPL, IBM, MSFT, IBM):
        assert client.send(f'smh+{conid}+{{"period":"1d","bar":"5min"}}') == []
    numbers = [frame["serverId"] for frame in client.frames_of("smh")]
    assert len(set(numbers)) == 5
    assert client.send(f"smh+{AAPL}+{{}}")[0]["code"] == 429
    assert client.send(f"umh+{numbers[0]}") == [{"message": f"Unsubscribed {numbers[0]}"}]
    assert client.send(f"umh+{numbers[0]}") == [{"error": "unknown", "code": 500, "topic": "umh"}]
    assert client.send(f"smh+{AAPL}+{{}}") == []


def test_option_exercise_is_rejected(client: Client) -> None:
    assert client.send('shs+exercise+{"CEX":1}')[0]["code"] == 403


def test_an_account_has_one_price_ladder_until_it_is_cancelled(client: Client) -> None:
    assert client.send(f"sbd+{ACCOUNT}+{AAPL}") == []
    assert client.send(f"sbd+{ACCOUNT}+{IBM}+NYSE") == []
    assert {frame["topic"] for frame in client.frames_of("sbd")} == {f"sbd+{ACCOUNT}+{IBM}"}
    assert client.send(f"ubd+{ACCOUNT}") == []
    assert client.frames_of("sbd", seconds=60) == []


@pytest.mark.parametrize(
    "target",
    ["", f"+{ACCOUNT}", f"+{ACCOUNT}+x", f"+{ACCOUNT}+1", f"+DU1+{AAPL}", f"+{ACCOUNT}+{AAPL}+MARS"],
)
def test_a_price_ladder_for_an_unknown_account_or_contract_is_rejected(client: Client, target: str) -> None:
    assert client.send(f"sbd{target}")[0]["code"] == 400


def test_a_login_without_live_prices_has_no_price_ladder(clock: Clock) -> None:
    simulation = Simulation(SimulationOptions(login=True, profile="delayed"), clock)
    client = Client(simulation, simulation.session.token)
    client.wait()
    assert client.send(f"sbd+{ACCOUNT}+{AAPL}")[0]["code"] == 403


@pytest.mark.parametrize("text", ["uor+{}", "utr", "upl+{}"])
def test_cancelling_orders_trades_or_profit_has_no_response(client: Client, text: str) -> None:
    client.send(f"s{text[1:3]}+{{}}")
    client.wait(1)
    assert client.send(text) == []
    trade(client.simulation.selected_account, MSFT, 10, 480.0)
    assert client.frames_of(f"s{text[1:3]}", 3) == []


def test_cancelling_balances_is_confirmed(client: Client) -> None:
    client.send(f"ssd+{ACCOUNT}+{{}}")
    client.send(f"sld+{ACCOUNT}+{{}}")
    assert client.send(f"usd+{ACCOUNT}+{{}}") == [{"result": "unsubscribed from summary"}]
    assert client.send(f"uld+{ACCOUNT}+{{}}") == [{"result": "unsubscribed from ledger"}]
    assert client.frames_of("s", 11) == []


@pytest.mark.parametrize("text", ["ssd+U7654321+{}", "sld+U7654321+{}", "ssd+{}"])
def test_balances_of_an_unknown_account_are_rejected(client: Client, text: str) -> None:
    assert client.send(text)[0]["error"] == "Bad Request: unknown account"


@pytest.mark.parametrize("days", ["0", "8", "true", '"x"'])
def test_trades_for_more_than_seven_days_are_rejected(client: Client, days: str) -> None:
    assert client.send(f'str+{{"days":{days}}}')[0]["code"] == 400


@pytest.mark.parametrize("options", [SimulationOptions(login=False)], ids=["logged out"])
def test_no_session_token_is_valid_without_a_login(
    simulation: Simulation, options: SimulationOptions, clock: Clock
) -> None:
    assert clock.is_frozen
    assert not options.login
    client = Client(simulation, simulation.session.token)
    assert client.wait(1) == [{"message": "waiting for session"}]
    assert client.send(f'{{"session":"{simulation.session.token}"}}') == [{"message": "waiting for session"}]
