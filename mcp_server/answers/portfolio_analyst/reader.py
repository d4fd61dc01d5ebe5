"""Portfolio Analyst for all answers of one server."""

from __future__ import annotations

from api_gateway.client.gateway import GatewayClient
from mcp_server.answers.accounts import AccountBook
from mcp_server.answers.ibkr_clock import IbkrClock
from mcp_server.answers.portfolio_analyst.account_values import ValueReader
from mcp_server.answers.portfolio_analyst.limited_requests import LimitedRequests
from mcp_server.answers.portfolio_analyst.transactions import TransactionReader
from mcp_server.facts.fact_store import FactStore


class PortfolioAnalyst:
    """`values` (performance) and `transactions`: each read from stored responses if these are good enough."""

    def __init__(
        self, gateway: GatewayClient, facts: FactStore, accounts: AccountBook, clock: IbkrClock
    ) -> None:
        requests = LimitedRequests(gateway, facts, clock)
        self.values = ValueReader(facts, accounts, clock, requests)
        self.transactions = TransactionReader(gateway, facts, accounts, clock, requests)
