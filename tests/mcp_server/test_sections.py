"""The choice of sections."""

from __future__ import annotations

from typing import Any

import pytest

from api_gateway.settings import SettingsError
from mcp_server import toolsets
from mcp_server.sections import shown_sections
from mcp_server.settings import ServerSettings


def settings_with(**values: Any) -> ServerSettings:
    return ServerSettings(_env_file=None, **values)


def test_without_a_choice_the_default_sections_are_shown() -> None:
    assert shown_sections(settings_with()) == set(toolsets.ON_BY_DEFAULT)


@pytest.mark.parametrize("setting", ["included_tags", "excluded_tags"])
def test_an_unknown_section_stops_the_start_and_the_sentence_names_the_known_ones(setting: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        shown_sections(settings_with(**{setting: "Session, Portfollio"}))
    assert str(refusal.value) == (
        f"{setting.upper()} names 'Portfollio', which is not a section; "
        f"the sections are {', '.join(toolsets.NAMES)}."
    )


def test_a_choice_that_leaves_no_tool_stops_the_start() -> None:
    with pytest.raises(SettingsError, match="leave no tool"):
        shown_sections(settings_with(included_tags="Session", excluded_tags="Session"))
