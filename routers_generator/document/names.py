"""Names of operations and paths: snake_case, identifiers, uniqueness and path variables."""

from __future__ import annotations

import keyword
import re
from typing import Final

API_PREFIX: Final = "/v1/api"
_VARIABLE: Final = re.compile(r"\{([^{}]*)\}")


def to_snake_case(text: str) -> str:
    """Convert `orderStatus`, `fa-preset`, `reqID` to `order_status`, `fa_preset`, `req_id`; may be empty."""
    separated = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", text)
    return re.sub(r"[^a-z0-9]+", "_", separated.lower()).strip("_")


def to_identifier(text: str) -> str:
    """Convert to a snake_case Python identifier that is not a keyword: `class_`, `x_1day`, `unnamed`."""
    name = to_snake_case(text) or "unnamed"
    if name[0].isdigit():
        name = f"x_{name}"
    return f"{name}_" if keyword.iskeyword(name) or keyword.issoftkeyword(name) else name


def operation_name(method: str, path: str) -> str:
    """Derive a name from method and path: `get_iserver_account_order_status_by_order_id`.

    It includes the variables at the end of the path, but not those between literal segments.
    """
    ending = re.search(r"(/\{[^{}]*\})+/?$", path)
    variables = _VARIABLE.findall(ending.group()) if ending else []
    words = _VARIABLE.sub("", path[: ending.start()] if ending else path)
    by = (
        f"_by_{'_and_'.join(filter(None, map(to_snake_case, variables)))}"
        if any(map(to_snake_case, variables))
        else ""
    )
    return to_identifier(f"{method.lower()}_{to_snake_case(words)}{by}")


def path_variables(path: str) -> list[str]:
    """The variable names of a path template, in order."""
    return _VARIABLE.findall(path)


class UniqueNames:
    """Gives out names that differ by more than case."""

    def __init__(self) -> None:
        """Start with no name taken."""
        self._taken: set[str] = set()
        self._next: dict[str, int] = {}

    def claim(self, wanted: str) -> str:
        """Reserve the wanted name; if it is taken, the lowest free number from 2 is appended."""
        name, number = wanted, self._next.get(wanted.casefold(), 2)
        while name.casefold() in self._taken:
            name, number = f"{wanted}_{number}", number + 1
        self._next[wanted.casefold()] = number
        self._taken.add(name.casefold())
        return name

    def __contains__(self, name: str) -> bool:
        """Whether the name is taken, ignoring case."""
        return name.casefold() in self._taken


def normalize_path(path: str) -> str:
    """Replace each variable with `{}`, so that paths which differ only in variable names are equal."""
    return _VARIABLE.sub("{}", path)


def strip_prefix(path: str) -> str:
    """Remove the `/v1/api` prefix, which later versions of the document add; the gateway client adds it."""
    while path.startswith(f"{API_PREFIX}/"):
        path = path.removeprefix(API_PREFIX)
    return path


def literal_first_key(path: str) -> tuple[tuple[tuple[int, str], ...], str]:
    """Sort key that puts a literal path before the templates that would match it.

    Variable names matter only between paths that are equal otherwise.
    """
    return tuple(_rank(step) for step in path.split("/")), path


def _rank(step: str) -> tuple[int, str]:
    shape = normalize_path(step)
    return (2 if shape == "{}" else int("{" in shape), shape)
