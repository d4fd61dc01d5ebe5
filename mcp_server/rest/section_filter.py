"""Which sections of IBKR's reference are shown as tools."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from api_gateway.settings import SettingsError
from mcp_server.rest import sections
from mcp_server.settings import ServerSettings


def shown_sections(settings: ServerSettings, there: Sequence[str] | None = None) -> frozenset[str]:
    """The sections whose tools are listed and can be called.

    `there` are those that routes have; generated routers can have more than IBKR's reference. None stands for
    the time before these are loaded, when a name that nobody knows may be one of theirs.
    """
    unknown = settings.mcp_server_extra_routers is not None and there is None
    more = tuple(name for name in there or () if name not in sections.NAMES)
    known = (*sections.NAMES, *more)
    included = _sections("INCLUDED_TAGS", settings.included_tags, known, unknown)
    excluded = _sections("EXCLUDED_TAGS", settings.excluded_tags, known, unknown)
    shown = (included or frozenset((*sections.ON_BY_DEFAULT, *more))) - excluded
    if not shown:
        raise SettingsError("INCLUDED_TAGS and EXCLUDED_TAGS together leave no tool to show.")
    return shown


def _sections(setting: str, wanted: Iterable[str], known: Sequence[str], unknown: bool) -> frozenset[str]:
    by_plain_name = {_plain(name): name for name in known}
    strangers = [name for name in wanted if _plain(name) not in by_plain_name]
    if strangers and not unknown:
        raise SettingsError(
            f"{setting} names {', '.join(map(repr, strangers))}, which is not a section; "
            f"the sections are {', '.join(known)}."
        )
    return frozenset(by_plain_name[_plain(name)] for name in wanted if _plain(name) in by_plain_name)


def _plain(name: str) -> str:
    return name.casefold().replace("-", " ").replace("_", " ")
