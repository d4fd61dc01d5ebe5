"""Answers to searches for what IBKR's Web API does not offer, with an alternative where there is one.

A search that matches returns the answer with its hits, so that the nearest operation is not mistaken for the
right one. Based on the operations that IBKR documents (2.28.0) and on the snapshot fields.
"""

from __future__ import annotations

import re
from typing import Final

_REPORTS: Final = r"balance sheet|income statement|cash flow statement|financial statements?|annual report"
_RATINGS: Final = r"analysts?('s|s')? (ratings?|estimates?|targets?|forecasts?)|price targets?"

UNAVAILABLE: Final = (
    (
        r"earnings (date|dates|calendar|announcement|report)s?|when .{1,30} reports? earnings|next earnings",
        "IBKR's Web API has no earnings dates. Use another source for them.",
    ),
    (
        r"\b(headlines?|news (feed|articles?|about|on|for|of)|(latest|market) news|press releases?)\b",
        "IBKR's Web API has no news. `list_notifications` only has IBKR's own notices to the user.",
    ),
    (
        rf"\b({_REPORTS}|10-[kq]|sec filings?)\b",
        "IBKR's Web API has no financial reports. `get_market_snapshot` has a few ratios as fields, such as "
        "market capitalization, price/earnings and dividend yield.",
    ),
    (rf"\b({_RATINGS})", "IBKR's Web API has no analyst ratings, estimates or price targets."),
    (
        r"\b(order book|market depth|depth of market|level (2|ii|two)|dom ladder)\b",
        "Market depth is not available here: IBKR sends it over its WebSocket only, to subscribers. "
        "`get_market_snapshot` has the best bid and ask with their sizes.",
    ),
    (
        r"\b(tax (forms?|documents?|report|statement)|1099|account statements?|monthly statements?|activity "
        r"statements?|flex quer(y|ies))\b",
        "Statements and tax documents are not available through the gateway. Download them in Client Portal, "
        "under Performance & Reports.",
    ),
    (
        r"\b((deposit|withdraw) (money|funds|cash)|wire (money|funds|transfer)|ach transfer|fund my account|"
        r"bank (account|transfer))\b",
        "Deposits and withdrawals cannot be made here. Use Client Portal, under Transfer & Pay.",
    ),
)
"""Patterns for a lower-case query, each with its answer."""


def explain_unavailable(query: str) -> str | None:
    """The answer to a query for something that IBKR's Web API does not offer; None for any other."""
    text = " ".join(query.lower().split())
    return next((sentence for pattern, sentence in UNAVAILABLE if re.search(pattern, text)), None)
