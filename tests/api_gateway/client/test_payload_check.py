"""Responses without a payload."""

from __future__ import annotations

import pytest

from api_gateway.client.payload_check import PayloadCheck
from api_gateway.errors import Failed, OutcomeUnknown
from tests.api_gateway.fakes import FakeHandler, read, unlimited, write


async def test_an_object_or_a_list_is_returned() -> None:
    assert (await PayloadCheck()(FakeHandler({}), read("/trsrv/stocks"), unlimited())).value == {}


async def test_a_read_without_payload_fails() -> None:
    with pytest.raises(Failed):
        await PayloadCheck()(FakeHandler(None), read("/trsrv/stocks"), unlimited())


async def test_an_order_without_payload_has_an_unknown_outcome() -> None:
    order = write("/iserver/account/{allocation}/orders", "DU1234567", orders=[])
    with pytest.raises(OutcomeUnknown):
        await PayloadCheck()(FakeHandler([]), order, unlimited())
