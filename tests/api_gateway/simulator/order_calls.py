"""Orders over HTTP: tickets, and a trader who confirms every question."""

from __future__ import annotations

from typing import Any

import httpx

from tests.api_gateway.simulator.paper_account import AAPL, ACCOUNT, ApiClient

ORDERS = f"/iserver/account/{ACCOUNT}/orders"
ORDER = f"/iserver/account/{ACCOUNT}/order"


def ticket(**fields: Any) -> dict[str, Any]:
    """Return a market order for ten shares of Apple, changed by `fields`; None removes a field."""
    defaults = {"conid": AAPL, "orderType": "MKT", "side": "BUY", "tif": "DAY", "quantity": 10}
    return {name: value for name, value in (defaults | fields).items() if value is not None}


class Trader(ApiClient):
    """Places orders and replies to questions. `message_ids` are the questions of the last `confirm_all`."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        super().__init__(client)
        self._client = client
        self.message_ids: list[str] = []

    async def subscribe(self, *conids: int) -> Trader:
        """Make the calls required before an order, the accounts and snapshots, and return itself."""
        await self.get("/iserver/accounts")
        for conid in conids or (AAPL,):
            await self.get("/iserver/marketdata/snapshot", conids=conid, fields="31")
        return self

    async def submit(self, *tickets: dict[str, Any], path: str = ORDERS) -> Any:
        """Return the response to these tickets, which must have status 200."""
        reply = await self.post(path, {"orders": list(tickets)})
        assert reply.status_code == 200, reply.text
        return reply.json()

    async def answer_question(self, question: Any, *, confirmed: bool = True) -> httpx.Response:
        """Reply to a question and return the response."""
        return await self.post(f"/iserver/reply/{question[0]['id']}", {"confirmed": confirmed})

    async def confirm_all(self, answer: Any) -> Any:
        """Confirm every question and return the final response."""
        self.message_ids = []
        while isinstance(answer, list) and "id" in answer[0]:
            self.message_ids += answer[0]["messageIds"]
            answer = (await self.answer_question(answer)).json()
        return answer

    async def place(self, *tickets: dict[str, Any], path: str = ORDERS) -> list[int]:
        """Confirm every question and return the order IDs in the order of the tickets, which IBKR numbers."""
        accepted = await self.confirm_all(await self.submit(*tickets, path=path))
        return sorted(int(row["order_id"]) for row in accepted)

    async def status(self, order_id: int) -> str:
        """Return the status of one order."""
        row = await self.get_json(f"/iserver/account/order/status/{order_id}")
        return str(row["order_status"])

    async def delete(self, path: str, **query: str | int) -> httpx.Response:
        """Return the response to a DELETE under `/v1/api`."""
        return await self._client.delete(f"/v1/api{path}", params=query)
