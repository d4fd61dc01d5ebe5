"""Names in generated code: of arguments, fields and classes, that shadow nothing and mean one thing."""

from __future__ import annotations

import builtins
import re
from collections.abc import Collection
from itertools import count
from typing import Final

from routers_generator.document.names import identifier, snake

# What a generated module has imported, or uses under its own name.
IMPORTED: Final = frozenset(
    {
        *("APIRouter", "Annotated", "Any", "Arguments", "Body", "Field", "Final", "Gateway", "Json"),
        *("Literal", "Path", "Query", "AccountId", "Conid", "ConidNumber", "Number", "OrderId"),
        *("OrderNumber", "PageNumber", "PlainText", "READS", "CHANGES", "DESTROYS", "REPEATABLE", "TRADES"),
    }
)
# What a field would hide: Pydantic's own, ours, and the types that annotations name.
_TAKEN_IN_MODELS: Final = frozenset(
    {
        *("construct", "copy", "dict", "from_orm", "json", "parse_file", "parse_obj", "parse_raw", "schema"),
        *("schema_json", "update_forward_refs", "validate", "register", "mro", "sent"),
        *("str", "int", "float", "bool", "list"),
    }
)
_TAKEN_IN_ROUTES: Final = frozenset({"gateway", "wanted", "body", "router"})
_LIKE_DIGITS: Final = frozenset({"l", "I", "O"})
_LONGEST_CLASS: Final = 60


def argument_name(theirs: str) -> str:
    """What a tool's argument is published as: snake_case, a letter first, at most 60 characters."""
    name = re.sub(r"[^a-z0-9_]", "", snake(theirs))[:60].strip("_") or "unnamed"
    return name if name[0].isalpha() else f"x_{name}"


def in_a_route(name: str) -> str:
    """The name as a function's parameter: with an underscore where it would shadow something."""
    safe = identifier(name)
    hides = safe in _TAKEN_IN_ROUTES or hasattr(builtins, safe) or safe in _LIKE_DIGITS
    return f"{safe}_" if hides and not safe.endswith("_") else safe


def in_a_model(name: str) -> str:
    """The name as a model's field: changed where it would shadow something."""
    safe = identifier(name)
    if safe.startswith("model_"):  # Pydantic's own, whatever follows
        return f"x_{safe}"
    hides = safe in _TAKEN_IN_MODELS or safe in _LIKE_DIGITS
    return f"{safe}_" if hides and not safe.endswith("_") else safe


def class_name(words: str, taken: Collection[str]) -> str:
    """A name in CapWords that is not taken, with a number at its end if it must."""
    camel = "".join(part[:1].upper() + part[1:] for part in snake(words).split("_"))[:_LONGEST_CLASS]
    if not camel[:1].isalpha() or camel in _LIKE_DIGITS:
        camel = f"The{camel}"
    free = (name for name in (f"{camel}{number if number > 1 else ''}" for number in count(1)))
    return next(name for name in free if not (name in taken or name in IMPORTED or hasattr(builtins, name)))


def unused(wanted: str, taken: Collection[str]) -> str:
    """The wanted name, or with the lowest number from 2 that makes it differ from those taken."""
    names = (f"{wanted}_{number}" if number > 1 else wanted for number in count(1))
    return next(name for name in names if name not in taken)
