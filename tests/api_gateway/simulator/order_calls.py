"""Orders over HTTP: tickets, and a customer who says yes to everything."""

from __future__ import annotations

from typing import Any

import httpx

from tests.api_gateway.simulator.paper_account import AAPL, ACCOUNT, Caller

ORDERS = f"/iserver/account/{ACCOUNT}/orders"
ORDER = f"/iserver/account/{ACCOUNT}/order"


def ticket(**fields: Any) -> dict[str, Any]:
    """A market order for ten shares of Apple, except where `fields` say otherwise; None leaves one out."""
    usual = {"conid": AAPL, "orderType": "MKT", "side": "BUY", "tif": "DAY", "quantity": 10}
    return {name: value for name, value in (usual | fields).items() if value is not None}


class Trader(Caller):
    """Places orders and answers the questions."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        super().__init__(client)
        self._client = client
        self.asked: list[str] = []

    async def subscribed(self, *conids: int) -> Trader:
        """Itself, after the calls that come before an order: the accounts and a look at the prices."""
        await self.get("/iserver/accounts")
        for conid in conids or (AAPL,):
            await self.get("/iserver/marketdata/snapshot", conids=conid, fields="31")
        return self

    async def asks(self, *tickets: dict[str, Any], path: str = ORDERS) -> Any:
        """What is answered to these tickets with status 200."""
        reply = await self.post(path, {"orders": list(tickets)})
        assert reply.status_code == 200, reply.text
        return reply.json()

    async def answered(self, question: Any, *, confirmed: bool = True) -> httpx.Response:
        """The reply to the reply to a question."""
        return await self.post(f"/iserver/reply/{question[0]['id']}", {"confirmed": confirmed})

    async def confirmed(self, answer: Any) -> Any:
        """What comes after yes to every question; `asked` has their ids."""
        self.asked = []
        while isinstance(answer, list) and "id" in answer[0]:
            self.asked += answer[0]["messageIds"]
            answer = (await self.answered(answer)).json()
        return answer

    async def places(self, *tickets: dict[str, Any], path: str = ORDERS) -> list[int]:
        """The numbers of these orders, after yes to every question."""
        taken = await self.confirmed(await self.asks(*tickets, path=path))
        return [int(row["order_id"]) for row in taken]

    async def status(self, order_id: int) -> str:
        """The state of one order."""
        row = await self.json(f"/iserver/account/order/status/{order_id}")
        return str(row["order_status"])

    async def delete(self, path: str, **query: str | int) -> httpx.Response:
        """The reply to a DELETE below `/v1/api`."""
        return await self._client.delete(f"/v1/api{path}", params=query)
