from __future__ import annotations

import pytest

from api_gateway.simulator.notifications.settings import NotificationSettings

# The codes in IBKR's document; the recorded response has more.
DOCUMENTED = [
    "BA",
    "CA",
    "DA",
    "EA",
    "MF",
    "OE",
    "PR",
    "SE",
    "SG",
    "SM",
    "T2",
    "TO",
    "UA",
    "M8",
    "PS",
    "DL",
    "PT",
    "CB",
    "MS",
    "TD",
    "ST",
    "TI",
    "CT",
]
UNDOCUMENTED = ["OI", "AA", "BR", "EH", "NS", "NP", "PF", "PC", "SP", "SL", "TP"]


@pytest.fixture
def settings() -> NotificationSettings:
    return NotificationSettings()


def test_settings_list_thirty_types_of_which_eleven_are_undocumented(settings: NotificationSettings) -> None:
    codes = [each.kind.code for each in settings.all()]
    assert len(codes) == len(set(codes)) == 30
    assert [code for code in UNDOCUMENTED if code not in codes] == []
    assert set(codes) - set(DOCUMENTED) == set(UNDOCUMENTED)


def test_a_notification_type_can_be_switched_off_and_on(settings: NotificationSettings) -> None:
    assert settings.is_enabled("PF")
    settings.set_enabled("PF", enabled=False)
    assert not settings.is_enabled("PF")
    settings.set_enabled("PF", enabled=True)
    assert settings.is_enabled("PF")


def test_a_type_without_a_switch_stays_enabled(settings: NotificationSettings) -> None:
    settings.set_enabled("UA", enabled=False)
    assert settings.is_enabled("UA")


def test_an_unknown_type_is_disabled_and_cannot_be_enabled(settings: NotificationSettings) -> None:
    settings.set_enabled("ZZ", enabled=True)
    settings.accept_disclaimer("ZZ")
    assert not settings.is_enabled("ZZ")
    assert settings.disclaimer("ZZ") == ""
    assert len(settings.all()) == 30


def test_a_disclaimer_is_unread_until_it_is_accepted(settings: NotificationSettings) -> None:
    assert [each.kind.code for each in settings.all() if each.disclaimer_unread] == ["OE", "PF"]
    settings.accept_disclaimer("PF")
    assert [each.kind.code for each in settings.all() if each.disclaimer_unread] == ["OE"]
    assert settings.disclaimer("PF")
