"""What each trading mode permits."""

from __future__ import annotations

import re

import httpx
import pytest

from api_gateway.access_policy import (
    PAPER_OPERATIONS,
    POLICIES,
    READ_OPERATIONS,
    TICKER,
    TRADE_OPERATIONS,
    AccessPolicy,
    TradingMode,
    extend,
)
from api_gateway.client.gateway import GatewayClient
from api_gateway.errors import Forbidden
from api_gateway.operations import OPERATIONS, Effect
from api_gateway.settings import GatewaySettings

ALL = frozenset(key for key, row in OPERATIONS.items() if row.section)


def test_read_mode_permits_only_reads() -> None:
    assert POLICIES[TradingMode.READ].allowed == READ_OPERATIONS
    assert all(OPERATIONS[key].effect is Effect.READS for key in READ_OPERATIONS)


def test_paper_mode_permits_everything_and_changes_only_paper_accounts() -> None:
    assert POLICIES[TradingMode.PAPER].allowed == ALL
    assert POLICIES[TradingMode.PAPER].paper_only == PAPER_OPERATIONS
    assert TRADE_OPERATIONS < PAPER_OPERATIONS
    assert PAPER_OPERATIONS.isdisjoint(READ_OPERATIONS)


def test_live_mode_permits_no_raw_trade() -> None:
    assert POLICIES[TradingMode.LIVE].allowed == ALL - TRADE_OPERATIONS


def test_the_ticker_may_send_only_session_requests() -> None:
    assert {template.split("/")[1] for _, template in TICKER.allowed} == {"tickle", "iserver"}
    assert not TICKER.allowed & PAPER_OPERATIONS
    assert {OPERATIONS[key].section for key in TICKER.allowed} <= {"Session", ""}


@pytest.mark.parametrize("policy", [*POLICIES.values(), TICKER], ids=lambda policy: policy.name)
async def test_an_operation_on_no_list_is_rejected_before_anything_is_sent(policy: AccessPolicy) -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json=[])

    unknown = {("GET", "/iserver/account/orders/all"), ("PUT", "/iserver/watchlist"), ("DELETE", "/logout")}
    settings = GatewaySettings(_env_file=None)
    async with GatewayClient(settings, policy=policy, transport=httpx.MockTransport(answer)) as gateway:
        for method, template in ALL - policy.allowed | unknown:
            values = [VALUES[kind] for kind in re.findall(r"\{(\w+)\}", template)]
            with pytest.raises(Forbidden, match="(?i)" + re.escape(policy.name)):
                await getattr(gateway, method.lower())(template, *values)
    assert sent == []


NEW_READ = frozenset({("GET", "/iserver/new/{segment}")})
NEW_WRITE = frozenset({("POST", "/iserver/new")})


@pytest.mark.parametrize("mode", TradingMode)
def test_unverified_writes_are_for_paper_accounts_only(mode: TradingMode) -> None:
    policy = extend(mode, NEW_READ, NEW_WRITE)
    written = NEW_WRITE if mode is TradingMode.PAPER else frozenset()
    assert policy.allowed == POLICIES[mode].allowed | NEW_READ | written
    assert policy.paper_only == POLICIES[mode].paper_only | written
    assert policy.unverified == NEW_READ | written
    assert policy.name == POLICIES[mode].name


@pytest.mark.parametrize(
    "operation", [("POST", "/iserver/account/{segment}/orders"), ("GET", "/portfolio/{segment}/meta")]
)
def test_a_known_operation_cannot_be_added_as_unverified(operation: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="already"):
        extend(TradingMode.READ, frozenset({operation}), frozenset())


VALUES = {
    "account": "DU1234567",
    "allocation": "DU1234567",
    "conid": 265598,
    "order": 1,
    "page": 0,
    "alert": 1,
    "watchlist": 1,
    "reply": "07a13a5a-4a48-44a5-bb25-5ab37b79186c",
    "pattern": "DU",
    "notification": "1",
    "typecode": "BA",
    "device": "a",
}
