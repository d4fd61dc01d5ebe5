"""Messages about invalid arguments: what is wrong, that nothing was sent, and what to do next."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

from api_gateway.redaction import redact, sanitize
from mcp_server.rest.listing import join_limited

NOTHING_SENT: Final = "Nothing was sent to IBKR."
INTERNAL_ERROR: Final = "this server failed while handling the call."
REPORT_IT: Final = "Please report this with the details from the server's log."
CORRECT_ARGUMENTS: Final = "Correct the arguments and call again."

_MAX_NAME_LENGTH: Final = 40
# A rejected value of at least this length may be an account ID or a token, so it is not repeated.
_MIN_REDACTED_LENGTH = 4
_MESSAGE_REWRITES = (
    (re.compile(r"^Field required$"), "is missing"),
    (re.compile(r"^String should match pattern "), "should match the pattern "),
    (re.compile(r"^(Input|String|List|Value) should "), "should "),
    (re.compile(r"^Extra inputs are not permitted$"), "is not a known argument"),
    (re.compile(r", (unable to parse string as an? \w+|unable to interpret input)$"), ""),
    (re.compile(r"a valid integer$"), "a whole number"),
    (re.compile(r"a valid boolean$"), "true or false"),
    (re.compile(r" after validation, "), ", "),
    (re.compile(r"^Value error, "), "is invalid: "),
)


def unknown_arguments_text(
    tool: str, unknown: Sequence[str], accepted: Collection[str], next_step: str = CORRECT_ARGUMENTS
) -> str:
    """The message about arguments that a tool does not have, with those that it accepts."""
    listed = join_limited(", ", [f"`{sanitize(each, max_length=_MAX_NAME_LENGTH)}`" for each in unknown])
    accepts = f"it accepts {_quoted(accepted)}" if accepted else "it takes no arguments"
    return f"{tool} does not accept {listed}; {accepts}. {NOTHING_SENT} {next_step}"


def _quoted(names: Collection[str]) -> str:
    return ", ".join(f"`{each}`" for each in names)


def describe_problem(location: Sequence[int | str], message: str, value: object) -> str:
    """A clause about one value that Pydantic rejects: the argument's name, and what is wrong with it."""
    if isinstance(value, str) and len(value) >= _MIN_REDACTED_LENGTH:
        # Words of the message's own, such as the list of accepted values, may contain the value.
        message = re.sub(rf"(?<![\w-]){re.escape(value)}(?![\w-])", "…", message)
    for pattern, replacement in _MESSAGE_REWRITES:
        message = pattern.sub(replacement, message)
    name = ""
    for part in location:
        name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else part
    return f"`{redact(name)}` {message}" if name else message
