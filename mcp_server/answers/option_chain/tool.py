"""`get_option_chain`: the options of an underlying at one expiry, with quotes and Greeks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import Field

from api_gateway.errors import GatewayError
from mcp_server.answers import formats
from mcp_server.answers.answer import Answer
from mcp_server.answers.argument_types import (
    AccountArgument,
    AnswerArguments,
    AnyText,
    CursorArgument,
    as_choice,
    as_singular_choice,
)
from mcp_server.answers.availability import describe_availability
from mcp_server.answers.context import AnswerContext
from mcp_server.answers.errors import AnswerError
from mcp_server.answers.instruments import resolve_one
from mcp_server.answers.option_chain.coverage import read_cash, read_coverage
from mcp_server.answers.option_chain.expiry_choice import INCOME_DAYS, choose_expiry, parse_near
from mcp_server.answers.option_chain.income import best_rows, income_columns
from mcp_server.answers.option_chain.option_row import (
    OPTION_FIELDS,
    UNDERLYING_VOLATILITY,
    OptionRow,
    StrikeRow,
    chain_columns,
)
from mcp_server.answers.option_chain.strike_choice import (
    MAX_STRIKES,
    parse_delta,
    parse_moneyness,
    strike_at_delta,
)
from mcp_server.answers.provenance import head_line
from mcp_server.answers.quotes import ASK, BID, LAST, PRIOR_CLOSE, Quote
from mcp_server.answers.table import format_table
from mcp_server.answers.times import clock_time
from mcp_server.instruments.dates import day_text
from mcp_server.instruments.instrument import Instrument, Right
from mcp_server.instruments.option_chains import OptionChain, OptionExpiry

NAME: Final = "get_option_chain"
_DEFAULT_DAYS: Final = 1
_SIDES: Final[dict[str, tuple[Right, ...]]] = {"both": ("C", "P"), "call": ("C",), "put": ("P",)}
_INCOME: Final[dict[str, Right]] = {"covered_call": "C", "cash_secured_put": "P"}
_INCOME_MONEYNESS: Final[dict[Right, str]] = {"C": "0..+10", "P": "-10..0"}
_OTHER_EXPIRIES: Final = 6
_SAME_TIME: Final = timedelta(minutes=5)


class OptionChainArguments(AnswerArguments):
    """Which options."""

    underlying: Annotated[
        AnyText | None, Field(description="Stock, index or future: AAPL, SPX, SPXW, ES.")
    ] = None
    near: Annotated[
        AnyText | None,
        Field(
            description="Expiry nearest to a date, month or days from now: 15Jan27, Jan 2027, 30d, today; "
            "default the next after today."
        ),
    ] = None
    strikes: Annotated[
        int, Field(ge=1, le=MAX_STRIKES, description="Number of strikes, around the price.")
    ] = 8
    delta: Annotated[float | None, Field(description="Strikes around this delta instead, e.g. 0.3.")] = None
    moneyness: Annotated[
        AnyText | None, Field(description='Strikes this far from the price instead, in %: "+3..+8".')
    ] = None
    side: Annotated[Literal["both", "call", "put"], as_singular_choice, Field(description="")] = "both"
    income: Annotated[
        Literal["covered_call", "cash_secured_put"] | None,
        as_choice,
        Field(alias="for", description="Add what selling against your shares or cash would earn."),
    ] = None
    account: AccountArgument = None
    cursor: CursorArgument = None


@dataclass(frozen=True)
class ChainRequest:
    """What is needed to quote strikes of an expiry."""

    underlying: Instrument
    chain: OptionChain
    expiry: OptionExpiry
    sides: Sequence[Right]
    price: float
    today: date
    quote: Quote


@dataclass(frozen=True)
class RestOfStrikes:
    """The strikes that a cursor stands for."""

    request: ChainRequest
    strikes: Sequence[Decimal]
    limit: int
    income: Right | None


async def get_option_chain(arguments: OptionChainArguments, context: AnswerContext) -> Answer:
    """Get the options on an underlying at one expiry: quotes, Greeks, implied volatility, open interest.

    Around the price, at a delta, or at a distance from the price. `for` adds premium and annualized yield,
    and how many contracts your free shares or cash cover.
    \f
    Found by: option prices, calls, puts, strikes, expirations, expiry dates, covered call, cash secured put,
    sell premium, implied volatility of options, delta 30, straddle, weekly options, LEAPS, option quotes.
    """
    if arguments.cursor is not None:
        rest: RestOfStrikes = context.cursors.load(NAME, arguments.cursor)
        return await _quote_strikes(context, rest, [])
    if arguments.underlying is None:
        raise AnswerError("`underlying` is missing.", "Write a stock, an index or a future, such as AAPL.")
    underlying = await resolve_one(context, arguments.underlying)
    chain = await context.instruments.chains.chain(underlying)
    if chain is None:
        raise AnswerError(f"IBKR lists no options on {underlying.text}.", "Use its stock, index or future.")
    income = _INCOME.get(arguments.income or "")
    sides = (income,) if income else _SIDES[arguments.side]
    today = context.clock.today()
    wanted = parse_near(arguments.near, today, default_days=INCOME_DAYS if income else _DEFAULT_DAYS)
    quote, price = await _underlying_price(context, underlying)
    expiry, others = await choose_expiry(
        context.instruments.chains, chain, wanted, Decimal(str(price)), today
    )
    request = ChainRequest(underlying, chain, expiry, sides, price, today, quote)
    notes = []
    if not wanted.is_met_by(expiry.day):
        is_last = expiry.month == chain.months[-1] and expiry.day < wanted.day
        which = "the last listed" if is_last else "the nearest"
        notes.append(f"No expiry {wanted.words}; {day_text(expiry.day)} is {which}.")
    if others and (arguments.near is None or notes):
        near = sorted(others[:_OTHER_EXPIRIES])
        notes.append(
            f"Other expiries near it: {', '.join(dict.fromkeys(day_text(each.day) for each in near))}."
        )
    strikes, missing = await _strikes(context, request, arguments, quote, income)
    blocks = []
    if income:
        words, unknown = await _covered_words(context, arguments, request, income, strikes)
        blocks.append(words)
        notes += unknown
    rest = RestOfStrikes(request, strikes, _limit(arguments, income), income)
    answer = await _quote_strikes(context, rest, notes, target=arguments.delta, missing=missing)
    head, expiry_line, *tables = answer.blocks
    return Answer([head, expiry_line, *blocks, *tables], answer.notes)


async def _underlying_price(context: AnswerContext, underlying: Instrument) -> tuple[Quote, float]:
    quotes = await context.quotes.read(
        [underlying.conid], [LAST, BID, ASK, PRIOR_CLOSE, UNDERLYING_VOLATILITY]
    )
    for error in quotes.errors.values():
        raise error
    quote = quotes.by_conid.get(underlying.conid)
    price = None if quote is None else quote.last or quote.mid or quote.number(PRIOR_CLOSE)
    if quote is None or not price:
        why = f": {quote.availability}" if quote is not None and quote.availability else ""
        raise AnswerError(
            f"IBKR sent no price for {underlying.text}{why}, so strikes around it cannot be chosen.",
            "Quote a single option instead: get_quotes with what=UNDERLYING EXPIRY STRIKE C or P.",
        )
    return quote, price


def _limit(arguments: OptionChainArguments, income: Right | None) -> int:
    return arguments.strikes if arguments.moneyness is None and income is None else max(arguments.strikes, 8)


async def _strikes(
    context: AnswerContext,
    request: ChainRequest,
    arguments: OptionChainArguments,
    quote: Quote,
    income: Right | None,
) -> tuple[list[Decimal], dict[Decimal, GatewayError]]:
    """The strikes that are wanted, in order, and those that cannot be read.

    Some of them may not be listed for the expiry.
    """
    chains, price = context.instruments.chains, Decimal(str(request.price))
    if arguments.delta is not None:
        delta = parse_delta(arguments.delta)
        days = (request.expiry.day - request.today).days
        volatility = quote.number(UNDERLYING_VOLATILITY)
        around = [
            strike_at_delta(
                request.price, delta, days, volatility / 100 if volatility else None, call=side == "C"
            )
            for side in request.sides
        ]
        count = max(2, arguments.strikes // len(around))
        found = [await chains.contracts_around(request.chain, request.expiry, each, count) for each in around]
        errors = {strike: error for each in found for strike, error in each.errors.items()}
        return sorted({strike for each in found for strike in each.strikes}), errors
    moneyness = arguments.moneyness or (_INCOME_MONEYNESS[income] if income else None)
    if moneyness is None:
        near = await chains.contracts_around(request.chain, request.expiry, price, arguments.strikes)
        return near.strikes, dict(near.errors)
    wanted = parse_moneyness(moneyness, price)
    listed = await chains.strikes(request.chain, request.expiry.month)
    inside = wanted.select(listed)
    if not inside:
        nearest = sorted(listed, key=lambda each: abs(each - wanted.middle))[:4]
        raise AnswerError(
            f"There is no strike from {formats.price(wanted.low)} to {formats.price(wanted.high)}.",
            f"The nearest are {', '.join(formats.price(each) for each in sorted(nearest))}.",
        )
    return inside, {}


async def _quote_strikes(
    context: AnswerContext,
    rest: RestOfStrikes,
    notes: Sequence[str],
    *,
    target: float | None = None,
    missing: Mapping[Decimal, GatewayError] | None = None,
) -> Answer:
    """Quote the next strikes; the remaining ones get a cursor."""
    request = rest.request
    contracts: dict[tuple[Decimal, Right], Instrument] = {}
    errors = dict(missing or {})
    waiting = list(rest.strikes)
    while waiting and len({strike for strike, _ in contracts}) < rest.limit:
        count = rest.limit - len({strike for strike, _ in contracts})
        wave, waiting = waiting[:count], waiting[count:]
        listed = await context.instruments.chains.contracts(request.chain, request.expiry, wave)
        contracts |= listed.by_key
        errors |= listed.errors
    options = {key: each for key, each in contracts.items() if key[1] in request.sides}
    if not options:
        raise AnswerError(
            f"None of these strikes is listed for {day_text(request.expiry.day)}.",
            "Widen the distance, or choose another expiry.",
        )
    quotes = await context.quotes.read([each.conid for each in options.values()], OPTION_FIELDS)
    rows = [
        StrikeRow(
            strike,
            {
                right: OptionRow(options[strike, right], quotes.by_conid.get(options[strike, right].conid))
                for right in request.sides
                if (strike, right) in options
            },
        )
        for strike in sorted({strike for strike, _ in options})
    ]
    all_rows = [option for row in rows for option in row.options.values()]
    silent = [each.option.text for each in all_rows if not each.has_quote]
    now = context.clock.now()
    market = await context.market_hours.state(request.underlying.conid)
    days = (request.expiry.day - request.today).days
    currency = all_rows[0].option.currency or request.underlying.currency
    data = describe_availability(each.quote.availability for each in all_rows if each.quote is not None)
    of_underlying = _differing_data(request.quote, quotes.updated, data, now)
    expiry_line = (
        f"{request.underlying.text} {formats.price(request.price)} {currency}{of_underlying}, expiry "
        f"{day_text(request.expiry.day)} ({days} {'day' if days == 1 else 'days'}), "
        f"class {request.expiry.trading_class}, multiplier "
        f"{formats.quantity(request.expiry.multiplier)}"
    )
    head = head_line(
        quotes.updated or now,
        now,
        market,
        f"options {data}" if data and of_underlying else data,
    )
    if rest.income:
        columns = income_columns(rest.income, request.price, days)
        table = format_table(columns, best_rows(rows, rest.income))
    else:
        table = format_table(chain_columns(request.sides), rows)
    blocks = [head, expiry_line, table]
    if waiting:
        cursor = context.cursors.store(NAME, RestOfStrikes(request, waiting, rest.limit, rest.income))
        blocks.append(
            f"and up to {len(waiting)} more strikes, {formats.price(waiting[0])} to "
            f"{formats.price(waiting[-1])} (cursor {cursor})"
        )
    found = list(notes)
    if errors:
        why = next(iter(errors.values())).sentence
        found.append(f"Strikes {', '.join(map(formats.price, sorted(errors)))} are missing: {why}")
    if target is not None:
        found += _nearest_to_delta(all_rows, parse_delta(target), request.sides)
    if silent:
        more = f" and {len(silent) - 6} more" if len(silent) > 6 else ""
        found.append(f"IBKR sent no prices for {', '.join(silent[:6])}{more}.")
    return Answer(blocks, found)


def _differing_data(quote: Quote, options: datetime | None, data: str, now: datetime) -> str:
    """` (live, 07:30:12 New York)` if the underlying's price is of another kind or time than the options'."""
    updated = quote.updated
    apart = abs(updated - options) if updated is not None and options is not None else timedelta()
    if str(quote.availability) == data and apart < _SAME_TIME:
        return ""
    parts = [str(quote.availability), clock_time(updated, now) if updated is not None else ""]
    return f" ({', '.join(filter(None, parts))})" if any(parts) else ""


def _nearest_to_delta(rows: Sequence[OptionRow], delta: float, sides: Sequence[Right]) -> list[str]:
    """For each side, the option whose delta is nearest to the wanted one."""
    found = []
    for side in sides:
        known = [each for each in rows if each.option.right == side and each.delta is not None]
        if known:
            best = min(known, key=lambda each: abs(abs(each.delta or 0.0) - delta))
            found.append(f"Nearest to delta {delta:g}: {best.option.text} ({formats.ratio(best.delta)}).")
    return found


async def _covered_words(
    context: AnswerContext,
    arguments: OptionChainArguments,
    request: ChainRequest,
    income: Right,
    strikes: Sequence[Decimal],
) -> tuple[str, Sequence[str]]:
    """How many contracts the account covers, and the notes about what is not known."""
    accounts = await context.accounts.read()
    account = accounts.choose_one(arguments.account)
    multiplier = float(request.expiry.multiplier)
    if income == "C":
        coverage = await read_coverage(context, accounts, account, request.underlying, multiplier)
        return coverage.words(request.underlying.text), coverage.notes
    currency = request.underlying.currency
    cash = await read_cash(context, accounts, account, currency)
    if cash is None:
        return f"IBKR lists no settled cash in {currency} for this account.", ()
    return cash.words(float(strikes[0]), float(strikes[-1]), multiplier), cash.notes
