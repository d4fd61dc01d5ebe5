"""An address of an operation that nobody has looked at, which is the address of a known one as well.

`/iserver/marketdata/{segment}` can spell `/iserver/marketdata/unsubscribeall`. What is known of that one, its
mode, its pacing and what must be asked before it, holds only under its own template.
"""

from __future__ import annotations

from api_gateway.call import Call
from api_gateway.modes import EVERYTHING
from api_gateway.paths import PREFIX


def known_by_another_name(call: Call) -> str | None:
    """The template of the known operation that the call's address is."""
    steps = call.address.template.split("/")
    path = call.address.target.partition("?")[0].removeprefix(PREFIX)
    spelled = path.casefold().split("/")
    for method, template in sorted(EVERYTHING.allowed):
        known = template.split("/")
        if method == call.method and len(known) == len(spelled) == len(steps):
            together = zip(known, steps, spelled, strict=True)
            if all(word.casefold() == said or ("{" in word and "{" in step) for word, step, said in together):
                return template
    return None
