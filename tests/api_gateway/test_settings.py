"""Loading settings: sources, validation, deprecated names."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pytest
from pydantic_settings import BaseSettings, SettingsConfigDict

from api_gateway.settings import GatewaySettings, RenamedFrom, SettingsError, environment_names, load


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in environment_names(GatewaySettings):
        monkeypatch.delenv(name, raising=False)


def test_the_defaults_need_no_environment() -> None:
    settings = load(GatewaySettings)
    assert settings.gateway_url == "https://localhost:5055"
    assert settings.gateway_ca_file is None
    assert settings.gateway_verify_tls


def test_the_environment_overrides_the_env_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("GATEWAY_TIMEOUT=3\nGATEWAY_MAX_WAIT=2\nUNRELATED=1\n")
    monkeypatch.setenv("GATEWAY_TIMEOUT", "4")
    settings = load(GatewaySettings)
    assert (settings.gateway_timeout, settings.gateway_max_wait) == (4, 2)


def test_an_empty_value_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_CA_FILE", "")
    monkeypatch.setenv("GATEWAY_TIMEOUT", "")
    assert load(GatewaySettings).gateway_timeout == 15


def test_a_fingerprint_may_have_colons_and_capitals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_FINGERPRINT", ":".join(["AB"] * 32))
    assert load(GatewaySettings).gateway_fingerprint == "ab" * 32


@pytest.mark.parametrize(
    ("name", "value", "valid"),
    [
        ("GATEWAY_URL", "localhost:5055", "https://localhost:5055"),
        ("GATEWAY_URL", "ftp://localhost", "https://localhost:5055"),
        ("GATEWAY_URL", "https://localhost:5055/v1/api", "/v1/api"),
        ("GATEWAY_URL", "https://localhost:5055?x=1", "port"),
        ("GATEWAY_URL", "https://api_gateway:5055", "underscore"),
        ("GATEWAY_URL", "https://me:secret@localhost:5055", "user name"),
        ("GATEWAY_URL", "https://localhost:port", "port"),
        ("GATEWAY_URL", "https://localhost:99999", "port"),
        ("GATEWAY_URL", "https://[::1]:port", "port"),
        ("GATEWAY_URL", "https://localhost\r\nX: y", "URL"),
        ("GATEWAY_LOGIN_URL", "javascript:alert(1)", "https://"),
        ("GATEWAY_TIMEOUT", "0", "300"),
        ("GATEWAY_TIMEOUT", "soon", "300"),
        ("GATEWAY_TIMEOUT", "nan", "300"),
        ("GATEWAY_MAX_WAIT", "-1", "0 to 300"),
        ("GATEWAY_MAX_BODY", "10", "1000"),
        ("GATEWAY_PENALTY", "inf", "86400"),
        ("GATEWAY_VERIFY_TLS", "perhaps", "true or false"),
        ("GATEWAY_FINGERPRINT", "abc", "64"),
        ("GATEWAY_USER_AGENT", "evil\r\nX: y", "ASCII"),
    ],
)
def test_an_invalid_value_is_reported_with_the_settings_name_and_the_valid_values(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, valid: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load(GatewaySettings)
    assert str(caught.value).startswith(name)
    assert valid in str(caught.value).removeprefix(f"{name}={value} ")
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_setting_is_described_in_one_line() -> None:
    for name, field in GatewaySettings.model_fields.items():
        assert field.description, name
        assert "\n" not in field.description


@pytest.mark.parametrize(("value", "region"), [("europe", "europe"), (" Asia", "asia"), ("", "america")])
def test_a_region_may_have_capitals_and_spaces(
    monkeypatch: pytest.MonkeyPatch, value: str, region: str
) -> None:
    monkeypatch.setenv("GATEWAY_REGION", value)
    assert load(GatewaySettings).gateway_region == region


def test_an_unknown_region_is_reported_with_the_three_regions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_REGION", "mars")
    with pytest.raises(SettingsError, match=r"GATEWAY_REGION=mars .*america.*europe.*asia"):
        load(GatewaySettings)


def test_the_default_user_agent_has_the_packages_version() -> None:
    name, _, version = load(GatewaySettings).gateway_user_agent.partition("/")
    assert name == "ib-mcp"
    assert version[:1].isdigit()


class Renamed(BaseSettings):
    """Settings of which one has had two other names."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    test_limit: Annotated[int, RenamedFrom("TEST_MOST", "9.1"), RenamedFrom("TEST_TOP", "9.0")] = 1


