"""IBKR checks: findings from IBKR's responses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from api_gateway.access_policy import TradingMode
from api_gateway.causes import Cause
from api_gateway.client.gateway import GatewayClient
from api_gateway.client.tls import TlsTrust
from api_gateway.client.transport import Transport
from api_gateway.doctor.checks.ibkr import IbkrChecks, read_availability
from api_gateway.doctor.findings import Finding, Layer, Outcome
from api_gateway.settings import GatewaySettings

NOON = datetime(2026, 3, 3, 17, tzinfo=UTC)  # in New York, a Tuesday
RESET = datetime(2026, 3, 3, 6, 0, tzinfo=UTC)  # one o'clock in New York
OPEN = {"authenticated": True, "established": True, "connected": True, "competing": False}
NOBODY = {"authenticated": False, "connected": False, "competing": False}

Answer = Callable[[httpx.Request], httpx.Response]


class Stream(httpx.AsyncByteStream):
    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> Any:
        yield self._body


class IbkrRig:
    """IBKR checks with prepared responses by the last part of the path; `requests` are those parts."""

    def __init__(
        self, *, mode: TradingMode = TradingMode.READ, at: datetime = NOON, **responses: httpx.Response
    ) -> None:
        self.responses = responses
        self.requests: list[str] = []
        settings = GatewaySettings(_env_file=None, gateway_login_url="https://login.example:5055")
        network = httpx.MockTransport(self._respond)
        self.gateway = GatewayClient(settings, transport=network, sleep=self._sleep)
        transport = Transport(settings, TlsTrust.from_settings(settings), transport=network)
        self.checks = IbkrChecks(self.gateway, transport, mode=mode, wall=at.timestamp)

    async def _sleep(self, _: float) -> None:
        await asyncio.sleep(0)

    async def _respond(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.rpartition("/")[2]
        self.requests.append(name)
        prepared = self.responses.get(name) or httpx.Response(200, json=OPEN)
        return httpx.Response(prepared.status_code, headers=prepared.headers, stream=Stream(prepared.content))


def json(body: Any, status: int = 200, **headers: str) -> httpx.Response:
    return httpx.Response(status, json=body, headers=headers)


def outcomes(findings: list[Finding]) -> dict[str, str]:
    return {each.layer.value: each.outcome.value for each in findings}


def broken(findings: list[Finding]) -> Finding:
    [one] = [each for each in findings if each.outcome is Outcome.BROKEN]
    return one


async def test_an_open_session_means_that_every_layer_below_works() -> None:
    findings = await IbkrRig(status=json(OPEN)).checks.examine_session()
    assert outcomes(findings) == {
        "api": "ok",
        "upstream": "ok",
        "pacing": "ok",
        "login": "ok",
        "session": "ok",
        "clock": "skipped",
    }


async def test_a_missing_login_is_reported_with_the_login_page() -> None:
    found = broken(await IbkrRig(status=httpx.Response(401)).checks.examine_session())
    assert found.layer is Layer.LOGIN
    assert "https://login.example:5055" in found.fix


async def test_a_401_needs_no_tickle() -> None:
    rig = IbkrRig(status=httpx.Response(401))
    await rig.checks.examine_session()
    assert rig.requests == ["status"]


async def test_a_status_without_a_login_is_confirmed_with_one_tickle() -> None:
    rig = IbkrRig(status=json(NOBODY), tickle=json({"session": "abc", "iserver": {"authStatus": NOBODY}}))
    found = broken(await rig.checks.examine_session())
    assert found.layer is Layer.SESSION
    assert rig.requests == ["status", "tickle"]


async def test_a_tickle_without_a_session_token_confirms_the_missing_login() -> None:
    rig = IbkrRig(status=json(NOBODY), tickle=json({"error": "no session"}))
    assert broken(await rig.checks.examine_session()).layer is Layer.LOGIN


async def test_a_competing_program_is_reported() -> None:
    found = broken(await IbkrRig(status=json({**OPEN, "competing": True})).checks.examine_session())
    assert found.layer is Layer.SESSION
    assert found.cause is Cause.COMPETING


async def test_a_closed_session_during_the_reset_is_explained_by_it() -> None:
    closed = json({"authenticated": False, "connected": True, "competing": False})
    found = broken(await IbkrRig(at=RESET, status=closed).checks.examine_session())
    assert found.layer is Layer.SESSION
    assert found.cause is Cause.RESETTING


async def test_after_a_429_no_request_is_sent_until_the_penalty_is_over() -> None:
    rig = IbkrRig(status=httpx.Response(429, headers={"Retry-After": "900"}))
    found = broken(await rig.checks.examine_session())
    assert found.layer is Layer.PACING
    assert found.cause is Cause.PENALTY_BOX
    assert "900" in found.fix
    again = await rig.checks.examine_session()
    assert outcomes(again) == {"pacing": "broken"}
    assert rig.requests == ["status"]


async def test_an_error_page_is_ibkrs_fault_only_with_an_error_status() -> None:
    page = {"html": "<h1>Sorry</h1>"}
    theirs = await IbkrRig(status=httpx.Response(503, **page)).checks.examine_session()  # type: ignore[arg-type]
    assert broken(theirs).layer is Layer.UPSTREAM
    ours = await IbkrRig(status=httpx.Response(200, **page)).checks.examine_session()  # type: ignore[arg-type]
    assert broken(ours).layer is Layer.API


@pytest.mark.parametrize(
    ("mode", "paper", "outcome"),
    [
        (TradingMode.READ, True, Outcome.OK),
        (TradingMode.READ, False, Outcome.OK),
        (TradingMode.PAPER, True, Outcome.OK),
        (TradingMode.PAPER, False, Outcome.WARNING),
        (TradingMode.LIVE, False, Outcome.OK),
        (TradingMode.LIVE, True, Outcome.WARNING),
    ],
)
async def test_accounts_of_the_wrong_kind_for_the_mode_are_a_warning(
    mode: TradingMode, paper: bool, outcome: Outcome
) -> None:
    accounts = json({"accounts": ["U7654321"], "isPaper": paper})
    [found] = await IbkrRig(mode=mode, accounts=accounts).checks.examine_accounts()
    assert found.outcome is outcome
    assert "U***4321" in found.sentence
    assert "U7654321" not in str(found)


async def test_at_most_three_accounts_are_shown() -> None:
    accounts = json({"accounts": [f"U10000{number}" for number in range(12, 20)], "isPaper": False})
    [found] = await IbkrRig(accounts=accounts).checks.examine_accounts()
    assert "and 5 more" in found.sentence


@pytest.mark.parametrize(
    ("code", "outcome", "cause"),
    [
        ("RpB", Outcome.OK, None),
        ("Z", Outcome.OK, None),
        ("DPB", Outcome.WARNING, Cause.QUOTES_DELAYED),
        ("Y", Outcome.WARNING, Cause.QUOTES_DELAYED),
        ("N", Outcome.WARNING, Cause.NO_QUOTES),
        ("O", Outcome.BROKEN, Cause.TERMS_NOT_ACKNOWLEDGED),
        ("i", Outcome.WARNING, Cause.QUOTES_UNCLEAR),
        (None, Outcome.WARNING, Cause.QUOTES_UNCLEAR),
        (7, Outcome.WARNING, Cause.QUOTES_UNCLEAR),
    ],
)
def test_each_availability_code_has_its_cause(code: object, outcome: Outcome, cause: Cause | None) -> None:
    found = read_availability(code)
    assert (found.outcome, found.cause) == (outcome, cause)
    assert bool(found.fix) == (outcome is not Outcome.OK)


@pytest.mark.parametrize(
    ("off", "outcome"),
    [(0, Outcome.OK), (9, Outcome.OK), (15, Outcome.WARNING), (-15, Outcome.WARNING), (600, Outcome.BROKEN)],
)
async def test_a_clock_that_is_off_is_reported_with_the_seconds(off: int, outcome: Outcome) -> None:
    date = format_datetime(datetime.fromtimestamp(NOON.timestamp() - off, tz=UTC), usegmt=True)
    findings = await IbkrRig(status=json(OPEN, Date=date)).checks.examine_session()
    [clock] = [each for each in findings if each.layer is Layer.CLOCK]
    assert clock.outcome is outcome
    if outcome is not Outcome.OK:
        assert clock.cause is Cause.CLOCK_OFF
        assert str(abs(off)) in clock.sentence


async def test_an_invalid_date_header_skips_the_clock() -> None:
    findings = await IbkrRig(status=json(OPEN, Date="yesterday")).checks.examine_session()
    assert findings[-1].outcome is Outcome.SKIPPED


async def test_quotes_are_checked_with_a_well_known_contract() -> None:
    rows = json([{"conid": 265598, "31": "190.10", "6509": "DPB"}])
    accounts = json({"accounts": ["DU1234567"], "isPaper": True})
    [found] = await IbkrRig(snapshot=rows, accounts=accounts).checks.examine_quotes()
    assert found.layer is Layer.QUOTES
    assert "DPB" in found.sentence


async def test_a_403_from_the_accounts_is_not_about_the_address() -> None:
    [found] = await IbkrRig(accounts=httpx.Response(403)).checks.examine_accounts()
    assert (found.layer, found.outcome) == (Layer.ACCOUNTS, Outcome.BROKEN)
