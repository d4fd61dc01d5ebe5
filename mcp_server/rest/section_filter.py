"""Selects the sections of IBKR's reference whose operations become tools."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from api_gateway.settings import SettingsError
from mcp_server.rest import sections
from mcp_server.settings import ServerSettings


def selected_sections(settings: ServerSettings, available: Sequence[str] | None = None) -> frozenset[str]:
    """The sections whose tools are listed and can be called.

    `available` has the sections of the routes; generated routers can have more than IBKR's reference. None
    means that generated routers are not loaded yet, so an unknown name may be one of their sections.
    """
    allow_unknown = settings.mcp_server_extra_routers is not None and available is None
    extra = tuple(name for name in available or () if name not in sections.NAMES)
    known = (*sections.NAMES, *extra)
    included = _parse_sections("INCLUDED_TAGS", settings.included_tags, known, allow_unknown)
    excluded = _parse_sections("EXCLUDED_TAGS", settings.excluded_tags, known, allow_unknown)
    selected = (included or frozenset((*sections.DEFAULT_SECTIONS, *extra))) - excluded
    if not selected:
        raise SettingsError("INCLUDED_TAGS and EXCLUDED_TAGS leave no tools: exclude fewer sections.")
    return selected


def _parse_sections(
    setting: str, requested: Iterable[str], known: Sequence[str], allow_unknown: bool
) -> frozenset[str]:
    by_normalized_name = {_normalize(name): name for name in known}
    invalid = [name for name in requested if _normalize(name) not in by_normalized_name]
    if invalid and not allow_unknown:
        raise SettingsError(
            f"{setting} names {', '.join(map(repr, invalid))}, which is not a section; "
            f"the sections are {', '.join(known)}."
        )
    return frozenset(
        by_normalized_name[_normalize(name)] for name in requested if _normalize(name) in by_normalized_name
    )


def _normalize(name: str) -> str:
    return name.casefold().replace("-", " ").replace("_", " ")