@pytest.fixture
def warnings() -> list[str]:
    return []


def test_environment_names_include_the_deprecated_ones() -> None:
    assert environment_names(Renamed) == {"TEST_LIMIT", "TEST_MOST", "TEST_TOP"}


def test_a_deprecated_name_in_the_environment_works_with_one_warning_that_names_the_new_one(
    monkeypatch: pytest.MonkeyPatch, warnings: list[str]
) -> None:
    monkeypatch.setenv("TEST_MOST", "7")
    assert load(Renamed, warnings.append).test_limit == 7
    (warning,) = warnings
    assert all(name in warning for name in ("TEST_MOST", "TEST_LIMIT", "9.1"))


def test_a_deprecated_name_in_the_env_file_works_with_a_warning(tmp_path: Path, warnings: list[str]) -> None:
    (tmp_path / ".env").write_text("TEST_TOP=7\n", encoding="utf-8")
    assert load(Renamed, warnings.append).test_limit == 7
    (warning,) = warnings
    assert "TEST_TOP" in warning


@pytest.mark.parametrize("in_file", [True, False])
def test_the_new_name_overrides_the_deprecated_one_which_is_reported_as_ignored(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, warnings: list[str], in_file: bool
) -> None:
    if in_file:
        (tmp_path / ".env").write_text("TEST_LIMIT=8\n", encoding="utf-8")
    else:
        monkeypatch.setenv("TEST_LIMIT", "8")
    monkeypatch.setenv("TEST_MOST", "7")
    assert load(Renamed, warnings.append).test_limit == 8
    (warning,) = warnings
    assert warning.startswith("TEST_MOST is ignored")
    assert "TEST_LIMIT" in warning


def test_the_later_of_two_deprecated_names_wins(monkeypatch: pytest.MonkeyPatch, warnings: list[str]) -> None:
    monkeypatch.setenv("TEST_TOP", "6")
    monkeypatch.setenv("TEST_MOST", "7")
    assert load(Renamed, warnings.append).test_limit == 7
    assert len(warnings) == 2


@pytest.mark.parametrize("other", ["", "7"])
def test_an_empty_name_counts_as_not_set_as_compose_passes_both(
    monkeypatch: pytest.MonkeyPatch, warnings: list[str], other: str
) -> None:
    monkeypatch.setenv("TEST_LIMIT", "")
    monkeypatch.setenv("TEST_MOST", other)
    assert load(Renamed, warnings.append).test_limit == int(other or "1")
    assert len(warnings) == (1 if other else 0)


def test_no_warning_without_a_deprecated_name(monkeypatch: pytest.MonkeyPatch, warnings: list[str]) -> None:
    monkeypatch.setenv("TEST_LIMIT", "7")
    assert load(Renamed, warnings.append).test_limit == 7
    assert warnings == []


def test_an_invalid_value_is_reported_under_the_deprecated_name_that_was_used(
    monkeypatch: pytest.MonkeyPatch, warnings: list[str]
) -> None:
    monkeypatch.setenv("TEST_MOST", "many")
    with pytest.raises(SettingsError) as caught:
        load(Renamed, warnings.append)
    assert str(caught.value).startswith("TEST_MOST=many ")


def test_a_warning_goes_to_standard_error_and_leaves_standard_output_to_the_protocol(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TEST_MOST", "7")
    load(Renamed)
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
