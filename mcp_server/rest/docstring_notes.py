"""Notes in a route's docstring that are not published: after the form feed and the source."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute

_NOTE = re.compile(r"^(Found by|For less): (.+?)(?=\n[A-Z][a-z ]+: |\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Notes:
    """Words that users search for, and how to get a smaller result; either may be empty."""

    search_terms: str = ""
    narrowing_hint: str = ""


def parse_notes(function: Any) -> Notes:
    """The notes in a function's docstring."""
    _, _, hidden = (inspect.getdoc(function) or "").partition("\f")
    found = {label: " ".join(text.split()) for label, text in _NOTE.findall(hidden)}
    return Notes(found.get("Found by", ""), found.get("For less", ""))


def notes_by_name(routers: Iterable[APIRouter]) -> dict[str, Notes]:
    """The notes of every route, by the route's name."""
    return {
        route.name: parse_notes(route.endpoint)
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute)
    }
