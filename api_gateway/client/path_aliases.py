"""An address of an operation that nobody has looked at, which is the address of a known one as well.

`/iserver/marketdata/{segment}` can spell `/iserver/marketdata/unsubscribeall`. What is known of that one, its
mode, its pacing and what must be asked before it, holds only under its own template.

The gateway has operations that do by GET what they do by POST, such as the logout. So a GET of which values
make the address of a write is that write; of those known to do so, it is under their own template too.
"""

from __future__ import annotations

from api_gateway.client.paths import PREFIX
from api_gateway.client.request import GatewayRequest
from api_gateway.operations import OPERATIONS, Operation, normalize


def find_aliased_operation(call: GatewayRequest) -> str | None:
    """Method and template of the known operation that the call's address is."""
    steps = call.path.template.split("/")
    path = call.path.raw_path.partition("?")[0].removeprefix(PREFIX)
    spelled = path.casefold().split("/")
    for (method, template), row in sorted(OPERATIONS.items()):
        known = template.split("/")
        if _same_method(call, row) and len(known) == len(spelled) == len(steps):
            together = zip(known, steps, spelled, strict=True)
            if all(word.casefold() == said or ("{" in word and "{" in step) for word, step, said in together):
                return f"{method} {template}"
    return None


def _same_method(call: GatewayRequest, known: Operation) -> bool:
    """Whether the gateway may take the call's method for that of the known operation."""
    if call.method == known.method:
        return True
    if call.method != "GET" or known.read_only:
        return False
    return known.get_alias or normalize(call.operation)[1] != normalize(known.key)[1]
