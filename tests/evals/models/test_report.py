"""Questions to a model over real HTTP on loopback, in both protocols."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest

from evals.facts import NumberFact, WordFact
from evals.models.anthropic_chat import AnthropicChat, anthropic_headers
from evals.models.ask import ModelOutcome, ask_model
from evals.models.chat import StartChat
from evals.models.endpoint import Endpoint, FatalEndpointError
from evals.models.openai_chat import OpenAiChat, openai_headers
from evals.models.report import describe, run_model, summarize
from evals.models.settings import ModelSettings, read_settings
from evals.question import Call, Question
from tests.evals.models.fake_endpoint import KEY, Calls, Fails, FakeEndpoint, Says, Step

pytestmark = pytest.mark.filterwarnings("ignore:open_binary is deprecated:DeprecationWarning")

PROTOCOLS = ["openai", "anthropic"]
STATUS = Calls([("connection_status", {})])
QUESTION = Question(
    "Are you connected?",
    [Call("connection_status")],
    lambda _: [WordFact("connected", "connected"), NumberFact("accounts", 1)],
)
RIGHT = Says("You are connected, with 1 account.")


class Asked:
    """What a fake endpoint and a client of it saw."""

    def __init__(self, fake: FakeEndpoint, settings: ModelSettings) -> None:
        self.fake = fake
        self.settings = settings
        self.waits: list[float] = []
        headers = openai_headers if settings.api == "openai" else anthropic_headers
        chat: Any = OpenAiChat if settings.api == "openai" else AnthropicChat
        endpoint = Endpoint(settings, headers(settings.key), sleep=self.waits.append)
        self.start: StartChat = partial(chat, endpoint, settings)

    def ask(self, question: Question = QUESTION) -> ModelOutcome:
        return ask_model(question, self.settings, self.start)


def connect(fake: FakeEndpoint, protocol: str, **environment: str) -> Asked:
    """A client of a running endpoint."""
    keys = {"OPENAI_API_KEY": KEY, "ANTHROPIC_API_KEY": KEY}
    return Asked(
        fake,
        read_settings("any", keys | {"EVALS_API": protocol, "EVALS_BASE_URL": fake.url} | environment),
    )


def ask(protocol: str, *steps: Step, **environment: str) -> tuple[ModelOutcome, Asked]:
    """Ask the question; the model does the steps."""
    with FakeEndpoint(steps).running() as fake:
        asked = connect(fake, protocol, **environment)
        return asked.ask(), asked


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_model_calls_a_tool_and_answers(protocol: str) -> None:
    outcome, asked = ask(protocol, STATUS, RIGHT)
    assert outcome.is_right
    assert outcome.calls == ["connection_status"]
    assert (outcome.input_tokens, outcome.output_tokens) == (200, 40)
    assert outcome.result_tokens > 20
    first, second = asked.fake.bodies
    assert "connection_status" in json.dumps(first["tools"])
    assert "DU1234567" in json.dumps(second["messages"])
    header = asked.fake.headers[0]
    assert KEY in (header["authorization"] if protocol == "openai" else header["x-api-key"])


@pytest.mark.thorough
def test_the_instructions_are_the_system_prompt() -> None:
    systems = []
    for protocol in PROTOCOLS:
        _, asked = ask(protocol, RIGHT)
        [body] = asked.fake.bodies
        systems.append(body["system"] if protocol == "anthropic" else body["messages"][0]["content"])
    assert systems[0] == systems[1]
    assert "Interactive Brokers" in systems[0]


@pytest.mark.thorough
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_missing_facts_are_reported(protocol: str) -> None:
    outcome, _ = ask(protocol, Says("You are connected."))
    assert not outcome.is_right
    assert [each.partition(" ")[0] for each in outcome.missing] == ["accounts"]
    assert "facts 1 of 2" in describe(outcome)
    assert "0 of 1" in summarize([outcome])


@pytest.mark.thorough
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_unknown_tool_is_an_error_that_the_model_reads(protocol: str) -> None:
    outcome, asked = ask(protocol, Calls([("fly_to_the_moon", {})]), RIGHT)
    assert outcome.is_right
    assert "fly_to_the_moon" in last_message(asked)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("protocol", "arguments"), [("openai", '{"wait_seconds": '), ("openai", "[1]"), ("anthropic", "text")]
)
def test_malformed_arguments_are_an_error_that_the_model_reads(protocol: str, arguments: str) -> None:
    outcome, asked = ask(protocol, Calls([("connection_status", arguments)]), RIGHT)
    assert outcome.is_right
    assert outcome.calls == ["connection_status"]
    assert "not a JSON object" in last_message(asked)
    if protocol == "openai":  # a strict server would reject what the model wrote
        [call] = asked.fake.bodies[-1]["messages"][-2]["tool_calls"]
        assert json.loads(call["function"]["arguments"]) == {}


@pytest.mark.thorough
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_several_calls_in_a_reply_are_all_made(protocol: str) -> None:
    outcome, asked = ask(protocol, Calls([("connection_status", {}), ("nothing", {})]), RIGHT)
    assert outcome.calls == ["connection_status", "nothing"]
    messages = asked.fake.bodies[-1]["messages"]
    results = messages[-2:] if protocol == "openai" else messages[-1]["content"]
    assert len(results) == 2


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_model_that_never_answers_is_stopped(protocol: str) -> None:
    outcome, asked = ask(protocol, STATUS, EVALS_MAX_TURNS="4")
    assert len(asked.fake.bodies) == 4
    assert not outcome.is_right
    assert "4 turns" in outcome.problem


@pytest.mark.thorough
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_answer_that_was_cut_is_not_right(protocol: str) -> None:
    outcome, _ = ask(protocol, Says(RIGHT.text, cut=True))
    assert outcome.missing == []
    assert not outcome.is_right


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("failures", "waits"),
    [
        ([Fails(429, {"Retry-After": "7"})], [7.0]),
        ([Fails(429, {"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"})], [1.0]),
        ([Fails(500), Fails(503), Fails(529)], [1.0, 2.0, 4.0]),
    ],
)
def test_what_passes_is_retried(protocol: str, failures: Sequence[Step], waits: list[float]) -> None:
    outcome, asked = ask(protocol, *failures, STATUS, RIGHT)
    assert outcome.is_right
    assert asked.waits == waits


@pytest.mark.thorough
@pytest.mark.parametrize("step", [Fails(500), Fails(429, {"Retry-After": "9999"})])
def test_what_does_not_pass_concerns_one_question(step: Fails) -> None:
    outcome, asked = ask("openai", step)
    assert str(step.status) in outcome.problem
    assert KEY not in outcome.problem
    assert sum(asked.waits) < 60


@pytest.mark.thorough
@pytest.mark.parametrize("body", ["not JSON", "[]", "{}", '{"choices": [], "content": 1}'])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_response_without_a_message_concerns_one_question(protocol: str, body: str) -> None:
    outcome, _ = ask(protocol, Fails(200, body=body))
    assert "response" in outcome.problem


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("status", [401, 404])
def test_what_concerns_all_questions_stops_and_hides_the_key(protocol: str, status: int) -> None:
    written: list[str] = []
    with FakeEndpoint([Fails(status)]).running() as fake:
        asked = connect(fake, protocol)
        assert (
            run_model([QUESTION, QUESTION, QUESTION], asked.settings, asked.start, write=written.append) == 1
        )
        assert len(fake.bodies) < 3
    assert f"HTTP {status}" in written[-1]
    assert KEY not in "\n".join(written)
    assert KEY not in repr(asked.settings)


def test_an_endpoint_that_does_not_exist_stops_at_once() -> None:
    with FakeEndpoint([RIGHT]).running() as fake:
        asked = connect(fake, "openai")
    with pytest.raises(FatalEndpointError, match="cannot be reached"):
        asked.ask()


@pytest.mark.thorough
@pytest.mark.parametrize("jobs", [1, 2])
def test_questions_are_reported_in_order_and_in_sum(jobs: int) -> None:
    written: list[str] = []
    with FakeEndpoint([RIGHT]).running() as fake:
        asked = connect(fake, "anthropic")
        assert run_model([QUESTION] * 3, asked.settings, asked.start, jobs=jobs, write=written.append) == 0
    assert len(written) == 5
    assert "3 of 3 questions" in written[-1]
    assert "facts 6 of 6" in written[-1]


def last_message(asked: Asked) -> str:
    """The last message that the endpoint received, which has the results of calls."""
    return json.dumps(asked.fake.bodies[-1]["messages"][-1])
