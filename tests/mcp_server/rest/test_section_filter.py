"""The choice of sections."""

from __future__ import annotations

from typing import Any

import pytest

from api_gateway.settings import SettingsError
from mcp_server.rest import sections
from mcp_server.rest.section_filter import selected_sections
from mcp_server.settings import ServerSettings


def settings_with(**values: Any) -> ServerSettings:
    return ServerSettings(_env_file=None, **values)


def test_without_a_choice_the_default_sections_are_shown() -> None:
    assert selected_sections(settings_with()) == set(sections.DEFAULT_SECTIONS)


@pytest.mark.parametrize("setting", ["included_tags", "excluded_tags"])
def test_an_unknown_section_stops_the_start_and_the_sentence_names_the_known_ones(setting: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        selected_sections(settings_with(**{setting: "Session, Portfollio"}))
    assert str(refusal.value) == (
        f"{setting.upper()} names 'Portfollio', which is not a section; "
        f"the sections are {', '.join(sections.NAMES)}."
    )


def test_a_choice_that_leaves_no_tool_stops_the_start() -> None:
    with pytest.raises(SettingsError, match="leave no tool"):
        selected_sections(settings_with(included_tags="Session", excluded_tags="Session"))


def test_generated_routers_can_have_a_section_of_their_own() -> None:
    there = [*sections.NAMES, "Bazaar"]
    assert selected_sections(settings_with(), there) == {*sections.DEFAULT_SECTIONS, "Bazaar"}
    assert selected_sections(settings_with(included_tags="bazaar"), there) == {"Bazaar"}
    with pytest.raises(SettingsError, match=r"FA Model Portfolios, Bazaar\.$"):
        selected_sections(settings_with(included_tags="Basar"), there)


def test_before_they_are_loaded_an_unknown_section_may_be_theirs() -> None:
    settings = settings_with(included_tags="Bazaar, Session", mcp_server_extra_routers="/somewhere")
    assert selected_sections(settings) == {"Session"}
