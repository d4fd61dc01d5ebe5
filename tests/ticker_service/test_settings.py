from __future__ import annotations

from pathlib import Path

import pytest

from api_gateway.settings import SettingsError, load
from ticker_service.settings import Compete, TickerSettings


@pytest.fixture(autouse=True)
def _nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in TickerSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_the_defaults_are_a_minute_five_seconds_and_no_fight() -> None:
    settings = load(TickerSettings)
    assert (settings.tickle_interval, settings.tickle_interval_foul, settings.compete) == (
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
        ("TICKLE_INTERVAL_FOUL", "0"),
        ("TICKLE_INTERVAL_FOUL", "61"),
        ("COMPETE", "maybe"),
        ("TICKER_PORT", "70000"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_the_settings_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name):
        load(TickerSettings)


def test_trouble_is_not_looked_at_more_rarely_than_fair_weather(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKLE_INTERVAL", "10")
    monkeypatch.setenv("TICKLE_INTERVAL_FOUL", "20")
    with pytest.raises(SettingsError, match=r"TICKLE_INTERVAL_FOUL .* not be longer than TICKLE_INTERVAL"):
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
def test_competing_is_one_of_three_policies_and_the_two_words_of_old_still_count(
    monkeypatch: pytest.MonkeyPatch, value: str, policy: Compete
) -> None:
    monkeypatch.setenv("COMPETE", value)
    assert load(TickerSettings).compete is policy
