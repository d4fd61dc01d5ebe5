from __future__ import annotations

from typing import Any, cast

import httpx
import pytest

from ticker_service.app import create_app
from ticker_service.keeper import Keeper


class Reporting:
    """What the application needs of a keeper."""

    def __init__(self, *, alive: bool) -> None:
        self.alive = alive

    def report(self) -> dict[str, Any]:
        return {"state": "established"}


def client(*, alive: bool) -> httpx.AsyncClient:
    app = create_app(cast("Keeper", Reporting(alive=alive)))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost:5056")


@pytest.mark.parametrize(("alive", "code"), [(True, 200), (False, 503)])
async def test_health_is_200_while_the_loop_beats_and_503_when_it_does_not(alive: bool, code: int) -> None:
    async with client(alive=alive) as http:
        response = await http.get("/health")
    assert response.status_code == code
    assert response.json()["alive"] is alive


@pytest.mark.parametrize("alive", [True, False])
async def test_state_is_the_report_whatever_the_loop_does(alive: bool) -> None:
    async with client(alive=alive) as http:
        response = await http.get("/state")
    assert (response.status_code, response.json()) == (200, {"state": "established"})
