"""An operation's row as `api_gateway/operations.py` has it, for messages that show the row to add."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, Final

from api_gateway import operations
from api_gateway.operations import (
    OPERATIONS,
    Effect,
    Operation,
    OperationKey,
    RateLimit,
    SessionRequirement,
    Status,
    find_operation,
)

# The section is the group that the row is in.
_NOT_WRITTEN: Final = ("method", "path", "section")
_LIMITS: Final = ("ONE_PER_SECOND", "ONE_PER_5_SECONDS", "ONE_PER_15_MINUTES")


def derive_row(key: OperationKey) -> Operation:
    """The row of an operation; without one, what its method and path suggest for a new row."""
    row = find_operation(key)
    names_account = "{account}" in row.path or "{allocation}" in row.path
    return row if key in OPERATIONS else replace(row, account=names_account and not row.read_only)


def example_operation(key: OperationKey) -> str:
    """The row of an operation, or what a new one could be, as Python."""
    return format_operation(derive_row(key))


def format_operation(row: Operation) -> str:
    """The row as Python source, without arguments that equal their defaults."""
    written = [f'"{row.method}"', f'"{row.path}"']
    for each in fields(row):
        value = getattr(row, each.name)
        if each.name not in _NOT_WRITTEN and value != each.default:
            named = "" if each.name == "effect" else f"{each.name}="
            written.append(f"{named}{_format_value(value)}")
    return f"Operation({', '.join(written)}),"


def _format_value(value: Any) -> str:
    match value:
        case Effect() | SessionRequirement() | Status():
            return value.name
        case operations.Preflight() | operations.ColdStart():
            return f"{type(value).__name__}.{value.name}"
        case RateLimit():
            names = (name for name in _LIMITS if getattr(operations, name) == value)
            return next(names, f"RateLimit({value.count}, {value.seconds})")
        case str():
            return f'"{value}"'
        case _:
            return repr(value)
