"""The ticker's settings: defaults, formats, validation."""

from __future__ import annotations

from pathlib import Path

import pytest

from api_gateway.settings import SettingsError, environment_names, load
from ticker_service.settings import Compete, TickerSettings


@pytest.fixture(autouse=True)
def _empty_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in environment_names(TickerSettings):
        monkeypatch.delenv(name, raising=False)


def test_the_defaults_are_a_heartbeat_a_minute_every_5_s_in_an_outage_and_no_take_over() -> None:
    settings = load(TickerSettings)
    assert (settings.tickle_interval, settings.tickle_interval_unhealthy, settings.compete) == (
        60,
        5,
        Compete.YIELD,
    )
    assert (settings.ticker_host, settings.ticker_port) == ("127.0.0.1", 5056)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TICKLE_INTERVAL", "4"),
        ("TICKLE_INTERVAL", "241"),
        ("TICKLE_INTERVAL_UNHEALTHY", "0"),
        ("TICKLE_INTERVAL_UNHEALTHY", "61"),
        ("COMPETE", "maybe"),
        ("TICKER_PORT", "70000"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_an_invalid_value_is_reported_with_the_settings_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name):
        load(TickerSettings)


def test_the_unhealthy_interval_must_not_exceed_the_healthy_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKLE_INTERVAL", "10")
    monkeypatch.setenv("TICKLE_INTERVAL_UNHEALTHY", "20")
    with pytest.raises(SettingsError, match=r"TICKLE_INTERVAL_UNHEALTHY=20 .*TICKLE_INTERVAL"):
        load(TickerSettings)


@pytest.mark.parametrize(
    ("value", "policy"),
    [
        ("yield", Compete.YIELD),
        ("take", Compete.TAKE),
        ("ask", Compete.ASK),
        ("ASK", Compete.ASK),
        ("true", Compete.TAKE),
        ("True", Compete.TAKE),
        ("1", Compete.TAKE),
        ("false", Compete.YIELD),
        ("0", Compete.YIELD),
        ("off", Compete.YIELD),
        ("", Compete.YIELD),
    ],
)
def test_compete_accepts_three_policies_and_booleans(
    monkeypatch: pytest.MonkeyPatch, value: str, policy: Compete
) -> None:
    monkeypatch.setenv("COMPETE", value)
    assert load(TickerSettings).compete is policy


def test_the_name_of_version_0_1_still_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKLE_INTERVAL_FOUL", "9")
    warnings: list[str] = []
    assert load(TickerSettings, warnings.append).tickle_interval_unhealthy == 9
    assert len(warnings) == 1
