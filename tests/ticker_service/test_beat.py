from __future__ import annotations

import json
import logging
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import httpx
import pytest

from api_gateway.client import Gateway
from api_gateway.modes import TICKER
from api_gateway.settings import GatewaySettings
from ticker_service.beat import Finding, Memory, State, beat

TICKLE = "/v1/api/tickle"
INIT = "/v1/api/iserver/auth/ssodh/init"
REAUTHENTICATE = "/v1/api/iserver/reauthenticate"
LOGIN_URL = "https://localhost:5055"

Answer = httpx.Response | Exception


def status(**values: bool) -> dict[str, Any]:
    return {"authenticated": True, "established": True, "competing": False, "connected": True, **values}


def tickled(**values: bool) -> httpx.Response:
    return httpx.Response(
        200,
        json={
            "session": "0123456789abcdef0123456789abcdef",
            "ssoExpires": 3_600_000,
            "collission": False,
            "userId": 100000001,
            "hmds": {"error": "no bridge"},
            "iserver": {"authStatus": status(**values)},
        },
    )


def established() -> httpx.Response:
    return tickled()


def closed() -> httpx.Response:
    return tickled(authenticated=False, established=False)


def opening() -> httpx.Response:
    return tickled(established=False)


def competing() -> httpx.Response:
    return tickled(authenticated=False, established=False, competing=True)


