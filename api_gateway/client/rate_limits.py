"""IBKR's published request limits, by operation and for everything together."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from api_gateway.operations import OPERATIONS, OperationKey, RateLimit

# 10 a second go through a gateway. Three of them are left for those who keep no count together with us: the
# ticker, which may tickle and reopen a session in one second, and the gateway, which tickles by itself. Five
# histories at a time need no row: only four requests are ever in flight.
GLOBAL_LIMIT: Final = RateLimit(7, 1)

IBKR_LIMITS: Final[Mapping[OperationKey, RateLimit]] = MappingProxyType(
    {key: row.limit for key, row in OPERATIONS.items() if row.limit}
)
