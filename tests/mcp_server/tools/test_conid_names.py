"""Names where an operation's argument is a conid: which fields, what is replaced, and what orders refuse."""

from __future__ import annotations

from typing import Any

import fastmcp
import pytest

from api_gateway.operations import Effect
from mcp_server.app import create_app
from mcp_server.routers import ROUTERS
from mcp_server.tools.conid_names import ConidArguments, find_conid_arguments
from mcp_server.tools.operation_tool import OperationTool, OperationToolProvider, ToolOptions
from tests.mcp_server.connection.in_process_stack import InProcessStack
from tests.mcp_server.instruments.simulated import SimulatedInstruments, run_simulated
from tests.virtual_loop import run_in_virtual_time

AAPL, IBM, ES_INDEX = 265598, 8314, 11004968
WITHOUT_NAMES = {"fund_family_conid_ex", "sec_type"}
"""Arguments whose names or patterns speak of conids, but which are other texts."""


@pytest.fixture(scope="module")
def tools() -> dict[str, OperationTool]:
    app = create_app(None, ROUTERS)  # type: ignore[arg-type]  # nothing is called
    options = ToolOptions(48_000, schema_in_argument_errors=False)
    return dict(OperationToolProvider(app, {}, options).by_name)


def conid_properties(schema: Any) -> set[str]:
    """Every property whose name speaks of a conid, wherever it is in the schema."""
    if isinstance(schema, list):
        return {name for each in schema for name in conid_properties(each)}
    if not isinstance(schema, dict):
        return set()
    own = {name for name in schema.get("properties", {}) if "conid" in name}
    return own | {name for each in schema.values() for name in conid_properties(each)}


def test_every_conid_of_every_operation_can_be_a_name_unless_it_is_an_event_contract(
    tools: dict[str, OperationTool],
) -> None:
    for name, tool in tools.items():
        trades = tool.effect is Effect.TRADES
        found = find_conid_arguments(tool.parameters, tool.path, trades=trades)
        expected = conid_properties(tool.parameters) - WITHOUT_NAMES - ({"conidex"} if trades else set())
        if tool.path.startswith("/forecast/"):
            expected = set()
        assert {path[-1] for path in found.paths} == expected, name


SNAPSHOT = {"type": "object", "properties": {"conids": {"type": "array", "items": {"type": "integer"}}}}
ONE = {"type": "object", "properties": {"conid": {"type": "integer"}, "text": {"type": "string"}}}
ORDERS = {
    "type": "object",
    "properties": {"orders": {"type": "array", "items": {"$ref": "#/$defs/Order"}}},
    "$defs": {
        "Order": {
            "type": "object",
            "properties": {"conid": {"anyOf": [{"type": "integer"}, {"type": "null"}]}},
        }
    },
}
ALERT = {"type": "object", "properties": {"conidex": {"type": "string"}}}


@pytest.mark.parametrize(
    ("fields", "arguments", "expected"),
    [
        (find_conid_arguments(ONE), {"conid": "aapl", "text": "IBM"}, {"conid": AAPL, "text": "IBM"}),
        (find_conid_arguments(SNAPSHOT), {"conids": ["AAPL", IBM, "8314"]}, {"conids": [AAPL, IBM, "8314"]}),
        (find_conid_arguments(SNAPSHOT), {"conids": "AAPL"}, {"conids": AAPL}),
        (find_conid_arguments(ORDERS), {"orders": [{"conid": "IBM"}, {}]}, {"orders": [{"conid": IBM}, {}]}),
        (find_conid_arguments(ALERT), {"conidex": "AAPL"}, {"conidex": f"{AAPL}@SMART"}),
        (find_conid_arguments(ALERT), {"conidex": "AAPL@NYSE"}, {"conidex": f"{AAPL}@NYSE"}),
        (find_conid_arguments(ALERT), {"conidex": "SPX"}, {"conidex": "416904@CBOE"}),
        (find_conid_arguments(ONE, of_chain=True), {"conid": "ES"}, {"conid": ES_INDEX}),
        (find_conid_arguments(ONE, trades=True), {"conid": "IBM"}, {"conid": IBM}),
        (find_conid_arguments(ONE, trades=True), {"conid": "Apple"}, None),
        (find_conid_arguments(ONE, trades=True), {"conid": "ES"}, None),
        (find_conid_arguments(ONE, trades=True), {"conid": "SPY Dec26 650P"}, None),
        (find_conid_arguments(ONE, trades=True), {"conid": "SPY 12/11/26 650P"}, None),
        (find_conid_arguments(ONE, trades=True), {"conid": "BMO"}, None),
        (find_conid_arguments(ONE), {"conid": "BMO"}, None),
        (find_conid_arguments(ONE), {"conid": "Foobarium"}, None),
    ],
)
def test_a_name_becomes_its_conid_or_a_problem_with_what_to_write(
    fields: ConidArguments, arguments: dict[str, Any], expected: dict[str, Any] | None
) -> None:
    before = repr(arguments)

    async def check(simulated: SimulatedInstruments) -> None:
        replaced = await fields.replace_names(arguments, simulated.instruments)
        assert repr(arguments) == before
        if expected is None:
            assert replaced.problem
            assert replaced.arguments == arguments
        else:
            assert not replaced.problem
            assert replaced.arguments == expected

    run_simulated(check)


@pytest.mark.parametrize(
    "value",
    [AAPL, "265598", " 265598 ", "1.5", "-1", "", None, True, "1;2", "../1", "1/info", "x=1", "a" * 101],
)
def test_what_is_no_name_is_left_to_the_validation_without_a_request(value: Any) -> None:
    async def check(simulated: SimulatedInstruments) -> None:
        replaced = await find_conid_arguments(ONE).replace_names({"conid": value}, simulated.instruments)
        assert replaced.arguments == {"conid": value}
        assert not replaced.problem
        assert simulated.requests == []

    run_simulated(check)


async def call(client: fastmcp.Client[Any], tool: str, **arguments: Any) -> Any:
    return await client.call_tool(tool, arguments, raise_on_error=False)


@pytest.mark.thorough
def test_operations_take_names_and_say_which_contract_was_understood() -> None:
    async def scenario() -> None:
        stack = InProcessStack()
        async with stack.client() as client:
            result = await call(client, "get_contract_info", conid="AAPL")
            note, body = result.content
            assert not result.is_error
            assert '"con_id":265598' in body.text
            assert "265598" in note.text

            stack.gateway_requests.clear()
            result = await call(client, "get_contract_info", conid="BMO")
            assert result.is_error
            assert "BMO@TSE" in result.content[0].text
            assert not [each for each in stack.gateway_requests if each.startswith("GET /iserver/contract")]

            order = {"conid": "Apple", "side": "BUY", "quantity": 1, "order_type": "MKT", "tif": "DAY"}
            stack.gateway_requests.clear()
            result = await call(client, "place_orders", account_id="DU1234567", orders=[order])
            assert result.is_error
            assert not [each for each in stack.gateway_requests if "orders" in each]

    run_in_virtual_time(scenario())


def test_a_name_that_cannot_be_looked_up_is_an_error_of_the_connection() -> None:
    async def scenario() -> None:
        stack = InProcessStack()
        async with stack.client() as client:
            stack.gateway_down = True
            result = await call(client, "get_contract_info", conid="AAPL")
            assert result.is_error
            assert "GATEWAY_URL" in result.content[0].text

    run_in_virtual_time(scenario())
