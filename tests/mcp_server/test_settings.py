"""What can be set, and what is refused with a sentence."""

from __future__ import annotations

import pytest

from api_gateway.access_policy import TradingMode
from api_gateway.settings import SettingsError, load
from mcp_server.settings import ServerSettings, Transport


@pytest.fixture(autouse=True)
def away_from_any_env_file(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(str(tmp_path))


def test_the_delivered_settings_are_the_safe_ones() -> None:
    settings = load(ServerSettings)
    assert (settings.mcp_server_host, settings.mcp_server_port, settings.mcp_server_path) == (
        "127.0.0.1",
        5002,
        "/mcp",
    )
    assert settings.mcp_transport_protocol is Transport.STREAMABLE_HTTP
    assert settings.trading_mode is TradingMode.READ
    assert settings.mcp_server_token is None
    assert not settings.mcp_server_allow_remote


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCLUDED_TAGS", " Session , Market Data,")
    assert load(ServerSettings).included_tags == ("Session", "Market Data")


def test_an_empty_value_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MCP_SERVER_TOKEN", "INCLUDED_TAGS", "LOG_LEVEL", "MCP_SERVER_PORT"):
        monkeypatch.setenv(name, "")
    assert load(ServerSettings) == ServerSettings(_env_file=None)


def test_the_weight_of_the_log_is_read_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "debug")
    assert load(ServerSettings).log_level == "DEBUG"


@pytest.mark.parametrize(
    ("name", "value", "valid"),
    [
        ("TRADING_MODE", "yolo", "'read', 'paper' or 'live'"),
        ("MCP_TRANSPORT_PROTOCOL", "sse", "'streamable-http' or 'stdio'"),
        ("MCP_SERVER_PORT", "70000", "65535"),
        ("MCP_SERVER_PORT", "http", "integer"),
        ("MCP_SERVER_PATH", "mcp", "/mcp"),
        ("MCP_SERVER_PATH", "/mcp/", "/mcp"),
        ("MCP_SERVER_PATH", "/ready", "/health"),
        ("MCP_SERVER_ALLOW_REMOTE", "perhaps", "boolean"),
        ("MCP_SERVER_TOKEN", "two words", "without spaces"),
        ("MCP_SERVER_TOKEN", "s\u00e9same", "ASCII"),
        ("MCP_SERVER_TOKEN", "s3cret!", "guessed"),
        ("MCP_SERVER_TOOLS", "some", "'search' or 'all'"),
        ("MCP_SERVER_MAX_ANSWER", "10", "2000"),
        ("LOG_LEVEL", "loud", "'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_with_its_name_and_what_is_valid(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, valid: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refusal:
        load(ServerSettings)
    assert str(refusal.value).startswith(f"{name} cannot be used: ")
    assert valid in str(refusal.value)
    assert "\n" not in str(refusal.value)
    if name == "MCP_SERVER_TOKEN":
        assert value not in str(refusal.value)


@pytest.mark.parametrize("path", ["/mcp", "/ib/mcp", "/a.b_c~d-e"])
def test_other_paths_are_taken(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setenv("MCP_SERVER_PATH", path)
    assert load(ServerSettings).mcp_server_path == path


def test_every_setting_says_what_it_is_for() -> None:
    assert all(field.description for field in ServerSettings.model_fields.values())
