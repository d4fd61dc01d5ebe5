"""Settings are checked when they are read, and a wrong one gets one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from api_gateway.settings import GatewaySettings, SettingsError, load


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in GatewaySettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_the_defaults_need_no_environment() -> None:
    settings = load(GatewaySettings)
    assert settings.gateway_url == "https://localhost:5055"
    assert settings.gateway_ca_file is None
    assert settings.gateway_verify_tls


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("GATEWAY_DEADLINE=3\nGATEWAY_MAX_WAIT=2\nUNRELATED=1\n")
    monkeypatch.setenv("GATEWAY_DEADLINE", "4")
    settings = load(GatewaySettings)
    assert (settings.gateway_deadline, settings.gateway_max_wait) == (4, 2)


def test_an_empty_value_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_CA_FILE", "")
    monkeypatch.setenv("GATEWAY_DEADLINE", "")
    assert load(GatewaySettings).gateway_deadline == 15


def test_a_fingerprint_is_taken_with_colons_and_capitals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_FINGERPRINT", ":".join(["AB"] * 32))
    assert load(GatewaySettings).gateway_fingerprint == "ab" * 32


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("GATEWAY_URL", "localhost:5055", "address such as https://localhost:5055"),
        ("GATEWAY_URL", "ftp://localhost", "address such as"),
        ("GATEWAY_URL", "https://localhost:5055/v1/api", "end after the port"),
        ("GATEWAY_URL", "https://localhost:5055?x=1", "end after the port"),
        ("GATEWAY_URL", "https://api_gateway:5055", "underscore"),
        ("GATEWAY_URL", "https://me:secret@localhost:5055", "user name"),
        ("GATEWAY_URL", "https://localhost:port", "port"),
        ("GATEWAY_URL", "https://localhost:99999", "port"),
        ("GATEWAY_URL", "https://[::1]:port", "port"),
        ("GATEWAY_URL", "https://localhost\r\nX: y", "address"),
        ("GATEWAY_LOGIN_URL", "javascript:alert(1)", "address such as"),
        ("GATEWAY_DEADLINE", "0", "greater than 0"),
        ("GATEWAY_DEADLINE", "soon", "number"),
        ("GATEWAY_DEADLINE", "nan", "less than"),
        ("GATEWAY_MAX_WAIT", "-1", "greater than or equal to 0"),
        ("GATEWAY_MAX_BODY", "10", "greater than or equal to 1000"),
        ("GATEWAY_PENALTY", "inf", "less than"),
        ("GATEWAY_VERIFY_TLS", "perhaps", "boolean"),
        ("GATEWAY_FINGERPRINT", "abc", "64 hexadecimal digits"),
        ("GATEWAY_USER_AGENT", "evil\r\nX: y", "pattern"),
    ],
)
def test_an_unusable_value_gets_a_sentence_that_names_the_setting(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load(GatewaySettings)
    assert str(caught.value).startswith(f"{name} cannot be used: ")
    assert words in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_setting_is_described_in_one_line() -> None:
    for name, field in GatewaySettings.model_fields.items():
        assert field.description, name
        assert "\n" not in field.description


@pytest.mark.parametrize(("value", "region"), [("europe", "europe"), (" Asia", "asia"), ("", "america")])
def test_the_region_is_one_of_three(monkeypatch: pytest.MonkeyPatch, value: str, region: str) -> None:
    monkeypatch.setenv("GATEWAY_REGION", value)
    assert load(GatewaySettings).gateway_region == region


def test_a_region_that_ibkr_has_not_is_refused_with_those_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_REGION", "mars")
    with pytest.raises(SettingsError, match=r"GATEWAY_REGION .*america.*europe.*asia"):
        load(GatewaySettings)
