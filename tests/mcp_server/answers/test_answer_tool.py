"""An answer as a tool: arguments as hosts write them, errors, and calls of the operation of that name."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import pytest
from fastmcp.tools.base import Tool, ToolResult
from mcp_types import TextContent
from pydantic import Field

from api_gateway.client.order_questions import QUESTION_TTL
from api_gateway.client.request import build_request
from api_gateway.errors import LoginRequired
from mcp_server.answers.answer import Answer
from mcp_server.answers.answer_tool import AnswerTool
from mcp_server.answers.argument_types import AnswerArguments, Texts, as_choice
from mcp_server.answers.context import AnswerContext
from mcp_server.answers.errors import AnswerError
from mcp_server.answers.tools import ANSWERS, AnswerEntry
from mcp_server.pictures.picture import Picture
from tests.mcp_server.answers.answer_stack import AnswerStack, Called, with_stack

VALID: Final[Mapping[str, Mapping[str, Any]]] = {
    "get_portfolio": {},
    "get_performance": {},
    "get_activity": {},
    "get_quotes": {"what": "AAPL"},
    "get_price_history": {"what": "AAPL"},
    "get_option_chain": {"underlying": "AAPL"},
    "wait_for": {"until": "any order changes", "timeout_seconds": 1},
}
"""Arguments with which each answer sends requests."""


class EchoArguments(AnswerArguments):
    what: Annotated[Texts, Field(description="Names.")]
    limit: Annotated[int, Field(ge=1, description="How many.")] = 25
    view: Annotated[Literal["a", "long_view"], as_choice, Field(description="Which.")] = "a"
    chart: bool = False


async def echo(arguments: EchoArguments, context: AnswerContext) -> Answer:  # noqa: ARG001 - as every answer
    """Repeat the arguments.
    \f
    Found by: parrot.
    """
    if "fail" in arguments.what:
        raise AnswerError("It failed.", "Do not write fail.")
    if "bug" in arguments.what:
        raise KeyError("secret")
    if "login" in arguments.what:
        raise LoginRequired(request="GET /x", problem="Nobody is logged in.", hint="Log in.")
    return Answer([repr(arguments)], pictures=[Picture(b"png", "a picture")] if arguments.chart else [])


class Operation(Tool):
    async def run(self, arguments: dict[str, Any]) -> ToolResult:
        return ToolResult(content=[TextContent(type="text", text=f"operation {sorted(arguments)}")])


def called(**arguments: Any) -> Called:
    async def scenario(stack: AnswerStack) -> Called:
        return await stack.call(echo, **arguments)

    result: Called = with_stack(scenario)
    return result


@pytest.mark.parametrize(
    "what", [["AAPL", "MSFT"], "AAPL, MSFT", '["AAPL", "MSFT"]', "AAPL;MSFT", " 'AAPL' ,\"MSFT\" "]
)
def test_a_list_is_understood_in_every_form(what: Any) -> None:
    assert called(what=what).text == called(what=["AAPL", "MSFT"]).text


def test_numbers_choices_and_booleans_are_understood_as_text() -> None:
    as_text = called(what=700, limit="7", view="Long View", chart="false")
    assert as_text.text == called(what=["700"], limit=7, view="long_view", chart=False).text


def test_null_and_empty_text_mean_omitted() -> None:
    assert called(what="A", limit=None, view="null", chart="").text == called(what="A").text


def test_invalid_arguments_are_named_together() -> None:
    result = called(what="A", limit="many", view="z")
    assert result.is_error
    assert "`limit`" in result.text
    assert "`view`" in result.text
    assert called().is_error
    assert "`nonsense`" in called(what="A", nonsense=1).text


@pytest.mark.parametrize("what", ["fail", "login"])
def test_an_error_of_the_answer_or_the_gateway_is_an_error_of_the_tool(what: str) -> None:
    result = called(what=what)
    assert result.is_error
    assert result.text.startswith("echo: ")


def test_a_picture_is_returned_beside_the_text() -> None:
    assert len(called(what="A", chart="true").pictures) == 1


def test_the_docstring_is_the_description_without_its_notes() -> None:
    async def scenario(stack: AnswerStack) -> AnswerTool:
        return AnswerTool(echo, stack.context)

    tool = with_stack(scenario)
    assert (tool.name, tool.description, tool.search_terms) == ("echo", "Repeat the arguments.", "parrot.")
    assert tool.parameters["required"] == ["what"]
    assert tool.parameters["properties"]["what"]["type"] == "array"


def test_arguments_that_only_the_operation_of_that_name_has_are_passed_on_to_it() -> None:
    async def scenario(stack: AnswerStack) -> list[str]:
        operation = Operation(
            name="get_echo", parameters={"type": "object", "properties": {"conid": {}, "limit": {}}}
        )
        tool = AnswerTool(echo, stack.context, operation)
        results = [await tool.run({"conid": 1, "limit": 5}), await tool.run({"what": "A", "conid": 1})]
        return [each.content[0].text for each in results if isinstance(each.content[0], TextContent)]

    passed_on, own = with_stack(scenario)
    assert passed_on == "operation ['conid', 'limit']"
    assert "`conid`" in own


def test_an_unexpected_error_does_not_reach_the_client(caplog: pytest.LogCaptureFixture) -> None:
    result = called(what="bug")
    assert result.is_error
    assert "secret" not in result.text
    assert any(record.exc_info for record in caplog.records)


@pytest.mark.parametrize("entry", ANSWERS, ids=lambda each: each.function.__name__)
def test_no_answer_sends_a_request_while_an_order_awaits_confirmation(entry: AnswerEntry) -> None:
    async def scenario(stack: AnswerStack) -> tuple[Called, Called]:
        question = stack.gateway.order_question
        order = build_request("POST", "/iserver/account/{allocation}/orders", ("DU1234567",), read_only=False)
        question.on_send(order)
        question.on_response(order, b'[{"id": "x", "message": ["Are you sure?"]}]')
        arguments = VALID[entry.function.__name__]
        waiting = await stack.call(entry.function, **arguments)
        assert question.open
        await asyncio.sleep(QUESTION_TTL)
        later = await stack.call(entry.function, **arguments)
        await stack.context.watches.aclose()
        return waiting, later

    waiting, later = with_stack(scenario)
    assert waiting.is_error
    assert waiting.requests == []
    assert not later.is_error
    assert later.requests
