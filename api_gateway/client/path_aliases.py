"""An address of an operation that nobody has looked at, which is the address of a known one as well.

`/iserver/marketdata/{segment}` can spell `/iserver/marketdata/unsubscribeall`. What is known of that one, its
mode, its pacing and what must be asked before it, holds only under its own template.

The gateway has operations that do by GET what they do by POST, such as the logout. So a GET of which values
make the address of a write is that write; of those known to do so, it is under their own template too.
"""

from __future__ import annotations

from typing import Final

from api_gateway.access_policy import EVERYTHING, READS, Operation, plain
from api_gateway.client.paths import PREFIX
from api_gateway.client.request import Call

BY_GET_AS_WELL: Final = frozenset({("POST", "/logout"), ("POST", "/iserver/reauthenticate")})


def known_by_another_name(call: Call) -> str | None:
    """Method and template of the known operation that the call's address is."""
    steps = call.address.template.split("/")
    path = call.address.target.partition("?")[0].removeprefix(PREFIX)
    spelled = path.casefold().split("/")
    for method, template in sorted(EVERYTHING.allowed):
        known = template.split("/")
        if _same_method(call, (method, template)) and len(known) == len(spelled) == len(steps):
            together = zip(known, steps, spelled, strict=True)
            if all(word.casefold() == said or ("{" in word and "{" in step) for word, step, said in together):
                return f"{method} {template}"
    return None


def _same_method(call: Call, known: Operation) -> bool:
    """Whether the gateway may take the call's method for that of the known operation."""
    if call.method == known[0]:
        return True
    if call.method != "GET" or known in READS:
        return False
    return known in BY_GET_AS_WELL or plain(call.key)[1] != plain(known)[1]
