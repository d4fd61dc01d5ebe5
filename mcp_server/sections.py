"""Which sections of IBKR's reference are shown as tools."""

from __future__ import annotations

from collections.abc import Iterable

from api_gateway.settings import SettingsError
from mcp_server import toolsets
from mcp_server.settings import ServerSettings


def shown_sections(settings: ServerSettings) -> frozenset[str]:
    """The sections whose tools are listed and can be called."""
    included = _sections("INCLUDED_TAGS", settings.included_tags) or frozenset(toolsets.ON_BY_DEFAULT)
    shown = included - _sections("EXCLUDED_TAGS", settings.excluded_tags)
    if not shown:
        raise SettingsError("INCLUDED_TAGS and EXCLUDED_TAGS together leave no tool to show.")
    return shown


def _sections(setting: str, wanted: Iterable[str]) -> frozenset[str]:
    by_plain_name = {_plain(name): name for name in toolsets.NAMES}
    unknown = [name for name in wanted if _plain(name) not in by_plain_name]
    if unknown:
        raise SettingsError(
            f"{setting} names {', '.join(map(repr, unknown))}, which is not a section; "
            f"the sections are {', '.join(toolsets.NAMES)}."
        )
    return frozenset(by_plain_name[_plain(name)] for name in wanted)


def _plain(name: str) -> str:
    return name.casefold().replace("-", " ").replace("_", " ")
