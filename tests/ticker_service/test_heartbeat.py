"""One heartbeat: what it sends, what it finds, and what it does about it."""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest

from api_gateway.access_policy import TICKER
from api_gateway.causes import Actor, Cause
from api_gateway.client.gateway import GatewayClient
from api_gateway.session.diagnosis import Diagnosis
from api_gateway.session.maintenance import Region
from api_gateway.session.states import SessionState as State
from api_gateway.settings import GatewaySettings
from ticker_service.heartbeat import HeartbeatMemory, HeartbeatResult, Rules, send_heartbeat
from ticker_service.settings import Compete

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
    """Responds to each path as configured, and records the requests."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[], httpx.Response]] = {
            TICKLE: established,
            INIT: lambda: httpx.Response(200, json=status(established=False)),
            REAUTHENTICATE: lambda: httpx.Response(200, json={"message": "triggered"}),
        }
        self.sent: list[tuple[str, Any]] = []
        self.front: Callable[[], httpx.Response] = lambda: httpx.Response(302)
        self.probes = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/":
            self.probes += 1
            return self.front()
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


class NoJitter(random.Random):
    """A source of randomness without jitter."""

    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


class Bench:
    """A gateway client in front of an upstream, a clock, and the memory between heartbeats."""

    def __init__(self) -> None:
        self.upstream = Upstream()
        self.now = 1000.0
        self.start = datetime(2026, 3, 3, 17, tzinfo=UTC)
        self.memory = HeartbeatMemory()
        self.results: list[HeartbeatResult] = []
        self.held = False
        self.gateway = GatewayClient(
            GatewaySettings.model_construct(gateway_penalty=600),
            policy=TICKER,
            transport=httpx.MockTransport(self.upstream),
            now=lambda: self.now,
            sleep=self._sleep,
        )

    async def _sleep(self, seconds: float) -> None:
        self.now += seconds

    async def beat(
        self,
        tickle: Callable[[], httpx.Response],
        *,
        after: float = 60,
        compete: Compete = Compete.YIELD,
        rng: random.Random | None = None,
    ) -> Diagnosis:
        self.now += after
        self.upstream.answers[TICKLE] = tickle
        rules = Rules(compete, Region.AMERICA, LOGIN_URL, rng or NoJitter())
        at = self.start + timedelta(seconds=self.now - 1000)
        found = await send_heartbeat(
            self.gateway, self.memory, rules, now=self.now, at=at, on_hold=lambda: self.held
        )
        self.results.append(found)
        assert found.diagnosis
        return found.diagnosis


@pytest.fixture
def bench() -> Bench:
    return Bench()


def raising(error: Exception) -> Callable[[], httpx.Response]:
    def respond() -> httpx.Response:
        raise error

    return respond


def answering(code: int, **values: Any) -> Callable[[], httpx.Response]:
    return lambda: httpx.Response(code, **values)


async def test_a_heartbeat_of_an_open_session_is_one_tickle_with_an_empty_object(bench: Bench) -> None:
    finding = await bench.beat(established)
    assert (finding.state, finding.actor) == (State.ESTABLISHED, Actor.NOBODY)
    assert finding.login_ends_in == 3600
    assert bench.upstream.sent == [(TICKLE, {})]


async def test_a_closed_session_is_opened_without_competing(bench: Bench) -> None:
    finding = await bench.beat(closed)
    assert finding.state is State.OPENING
    assert bench.upstream.sent[1:] == [(INIT, {"publish": True, "compete": False})]
    assert finding.login_ends_in == 3600


async def test_a_loss_causes_one_attempt_while_the_session_is_opening(bench: Bench) -> None:
    await bench.beat(closed)
    for _ in range(5):
        finding = await bench.beat(opening, after=5)
        assert finding.state is State.OPENING
    assert (await bench.beat(established, after=5)).state is State.ESTABLISHED
    assert bench.upstream.count(INIT) == 1


async def test_each_loss_causes_its_own_attempt(bench: Bench) -> None:
    for _ in range(3):
        await bench.beat(closed)
        await bench.beat(established, after=5)
    assert bench.upstream.count(INIT) == 3


async def test_a_loss_soon_after_another_causes_an_attempt_immediately(bench: Bench) -> None:
    for _ in range(3):
        await bench.beat(closed, after=5)
        await bench.beat(established, after=5)
    assert bench.upstream.count(INIT) == 3


async def test_a_logged_out_response_to_an_attempt_is_not_mistaken_for_a_missing_login(
    bench: Bench,
) -> None:
    logged_out = {"authenticated": False, "competing": False, "connected": False, "MAC": "02:00:5E:10:00:01"}
    bench.upstream.answers[INIT] = answering(200, json=logged_out)
    assert (await bench.beat(closed)).state is State.CLOSED


@pytest.mark.parametrize(
    ("trouble", "state"),
    [
        (answering(429), State.PENALTY_BOX),
        (answering(401), State.NOT_LOGGED_IN),
        (raising(httpx.ConnectError("refused")), State.UNREACHABLE),
        (raising(httpx.ReadTimeout("silent")), State.CLOSED),
    ],
    ids=["429", "401", "connection refused", "silence"],
)
async def test_the_heartbeat_reports_the_error_of_its_attempt_to_open_the_session(
    bench: Bench, trouble: Callable[[], httpx.Response], state: State
) -> None:
    bench.upstream.answers[INIT] = trouble
    finding = await bench.beat(closed)
    assert finding.state is state
    assert (finding.quiet_for > 0) is (state is State.PENALTY_BOX)


async def test_retries_to_open_the_session_back_off_to_300_s(bench: Bench) -> None:
    times = []
    for _ in range(12 * 30):
        before = bench.upstream.count(INIT)
        await bench.beat(closed, after=5)
        if bench.upstream.count(INIT) > before:
            times.append(bench.now)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert gaps[:5] == [30, 60, 120, 240, 300]
    assert set(gaps[4:]) == {300}


async def test_retries_never_stop_however_many_attempts_failed(bench: Bench) -> None:
    bench.memory.attempts = 5000
    await bench.beat(closed)
    assert bench.memory.next_attempt == bench.now + 300


async def test_a_session_that_the_gateway_is_opening_itself_gets_30_s(bench: Bench) -> None:
    for _ in range(6):
        await bench.beat(opening, after=5)
    assert bench.upstream.count(INIT) == 0
    await bench.beat(opening, after=5)
    assert bench.upstream.count(INIT) == 1


async def test_an_attempt_refused_during_the_nightly_reset_is_reported_and_retried(bench: Bench) -> None:
    bench.upstream.answers[INIT] = answering(503, json={"error": "Service Unavailable", "statusCode": 503})
    finding = await bench.beat(closed)
    assert finding.state is State.CLOSED
    assert finding.detail
    bench.upstream.answers[INIT] = answering(200, json=status())
    assert (await bench.beat(closed, after=5)).state is State.CLOSED
    assert (await bench.beat(closed, after=25)).state is State.ESTABLISHED


async def test_yield_reports_a_competing_session_and_never_takes_over(bench: Bench) -> None:
    for _ in range(200):
        finding = await bench.beat(competing)
    assert finding.state is State.COMPETING
    assert finding.cause is Cause.COMPETING_YIELD
    assert bench.upstream.count(INIT) == 0


async def test_the_session_is_opened_as_soon_as_the_other_program_releases_it(bench: Bench) -> None:
    await bench.beat(competing)
    await bench.beat(closed)
    assert bench.upstream.opened_with() == [False]


async def test_an_attempt_that_finds_a_competing_session_reports_it(bench: Bench) -> None:
    bench.upstream.answers[INIT] = answering(
        200, json=status(authenticated=False, established=False, competing=True)
    )
    finding = await bench.beat(closed)
    assert finding.state is State.COMPETING
    assert finding.actor is Actor.USER


async def test_take_takes_over_a_competing_session_once(bench: Bench) -> None:
    finding = await bench.beat(competing, compete=Compete.TAKE)
    assert finding.state is State.OPENING
    for _ in range(200):
        finding = await bench.beat(competing, compete=Compete.TAKE)
    assert bench.upstream.opened_with() == [True]
    assert finding.cause is Cause.COMPETING_LOST_AGAIN


async def test_a_session_lost_soon_after_a_take_over_is_not_taken_over_again(bench: Bench) -> None:
    for _ in range(20):
        await bench.beat(competing, compete=Compete.TAKE)
        await bench.beat(established, compete=Compete.TAKE)
    assert bench.upstream.opened_with() == [True]


async def test_a_session_lost_ten_minutes_after_a_take_over_may_be_taken_over_again(bench: Bench) -> None:
    await bench.beat(competing, compete=Compete.TAKE)
    await bench.beat(established, compete=Compete.TAKE)
    await bench.beat(established, compete=Compete.TAKE, after=600)
    await bench.beat(competing, compete=Compete.TAKE)
    assert bench.upstream.opened_with() == [True, True]


async def test_a_session_released_after_a_take_over_is_opened_without_competing(bench: Bench) -> None:
    await bench.beat(competing, compete=Compete.TAKE)
    await bench.beat(competing, compete=Compete.TAKE)
    await bench.beat(closed, compete=Compete.TAKE)
    assert bench.upstream.opened_with() == [True, False]


@pytest.mark.parametrize(
    "no_login",
    [answering(401, text="Access Denied"), answering(200, json={"error": "no session"})],
    ids=["401", "no session"],
)
async def test_without_a_login_the_next_step_names_the_login_page_and_nothing_is_opened(
    bench: Bench, no_login: Callable[[], httpx.Response]
) -> None:
    finding = await bench.beat(no_login)
    assert finding.state is State.NOT_LOGGED_IN
    assert LOGIN_URL in finding.next_step
    assert bench.upstream.sent == [(TICKLE, {})]


@pytest.mark.parametrize(
    ("trouble", "state"),
    [
        (raising(httpx.ConnectError("refused")), State.UNREACHABLE),
        (raising(TimeoutError()), State.UPSTREAM_SILENT),
        (answering(500, text="broken"), State.FAILING),
        (answering(200, json=[1]), State.FAILING),
    ],
    ids=["connection refused", "silence", "500", "a list"],
)
async def test_the_first_established_heartbeat_after_an_outage_restarts_the_gateways_own_tickle_once(
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


async def test_the_gateways_own_tickle_is_not_restarted_while_that_would_disconnect_another_program(
    bench: Bench,
) -> None:
    await bench.beat(raising(httpx.ConnectError("refused")))
    await bench.beat(competing)
    await bench.beat(closed)
    assert bench.upstream.count(REAUTHENTICATE) == 0
    await bench.beat(established)
    assert bench.upstream.count(REAUTHENTICATE) == 1


async def test_the_gateways_own_tickle_is_not_restarted_after_a_new_login_which_does_it_already(
    bench: Bench,
) -> None:
    await bench.beat(raising(httpx.ConnectError("refused")))
    await bench.beat(answering(401))
    await bench.beat(established)
    assert bench.upstream.count(REAUTHENTICATE) == 0


async def test_a_failed_restart_is_logged_and_does_not_change_the_heartbeats_result(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.upstream.answers[REAUTHENTICATE] = answering(500, text="no")
    await bench.beat(raising(httpx.ConnectError("refused")))
    with caplog.at_level(logging.WARNING, "ticker"):
        assert (await bench.beat(established)).state is State.ESTABLISHED
    assert "restarted=false" in caplog.text
    assert "order" not in caplog.text


async def test_the_penalty_box_is_reported_with_its_seconds_and_is_not_an_outage(bench: Bench) -> None:
    finding = await bench.beat(answering(429, headers={"Retry-After": "900"}))
    assert finding.state is State.PENALTY_BOX
    assert finding.quiet_for >= 600
    await bench.beat(established, after=901)
    assert bench.upstream.count(REAUTHENTICATE) == 0


async def test_a_refused_address_is_reported_with_the_setting_to_change(bench: Bench) -> None:
    finding = await bench.beat(answering(404, text="Access Denied"))
    assert finding.state is State.ADDRESS_REFUSED
    assert finding.cause is Cause.ADDRESS_REFUSED


async def test_a_refused_tickle_and_an_unknown_front_page_mean_that_another_program_responds(
    bench: Bench,
) -> None:
    bench.upstream.front = answering(404, text="<html><body>Not Found</body></html>")
    finding = await bench.beat(bench.upstream.front)
    assert finding.state is State.FAILING
    assert "GATEWAY_URL" in finding.next_step
    assert bench.upstream.count(INIT) == 0


@pytest.mark.parametrize(
    "trouble",
    [
        answering(404, text="Access Denied"),
        answering(404, text="nothing here"),
        answering(401),
        answering(429, headers={"Retry-After": "900"}),
        answering(500, text="broken"),
        answering(200, text="<html>"),
        raising(httpx.ConnectError("refused")),
        raising(httpx.ReadTimeout("silent")),
        closed,
        competing,
        established,
    ],
)
async def test_every_diagnosis_consists_of_sentences(
    bench: Bench, trouble: Callable[[], httpx.Response]
) -> None:
    finding = await bench.beat(trouble)
    for text in (finding.sentence, finding.next_step, finding.detail or "Nothing."):
        assert text[0].isupper()
        assert text.endswith(".")


async def test_the_front_page_distinguishes_a_silent_upstream_from_an_unreachable_gateway(
    bench: Bench,
) -> None:
    silent = raising(TimeoutError())
    assert (await bench.beat(silent)).state is State.UPSTREAM_SILENT
    bench.upstream.front = raising(httpx.ConnectError("refused"))
    assert (await bench.beat(silent)).state is State.UNREACHABLE
    assert bench.upstream.probes == 2
    for respond in (established, closed, answering(401)):
        await bench.beat(respond)
    assert bench.upstream.probes == 2


async def test_a_rate_limited_tickle_has_no_diagnosis_and_is_retried_soon(bench: Bench) -> None:
    bench.upstream.answers[TICKLE] = answering(429)
    rules = Rules(Compete.YIELD, Region.AMERICA, LOGIN_URL, NoJitter())
    found = await send_heartbeat(bench.gateway, bench.memory, rules, now=bench.now, at=bench.start)
    assert (found.diagnosis, found.retry_in) == (None, 2)


async def test_ask_takes_over_once_after_an_approval(bench: Bench) -> None:
    ask = Compete.ASK
    finding = await bench.beat(competing, compete=ask)
    assert finding.cause is Cause.COMPETING_ASK
    assert bench.upstream.opened_with() == []
    bench.memory.takeover_approved = True
    assert (await bench.beat(competing, compete=ask)).state is State.OPENING
    for _ in range(100):
        finding = await bench.beat(competing, compete=ask)
    assert bench.upstream.opened_with() == [True]
    assert finding.cause is Cause.COMPETING_ASK


async def test_an_approval_expires_with_the_loss_it_was_given_for(bench: Bench) -> None:
    await bench.beat(competing, compete=Compete.ASK)
    bench.memory.takeover_approved = True
    await bench.beat(established, compete=Compete.ASK)
    await bench.beat(competing, compete=Compete.ASK)
    assert bench.upstream.opened_with() == []


@pytest.mark.parametrize("compete", list(Compete))
async def test_a_closed_session_is_opened_without_competing_under_every_policy(
    bench: Bench, compete: Compete
) -> None:
    await bench.beat(closed, compete=compete)
    assert bench.upstream.opened_with() == [False]


async def test_during_a_hold_the_tickle_is_the_only_request(bench: Bench) -> None:
    await bench.beat(answering(500, text="broken"))
    bench.held = True
    await bench.beat(closed)
    await bench.beat(established)
    assert {path for path, _ in bench.upstream.sent} == {TICKLE}
    bench.held = False
    await bench.beat(established)
    assert bench.upstream.count(REAUTHENTICATE) == 1


async def test_a_hold_acquired_during_a_tickle_stops_the_requests_after_it(bench: Bench) -> None:
    def held_meanwhile() -> httpx.Response:
        bench.held = True
        return closed()

    assert (await bench.beat(held_meanwhile)).state is State.CLOSED
    assert bench.upstream.count(INIT) == 0


async def test_without_a_login_only_tickles_are_sent(bench: Bench) -> None:
    for _ in range(200):
        assert (await bench.beat(answering(401), compete=Compete.TAKE)).state is State.NOT_LOGGED_IN
    assert {path for path, _ in bench.upstream.sent} == {TICKLE}


async def test_a_loss_during_the_nightly_reset_is_expected_and_opened_anyway(bench: Bench) -> None:
    bench.start = datetime(2026, 3, 4, 6, tzinfo=UTC)
    bench.upstream.answers[INIT] = answering(503, json={"error": "Service Unavailable", "statusCode": 503})
    finding = await bench.beat(closed)
    assert (finding.state, finding.found) == (State.RESETTING, State.CLOSED)
    assert "01:45" in finding.sentence
    assert bench.upstream.count(INIT) == 1


async def test_a_result_has_the_failures_and_the_outcome_of_the_attempt(bench: Bench) -> None:
    await bench.beat(answering(500, text="broken"))
    await bench.beat(closed)
    await bench.beat(established)
    bench.upstream.answers[INIT] = answering(503, json={"error": "Service Unavailable"})
    await bench.beat(closed)
    assert [found.failures for found in bench.results] == [("Failed",), (), (), ("OutcomeUnknown",)]
    assert [found.opening_result for found in bench.results] == ["", "accepted", "", "refused"]
    assert [found.reopened for found in bench.results] == [False, False, True, False]


async def test_the_delay_between_attempts_has_at_most_a_tenth_of_jitter(bench: Bench) -> None:
    rng = random.Random(7)  # noqa: S311
    waits = set()
    for _ in range(50):
        bench.memory = HeartbeatMemory()
        await bench.beat(closed, rng=rng)
        assert bench.memory.next_attempt
        waits.add(bench.memory.next_attempt - bench.now)
    assert len(waits) > 40
    assert 27 <= min(waits) < 28
    assert 32 < max(waits) <= 33
