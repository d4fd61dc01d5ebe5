"""Reads prices, orders and market sessions for watches."""

from __future__ import annotations

from collections.abc import Mapping

from api_gateway.client.gateway import GatewayClient
from mcp_server.answers import formats
from mcp_server.answers.ibkr_clock import IbkrClock
from mcp_server.answers.market_hours import US_STOCKS, MarketHours
from mcp_server.answers.orders.live_orders import OrderList, read_orders
from mcp_server.answers.orders.order_states import OrderState
from mcp_server.answers.quotes import LAST, QuoteReader
from mcp_server.answers.times import clock_time
from mcp_server.answers.waiting.conditions import MarketCondition, OrderCondition, PriceCondition
from mcp_server.answers.waiting.watches import Watch

_DONE = frozenset(each.value for each in OrderState if not each.is_open)


class WatchReader:
    """Updates watches from one reading each of their kind."""

    def __init__(
        self, gateway: GatewayClient, quotes: QuoteReader, market_hours: MarketHours, clock: IbkrClock
    ) -> None:
        self._gateway = gateway
        self._quotes = quotes
        self._market_hours = market_hours
        self._clock = clock

    async def prices(self, watches: list[Watch]) -> None:
        """One snapshot for all instruments."""
        quotes = await self._quotes.read([each.conid for each in watches], [LAST])
        for watch in watches:
            quote = quotes.by_conid.get(watch.conid)
            if quote is None or quote.last is None or not isinstance(watch.condition, PriceCondition):
                watch.latest = "no price yet"
                continue
            at = clock_time(quote.updated or self._clock.now(), self._clock.now())
            label = "prior close" if quote.last_is_close else str(quote.availability)
            watch.latest = f"{formats.price(quote.last)} {watch.unit} at {at}, {label}".rstrip(", ")
            # The prior day's close says nothing about a price that is traded now.
            if watch.condition.is_met(quote.last) and not quote.last_is_close:
                watch.met = watch.latest

    async def orders(self, watches: list[Watch]) -> None:
        """One list of orders; compared with the one that the watch began with."""
        listed = await read_orders(self._gateway, None)
        current = describe_orders(listed)
        at = clock_time(self._clock.now(), self._clock.now())
        for watch in watches:
            condition = watch.condition
            if not isinstance(condition, OrderCondition):
                continue
            if not listed.is_complete:  # orders that are loaded later have not changed
                watch.latest = f"IBKR is still loading the orders at {at}"
                continue
            before = watch.baseline
            seen = {order: text for order, text in current.items() if condition.order_id in ("", order)}
            if before is None:
                watch.baseline = seen
                before = seen
            changed = [f"order {order}: {text}" for order, text in seen.items() if before.get(order) != text]
            done = [
                f"order {order}: {text}" for order, text in seen.items() if text.partition(",")[0] in _DONE
            ]
            met = done if condition.until_done else changed
            latest = "; ".join(f"order {order}: {text}" for order, text in list(seen.items())[:5])
            watch.latest = f"{latest or 'no such order in the list of live orders'} at {at}"
            if met:
                watch.met = f"{'; '.join(met)} at {at}"

    async def markets(self, watches: list[Watch]) -> None:
        """The sessions, which are cached, compared with the time."""
        for watch in watches:
            state = await self._market_hours.state(watch.conid or US_STOCKS)
            at = clock_time(self._clock.now(), self._clock.now())
            watch.latest = f"{state.words or 'no trading schedule'} at {at}"
            condition = watch.condition
            wanted = isinstance(condition, MarketCondition) and condition.event == "opens"
            if state.words and state.is_open is wanted:
                watch.met = watch.latest


def describe_orders(listed: OrderList) -> Mapping[str, str]:
    """The state of each order by its ID: `working, 0/50 filled, limit 462.97`."""
    return {
        order.order_id: ", ".join(filter(None, (order.state.value, order.fills, order.terms)))
        for order in listed.orders
        if order.order_id
    }
