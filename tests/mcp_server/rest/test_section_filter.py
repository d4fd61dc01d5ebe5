"""The selection of sections."""

from __future__ import annotations

from typing import Any

import pytest

from api_gateway.settings import SettingsError
from mcp_server.rest import sections
from mcp_server.rest.section_filter import selected_sections
from mcp_server.settings import ServerSettings


def settings_with(**values: Any) -> ServerSettings:
    return ServerSettings(_env_file=None, **values)


def test_without_a_setting_the_default_sections_are_selected() -> None:
    assert selected_sections(settings_with()) == set(sections.DEFAULT_SECTIONS)


@pytest.mark.parametrize("setting", ["included_tags", "excluded_tags"])
def test_an_unknown_section_stops_startup_with_the_valid_ones(setting: str) -> None:
    with pytest.raises(SettingsError) as caught:
        selected_sections(settings_with(**{setting: "Session, Portfollio"}))
    message = str(caught.value)
    assert message.startswith(setting.upper())
    assert "'Portfollio'" in message
    assert "'Session'" not in message
    assert ", ".join(sections.NAMES) in message


def test_settings_that_select_no_section_stop_startup() -> None:
    with pytest.raises(SettingsError, match=r"INCLUDED_TAGS.*EXCLUDED_TAGS"):
        selected_sections(settings_with(included_tags="Session", excluded_tags="Session"))


def test_generated_routers_can_have_another_section() -> None:
    available = [*sections.NAMES, "Bazaar"]
    assert selected_sections(settings_with(), available) == {*sections.DEFAULT_SECTIONS, "Bazaar"}
    assert selected_sections(settings_with(included_tags="bazaar"), available) == {"Bazaar"}
    with pytest.raises(SettingsError, match=r"FA Model Portfolios, Bazaar\.$"):
        selected_sections(settings_with(included_tags="Basar"), available)


def test_before_generated_routers_are_loaded_an_unknown_section_is_accepted() -> None:
    settings = settings_with(included_tags="Bazaar, Session", mcp_server_extra_routers="/somewhere")
    assert selected_sections(settings) == {"Session"}
