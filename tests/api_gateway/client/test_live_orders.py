"""Live orders with and without `force`."""

from __future__ import annotations

from api_gateway.client.live_orders import LiveOrdersRefresh
from tests.api_gateway.fakes import FakeHandler, read, unlimited


async def test_force_is_sent_first_and_the_orders_are_requested_without_it() -> None:
    refresh, rest = FakeHandler({"orders": []}), FakeHandler({"orders": [1]})
    request = read("/iserver/account/orders", force=True, accountId="DU1234567")
    assert (await LiveOrdersRefresh(refresh)(rest, request, unlimited())).value == {"orders": [1]}
    assert refresh.requests == [request]
    assert rest.paths == ["/iserver/account/orders?accountId=DU1234567"]


async def test_without_force_nothing_is_refreshed() -> None:
    refresh, rest = FakeHandler(None), FakeHandler({"orders": [1]})
    await LiveOrdersRefresh(refresh)(rest, read("/iserver/account/orders"), unlimited())
    await LiveOrdersRefresh(refresh)(rest, read("/trsrv/stocks", force=True), unlimited())
    assert refresh.requests == []
