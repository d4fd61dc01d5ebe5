"""When a call's budget begins."""

from __future__ import annotations

from api_gateway.client.time_limit import TimeLimit
from api_gateway.settings import GatewaySettings
from tests.api_gateway.fakes import FakeHandler, FakeTime, read, unlimited


async def test_the_budget_starts_at_this_step(fake_time: FakeTime) -> None:
    settings = GatewaySettings(_env_file=None, gateway_max_wait=6, gateway_timeout=20)
    step, rest = TimeLimit(settings, now=fake_time.now), FakeHandler([1])
    fake_time.seconds += 100
    await step(rest, read("/trsrv/stocks"), unlimited())
    (budget,) = rest.budgets
    assert (budget.left, budget.ends_at) == (6, fake_time.seconds + 26)
