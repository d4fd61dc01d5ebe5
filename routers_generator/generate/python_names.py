"""Names in generated code: arguments, fields and classes, unique and shadowing nothing."""

from __future__ import annotations

import builtins
import re
from collections.abc import Collection
from itertools import count
from typing import Final

from routers_generator.document.names import to_identifier, to_snake_case

# Names that generated modules import.
IMPORTED_NAMES: Final = frozenset(
    {
        *("APIRouter", "Annotated", "Any", "Arguments", "Body", "Field", "Final", "Gateway", "Json"),
        *("Literal", "Path", "Query", "AccountId", "Conid", "ConidNumber", "Number", "OrderId"),
        *("OrderNumber", "PageNumber", "PlainText", "READS", "CHANGES", "DESTROYS", "REPEATABLE", "TRADES"),
    }
)
# Names a field would shadow: Pydantic's, the base model's, and the types that annotations use.
_RESERVED_IN_MODELS: Final = frozenset(
    {
        *("construct", "copy", "dict", "from_orm", "json", "parse_file", "parse_obj", "parse_raw", "schema"),
        *("schema_json", "update_forward_refs", "validate", "register", "mro", "sent"),
        *("str", "int", "float", "bool", "list"),
    }
)
_RESERVED_IN_ROUTES: Final = frozenset({"gateway", "wanted", "body", "router"})
_AMBIGUOUS_NAMES: Final = frozenset({"l", "I", "O"})
_MAX_CLASS_LENGTH: Final = 60


def argument_name(document_name: str) -> str:
    """The published name of a tool argument: snake_case, starting with a letter, at most 60 characters."""
    name = re.sub(r"[^a-z0-9_]", "", to_snake_case(document_name))[:60].strip("_") or "unnamed"
    return name if name[0].isalpha() else f"x_{name}"


def route_parameter_name(name: str) -> str:
    """The name of a function parameter; an underscore is appended if it would shadow something."""
    safe = to_identifier(name)
    hides = safe in _RESERVED_IN_ROUTES or hasattr(builtins, safe) or safe in _AMBIGUOUS_NAMES
    return f"{safe}_" if hides and not safe.endswith("_") else safe


def model_field_name(name: str) -> str:
    """The name of a model field, changed if it would shadow something."""
    safe = to_identifier(name)
    if safe.startswith("model_"):  # Pydantic reserves the prefix
        return f"x_{safe}"
    hides = safe in _RESERVED_IN_MODELS or safe in _AMBIGUOUS_NAMES
    return f"{safe}_" if hides and not safe.endswith("_") else safe


def class_name(words: str, taken: Collection[str]) -> str:
    """An unused name in CapWords, with a number appended if necessary."""
    camel = "".join(part[:1].upper() + part[1:] for part in to_snake_case(words).split("_"))[
        :_MAX_CLASS_LENGTH
    ]
    if not camel[:1].isalpha() or camel in _AMBIGUOUS_NAMES:
        camel = f"The{camel}"
    free = (name for name in (f"{camel}{number if number > 1 else ''}" for number in count(1)))
    return next(
        name for name in free if not (name in taken or name in IMPORTED_NAMES or hasattr(builtins, name))
    )


def make_unique(preferred: str, taken: Collection[str]) -> str:
    """The preferred name, with the lowest number from 2 appended if it is taken."""
    names = (f"{preferred}_{number}" if number > 1 else preferred for number in count(1))
    return next(name for name in names if name not in taken)
