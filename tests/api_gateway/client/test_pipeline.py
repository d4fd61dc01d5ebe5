"""How steps are chained."""

from __future__ import annotations

from api_gateway.client.pipeline import Handler, Responding, compose
from api_gateway.client.rate_limiter import WaitBudget
from api_gateway.client.request import GatewayRequest
from api_gateway.client.response import GatewayResponse
from tests.api_gateway.fakes import FakeHandler, read, unlimited


class Note:
    """Records each request that passes."""

    def __init__(self, name: str, passed: list[str]) -> None:
        self._name = name
        self._passed = passed

    def __call__(self, proceed: Handler, request: GatewayRequest, budget: WaitBudget) -> Responding:
        self._passed.append(self._name)
        return proceed(request, budget)


class Stop:
    """Responds to requests for stocks itself."""

    async def __call__(
        self, proceed: Handler, request: GatewayRequest, budget: WaitBudget
    ) -> GatewayResponse:
        if request.path.template == "/trsrv/stocks":
            return GatewayResponse(200, b'"stopped"')
        return await proceed(request, budget)


async def test_a_request_passes_the_steps_first_to_last() -> None:
    passed: list[str] = []
    end = FakeHandler([1])
    handler = compose((Note("first", passed), Note("second", passed)), end)
    assert (await handler(read("/trsrv/stocks"), unlimited())).value == [1]
    assert passed == ["first", "second"]
    assert end.paths == ["/trsrv/stocks"]


async def test_a_step_may_return_without_the_rest() -> None:
    passed: list[str] = []
    end = FakeHandler([1])
    handler = compose((Stop(), Note("second", passed)), end)
    assert (await handler(read("/trsrv/stocks"), unlimited())).value == "stopped"
    assert (passed, end.paths) == ([], [])


async def test_a_pipeline_without_steps_is_its_last_handler() -> None:
    end = FakeHandler([1])
    assert compose((), end) is end
