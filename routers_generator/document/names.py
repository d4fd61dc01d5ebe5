"""Names for what has none: an operation's out of its method and path, and what makes several differ."""

from __future__ import annotations

import keyword
import re
from typing import Final

API_PREFIX: Final = "/v1/api"
_VARIABLE: Final = re.compile(r"\{([^{}]*)\}")


def to_snake_case(text: str) -> str:
    """`orderStatus`, `fa-preset` and `reqID` as `order_status`, `fa_preset` and `req_id`; may be empty."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", text)
    return re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")


def to_identifier(text: str) -> str:
    """The same as a Python name that is no keyword: `class_`, `x_1day`, `unnamed`."""
    name = to_snake_case(text) or "unnamed"
    if name[0].isdigit():
        name = f"x_{name}"
    return f"{name}_" if keyword.iskeyword(name) or keyword.issoftkeyword(name) else name


def operation_name(method: str, path: str) -> str:
    """`get_iserver_account_order_status_by_order_id`: a name by method and path alone.

    The variables at the end are in it; of those between two words only the words are.
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
    """The names of the variables of a path template, in their order."""
    return _VARIABLE.findall(path)


class UniqueNames:
    """Names that differ from each other, in more than case."""

    def __init__(self) -> None:
        """None is taken yet."""
        self._taken: set[str] = set()
        self._next: dict[str, int] = {}

    def claim(self, wanted: str) -> str:
        """The wanted name, or with the lowest free number from 2 behind it; nobody else gets it."""
        name, number = wanted, self._next.get(wanted.casefold(), 2)
        while name.casefold() in self._taken:
            name, number = f"{wanted}_{number}", number + 1
        self._next[wanted.casefold()] = number
        self._taken.add(name.casefold())
        return name

    def __contains__(self, name: str) -> bool:
        """Whether it is taken, in whatever case."""
        return name.casefold() in self._taken


def normalize_path(path: str) -> str:
    """Replace each variable with `{}`, so that paths which differ only in variable names are equal."""
    return _VARIABLE.sub("{}", path)


def strip_prefix(path: str) -> str:
    """The path as the gateway client takes it: later versions of the document write `/v1/api` before it."""
    while path.startswith(f"{API_PREFIX}/"):
        path = path.removeprefix(API_PREFIX)
    return path


def literal_first_key(path: str) -> tuple[tuple[tuple[int, str], ...], str]:
    """A key that sorts a path before those whose variables would match it: words before variables.

    What variables are called decides only between paths that are the same otherwise.
    """
    return tuple(_rank(step) for step in path.split("/")), path


def _rank(step: str) -> tuple[int, str]:
    shape = normalize_path(step)
    return (2 if shape == "{}" else int("{" in shape), shape)
