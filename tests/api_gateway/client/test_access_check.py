"""Access policy: which requests it permits."""

from __future__ import annotations

import pytest

from api_gateway.access_policy import AccessPolicy
from api_gateway.client.access_check import AccessCheck
from api_gateway.errors import Forbidden
from tests.api_gateway.fakes import FakeHandler, read, unlimited, write

KNOWN = ("GET", "/trsrv/stocks")
UNVERIFIED = ("GET", "/iserver/marketdata/{segment}")


async def test_a_permitted_operation_proceeds() -> None:
    rest = FakeHandler([1])
    check = AccessCheck(AccessPolicy("read", frozenset({KNOWN})))
    assert (await check(rest, read("/trsrv/stocks"), unlimited())).value == [1]


async def test_any_other_operation_is_rejected_and_not_sent() -> None:
    rest = FakeHandler([1])
    check = AccessCheck(AccessPolicy("read", frozenset({KNOWN})))
    with pytest.raises(Forbidden, match="POST /logout"):
        await check(rest, write("/logout"), unlimited())
    assert rest.requests == []


def test_an_unverified_operation_is_rejected_at_the_path_of_a_known_one() -> None:
    check = AccessCheck(AccessPolicy("read", frozenset({UNVERIFIED}), unverified=frozenset({UNVERIFIED})))
    check.check(read(UNVERIFIED[1], "something-else"))
    with pytest.raises(Forbidden, match="unsubscribeall"):
        check.check(read(UNVERIFIED[1], "unsubscribeall"))
