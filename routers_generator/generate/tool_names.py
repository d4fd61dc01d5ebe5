"""Names of generated tools: a verb and its object, at most 32 characters, unique."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Collection
from itertools import count
from typing import Final

from routers_generator.document.names import operation_name, to_snake_case
from routers_generator.document.operations import Operation

MAX_LENGTH: Final = 32
_VERBS: Final = frozenset(
    {
        *("activate", "add", "answer", "apply", "calculate", "cancel", "change", "check", "close", "confirm"),
        *(
            "copy",
            "create",
            "deactivate",
            "delete",
            "disable",
            "draft",
            "edit",
            "enable",
            "exercise",
            "fetch",
        ),
        *("find", "get", "invalidate", "list", "login", "logout", "mark", "modify", "move", "open", "place"),
        *("post", "preview", "query", "read", "refresh", "register", "remove", "rename", "replace", "reply"),
        *("request", "reset", "resume", "run", "save", "search", "select", "send", "set", "start", "stop"),
        *("submit", "subscribe", "suppress", "suspend", "switch", "terminate", "transfer", "unsubscribe"),
        *("update", "validate", "verify", "withdraw"),
    }
)
_VERB_BY_METHOD: Final = {"GET": "get", "POST": "post", "PUT": "set", "DELETE": "delete"}
# Words in nearly every path, which distinguish nothing.
_IGNORED_STEPS: Final = frozenset({"iserver", "v1", "api", "portal"})


def tool_name(operation: Operation, taken: Collection[str]) -> str:
    """Make a name from the operationId if the document has one, else from method and path."""
    own = operation.name
    named = not own.startswith(operation_name(operation.method, operation.path))
    words = _add_verb(operation.method, own.strip("_").split("_")) if named else _words_from_path(operation)
    name = _shorten([word for part in words for word in to_snake_case(part).split("_") if word])
    if hasattr(builtins, name) or keyword.iskeyword(name):
        name = f"{name}_operation"
    free = (_add_number(name, number) for number in count(1))
    return next(each for each in free if each not in taken)


def _add_verb(method: str, words: list[str]) -> list[str]:
    return words if words[0] in _VERBS else [_VERB_BY_METHOD.get(method, method.lower()), *words]


def _words_from_path(operation: Operation) -> list[str]:
    words = [to_snake_case(step) for step in operation.path.split("/") if step and "{" not in step]
    ending = re.search(r"\{([^{}]+)\}$", operation.path)
    words = [word for word in words if word and word not in _IGNORED_STEPS] or ["operation"]
    by = ["by", to_snake_case(ending[1])] if ending and to_snake_case(ending[1]) else []
    if words[-1] in _VERBS and operation.method != "GET":
        return [words[-1], *(words[:-1] or by)]
    returns_list = (
        operation.method == "GET" and not ending and words[-1].endswith("s") and words[-1][-2:] != "ss"
    )
    verb = "list" if returns_list else _VERB_BY_METHOD.get(operation.method, operation.method.lower())
    return [verb, *words, *by]


def _shorten(words: list[str]) -> str:
    """Keep the verb and as many of the last words as fit."""
    verb, *rest = words
    if "by" in rest[1:] and len("_".join(words)) > MAX_LENGTH:
        rest = rest[: rest.index("by", 1)]
    while len(rest) > 1 and len("_".join([verb, *rest])) > MAX_LENGTH:
        rest = rest[1:]
    return "_".join([verb, *rest])[:MAX_LENGTH].strip("_")


def _add_number(name: str, number: int) -> str:
    if number == 1:
        return name
    return f"{name[: MAX_LENGTH - len(str(number)) - 1].rstrip('_')}_{number}"
