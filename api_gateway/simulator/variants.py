"""Variants: behaviours that sources report differently for IBKR, or that IBKR shows only at times."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError


class Variants(BaseModel):
    """Which variant the simulator shows. Each description says where the others were seen."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    without_login: Literal["bodies", "401"] = Field(
        default="bodies",
        description="auth/status and tickle without a login: short bodies (a tickle gets "
        '{"error":"no session"}); or 401 like every other path, which clients of the gateway report.',
    )
    order_stream: Literal["full", "ids", "quiet"] = Field(
        default="full",
        description="what `sor` sends first: every order in full (documented, and recorded on a gateway), "
        "one frame per order with its IDs only (recorded once, over OAuth), or nothing.",
    )
    order_refusals: Annotated[int, Field(ge=0, le=1000)] = Field(
        default=0,
        description="how many `sor` commands are still rejected with `unable to subscribe`; one gateway did "
        "so after 17 of 20 reconnects.",
    )
    quote_minutes: Literal[10, 15] = Field(
        default=15,
        description="minutes after which `smd` ends: 15 in IBKR's guide, 10 in its change log of April 2026.",
    )
    after_login_ends: Literal["close", "heartbeats"] = Field(
        default="close",
        description="what happens to a WebSocket whose login has ended or was replaced: it is closed; or, as "
        "recorded on a gateway, it keeps its heartbeats, while every topic is dead.",
    )
    nightly_reset: Literal["close", "status"] = Field(
        default="close",
        description="what WebSockets see of the nightly reset: they are closed with code 1000, again after "
        "each reconnection while it lasts; or they stay open and only `sts` reports it. Users report both.",
    )

    london_prices: Literal["pence", "pounds"] = Field(
        default="pence",
        description="quotes, bars and limits of shares in London, whose currency is GBP: in pence, as users "
        "report; or in pounds. Cost and positions are in pounds. Neither was recorded. Only at the start.",
    )


DEFAULT_VARIANTS = Variants()


def parse_variants(text: str) -> Variants:
    """Return the variants of a text such as `order_stream=ids,quote_minutes=10`; raises ValueError."""
    values = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, separator, value = (piece.strip() for piece in part.partition("="))
        if not separator or name not in Variants.model_fields:
            raise ValueError(
                f"use NAME=VALUE, separated by commas; names: {', '.join(Variants.model_fields)}"
            )
        values[name] = (
            int(value) if value.isascii() and value.isdecimal() and name != "without_login" else value
        )
    try:
        return Variants.model_validate(values)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_context=False, include_input=False)[0]
        raise ValueError(
            f"use another value for {first['loc'][0]}: {first['msg'][:1].lower()}{first['msg'][1:]}"
        ) from None
