"""Anthropic's messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mcp_types import Tool

from evals.models.chat import Reply, ToolCall, ToolResult
from evals.models.endpoint import Endpoint, EndpointError
from evals.models.settings import ModelSettings


def anthropic_headers(key: str) -> dict[str, str]:
    """The headers of each request."""
    return {"anthropic-version": "2023-06-01"} | ({"x-api-key": key} if key else {})


class AnthropicChat:
    """A conversation in Anthropic's protocol."""

    def __init__(
        self, endpoint: Endpoint, settings: ModelSettings, system: str, tools: Sequence[Tool]
    ) -> None:
        self._endpoint = endpoint
        self._body: dict[str, Any] = {
            "model": settings.model,
            "max_tokens": settings.max_tokens,
            "system": system,
            "tools": [
                {"name": tool.name, "description": tool.description or "", "input_schema": tool.input_schema}
                for tool in tools
            ],
        }
        self._messages: list[dict[str, Any]] = []

    def ask(self, question: str) -> Reply:
        self._messages.append({"role": "user", "content": question})
        return self._complete()

    def send(self, results: Sequence[ToolResult]) -> Reply:
        self._messages.append({"role": "user", "content": [_result_block(each) for each in results]})
        return self._complete()

    def _complete(self) -> Reply:
        body = self._endpoint.post("/messages", self._body | {"messages": self._messages})
        try:
            blocks = body["content"]
            calls = [
                ToolCall(block["id"], block["name"], _arguments(block["input"]))
                for block in blocks
                if block["type"] == "tool_use"
            ]
            text = "\n".join(block["text"] for block in blocks if block["type"] == "text")
        except (KeyError, TypeError) as error:
            raise EndpointError(f"the response has no content: {error!r}") from error
        # Unchanged, because thinking blocks must be returned as they were.
        self._messages.append({"role": "assistant", "content": blocks})
        usage = body.get("usage") or {}
        cached = ("cache_creation_input_tokens", "cache_read_input_tokens")
        return Reply(
            text=text,
            calls=calls,
            input_tokens=sum(usage.get(name) or 0 for name in ("input_tokens", *cached)),
            output_tokens=usage.get("output_tokens") or 0,
            cut=body.get("stop_reason") == "max_tokens",
        )


def _arguments(written: Any) -> dict[str, Any] | None:
    return written if isinstance(written, dict) else None


def _result_block(result: ToolResult) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "text", "text": result.text or "(empty)"}]
    content += [
        {
            "type": "image",
            "source": {"type": "base64", "media_type": picture.mime_type, "data": picture.data},
        }
        for picture in result.pictures
    ]
    return {
        "type": "tool_result",
        "tool_use_id": result.call_id,
        "is_error": result.failed,
        "content": content,
    }
