"""Session diagnosis: every state from every cause."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from api_gateway import errors
from api_gateway.access_policy import TICKER
from api_gateway.causes import Actor, Cause, explain
from api_gateway.client.gateway import GatewayClient
from api_gateway.errors import GatewayError
from api_gateway.session.diagnosis import FRONT_PAGE, STATE_CAUSES, Diagnosis, diagnose, needs_probe
from api_gateway.session.maintenance import Region
from api_gateway.session.states import STATE_NAMES
from api_gateway.session.states import SessionState as State
from api_gateway.settings import GatewaySettings
from api_gateway.simulator.app import create_app
from api_gateway.simulator.clock import Clock
from api_gateway.simulator.faults import Fault, FaultAction, FaultSchedule, RequestPattern
from api_gateway.simulator.simulation import Simulation, SimulationOptions

pytestmark = pytest.mark.thorough

LOGIN_URL = "https://login.example:5055"
NOON = datetime(2026, 3, 3, 17, tzinfo=UTC)
IN_THE_RESET = datetime(2026, 3, 4, 6, tzinfo=UTC)
TICKLE, STATUS = "/tickle", "/iserver/auth/status"

SITUATIONS: dict[State, Callable[[Simulation], None]] = {
    State.NOT_LOGGED_IN: lambda simulation: simulation.session.logout(),
    State.CLOSED: lambda simulation: simulation.session.drop(),
    State.OPENING: lambda simulation: simulation.session.login(),
    State.COMPETING: lambda simulation: simulation.session.displace(),
    State.ESTABLISHED: lambda simulation: simulation.session.establish(),
}


def raising(error: type[Exception], text: str = "", cause: Exception | None = None) -> Callable[[], None]:
    def fail() -> None:
        raise error(text) from cause

    return fail


REFUSED = raising(httpx.ConnectError, "refused")
HUNG = raising(TimeoutError)


@dataclass(frozen=True)
class Failure:
    """A failure of the request (`network`), of its response (`do`) or of the front page (`front`).

    `page` is the status of another program's front page. `state` is the expected state; None: the session's
    own. `named` is the expected cause, if it is not the state's own.
    """

    name: str
    state: State | None
    do: FaultAction | None = None
    network: Callable[[], None] | None = None
    front: Callable[[], None] | None = None
    page: int | None = None
    named: Cause | None = None


def answer(
    name: str, state: State | None, named: Cause | None = None, page: int | None = None, **do: Any
) -> Failure:
    return Failure(name, state, do=FaultAction(**do), named=named, page=page)


def html(status: int) -> dict[str, Any]:
    return {"status": status, "html": "<html><body><h1>Oh no</h1></body></html>"}


FAILURES = (
    Failure("nothing", None),
    Failure(
        "refused connection", State.UNREACHABLE, network=REFUSED, front=REFUSED, named=Cause.CONNECT_FAILED
    ),
    Failure(
        "name not found",
        State.UNREACHABLE,
        network=raising(httpx.ConnectError, "[Errno -2] Name or service not known"),
        front=REFUSED,
        named=Cause.CONNECT_FAILED,
    ),
    Failure(
        "certificate not trusted",
        State.UNREACHABLE,
        network=raising(httpx.ConnectError, "x", ssl.SSLCertVerificationError("self-signed certificate")),
        front=REFUSED,
        named=Cause.TLS_REJECTED,
    ),
    Failure(
        "black hole",
        State.UNREACHABLE,
        network=raising(httpx.ConnectTimeout),
        front=REFUSED,
        named=Cause.CONNECT_FAILED,
    ),
    Failure("gateway killed meanwhile", State.UNREACHABLE, network=raising(httpx.ReadError), front=REFUSED),
    Failure("connection cut, gateway lives", State.FAILING, network=raising(httpx.ReadError)),
    Failure("upstream silent", State.UPSTREAM_SILENT, network=HUNG),
    Failure("gateway frozen", State.UNREACHABLE, network=HUNG, front=HUNG),
    answer("401 with words", State.NOT_LOGGED_IN, status=401, body="Access Denied"),
    answer("401 without", State.NOT_LOGGED_IN, status=401, body=""),
    answer("to the login", State.NOT_LOGGED_IN, status=302, body="", headers={"location": "/sso/Login?x=1"}),
    answer(
        "elsewhere",
        State.FAILING,
        Cause.REDIRECTED,
        status=302,
        body="",
        headers={"location": "https://ibkr.example/"},
    ),
    answer("403", State.ADDRESS_REFUSED, Cause.ACCESS_DENIED, status=403, body={"error": "Forbidden"}),
    answer("403, from IBKR", State.ADDRESS_REFUSED, Cause.ACCESS_DENIED, **html(403)),
    answer("IP list", State.ADDRESS_REFUSED, status=404, body="Access Denied"),
    answer("not found, by IBKR", State.FAILING, **html(404)),
    answer("another server", State.FAILING, Cause.NOT_THE_GATEWAY, 404, **html(404)),
    answer("another server's page", State.FAILING, Cause.NOT_THE_GATEWAY, 200, **html(200)),
    answer("a proxy without a gateway", State.FAILING, Cause.PROXY_WITHOUT_GATEWAY, 502, **html(502)),
    answer("a proxy with a password", State.FAILING, Cause.PROXY_DENIES, 407, **html(407)),
    answer("a broken IP list", State.FAILING, Cause.BROKEN_ADDRESS_PATTERN, 500, status=500, body=""),
    Failure("another server is silent", State.FAILING, network=HUNG, page=200, named=Cause.NOT_THE_GATEWAY),
    answer("405", State.FAILING, status=405, body="no"),
    answer("423", State.FAILING, status=423, body={"error": "locked"}),
    answer("429, long", State.PENALTY_BOX, status=429, body="", headers={"Retry-After": "900"}),
    answer("500 in words", State.FAILING, status=500, body="broken"),
    answer("500 with an error", State.FAILING, status=500, body={"error": "broken", "statusCode": 500}),
    answer("502 page", State.FAILING, **html(502)),
    answer("503", State.FAILING, status=503, body={"error": "Service Unavailable"}),
    answer("200 with an error", State.FAILING, body={"error": "something new"}),
    answer("200 page", State.FAILING, html="<html>hello</html>"),
    answer("half an answer", State.FAILING, body='{"session":"0123', truncate=9),
    answer("a list", State.FAILING, Cause.STATUS_UNREADABLE, body=[{"authenticated": True}]),
    answer("a number", State.FAILING, body=7),
    answer("null", State.FAILING, body=None),
    answer("an empty object", State.FAILING, Cause.STATUS_UNREADABLE, body={}),
    answer("another object", State.FAILING, Cause.STATUS_UNREADABLE, body={"status": "fine"}),
    answer("an empty body", State.FAILING, body=""),
    answer("204", State.FAILING, status=204, body=""),
    answer("304", State.FAILING, status=304, body=""),
    answer("far too long", State.FAILING, huge_bytes=300_000),
    answer("no bridge", State.CLOSED, status=400, body={"error": "Bad Request: no bridge"}),
    answer("no session", State.NOT_LOGGED_IN, body={"error": "no session"}),
)
EXPLAINED = {State.CLOSED, State.FAILING, State.UPSTREAM_SILENT}


class FakeNetwork(httpx.AsyncBaseTransport):
    """The simulator, behind a network with this failure."""

    def __init__(self, simulation: Simulation, cause: Failure) -> None:
        self._inner = httpx.ASGITransport(app=create_app(simulation))
        self._cause = cause

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        fail = self._cause.front if request.url.path == "/" else self._cause.network
        if fail:
            fail()
        if request.url.path == "/" and self._cause.page:
            return httpx.Response(self._cause.page)
        response = await self._inner.handle_async_request(request)
        content = await response.aread()  # wrapped again, because a body from a socket can be read only once
        return httpx.Response(
            response.status_code, headers=response.headers, stream=httpx.ByteStream(content)
        )


async def send(situation: State, cause: Failure, path: str) -> tuple[object, int | None]:
    """The response or error of the request, and the status of the front page."""
    simulation = Simulation(
        SimulationOptions(login=True, rate_limits=False), Clock(start=NOON.timestamp(), frozen=True)
    )
    SITUATIONS[situation](simulation)
    if cause.do:
        simulation.faults.add(Fault(match=RequestPattern(path=path), when=FaultSchedule(), do=cause.do))
    settings = GatewaySettings.model_construct(gateway_login_url=LOGIN_URL, gateway_max_body=200_000)
    async with GatewayClient(settings, policy=TICKER, transport=FakeNetwork(simulation, cause)) as gateway:
        found: object
        try:
            response = gateway.tickle() if path == TICKLE else gateway.post(path, reads=True)
            found = (await response).value
        except GatewayError as error:
            found = error
        return found, await gateway.probe() if needs_probe(found) else FRONT_PAGE


def diagnose_found(found: object, at: datetime, page: int | None = FRONT_PAGE) -> Diagnosis | None:
    return diagnose(found, at=at, region=Region.AMERICA, login_url=LOGIN_URL, page=page)


@pytest.mark.parametrize("path", [TICKLE, STATUS], ids=["tickle", "status"])
@pytest.mark.parametrize("cause", FAILURES, ids=lambda cause: cause.name)
async def test_every_response_and_failure_has_its_state(cause: Failure, path: str) -> None:
    wrong = []
    for situation in SITUATIONS:
        found, page = await send(situation, cause, path)
        for at in (NOON, IN_THE_RESET):
            state = cause.state or situation
            explained = at is IN_THE_RESET and state in EXPLAINED and cause.page is None
            expected = State.RESETTING if explained else state
            diagnosis = diagnose_found(found, at, page)
            assert diagnosis
            named = cause.named if cause.named and not explained else STATE_CAUSES[expected]
            if (diagnosis.state, diagnosis.found, diagnosis.cause) != (expected, state, named):
                wrong.append((situation, at, expected, diagnosis))
            assert diagnosis.ready is (expected is State.ESTABLISHED)
            if "GATEWAY_URL" in diagnosis.next_step:
                assert diagnosis.actor is Actor.USER
    assert wrong == []


async def test_a_tickle_collision_has_no_diagnosis_and_any_other_429_is_the_penalty_box() -> None:
    many = answer("429", None, status=429, body="")
    found, _ = await send(State.ESTABLISHED, many, TICKLE)
    assert diagnose_found(found, NOON) is None
    found, _ = await send(State.ESTABLISHED, many, STATUS)
    diagnosis = diagnose_found(found, NOON)
    assert diagnosis
    assert diagnosis.state is State.PENALTY_BOX


def test_our_own_rate_limit_has_no_diagnosis() -> None:
    held_back = errors.RateLimited(request="x", problem="no room.", hint="Wait.", seconds=3)
    assert diagnose(held_back, at=NOON, region=Region.AMERICA, login_url=LOGIN_URL) is None


def every_diagnosis() -> list[Diagnosis]:
    every = []
    for at in (NOON, IN_THE_RESET, datetime(2026, 3, 4, 5, 1, tzinfo=UTC)):
        for found in (
            errors.Unreachable(request="x", problem="gone", hint="Start it."),
            errors.AddressRefused(request="x", problem="no.", hint="y"),
            errors.NoResponse(request="x", problem="nothing.", hint="y", late=True),
            errors.Failed(request="x", problem="broke.", hint="y"),
            errors.PenaltyBox(request="x", problem="IBKR answered 429.", hint="y", seconds=600),
            errors.LoginRequired(request="x", problem="no.", hint="y"),
            errors.SessionLost(request="x", problem="no.", hint="y"),
            {"authenticated": True, "established": False, "connected": True},
            {"competing": True},
            {"authenticated": True, "established": True, "connected": True},
        ):
            diagnosis = diagnose(found, at=at, region=Region.AMERICA, login_url=LOGIN_URL)
            assert diagnosis
            every.append(diagnosis)
    return every


def test_every_state_has_a_diagnosis_and_a_name() -> None:
    assert (
        {diagnosis.state for diagnosis in every_diagnosis()}
        == set(State)
        == set(STATE_CAUSES)
        == set(STATE_NAMES)
    )
    assert [state for state in State if state.ready] == [State.ESTABLISHED]


def test_each_diagnosis_has_a_sentence_and_a_next_step_without_placeholders() -> None:
    for diagnosis in every_diagnosis():
        assert len(re.findall(r"[.!?](?= [A-Z]|$)", diagnosis.sentence)) == 1, diagnosis.sentence
        for text in (diagnosis.sentence, diagnosis.next_step, diagnosis.detail or "Nothing."):
            assert text[0].isupper()
            assert text.endswith(".")
            assert not re.search(r"[{}]", text)
        assert "login succeeds" not in diagnosis.sentence + diagnosis.next_step


def test_the_brokerage_session_is_explained() -> None:
    for cause in STATE_CAUSES.values():
        facts = dict.fromkeys(("what", "until", "seconds"), "x")
        plain = re.sub(r"\([^)]*\)", "", explain(cause, **facts).sentence)
        assert not re.search(r"session|bridge|SSO|iserver|tickle|upstream|pool", plain)


def test_the_next_step_names_the_login_page_if_a_login_is_missing() -> None:
    for diagnosis in every_diagnosis():
        if diagnosis.state is State.NOT_LOGGED_IN:
            assert LOGIN_URL in diagnosis.next_step
            assert diagnosis.actor is Actor.USER


def test_a_login_that_ended_at_midnight_was_expected_and_a_reset_has_its_end() -> None:
    by_time = {
        (diagnosis.state, bool(diagnosis.expected)) for diagnosis in every_diagnosis() if diagnosis.expected
    }
    assert by_time == {(State.NOT_LOGGED_IN, True), (State.RESETTING, True)}
    texts = {diagnosis.sentence for diagnosis in every_diagnosis() if diagnosis.state is State.RESETTING}
    assert all("until 01:45 New York time" in text for text in texts)


@pytest.mark.parametrize(
    ("expires", "seconds"),
    [(3_600_000, 3600), (1, 0.001), (0, None), (-5, None), (None, None), ("3600000", None), (True, None)],
)
def test_the_time_until_the_login_ends_is_read_if_it_is_a_number(expires: Any, seconds: float | None) -> None:
    tickled = {"session": "x", "ssoExpires": expires, "iserver": {"authStatus": {"authenticated": True}}}
    diagnosis = diagnose(tickled, at=NOON, region=Region.AMERICA, login_url=LOGIN_URL)
    assert diagnosis
    assert diagnosis.login_ends_in == seconds
