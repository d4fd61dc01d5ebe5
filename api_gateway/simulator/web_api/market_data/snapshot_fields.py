"""What each field of a snapshot says, by its id, from the instrument, its quote and the account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import log
from types import MappingProxyType

from api_gateway.simulator.accounts.valued_position import Line
from api_gateway.simulator.calendar.bars import DAY, WEEK
from api_gateway.simulator.instruments.contract_names import derivative_text, full_name, listing
from api_gateway.simulator.instruments.option_pricing import Greeks
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.prices.prices import Bar, Quote
from api_gateway.simulator.prices.seeded_noise import mix, uniform
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.contracts.derivatives import living, months
from api_gateway.simulator.web_api.market_data import snapshot_format as text

Value = str | int | None
_YEAR_OF_DAYS = 252
_STOCK, _OPTION, _BOND = ("STK",), ("OPT", "EC"), ("BOND",)


@dataclass(frozen=True)
class Subject:
    """One contract at one moment, and what can be said about it. Text is `None` where there is nothing."""

    simulation: Simulation
    instrument: Instrument
    quote: Quote
    moment: float

    @cached_property
    def line(self) -> Line | None:
        """The account's position, if it has one."""
        broker, conid = self.simulation.broker, self.instrument.conid
        return broker.valuation().line(conid) if conid in broker.holdings else None

    @cached_property
    def greeks(self) -> Greeks | None:
        """An option's greeks."""
        return self.simulation.prices.greeks(self.instrument)

    @cached_property
    def days(self) -> list[Bar]:
        """The daily bars of about a year and a half."""
        return self.simulation.prices.bars(self.instrument, self.moment, DAY, 400)

    @cached_property
    def chain(self) -> list[Instrument]:
        """The living options on the contract."""
        return living(self.simulation, self.instrument.conid, "OPT")

    @property
    def has_book(self) -> bool:
        """Indices and funds are quoted without bid and ask."""
        return self.quote.bid_size > 0

    def price(self, value: float) -> str:
        """A price of this contract as text."""
        return text.price(self.instrument, value)

    def invented(self, name: int) -> float:
        """A number in [0, 1) that belongs to the contract."""
        return uniform(mix(self.instrument.conid, 99), name)

    def average(self, days: int) -> float:
        """The exponential moving average of the daily closes."""
        weight = 2 / (days + 1)
        mean = self.days[0].close
        for bar in self.days[1:]:
            mean += weight * (bar.close - mean)
        return mean

    def historical_volatility(self) -> float:
        """That of the last 30 daily closes, per year."""
        moves = [log(b.close / a.close) for a, b in pairwise(self.days[-31:])]
        mean = sum(moves) / len(moves)
        return float((sum((m - mean) ** 2 for m in moves) / len(moves) * _YEAR_OF_DAYS) ** 0.5)


def _last(s: Subject) -> str:
    closed = not (s.quote.market_open or s.quote.extended)
    prefix = "H" if s.quote.halted else "C" if closed else ""
    return prefix + s.price(s.quote.last)


def _change(s: Subject) -> float:
    return s.quote.last - s.quote.prior_close


def _mark(s: Subject) -> float:
    q = s.quote
    return min(max(q.last, q.bid), q.ask) if s.has_book else q.last


def _is(s: Subject, *kinds: str) -> bool:
    return s.instrument.sec_type in kinds


def _held(write: Callable[[Line], str]) -> Callable[[Subject], Value]:
    return lambda s: write(s.line) if s.line else None


def _optional(write: Callable[[Subject, Greeks], str]) -> Callable[[Subject], Value]:
    return lambda s: write(s, s.greeks) if s.greeks else None


def _booked(write: Callable[[Subject], str]) -> Callable[[Subject], Value]:
    return lambda s: write(s) if s.has_book else None


def _of(kinds: tuple[str, ...], write: Callable[[Subject], str]) -> Callable[[Subject], Value]:
    return lambda s: write(s) if s.instrument.sec_type in kinds else None


def _traded(write: Callable[[Subject], str]) -> Callable[[Subject], Value]:
    return lambda s: write(s) if s.instrument.average_volume else None


def _average(days: int) -> Callable[[Subject], Value]:
    return lambda s: s.price(s.average(days))


def _above_average(days: int) -> Callable[[Subject], Value]:
    return lambda s: text.percent(s.quote.last / s.average(days) - 1)


def _with_chain(write: Callable[[Subject], str]) -> Callable[[Subject], Value]:
    return lambda s: write(s) if s.chain else None


