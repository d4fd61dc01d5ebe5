"""What every answer needs: the gateway's client, and the readers and caches that answers share."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from api_gateway.access_policy import TradingMode
from api_gateway.client.gateway import GatewayClient
from mcp_server.answers.accounts import AccountBook
from mcp_server.answers.base_currency import read_base_currency
from mcp_server.answers.cursors import CursorStore
from mcp_server.answers.exchange_rates import ExchangeRates
from mcp_server.answers.ibkr_clock import IbkrClock
from mcp_server.answers.market_hours import MarketHours
from mcp_server.answers.portfolio_analyst.reader import PortfolioAnalyst
from mcp_server.answers.price_units import PriceUnits
from mcp_server.answers.quotes import QuoteReader
from mcp_server.answers.waiting.readings import WatchReader
from mcp_server.answers.waiting.watches import WatchHub
from mcp_server.facts.fact_store import FactStore
from mcp_server.instruments.resolver import Instruments
from mcp_server.pictures.renderer import PictureRenderer


@dataclass(frozen=True)
class AnswerContext:
    """Shared by all calls of all answers."""

    gateway: GatewayClient
    mode: TradingMode
    facts: FactStore
    clock: IbkrClock
    accounts: AccountBook
    instruments: Instruments
    market_hours: MarketHours
    quotes: QuoteReader
    exchange_rates: ExchangeRates
    price_units: PriceUnits
    cursors: CursorStore
    portfolio_analyst: PortfolioAnalyst
    pictures: PictureRenderer
    watches: WatchHub


def create_context(
    gateway: GatewayClient,
    mode: TradingMode,
    facts: FactStore,
    clock: IbkrClock,
    now: Callable[[], float] = time.monotonic,
    pictures: PictureRenderer | None = None,
) -> AnswerContext:
    """The context of the answers of one server. `now` counts the age of cursors and rates, in seconds."""
    accounts = AccountBook(gateway)
    market_hours = MarketHours(gateway, facts, accounts, clock)
    quotes = QuoteReader(gateway, clock)
    watches = WatchHub(
        WatchReader(gateway, quotes, market_hours, clock),
        is_paused=lambda: gateway.order_question.open,
        now=now,
    )
    gateway.order_question.on_order(watches.interrupt)
    cursors = CursorStore(now)
    gateway.on_session_end(cursors.clear)
    gateway.on_session_end(watches.forget_orders)
    return AnswerContext(
        gateway=gateway,
        mode=mode,
        facts=facts,
        clock=clock,
        accounts=accounts,
        instruments=Instruments(
            gateway,
            facts,
            scope=accounts.scope,
            now=clock.now,
            base_currency=partial(_read_currency, gateway, facts, accounts),
        ),
        market_hours=market_hours,
        quotes=quotes,
        exchange_rates=ExchangeRates(gateway, now),
        price_units=PriceUnits(gateway, facts, accounts),
        cursors=cursors,
        portfolio_analyst=PortfolioAnalyst(gateway, facts, accounts, clock),
        pictures=pictures or PictureRenderer(),
        watches=watches,
    )


async def _read_currency(gateway: GatewayClient, facts: FactStore, accounts: AccountBook) -> str:
    """The base currency of the selected account, or of the first one; empty if the login has none."""
    known = await accounts.read()
    ids = [each.id for each in known.clients]
    account = known.selected if known.selected in ids else next(iter(ids), "")
    return await read_base_currency(gateway, facts, known.scope, account) if account else ""
