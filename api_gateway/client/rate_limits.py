"""IBKR's published rate limits, by operation and for all requests together."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from api_gateway.operations import OPERATIONS, OperationKey, RateLimit

# IBKR allows 10 requests a second per gateway. Three are reserved for senders that count separately: the
# ticker, which may tickle and reopen a session within one second, and the gateway with its own tickle. The
# limit of five concurrent history requests needs no row: only four requests are ever in flight.
GLOBAL_LIMIT: Final = RateLimit(7, 1)

IBKR_LIMITS: Final[Mapping[OperationKey, RateLimit]] = MappingProxyType(
    {key: row.limit for key, row in OPERATIONS.items() if row.limit}
)