class Upstream:
    """Answers each path with what it was last told to, and remembers what it was sent."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[], httpx.Response]] = {
            TICKLE: established,
            INIT: lambda: httpx.Response(200, json=status(established=False)),
            REAUTHENTICATE: lambda: httpx.Response(200, json={"message": "triggered"}),
        }
        self.sent: list[tuple[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.method == "POST"
        self.sent.append((request.url.path, json.loads(request.content)))
        response = self.answers[request.url.path]()
        # As from a socket, where a body is read once.
        return httpx.Response(
            response.status_code, headers=response.headers, stream=httpx.ByteStream(response.content)
        )

    def count(self, path: str) -> int:
        return sum(1 for sent, _ in self.sent if sent == path)

    def opened_with(self) -> list[bool]:
        return [body["compete"] for path, body in self.sent if path == INIT]


class Bench:
    """A gateway in front of an upstream, a clock, and what one beat leaves to the next."""

    def __init__(self) -> None:
        self.upstream = Upstream()
        self.now = 1000.0
        self.memory = Memory()
        self.gateway = Gateway(
            GatewaySettings.model_construct(gateway_penalty=600),
            policy=TICKER,
            transport=httpx.MockTransport(self.upstream),
            now=lambda: self.now,
            sleep=self._sleep,
        )

    async def _sleep(self, seconds: float) -> None:
        self.now += seconds

    async def beat(
        self, tickle: Callable[[], httpx.Response], *, after: float = 60, compete: bool = False
    ) -> Finding:
        self.now += after
        self.upstream.answers[TICKLE] = tickle
        return await beat(self.gateway, self.memory, compete=compete, login_url=LOGIN_URL, now=self.now)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def raising(error: Exception) -> Callable[[], httpx.Response]:
    def answer() -> httpx.Response:
        raise error

    return answer


def answering(code: int, **values: Any) -> Callable[[], httpx.Response]:
    return lambda: httpx.Response(code, **values)


async def test_in_fair_weather_a_beat_is_one_tickle_with_an_empty_object(bench: Bench) -> None:
    finding = await bench.beat(established)
    assert (finding.state, finding.person_must) == (State.ESTABLISHED, "")
    assert finding.login_ends_in == 3600
    assert bench.upstream.sent == [(TICKLE, {})]


async def test_a_closed_session_is_opened_without_competing(bench: Bench) -> None:
    finding = await bench.beat(closed)
    assert finding.state is State.OPENING
    assert bench.upstream.sent[1:] == [(INIT, {"publish": True, "compete": False})]
    assert finding.login_ends_in == 3600


async def test_a_loss_is_answered_with_one_opening_while_it_is_under_way(bench: Bench) -> None:
    await bench.beat(closed)
    for _ in range(5):
        finding = await bench.beat(opening, after=5)
        assert finding.state is State.OPENING
    assert (await bench.beat(established, after=5)).state is State.ESTABLISHED
    assert bench.upstream.count(INIT) == 1


async def test_each_loss_gets_its_own_opening(bench: Bench) -> None:
    for _ in range(3):
        await bench.beat(closed)
        await bench.beat(established, after=5)
    assert bench.upstream.count(INIT) == 3


async def test_a_loss_soon_after_another_is_answered_at_once(bench: Bench) -> None:
    for _ in range(3):
        await bench.beat(closed, after=5)
        await bench.beat(established, after=5)
    assert bench.upstream.count(INIT) == 3


async def test_an_opening_answered_with_the_logged_out_form_leaves_the_login_to_the_tickle_to_judge(
    bench: Bench,
) -> None:
    logged_out = {"authenticated": False, "competing": False, "connected": False, "MAC": "02:00:5E:10:00:01"}
    bench.upstream.answers[INIT] = answering(200, json=logged_out)
    assert (await bench.beat(closed)).state is State.CLOSED


@pytest.mark.parametrize(
    ("trouble", "state"),
    [
        (answering(429), State.PENALTY),
        (answering(401), State.LOGIN_REQUIRED),
        (raising(httpx.ConnectError("refused")), State.UNREACHABLE),
        (raising(httpx.ReadTimeout("silent")), State.CLOSED),
    ],
    ids=["429", "401", "connection refused", "silence"],
)
async def test_what_an_opening_runs_into_is_what_the_beat_finds(
    bench: Bench, trouble: Callable[[], httpx.Response], state: State
) -> None:
    bench.upstream.answers[INIT] = trouble
    finding = await bench.beat(closed)
    assert finding.state is state
    assert (finding.quiet_for > 0) is (state is State.PENALTY)


async def test_an_opening_that_leads_to_nothing_is_tried_again_ever_more_rarely(bench: Bench) -> None:
    times = []
    for _ in range(12 * 30):
        before = bench.upstream.count(INIT)
        await bench.beat(closed, after=5)
        if bench.upstream.count(INIT) > before:
            times.append(bench.now)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert gaps[:5] == [30, 60, 120, 240, 300]
    assert set(gaps[4:]) == {300}


async def test_openings_never_stop_being_tried_however_many_have_failed(bench: Bench) -> None:
    bench.memory.attempts = 5000
    await bench.beat(closed)
    assert bench.memory.next_attempt == bench.now + 300


async def test_an_opening_that_the_gateway_began_by_itself_gets_its_time(bench: Bench) -> None:
    for _ in range(6):
        await bench.beat(opening, after=5)
    assert bench.upstream.count(INIT) == 0
    await bench.beat(opening, after=5)
    assert bench.upstream.count(INIT) == 1


async def test_an_opening_refused_during_the_nightly_reset_is_told_and_tried_again(bench: Bench) -> None:
    bench.upstream.answers[INIT] = answering(503, json={"error": "Service Unavailable", "statusCode": 503})
    finding = await bench.beat(closed)
    assert finding.state is State.CLOSED
    assert "opening it failed" in finding.sentence
    bench.upstream.answers[INIT] = answering(200, json=status())
    assert (await bench.beat(closed, after=5)).state is State.CLOSED
    assert (await bench.beat(closed, after=25)).state is State.ESTABLISHED


async def test_a_competing_session_is_reported_and_left_alone(bench: Bench) -> None:
    for _ in range(200):
        finding = await bench.beat(competing)
    assert finding.state is State.COMPETING
    assert "COMPETE=true" in finding.person_must
    assert bench.upstream.count(INIT) == 0


async def test_when_the_other_program_lets_go_the_session_is_opened_at_once(bench: Bench) -> None:
    await bench.beat(competing)
    await bench.beat(closed)
    assert bench.upstream.opened_with() == [False]


async def test_an_opening_that_turns_out_to_compete_is_reported(bench: Bench) -> None:
    bench.upstream.answers[INIT] = answering(
        200, json=status(authenticated=False, established=False, competing=True)
    )
    finding = await bench.beat(closed)
    assert finding.state is State.COMPETING
    assert finding.person_must


async def test_with_compete_a_competing_session_is_taken_over_once(bench: Bench) -> None:
    finding = await bench.beat(competing, compete=True)
    assert finding.state is State.OPENING
    for _ in range(200):
        finding = await bench.beat(competing, compete=True)
    assert bench.upstream.opened_with() == [True]
    assert "does not fight" in finding.person_must


async def test_a_session_taken_back_soon_after_a_take_over_is_left_to_the_other_program(bench: Bench) -> None:
    for _ in range(20):
        await bench.beat(competing, compete=True)
        await bench.beat(established, compete=True)
    assert bench.upstream.opened_with() == [True]


async def test_after_ten_minutes_of_standing_another_loss_may_be_taken_over_again(bench: Bench) -> None:
    await bench.beat(competing, compete=True)
    await bench.beat(established, compete=True)
    await bench.beat(established, compete=True, after=600)
    await bench.beat(competing, compete=True)
    assert bench.upstream.opened_with() == [True, True]


async def test_a_yielding_ticker_still_opens_what_nobody_holds(bench: Bench) -> None:
    await bench.beat(competing, compete=True)
    await bench.beat(competing, compete=True)
    await bench.beat(closed, compete=True)
    assert bench.upstream.opened_with() == [True, False]


@pytest.mark.parametrize(
    "no_login",
    [answering(401, text="Access Denied"), answering(200, json={"error": "no session"})],
    ids=["401", "no session"],
)
async def test_without_a_login_the_login_page_is_named_and_nothing_is_opened(
    bench: Bench, no_login: Callable[[], httpx.Response]
) -> None:
    finding = await bench.beat(no_login)
    assert finding.state is State.LOGIN_REQUIRED
    assert LOGIN_URL in finding.person_must
    assert bench.upstream.sent == [(TICKLE, {})]


@pytest.mark.parametrize(
    ("trouble", "state"),
    [
        (raising(httpx.ConnectError("refused")), State.UNREACHABLE),
        (raising(httpx.ReadTimeout("silent")), State.BROKEN),
        (answering(500, text="broken"), State.BROKEN),
        (answering(200, json=[1]), State.BROKEN),
    ],
    ids=["connection refused", "silence", "500", "a list"],
)
async def test_the_first_established_beat_after_an_outage_restarts_the_gateways_own_tickle_once(
    bench: Bench, trouble: Callable[[], httpx.Response], state: State
) -> None:
    for _ in range(3):
        assert (await bench.beat(trouble, after=5)).state is state
    assert bench.upstream.count(REAUTHENTICATE) == 0
    for _ in range(3):
        await bench.beat(established)
    assert bench.upstream.count(REAUTHENTICATE) == 1
    await bench.beat(trouble)
    await bench.beat(established)
    assert bench.upstream.count(REAUTHENTICATE) == 2


async def test_the_gateways_own_tickle_is_not_restarted_while_that_would_throw_somebody_out(
    bench: Bench,
) -> None:
    await bench.beat(raising(httpx.ConnectError("refused")))
    await bench.beat(competing)
    await bench.beat(closed)
    assert bench.upstream.count(REAUTHENTICATE) == 0
    await bench.beat(established)
    assert bench.upstream.count(REAUTHENTICATE) == 1


async def test_after_an_outage_that_cost_the_login_nothing_is_restarted_because_a_login_does_it(
    bench: Bench,
) -> None:
    await bench.beat(raising(httpx.ConnectError("refused")))
    await bench.beat(answering(401))
    await bench.beat(established)
    assert bench.upstream.count(REAUTHENTICATE) == 0


async def test_a_restart_that_fails_is_logged_and_does_not_spoil_the_beat(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.upstream.answers[REAUTHENTICATE] = answering(500, text="no")
    await bench.beat(raising(httpx.ConnectError("refused")))
    with caplog.at_level(logging.WARNING, "ticker"):
        assert (await bench.beat(established)).state is State.ESTABLISHED
    assert "was not restarted" in caplog.text


async def test_the_penalty_box_is_told_with_its_seconds_and_counts_as_no_outage(bench: Bench) -> None:
    finding = await bench.beat(answering(429, headers={"Retry-After": "900"}))
    assert finding.state is State.PENALTY
    assert finding.quiet_for >= 600
    await bench.beat(established, after=901)
    assert bench.upstream.count(REAUTHENTICATE) == 0


async def test_a_gateway_that_refuses_this_machine_is_told_with_the_list_to_mend(bench: Bench) -> None:
    finding = await bench.beat(answering(404, text="Access Denied"))
    assert finding.state is State.UNREACHABLE
    assert "ips.allow" in finding.person_must


async def test_a_refused_tickle_means_that_something_else_answers(bench: Bench) -> None:
    finding = await bench.beat(answering(404, text="<html><body>Not Found</body></html>"))
    assert finding.state is State.REFUSED
    assert "GATEWAY_URL" in finding.person_must
    assert bench.upstream.count(INIT) == 0


@pytest.mark.parametrize(
    "trouble",
    [
        answering(404, text="Access Denied"),
        answering(404, text="nothing here"),
        answering(401),
        answering(429),
        answering(500, text="broken"),
        answering(200, text="<html>"),
        raising(httpx.ConnectError("refused")),
        raising(httpx.ReadTimeout("silent")),
        closed,
        competing,
        established,
    ],
)
async def test_whatever_is_found_is_told_in_sentences(
    bench: Bench, trouble: Callable[[], httpx.Response]
) -> None:
    finding = await bench.beat(trouble)
    for text in (finding.sentence, finding.person_must or "Nothing."):
        assert text[0].isupper()
        assert text.endswith(".")
