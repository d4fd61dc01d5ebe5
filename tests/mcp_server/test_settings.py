"""The MCP server's settings: defaults, formats, validation."""

from __future__ import annotations

import pytest

from api_gateway.access_policy import TradingMode
from api_gateway.settings import SettingsError, load
from mcp_server.settings import MIN_TOKEN_LENGTH, ServerSettings, Transport


@pytest.fixture(autouse=True)
def no_env_file(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(str(tmp_path))


def test_the_defaults_are_safe() -> None:
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


def test_lists_are_comma_separated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCLUDED_TAGS", " Session , Market Data,")
    assert load(ServerSettings).included_tags == ("Session", "Market Data")


def test_an_empty_value_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MCP_SERVER_TOKEN", "INCLUDED_TAGS", "LOG_LEVEL", "MCP_SERVER_PORT"):
        monkeypatch.setenv(name, "")
    assert load(ServerSettings) == ServerSettings(_env_file=None)


def test_the_log_level_is_case_insensitive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "debug")
    assert load(ServerSettings).log_level == "DEBUG"


@pytest.mark.parametrize(
    ("name", "value", "valid"),
    [
        ("TRADING_MODE", "yolo", "read, paper or live"),
        ("MCP_TRANSPORT_PROTOCOL", "sse", "streamable-http or stdio"),
        ("MCP_SERVER_PORT", "70000", "65535"),
        ("MCP_SERVER_PORT", "http", "65535"),
        ("MCP_SERVER_PATH", "mcp", "/mcp"),
        ("MCP_SERVER_PATH", "/mcp/", "/mcp"),
        ("MCP_SERVER_PATH", "/ready", "/health"),
        ("MCP_SERVER_ALLOW_REMOTE", "perhaps", "true or false"),
        ("MCP_SERVER_TOKEN", "two words", "without spaces"),
        ("MCP_SERVER_TOKEN", "s\u00e9same", "ASCII"),
        ("MCP_SERVER_TOKEN", "s3cret!", str(MIN_TOKEN_LENGTH)),
        ("MCP_SERVER_TOOLS", "some", "search or all"),
        ("MCP_SERVER_MAX_RESULT", "10", "2000"),
        ("LOG_LEVEL", "loud", "DEBUG, INFO, WARNING or ERROR"),
    ],
)
def test_an_invalid_value_is_reported_with_the_settings_name_and_the_valid_values(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, valid: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load(ServerSettings)
    assert str(caught.value).startswith(name)
    assert valid in str(caught.value).removeprefix(f"{name}={value} ")
    assert "\n" not in str(caught.value)
    if name == "MCP_SERVER_TOKEN":
        assert value not in str(caught.value)


@pytest.mark.parametrize("path", ["/mcp", "/ib/mcp", "/a.b_c~d-e"])
def test_other_paths_are_accepted(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setenv("MCP_SERVER_PATH", path)
    assert load(ServerSettings).mcp_server_path == path


def test_every_setting_has_a_description() -> None:
    assert all(field.description for field in ServerSettings.model_fields.values())


@pytest.mark.parametrize(
    ("former", "value", "field", "expected"),
    [
        ("MCP_SERVER_ASK_AHEAD", "false", "mcp_server_prefetch", False),
        ("MCP_SERVER_MAX_ANSWER", "9000", "mcp_server_max_result", 9000),
    ],
)
def test_the_names_of_version_0_1_still_work(
    monkeypatch: pytest.MonkeyPatch, former: str, value: str, field: str, expected: object
) -> None:
    monkeypatch.setenv(former, value)
    warnings: list[str] = []
    assert getattr(load(ServerSettings, warnings.append), field) == expected
    assert len(warnings) == 1
