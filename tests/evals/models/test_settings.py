"""Model settings: which protocol, where, and what is missing."""

from __future__ import annotations

import pytest

from evals.models.settings import ModelSettingsError, read_settings

KEYS = {"OPENAI_API_KEY": "a", "ANTHROPIC_API_KEY": "b"}


@pytest.mark.parametrize(
    ("model", "environment", "expected"),
    [
        ("gpt-5", {}, ("openai", "https://api.openai.com/v1", "a")),
        ("claude-sonnet-4-5", {}, ("anthropic", "https://api.anthropic.com/v1", "b")),
        ("claude-x", {"EVALS_API": "openai"}, ("openai", "https://api.openai.com/v1", "a")),
        ("llama", {"EVALS_BASE_URL": "http://localhost:11434"}, ("openai", "http://localhost:11434/v1", "a")),
        (
            "claude-x",
            {"EVALS_BASE_URL": "https://proxy.example/anthropic/v1/"},
            ("anthropic", "https://proxy.example/anthropic/v1", "b"),
        ),
    ],
)
def test_the_protocol_follows_from_the_name_or_a_setting(
    model: str, environment: dict[str, str], expected: tuple[str, str, str]
) -> None:
    settings = read_settings(model, KEYS | environment)
    assert (settings.api, settings.base_url, settings.key) == expected


def test_an_endpoint_of_ones_own_needs_no_key() -> None:
    settings = read_settings("llama", {"EVALS_BASE_URL": "http://user:secret@localhost:8000/v1"})
    assert settings.key == ""
    assert settings.host == "localhost"


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({}, "OPENAI_API_KEY"),
        ({"EVALS_API": "anthropic"}, "ANTHROPIC_API_KEY"),
        ({"EVALS_API": "gemini"}, "EVALS_API"),
        ({"EVALS_BASE_URL": "localhost:11434"}, "EVALS_BASE_URL"),
        (KEYS | {"EVALS_MAX_TURNS": "many"}, "EVALS_MAX_TURNS"),
        (KEYS | {"EVALS_MAX_TOKENS": "0"}, "EVALS_MAX_TOKENS"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(environment: dict[str, str], named: str) -> None:
    with pytest.raises(ModelSettingsError, match=named):
        read_settings("any", environment)
