"""A model's endpoint on loopback that speaks both protocols and replies from a script."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

KEY = "sk-very-secret"


@dataclass(frozen=True)
class Says:
    """The model answers with text; `cut`: at the limit of tokens."""

    text: str
    cut: bool = False


@dataclass(frozen=True)
class Calls:
    """The model calls tools: pairs of a name and arguments; arguments as text are sent as they are."""

    calls: Sequence[tuple[str, Any]]


@dataclass(frozen=True)
class Fails:
    """The endpoint returns an error, or any other body."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = f'{{"error": "{KEY} is not welcome"}}'


Step = Says | Calls | Fails


class FakeEndpoint:
    """Replies with one step after the other; the last one is repeated."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = list(steps)
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[Mapping[str, str]] = []
        self.paths: list[str] = []
        self.url = ""

    @contextmanager
    def running(self) -> Iterator[FakeEndpoint]:
        """Serve on a free port of loopback."""
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, headers, text = fake.reply(self.path, dict(self.headers), body)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
                """Nothing to standard error."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_port}/v1"
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def reply(
        self, path: str, headers: Mapping[str, str], body: dict[str, Any]
    ) -> tuple[int, Mapping[str, str], str]:
        """Status, headers and body of the next reply."""
        self.paths.append(path)
        self.headers.append({name.lower(): value for name, value in headers.items()})
        self.bodies.append(body)
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, Fails):
            return step.status, step.headers, step.body
        protocol: Literal["openai", "anthropic"] = "anthropic" if path.endswith("/messages") else "openai"
        message = _anthropic(step) if protocol == "anthropic" else _openai(step)
        return 200, {"Content-Type": "application/json"}, json.dumps(message)


def _openai(step: Says | Calls) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": None}
    reason = "tool_calls"
    if isinstance(step, Says):
        message["content"], reason = step.text, "length" if step.cut else "stop"
    else:
        message["tool_calls"] = [
            {
                "id": f"call_{number}",
                "type": "function",
                "function": {
                    "name": name,
                    "arguments": arguments if isinstance(arguments, str) else json.dumps(arguments),
                },
            }
            for number, (name, arguments) in enumerate(step.calls)
        ]
    return {
        "choices": [{"message": message, "finish_reason": reason}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20},
    }


def _anthropic(step: Says | Calls) -> dict[str, Any]:
    if isinstance(step, Says):
        blocks: list[dict[str, Any]] = [{"type": "text", "text": step.text}]
        reason = "max_tokens" if step.cut else "end_turn"
    else:
        blocks = [
            {"type": "tool_use", "id": f"toolu_{number}", "name": name, "input": arguments}
            for number, (name, arguments) in enumerate(step.calls)
        ]
        reason = "tool_use"
    return {
        "content": blocks,
        "stop_reason": reason,
        "usage": {"input_tokens": 60, "cache_read_input_tokens": 40, "output_tokens": 20},
    }
