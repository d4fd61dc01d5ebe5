"""Pictures reach the model in both protocols, and what it wrote is sent back."""

from __future__ import annotations

from functools import partial
from typing import Any

from mcp_types import ImageContent

from evals.models.anthropic_chat import AnthropicChat, anthropic_headers
from evals.models.chat import ToolResult
from evals.models.endpoint import Endpoint
from evals.models.openai_chat import OpenAiChat, openai_headers
from evals.models.settings import read_settings
from tests.evals.models.fake_endpoint import Calls, FakeEndpoint, Says

PICTURE = ImageContent(type="image", data="aGVsbG8=", mime_type="image/png")


def messages_with_a_picture(protocol: str) -> list[dict[str, Any]]:
    """The messages of the second request, after a call that returned a picture."""
    chat: Any = OpenAiChat if protocol == "openai" else AnthropicChat
    headers = openai_headers if protocol == "openai" else anthropic_headers
    with FakeEndpoint([Calls([("draw", {"what": "AAPL"})]), Says("A picture.")]).running() as fake:
        settings = read_settings("any", {"EVALS_API": protocol, "EVALS_BASE_URL": fake.url})
        endpoint = Endpoint(settings, headers(settings.key))
        talk = partial(chat, endpoint, settings)("Be brief.", [])
        [call] = talk.ask("Draw AAPL.").calls
        assert (call.name, call.arguments) == ("draw", {"what": "AAPL"})
        assert talk.send([ToolResult(call.call_id, "Drawn.", False, [PICTURE])]).text == "A picture."
        endpoint.close()
        messages: list[dict[str, Any]] = fake.bodies[-1]["messages"]
        return messages


def test_openai_receives_a_picture_after_the_tools_message() -> None:
    *_, assistant, tool, user = messages_with_a_picture("openai")
    assert assistant["tool_calls"][0]["id"] == tool["tool_call_id"]
    assert tool["content"] == "Drawn."
    assert user["content"][0]["image_url"]["url"] == "data:image/png;base64,aGVsbG8="


def test_anthropic_receives_a_picture_in_the_result() -> None:
    *_, assistant, user = messages_with_a_picture("anthropic")
    [result] = user["content"]
    assert assistant["content"][0]["id"] == result["tool_use_id"]
    assert result["content"][1]["source"] == {
        "type": "base64",
        "media_type": "image/png",
        "data": "aGVsbG8=",
    }
