"""The forms in which hosts and models send arguments, whatever their types."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

# Values of an object without a schema have no other form.
UNTYPED: Final = frozenset({"strategy_parameters"})


def json_text(value: Any) -> Any:
    """Every argument as JSON, text excepted."""
    return value if isinstance(value, str) else json.dumps(value)


def python_text(value: Any) -> Any:
    """Every argument as Python prints it."""
    return str(value)


def text_at_every_depth(value: Any) -> Any:
    """Lists and objects as they are, and what is in them as text."""
    if isinstance(value, list):
        return [text_at_every_depth(each) for each in value]
    if isinstance(value, dict):
        return {
            name: inner if name in UNTYPED else text_at_every_depth(inner) for name, inner in value.items()
        }
    if isinstance(value, bool):
        return str(value).lower()
    return format(Decimal(repr(value)), "f") if isinstance(value, (int, float)) else value


def comma_list(value: Any) -> Any:
    """Lists of plain values separated by commas."""
    plain = isinstance(value, list) and not any(isinstance(each, (list, dict)) for each in value)
    return ", ".join(map(str, value)) if plain and value else value


def single_value(value: Any) -> Any:
    """One item in place of a list of one."""
    if isinstance(value, dict):
        return {name: single_value(inner) for name, inner in value.items()}
    if isinstance(value, list):
        items = [single_value(each) for each in value]
        return items[0] if len(items) == 1 else items
    return value


def number_for_text(value: Any) -> Any:
    """Text of digits as a number."""
    if isinstance(value, list):
        return [number_for_text(each) for each in value]
    if isinstance(value, dict):
        return {name: number_for_text(inner) for name, inner in value.items()}
    return int(value) if isinstance(value, str) and re.fullmatch("-?[1-9][0-9]{0,15}", value) else value


def blanks_around(value: Any) -> Any:
    """Blanks around text, at every depth."""
    if isinstance(value, list):
        return [blanks_around(each) for each in value]
    if isinstance(value, dict):
        return {name: inner if name in UNTYPED else blanks_around(inner) for name, inner in value.items()}
    return f" {value}\n" if isinstance(value, str) and value else value


def camel_case_names(value: Any) -> Any:
    """Names inside arguments as IBKR writes them."""
    if isinstance(value, list):
        return [camel_case_names(each) for each in value]
    if isinstance(value, dict):
        return {
            re.sub("_([a-z])", lambda found: found[1].upper(), name): inner
            if name in UNTYPED
            else camel_case_names(inner)
            for name, inner in value.items()
        }
    return value


FORMS_OF_WHOLE_ARGUMENTS: Final[tuple[Callable[[Any], Any], ...]] = (json_text, python_text)
FORMS_OF_VALUES: Final[tuple[Callable[[Any], Any], ...]] = (
    text_at_every_depth,
    comma_list,
    single_value,
    number_for_text,
    blanks_around,
    camel_case_names,
)


def in_other_forms(arguments: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The arguments in each form in which they look different, by its name."""
    forms = {
        form.__name__: {name: form(value) for name, value in arguments.items()}
        for form in FORMS_OF_WHOLE_ARGUMENTS
    } | {
        form.__name__: {name: value if name in UNTYPED else form(value) for name, value in arguments.items()}
        for form in FORMS_OF_VALUES
    }
    return {name: formed for name, formed in forms.items() if repr(formed) != repr(dict(arguments))}
