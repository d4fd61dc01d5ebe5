"""Questions about prices, figures and market hours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from api_gateway.simulator.calendar.bars import DAY
from api_gateway.simulator.instruments.instrument import Instrument
from api_gateway.simulator.web_api.market_data.snapshot_fields import ContractSnapshot
from api_gateway.simulator.web_api.market_data.snapshots import visible_until
from evals.books import day_percent, greeks, listed, option, pinned_quote, printed_name, quote, value
from evals.facts import Fact, WordFact, number
from evals.question import SATURDAY, Call, Question
from evals.situation import Situation

BEFORE_THE_OPEN: Final = datetime(2026, 11, 18, 13, 0, 7, tzinfo=UTC)
"""8:00 in New York."""


def _quotes(what: str, **arguments: object) -> Call:
    return Call("get_quotes", {"what": what, **arguments})


def _last(s: Situation, instrument: Instrument, *near: str) -> Fact:
    name = printed_name(instrument)
    return number(f"last of {name}", quote(s, instrument).last, *(near or (name,)), decimals=4)


def _apple(s: Situation) -> Sequence[Fact]:
    apple = listed(s, "AAPL")
    found = quote(s, apple)
    return [
        _last(s, apple),
        number("change in percent", day_percent(s, apple), "AAPL"),
        number("bid", found.bid, "AAPL"),
        number("ask", found.ask, "AAPL"),
        WordFact("currency", "USD"),
        WordFact("market", "open"),
    ]


def _several(s: Situation) -> Sequence[Fact]:
    names = (("SPY", "STK"), ("QQQ", "STK"), ("EUR", "CASH"), ("BTC", "CRYPTO"), ("VIX", "IND"))
    every = [listed(s, symbol, kind) for symbol, kind in names]
    return [_last(s, each, each.symbol) for each in every]


def _euro(s: Situation) -> Sequence[Fact]:
    return [_last(s, listed(s, "EUR", "CASH"), "EUR")]


def _yen(s: Situation) -> Sequence[Fact]:
    return [_last(s, listed(s, "USD", "CASH", "JPY"), "JPY")]


def _apple_in_euros(s: Situation) -> Sequence[Fact]:
    apple = quote(s, listed(s, "AAPL")).last
    return [number("in euros", apple / value(s).rates["EUR"]), WordFact("currency", "EUR")]


def _front_month(s: Situation) -> Sequence[Fact]:
    front = s.simulation.universe.futures_of("ES")[0]
    return [_last(s, front), number("change in percent", day_percent(s, front), printed_name(front))]


def _crude(s: Situation) -> Sequence[Fact]:
    front = s.simulation.universe.futures_of("CL")[0]
    return [_last(s, front)]


def _indices(s: Situation) -> Sequence[Fact]:
    return [_last(s, listed(s, each, "IND")) for each in ("SPX", "VIX")]


def _bitcoin(s: Situation) -> Sequence[Fact]:
    return [_last(s, listed(s, "BTC", "CRYPTO"), "BTC")]


def _bond(s: Situation) -> Sequence[Fact]:
    [bond] = s.simulation.universe.bonds_of("e1346012")
    found = ContractSnapshot(s.simulation, bond, quote(s, bond), s.simulation.clock.now())
    years = int((bond.expiry or "0")[:4]) - s.simulation.universe.build_date.year
    price = found.quote.last
    rate = ((bond.coupon or 0.0) + (100 - price) / years) / ((100 + price) / 2) * 100
    return [number("price", price), number("yield", rate), WordFact("maturity", "2053 | Sep53")]


def _vodafone(s: Situation) -> Sequence[Fact]:
    return [
        number("last", quote(s, listed(s, "VOD", currency="GBP")).last, "VOD", decimals=2),
        WordFact("unit", "GBp | GBX | pence"),
    ]


def _toyota(s: Situation) -> Sequence[Fact]:
    return [_last(s, listed(s, "7203", currency="JPY"), "7203"), WordFact("currency", "JPY")]


def _montreal(s: Situation) -> Sequence[Fact]:
    both = [listed(s, "BMO", currency=each) for each in ("USD", "CAD")]
    return [_last(s, each, "BMO", each.currency) for each in both]


def _berkshire(s: Situation) -> Sequence[Fact]:
    return [_last(s, listed(s, "BRK B"), "BRK B")]


def _fundamentals(s: Situation) -> Sequence[Fact]:
    coke = listed(s, "KO")
    found = ContractSnapshot(s.simulation, coke, quote(s, coke), s.simulation.clock.now())
    earnings = coke.reference_price / (12 + 25 * found.seeded_value(2))
    return [
        number("price to earnings", found.quote.last / earnings, "KO", decimals=1),
        number("dividends in a year", coke.dividend, "KO"),
        # The simulator's figure is of the price on its first day.
        number("dividend yield", coke.dividend / coke.reference_price * 100, "KO"),
    ]


def _volatility(s: Situation) -> Sequence[Fact]:
    nvidia = listed(s, "NVDA")
    found = ContractSnapshot(s.simulation, nvidia, quote(s, nvidia), s.simulation.clock.now())
    return [
        number("implied", nvidia.volatility * 100, "NVDA", decimals=1),
        number("historical", found.historical_volatility() * 100, "NVDA", decimals=1),
    ]


def _year_range(s: Situation) -> Sequence[Fact]:
    microsoft = listed(s, "MSFT")
    now = s.simulation.clock.now()
    bars = s.simulation.prices.bars(microsoft, now, DAY, 400)
    year = [each for each in bars if each.start > now - 52 * 7 * 86400]
    return [
        number("high", max(each.high for each in year), "MSFT"),
        number("low", min(each.low for each in year), "MSFT"),
    ]


def _hours(_: Situation) -> Sequence[Fact]:
    return [WordFact("market", "open"), WordFact("close", "16:00")]


def _weekend(_: Situation) -> Sequence[Fact]:
    return [
        WordFact("market", "closed"),
        WordFact("opening", "2026-11-23 | Mon | 23 Nov"),
        WordFact("at", "9:30"),
    ]


def _favorites(s: Situation) -> Sequence[Fact]:
    watchlist = next(each for each in s.simulation.watchlists.all() if each.name == "Favorites")
    every = [s.simulation.universe.by_conid(each) for each in watchlist.rows if each is not None]
    return [_last(s, each) for each in every if each is not None]


def _put(s: Situation) -> Sequence[Fact]:
    put = option(s, "SPY", "20270115", 600, "P")
    found = pinned_quote(s, put)
    return [
        number("bid", found.bid, printed_name(put)),
        number("ask", found.ask, printed_name(put)),
        number("delta", greeks(s, put).delta, printed_name(put), decimals=3),
    ]


def _delayed(s: Situation) -> Sequence[Fact]:
    apple = listed(s, "AAPL")
    seen = quote(s, apple, visible_until(s.simulation, apple))
    # Prices are pinned from the question on, so those of 15 minutes before it still move.
    return [number("last", seen.last, "AAPL", moves=seen.last / 1000), WordFact("quality", "delayed")]


def _closed(s: Situation) -> Sequence[Fact]:
    return [_last(s, listed(s, "SPY")), WordFact("market", "closed")]


def _before_the_open(s: Situation) -> Sequence[Fact]:
    apple = listed(s, "AAPL")
    return [
        _last(s, apple),
        number("change in percent", day_percent(s, apple), "AAPL"),
        WordFact("market", "pre-market | premarket | before the open | extended | opens"),
    ]


def _my_movers(s: Situation) -> Sequence[Fact]:
    held = [each.instrument for each in value(s).open_positions if each.instrument.sec_type == "STK"]
    return [number(each.symbol, day_percent(s, each), each.symbol) for each in held]


QUOTE_QUESTIONS: Final = (
    Question("AAPL?", [_quotes("AAPL")], _apple),
    Question("SPY, QQQ, EUR/USD, bitcoin and the VIX?", [_quotes("SPY, QQQ, EUR/USD, BTC, VIX")], _several),
    Question("What is a euro in dollars?", [_quotes("EURUSD")], _euro),
    Question("And the yen?", [_quotes("USD.JPY")], _yen),
    Question("What is an Apple share in euros?", [_quotes("aapl", convert_to="eur")], _apple_in_euros),
    Question("Where does the front E-mini trade?", [_quotes("ES")], _front_month),
    Question("Oil?", [_quotes("CL")], _crude),
    Question("Where are the S&P 500 index and the VIX?", [_quotes("SPX, VIX")], _indices),
    Question("Bitcoin?", [_quotes("BTC")], _bitcoin),
    Question("What does AT&T's bond yield?", [_quotes("AT&T bond", columns="bond")], _bond),
    Question("What is Vodafone in London?", [_quotes("VOD.L")], _vodafone),
    Question("Toyota in Tokyo?", [_quotes("7203.T")], _toyota),
    Question("BMO?", [_quotes("BMO")], _montreal),
    Question("Berkshire's B shares?", [_quotes("BRK.B")], _berkshire),
    Question(
        "What are Coca-Cola's P/E and dividend yield?", [_quotes("KO", columns="fundamentals")], _fundamentals
    ),
    Question(
        "Are Nvidia's options expensive against how much it moved?",
        [_quotes("NVDA", columns="volatility")],
        _volatility,
    ),
    Question(
        "What are Microsoft's highs and lows of a year?", [_quotes("MSFT", columns="range")], _year_range
    ),
    Question("Is the market open, and until when?", [_quotes("SPY", columns="hours")], _hours),
    Question(
        "Is the market open? If not, when does it open?",
        [_quotes("SPY", columns="hours")],
        _weekend,
        now=SATURDAY,
    ),
    Question("How is my watchlist Favorites?", [_quotes("watchlist:Favorites")], _favorites),
    Question("What does the January 600 put on SPY cost?", [_quotes("SPY 15Jan27 600P")], _put),
    Question("AAPL?", [_quotes("AAPL")], _delayed, profile="delayed"),
    Question("Where did SPY close on Friday?", [_quotes("SPY")], _closed, now=SATURDAY),
    Question(
        "What is Apple doing before the open?", [_quotes("AAPL")], _before_the_open, now=BEFORE_THE_OPEN
    ),
    Question("Which of my shares moved today?", [_quotes("portfolio")], _my_movers),
)
