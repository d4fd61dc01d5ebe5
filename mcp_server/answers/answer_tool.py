"""An answer as an MCP tool: the function's docstring is the description, its arguments are the schema."""

from __future__ import annotations

import base64
import inspect
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from typing import Any, get_type_hints

from fastmcp.tools.base import Tool, ToolResult
from mcp_types import ImageContent, TextContent
from pydantic import PrivateAttr, ValidationError

from api_gateway.causes import OUTCOME_SENTENCES, Cause, Outcome, explain
from api_gateway.errors import GatewayError
from mcp_server.answers.answer import Answer
from mcp_server.answers.argument_types import AnswerArguments
from mcp_server.answers.context import AnswerContext
from mcp_server.answers.errors import AnswerError
from mcp_server.rest.argument_errors import (
    CORRECT_ARGUMENTS,
    INTERNAL_ERROR,
    NOTHING_SENT,
    REPORT_IT,
    describe_problem,
)
from mcp_server.rest.docstring_notes import parse_notes
from mcp_server.rest.listing import join_limited
from mcp_server.tools.builtin_tool import BuiltinTool
from mcp_server.tools.json_schema import compact_schema
from mcp_server.tools.progress import ProgressReport

_log = logging.getLogger(__name__)

AnswerFunction = Callable[[Any, AnswerContext], Awaitable[Answer]]
"""Accepts an AnswerArguments and the context. Raises GatewayError and AnswerError."""


class AnswerTool(BuiltinTool):
    """Calls one answer function. `operation` is the IBKR operation that has the same name, if there is one:

    a call with arguments that only that operation has is passed on to it. While an order awaits confirmation,
    no answer is given: any request makes IBKR discard the question.
    """

    _function: AnswerFunction = PrivateAttr()
    _arguments: type[AnswerArguments] = PrivateAttr()
    _context: AnswerContext = PrivateAttr()
    _operation: Tool | None = PrivateAttr(default=None)
    _reports_progress: bool = PrivateAttr(default=False)

    def __init__(
        self,
        function: AnswerFunction,
        context: AnswerContext,
        operation: Tool | None = None,
        *,
        reports_progress: bool = False,
    ) -> None:
        model = get_type_hints(function)["arguments"]
        schema = compact_schema(model.model_json_schema())
        description, _, _ = (inspect.getdoc(function) or "").partition("\f")
        super().__init__(
            function.__name__,
            description.strip(),
            schema.get("properties", {}),
            required=schema.get("required", ()),
            search_terms=parse_notes(function).search_terms,
        )
        self._function = function
        self._arguments = model
        self._context = context
        self._operation = operation
        self._reports_progress = reports_progress

    @property
    def section(self) -> str:
        """The section that search results show for it."""
        return "Answers"

    async def run(self, arguments: dict[str, Any]) -> ToolResult:
        names, operation = set(arguments), self._operation
        if (
            operation is not None
            and not names <= set(self.parameters["properties"])
            and names <= set(operation.parameters["properties"])
        ):
            return await operation.run(arguments)
        return await super().run(arguments)

    async def execute(self, arguments: Mapping[str, Any]) -> ToolResult:
        try:
            parsed = self._arguments.model_validate(dict(arguments))
        except ValidationError as error:
            return self.error_result(self._validation_text(error))
        if self._context.gateway.order_question.open:
            waits = explain(Cause.ORDER_AWAITS_CONFIRMATION)
            return self.error_result(f"{self.name}: {waits.problem} {waits.next_step}")
        try:
            with nullcontext() if self._reports_progress else ProgressReport(self.title or self.name):
                answer = await self._function(parsed, self._context)
        except AnswerError as error:
            return self.error_result(f"{self.name}: {error}")
        except GatewayError as error:
            return self.error_result(f"{self.name}: {error.problem} {error.hint}".strip())
        except Exception:
            _log.exception("%s raised an unexpected error", self.name)
            return self.error_result(
                f"{self.name}: {INTERNAL_ERROR} {OUTCOME_SENTENCES[Outcome.UNCHANGED]} {REPORT_IT}"
            )
        content: list[TextContent | ImageContent] = [TextContent(type="text", text=answer.text())]
        content += [
            ImageContent(type="image", data=base64.b64encode(each.png).decode(), mime_type="image/png")
            for each in answer.pictures
        ]
        return ToolResult(content=content)

    def _validation_text(self, error: ValidationError) -> str:
        problems = dict.fromkeys(
            describe_problem(each["loc"], each["msg"], each.get("input")) for each in error.errors()
        )
        return f"{self.name}: {join_limited('; ', list(problems))}. {NOTHING_SENT} {CORRECT_ARGUMENTS}"
