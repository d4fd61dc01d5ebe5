"""`diagnose_connection`: doctor's report as a tool."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api_gateway.causes import Cause, explain
from api_gateway.client.gateway import GatewayClient
from api_gateway.doctor.findings import Layer
from api_gateway.settings import GatewaySettings
from mcp_server.connection.diagnose_connection import DiagnoseConnectionTool
from mcp_server.settings import ServerSettings
from tests.api_gateway.doctor.world import closed_port

NOWHERE = "http://127.0.0.1:1"


def tool(port: int) -> DiagnoseConnectionTool:
    gateway = GatewayClient(GatewaySettings(_env_file=None, gateway_url=f"https://127.0.0.1:{port}"))
    return DiagnoseConnectionTool(gateway, ServerSettings(_env_file=None, ticker_url=NOWHERE))


async def execute(
    diagnose: DiagnoseConnectionTool, arguments: dict[str, Any] | None = None
) -> tuple[bool, str]:
    result = await diagnose.run(arguments or {})
    [content] = result.content
    return bool(result.is_error), str(getattr(content, "text", ""))


async def test_it_names_the_first_broken_layer_and_the_fix_as_json() -> None:
    failed, text = await execute(tool(closed_port()))
    report = json.loads(text)
    assert not failed  # a fault that it finds is a result, not an error of the tool
    assert report["first_broken"] == "port"
    assert report["cause"] == Cause.PORT_CLOSED.key
    assert report["fix"] == explain(Cause.PORT_CLOSED, host="", port="", reason="").next_step
    assert [each["layer"] for each in report["layers"]] == [layer.value for layer in Layer]


async def test_the_server_that_was_called_is_reported_as_working() -> None:
    _, text = await execute(tool(closed_port()))
    outcomes = {each["layer"]: each["outcome"] for each in json.loads(text)["layers"]}
    assert (outcomes["mcp_endpoint"], outcomes["clients"]) == ("ok", "ok")
    assert outcomes["ticker"] == "broken"


async def test_an_order_that_awaits_confirmation_is_not_voided(monkeypatch: pytest.MonkeyPatch) -> None:
    diagnose = tool(closed_port())
    monkeypatch.setattr(type(diagnose._gateway.order_question), "open", property(lambda _: True))
    failed, text = await execute(diagnose)
    assert failed
    assert explain(Cause.ORDER_AWAITS_CONFIRMATION).problem in text


async def test_it_takes_no_arguments() -> None:
    failed, text = await execute(tool(closed_port()), {"deep": True})
    assert failed
    assert "`deep`" in text


def test_it_only_reads() -> None:
    annotations = tool(1).annotations
    assert annotations is not None
    assert annotations.read_only_hint
