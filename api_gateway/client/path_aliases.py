"""Path aliases: finds unverified operations whose path, once filled in, is a known operation's path.

`/iserver/marketdata/{segment}` can become `/iserver/marketdata/unsubscribeall`. The known operation's rules
(trading mode, rate limit, preflights) apply only to its own template.

IBKR accepts GET as well as POST for some operations, such as logout. So a GET whose filled-in path is that of
a write counts as that write; for operations known to accept GET, also under their own template.
"""

from __future__ import annotations

from api_gateway.client.paths import PREFIX
from api_gateway.client.request import GatewayRequest
from api_gateway.operations import OPERATIONS, Operation, normalize


def find_aliased_operation(request: GatewayRequest) -> str | None:
    """Return the method and template of the known operation that has the request's path, or None."""
    steps = request.path.template.split("/")
    path = request.path.raw_path.partition("?")[0].removeprefix(PREFIX)
    requested = path.casefold().split("/")
    for (method, template), row in sorted(OPERATIONS.items()):
        known = template.split("/")
        if _same_method(request, row) and len(known) == len(requested) == len(steps):
            triples = zip(known, steps, requested, strict=True)
            if all(
                word.casefold() == value or ("{" in word and "{" in step) for word, step, value in triples
            ):
                return f"{method} {template}"
    return None


def _same_method(request: GatewayRequest, known: Operation) -> bool:
    """Whether the gateway may treat the request's method as that of the known operation."""
    if request.method == known.method:
        return True
    if request.method != "GET" or known.read_only:
        return False
    return known.get_alias or normalize(request.operation)[1] != normalize(known.key)[1]
