"""Simulator, gateway client and answers in one process and in virtual time."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from mcp_types import ImageContent, TextContent

from api_gateway.access_policy import POLICIES, TradingMode
from api_gateway.client.gateway import GatewayClient
from api_gateway.errors import RateLimited
from api_gateway.settings import GatewaySettings
from api_gateway.simulator.app import create_app
from api_gateway.simulator.clock import Clock
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from mcp_server.answers.answer_tool import AnswerFunction, AnswerTool
from mcp_server.answers.context import create_context
from mcp_server.answers.ibkr_clock import IbkrClock
from mcp_server.facts.fact_store import FactStore
from tests.mcp_server.pictures.inline_renderer import inline_renderer
from tests.virtual_loop import run_in_virtual_time

NOON = datetime(2026, 11, 18, 17, tzinfo=UTC)
"""Noon in New York on a Wednesday, during regular trading hours."""


@dataclass(frozen=True)
class Called:
    """The result of one call, and the requests that it sent to IBKR."""

    text: str
    is_error: bool
    pictures: list[bytes]
    requests: list[str]

    @property
    def tokens(self) -> int:
        """How many tokens of o200k the text has."""
        return count_tokens(self.text)

    def row(self, name: str) -> list[str]:
        """The words of the first line that begins with this name."""
        lines = [line for line in self.text.splitlines() if line.startswith(name)]
        assert lines, self.text
        return lines[0].removeprefix(name).split()


class AnswerStack:
    """The answers with a simulator of its own. `respond` can replace a response: return None to leave it.

    `facts` are those of another stack, as two processes share them.
    """

    def __init__(
        self,
        profile: str = "retail",
        *,
        now: datetime = NOON,
        facts: FactStore | None = None,
        **options: Any,
    ) -> None:
        self._loop = loop = asyncio.get_running_loop()
        began = loop.time()

        def wall() -> float:
            return now.timestamp() + loop.time() - began

        self.clock = Clock(wall_clock=wall)
        self.simulation = Simulation(
            SimulationOptions(profile=profile, login=True, opens_brokerage=True, **options), self.clock
        )
        self.requests: list[str] = []
        self.respond: Callable[[httpx.Request], httpx.Response | None] = lambda _: None
        self._simulator = httpx.ASGITransport(create_app(self.simulation))
        self.gateway = GatewayClient(
            GatewaySettings(_env_file=None),
            policy=POLICIES[TradingMode.PAPER],
            transport=httpx.MockTransport(self._serve),
            now=loop.time,
            wall=wall,
        )
        self.facts = facts or FactStore(None, now=self.gateway.current_time)
        self.context = create_context(
            self.gateway,
            TradingMode.PAPER,
            self.facts,
            IbkrClock(self.gateway.current_time),
            now=loop.time,
            pictures=inline_renderer(),
        )

    async def _serve(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(f"{request.method} {request.url.path.removeprefix('/v1/api')}")
        replaced = self.respond(request)
        if replaced is not None:
            return replaced
        response = await self._simulator.handle_async_request(request)
        return httpx.Response(
            response.status_code, headers=response.headers, stream=httpx.ByteStream(await response.aread())
        )

    async def call(self, function: AnswerFunction, **arguments: Any) -> Called:
        """The result of one call of an answer."""
        before = len(self.requests)
        result = await AnswerTool(function, self.context).run(arguments)
        return Called(
            text="\n".join(each.text for each in result.content if isinstance(each, TextContent)),
            is_error=bool(result.is_error),
            pictures=[each.data.encode() for each in result.content if isinstance(each, ImageContent)],
            requests=self.requests[before:],
        )

    async def sleep(self, seconds: float) -> None:
        """Let time pass without losing the session."""
        ends_at = self._loop.time() + seconds
        while (left := ends_at - self._loop.time()) > 0:
            await asyncio.sleep(min(left, 180.0))
            with suppress(RateLimited):
                await self.gateway.tickle()

    async def send(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of a request that goes to the simulator directly, for comparison with an answer."""
        async with httpx.AsyncClient(
            transport=self._simulator, base_url="https://gateway/v1/api", headers={"User-Agent": "tests"}
        ) as client:
            response = await client.request(method, path, json=body)
            assert response.status_code < 400, response.text
            return response.json()


def count_tokens(text: str) -> int:
    """How many tokens of o200k a text has."""
    with warnings.catch_warnings():
        # The tokenizer's package uses a deprecated function of Python when it is imported.
        warnings.simplefilter("ignore", DeprecationWarning)
        import bpe_openai

        return len(bpe_openai.get_encoding("o200k_base").encode(text))


def with_stack(
    scenario: Callable[[AnswerStack], Awaitable[Any]], profile: str = "retail", **options: Any
) -> Any:
    """Run the scenario with a new stack, in virtual time; returns its result."""

    async def run() -> Any:
        return await scenario(AnswerStack(profile, **options))

    return run_in_virtual_time(run())
