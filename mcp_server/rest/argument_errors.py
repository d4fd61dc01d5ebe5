"""Messages about invalid arguments: what is wrong, that nothing was sent, and what to do next."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from api_gateway.redaction import sanitize
from mcp_server.rest.listing import join_limited

NOTHING_SENT: Final = "Nothing was sent to IBKR."
CORRECT_ARGUMENTS: Final = "Correct the arguments and call again."

_MAX_NAME_LENGTH: Final = 40


def unknown_arguments_text(
    tool: str, unknown: Sequence[str], accepted: Collection[str], next_step: str = CORRECT_ARGUMENTS
) -> str:
    """The message about arguments that a tool does not have, with those that it accepts."""
    listed = join_limited(", ", [f"`{sanitize(each, max_length=_MAX_NAME_LENGTH)}`" for each in unknown])
    accepts = f"it accepts {_quoted(accepted)}" if accepted else "it takes no arguments"
    return f"{tool} does not accept {listed}; {accepts}. {NOTHING_SENT} {next_step}"


def _quoted(names: Collection[str]) -> str:
    return ", ".join(f"`{each}`" for each in names)
