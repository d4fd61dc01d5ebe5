"""OpenAI's chat completions, which many other servers speak as well."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from mcp_types import Tool

from evals.models.chat import Reply, ToolCall, ToolResult
from evals.models.endpoint import Endpoint, EndpointError
from evals.models.settings import ModelSettings


def openai_headers(key: str) -> dict[str, str]:
    """The headers of each request."""
    return {"Authorization": f"Bearer {key}"} if key else {}


class OpenAiChat:
    """A conversation in OpenAI's protocol."""

    def __init__(
        self, endpoint: Endpoint, settings: ModelSettings, system: str, tools: Sequence[Tool]
    ) -> None:
        self._endpoint = endpoint
        # OpenAI's newest models reject `max_tokens`; other servers know only that.
        limit = "max_completion_tokens" if settings.is_default_url else "max_tokens"
        self._body: dict[str, Any] = {
            "model": settings.model,
            limit: settings.max_tokens,
            "tools": [
                {
                    "type": "function",
                    "function": {
                        "name": tool.name,
                        "description": tool.description or "",
                        "parameters": tool.input_schema,
                    },
                }
                for tool in tools
            ],
        }
        self._messages: list[dict[str, Any]] = [{"role": "system", "content": system}]

    def ask(self, question: str) -> Reply:
        self._messages.append({"role": "user", "content": question})
        return self._complete()

    def send(self, results: Sequence[ToolResult]) -> Reply:
        self._messages += [
            {
                "role": "tool",
                "tool_call_id": each.call_id,
                "content": f"Error: {each.text}" if each.failed else each.text,
            }
            for each in results
        ]
        # A tool's message can only have text, so pictures follow as the user's.
        pictures = [
            {"type": "image_url", "image_url": {"url": f"data:{picture.mime_type};base64,{picture.data}"}}
            for each in results
            for picture in each.pictures
        ]
        if pictures:
            self._messages.append({"role": "user", "content": pictures})
        return self._complete()

    def _complete(self) -> Reply:
        body = self._endpoint.post("/chat/completions", self._body | {"messages": self._messages})
        try:
            choice = body["choices"][0]
            message = choice["message"]
            calls = [
                ToolCall(call["id"], call["function"]["name"], _arguments(call["function"]["arguments"]))
                for call in message.get("tool_calls") or ()
            ]
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            raise EndpointError(f"the response has no message: {error!r}") from error
        self._messages.append({"role": "assistant", "content": message.get("content")})
        if calls:
            # A server may reject arguments that are not JSON, although the model wrote them.
            self._messages[-1]["tool_calls"] = [
                {
                    "id": call.call_id,
                    "type": "function",
                    "function": {"name": call.name, "arguments": json.dumps(call.arguments or {})},
                }
                for call in calls
            ]
        usage = body.get("usage") or {}
        return Reply(
            text=_text(message.get("content")),
            calls=calls,
            input_tokens=usage.get("prompt_tokens") or 0,
            output_tokens=usage.get("completion_tokens") or 0,
            cut=choice.get("finish_reason") == "length",
        )


def _arguments(written: Any) -> dict[str, Any] | None:
    if isinstance(written, str):
        try:
            written = json.loads(written or "{}")
        except ValueError:
            return None
    return written if isinstance(written, dict) else None


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""