def _yield(s: Subject, at: float) -> str:
    """A bond's simple yield to maturity: coupon and pull to par, by price."""
    years = max(0.1, int((s.instrument.expiry or "0")[:4]) - s.simulation.universe.day.year)
    coupon = s.instrument.coupon or 0.0
    return f"{(coupon + (100 - at) / years) / ((100 + at) / 2) * 100:.3f}"


def _description(s: Subject) -> str:
    return derivative_text(s.instrument) or s.instrument.exchange


def _historical(s: Subject) -> str | None:
    return None if _is(s, *_OPTION) else text.percent(s.historical_volatility())


def _year(s: Subject) -> list[Bar]:
    return [bar for bar in s.days if bar.start > s.moment - 52 * WEEK]


def _dividend(s: Subject) -> float:
    return s.instrument.reference_price * 0.03 * s.invented(1)


def _earnings(s: Subject) -> float:
    return s.instrument.reference_price / (12 + 25 * s.invented(2))


# Live prices and what follows from them: not sent without market-data permission.
PRICES = MappingProxyType[str, Callable[[Subject], Value]](
    {
        "31": _last,
        "70": lambda s: s.price(s.quote.high),
        "71": lambda s: s.price(s.quote.low),
        "82": lambda s: s.price(_change(s)),
        "83": lambda s: text.percent(_change(s) / s.quote.prior_close) if s.quote.prior_close else None,
        "84": _booked(lambda s: s.price(s.quote.bid)),
        "85": _booked(lambda s: text.size(s.quote.ask_size)),
        "86": _booked(lambda s: s.price(s.quote.ask)),
        "87": _traded(lambda s: text.short(s.quote.volume)),
        "88": _booked(lambda s: text.size(s.quote.bid_size)),
        "7057": _booked(lambda s: "KNPQZ"[s.quote.ask_size // 100 % 5]),
        "7058": _booked(lambda s: "KNPQZ"[s.quote.last_size // 100 % 5]),
        "7059": _booked(lambda s: text.size(s.quote.last_size)),
        "7068": _booked(lambda s: "KNPQZ"[s.quote.bid_size // 100 % 5]),
        "7084": _with_chain(lambda s: text.percent(s.instrument.volatility / s.historical_volatility())),
        "7085": _with_chain(lambda s: f"{0.6 + 0.8 * s.invented(3):.2f}"),
        "7086": _with_chain(lambda s: f"{0.5 + 0.9 * s.invented(4):.2f}"),
        "7087": _historical,
        "7088": _historical,
        "7089": _with_chain(lambda s: text.short(sum(o.average_volume for o in s.chain) * 0.4)),
        "7282": _traded(lambda s: text.short(s.instrument.average_volume)),
        "7283": _with_chain(lambda s: text.percent(s.instrument.volatility)),
        "7284": _historical,
        "7285": _with_chain(lambda s: f"{0.5 + 0.9 * s.invented(4):.2f}"),
        "7293": lambda s: s.price(max(bar.high for bar in _year(s))),
        "7294": lambda s: s.price(min(bar.low for bar in _year(s))),
        "7295": lambda s: s.price(s.quote.open),
        "7296": lambda s: s.price(s.quote.prior_close if s.quote.market_open else s.quote.last),
        "7308": _optional(lambda _, g: f"{g.delta:.3f}"),
        "7309": _optional(lambda _, g: f"{g.gamma:.3f}"),
        "7310": _optional(lambda _, g: f"{g.theta:.3f}"),
        "7311": _optional(lambda _, g: f"{g.vega:.3f}"),
        "7607": _with_chain(lambda s: text.percent(0.4 * s.invented(5) - 0.2)),
        "7633": _of(("OPT",), lambda s: text.percent(s.instrument.volatility)),
        "7635": lambda s: s.price(_mark(s)),
        "7636": _of(_STOCK, lambda s: text.size(s.instrument.average_volume * (0.1 + s.invented(6)))),
        "7637": _of(_STOCK, lambda s: f"{0.25 + 0.5 * s.invented(7):.4f}"),
        "7638": _of(_OPTION, lambda s: text.size(s.instrument.average_volume * (3 + 9 * s.invented(8)))),
        "7644": _of(_STOCK, lambda _: "Available"),
        "7674": _average(200),
        "7675": _average(100),
        "7676": _average(50),
        "7677": _average(20),
        "7678": _above_average(200),
        "7679": _above_average(100),
        "7681": _above_average(20),
        "7682": lambda s: s.price(s.quote.last - s.quote.open),
        "7695": _of(("OPT",), lambda s: _break_even(s)),
        "7697": _of(("FUT",), lambda s: text.size(s.instrument.average_volume * 1.6)),
        "7698": _of(_BOND, lambda s: _yield(s, s.quote.last)),
        "7699": _of(_BOND, lambda s: _yield(s, s.quote.bid)),
        "7703": _of(("OPT",), lambda s: text.percent(abs(s.greeks.delta) if s.greeks else 0.0)),
        "7720": _of(_BOND, lambda s: _yield(s, s.quote.ask)),
        "7724": _above_average(50),
        "7741": lambda s: s.price(s.quote.prior_close),
        "7762": _traded(lambda s: str(s.quote.volume)),
    }
)

# What is known about a contract and about the account's position in it.
FACTS = MappingProxyType[str, Callable[[Subject], Value]](
    {
        "55": lambda s: s.instrument.symbol,
        "58": lambda s: s.instrument.text or "",
        "73": _held(lambda line: text.money(line.market_value)),
        "74": _held(lambda line: f"{line.average_price:.2f}"),
        "75": _held(lambda line: f"{line.unrealised:.2f}"),
        "76": _held(lambda line: f"{line.quantity:,g}"),
        "77": _held(lambda line: text.money(line.unrealised)),
        "78": _held(lambda line: text.short(line.daily)),
        "79": _held(lambda line: f"{line.realised:.2f}"),
        "80": _held(lambda line: text.percent(line.unrealised / abs(line.cost)) if line.cost else "0.00%"),
        "201": lambda s: {"C": "Call", "P": "Put"}.get(s.instrument.right or ""),
        "6004": lambda s: s.instrument.venues[0],
        "6008": lambda s: s.instrument.conid,
        "6070": lambda s: s.instrument.sec_type,
        "6072": lambda s: months(living(s.simulation, s.instrument.conid, "FUT") or s.chain) or None,
        "6073": _of(("OPT", "FUT"), lambda s: s.instrument.expiry or ""),
        "6457": lambda s: s.instrument.underlying_conid,
        "7051": lambda s: s.instrument.name,
        "7094": lambda s: f"{s.instrument.conid}@{s.instrument.venues[0]}",
        "7184": lambda s: "0" if _is(s, "IND") else "1",
        "7219": lambda s: full_name(s.instrument),
        "7220": _description,
        "7221": lambda s: listing(s.instrument),
        "7280": lambda s: s.instrument.industry,
        "7281": lambda s: s.instrument.category,
        "7286": _of(_STOCK, lambda s: f"{_dividend(s) / 4:.2f}"),
        "7287": _of(_STOCK, lambda s: text.percent(_dividend(s) / s.instrument.reference_price)),
        "7289": _of(_STOCK, lambda s: text.short(s.instrument.average_volume * s.quote.last * 300)),
        "7290": _of(_STOCK, lambda s: f"{s.quote.last / _earnings(s):.1f}"),
        "7291": _of(_STOCK, lambda s: f"{_earnings(s):.2f}"),
        "7292": _held(lambda line: text.money(line.cost)),
        "7639": lambda s: _part_of_account(s),
        "7671": _of(_STOCK, lambda s: f"{_dividend(s):.2f}"),
        "7672": _of(_STOCK, lambda s: f"{_dividend(s) * 0.97:.2f}"),
        "7704": _of(_BOND, lambda s: "Government" if s.instrument.symbol == "US-T" else "Corporate"),
        "7705": _of(_BOND, lambda _: "Senior"),
        "7706": _of(_BOND, lambda s: "Aaa/AA+" if s.instrument.symbol in ("US-T", "AAPL") else "A3/A-"),
        "7708": _of(_BOND, lambda _: "Fixed"),
        "7714": _of((*_OPTION, *_BOND, "FUT"), lambda s: s.instrument.expiry or ""),
        "7715": _of(_BOND, lambda s: s.instrument.issued or ""),
        "7718": _of(_STOCK, lambda s: f"{s.instrument.volatility / 0.2:.2f}"),
        "7768": lambda s: "0" if _is(s, "IND") else "1",
        "7920": _held(lambda line: f"{line.daily:.2f}"),
        "7921": _held(lambda line: f"{line.cost:.2f}"),
        "7943": _of(_STOCK, lambda s: "ETF" if s.instrument.is_etf else "COMMON"),
    }
)


def _break_even(s: Subject) -> str:
    strike = s.instrument.strike or 0.0
    return s.price(strike + s.quote.last if s.instrument.right == "C" else strike - s.quote.last)


def _part_of_account(s: Subject) -> str | None:
    if s.line is None:
        return None
    account = s.simulation.broker.valuation()
    return text.percent(s.line.market_value * s.line.rate / account.net_liquidation)
