"""`wait_for`: waits until a price, an order or a market meets a condition."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Annotated, Final

from fastmcp.server.dependencies import get_context
from pydantic import Field

from mcp_server.answers.answer import Answer
from mcp_server.answers.argument_types import AnswerArguments, AnyText
from mcp_server.answers.context import AnswerContext
from mcp_server.answers.errors import AnswerError
from mcp_server.answers.instruments import resolve_one
from mcp_server.answers.waiting.conditions import (
    FORMS,
    MarketCondition,
    OrderCondition,
    PriceCondition,
    parse_condition,
)
from mcp_server.answers.waiting.watches import Watch

MAX_SECONDS: Final = 3600


class WaitForArguments(AnswerArguments):
    """What to wait for, or which earlier wait to resume."""

    until: Annotated[AnyText | None, Field(description=f"Condition: {FORMS}.")] = None
    handle: Annotated[AnyText | None, Field(description="Handle of an earlier wait, to resume it.")] = None
    timeout_seconds: Annotated[
        int, Field(ge=1, le=MAX_SECONDS, description="Longest wait of this call, in seconds.")
    ] = 300


async def wait_for(arguments: WaitForArguments, context: AnswerContext) -> Answer:
    """Wait until a price is reached, an order changes, or a market opens or closes.

    Checked every 5 to 15 s, with progress. On timeout, returns the current value and a handle: the
    condition is watched for another 30 minutes, and a call with the handle reports whether it was met
    in the meantime.
    \f
    Found by: alert me, notify when, tell me when, wait until filled, watch a price, price reaches, wait for
    the market to open, monitor an order, poll.
    """
    if arguments.handle is not None:
        return await _wait(context.watches.get(arguments.handle), arguments.timeout_seconds, context)
    if arguments.until is None:
        raise AnswerError("Neither `until` nor `handle` is given.", f"Write `until`: {FORMS}.")
    watch = await _begin(arguments.until, context)
    try:
        return await _wait(watch, arguments.timeout_seconds, context)
    except BaseException:  # cancelled: nobody knows the handle
        context.watches.drop(watch)
        raise


async def _wait(watch: Watch, seconds: int, context: AnswerContext) -> Answer:
    now = asyncio.get_running_loop().time
    began = now()
    while not watch.met and (left := seconds - (now() - began)) > 0:
        await context.watches.wait(watch, left)
        with suppress(RuntimeError):  # outside a request, nobody listens
            await get_context().report_progress(now() - began, seconds, f"{watch.text}: {watch.latest}")
    if watch.met:
        context.watches.drop(watch)
        return Answer([f"met: {watch.text}", watch.met])
    return Answer(
        [
            f"not met after {now() - began:.0f} s: {watch.text}",
            f"now {watch.latest}" if watch.latest else "",
            f"Call wait_for with handle={watch.handle} to resume; it is watched for another 30 minutes.",
        ]
    )


async def _begin(until: str, context: AnswerContext) -> Watch:
    condition = parse_condition(until)
    match condition:
        case PriceCondition(what=what):
            found = await resolve_one(context, what)
            unit = (await context.price_units.of_all([found]))[found.conid].label
            side = "at or above" if condition.above else "at or below"
            return await context.watches.begin(
                f"{found.text} {side} {condition.level:g} {unit}".rstrip(),
                condition,
                conid=found.conid,
                unit=unit,
            )
        case OrderCondition():
            name = f"order {condition.order_id}" if condition.order_id else "any order"
            return await context.watches.begin(
                f"{name} {'is done' if condition.until_done else 'changes'}", condition
            )
        case MarketCondition(what=what):
            conid = (await resolve_one(context, what)).conid if what else 0
            return await context.watches.begin(
                f"{what or 'US stocks'} {condition.event}", condition, conid=conid
            )
