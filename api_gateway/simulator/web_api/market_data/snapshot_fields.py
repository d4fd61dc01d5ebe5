"""Snapshot fields by ID, computed from the contract, its quote and the account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import log
from types import MappingProxyType

from api_gateway.simulator.accounts.valued_position import ValuedPosition
from api_gateway.simulator.calendar.bars import DAY, WEEK
from api_gateway.simulator.corporate_actions.dividends import dividends_from
from api_gateway.simulator.instruments.contract_names import (
    derivative_terms,
    full_name,
    listing_exchange_name,
)
from api_gateway.simulator.instruments.option_pricing import Greeks
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.prices.prices import Bar, Quote
from api_gateway.simulator.prices.seeded_noise import hash_keys, uniform
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.contracts.derivatives import month_codes
from api_gateway.simulator.web_api.market_data import snapshot_format as text

FieldValue = str | int | None
_TRADING_DAYS = 252
_STOCK, _OPTION, _BOND = ("STK",), ("OPT", "FOP", "EC"), ("BOND",)
_PRICED_OPTION = ("OPT", "FOP")
_OPTIONS_PER_SHARE, _VOLUME_OF_AN_INDEX = 1 / 150, 300_000_000


@dataclass(frozen=True)
class ContractSnapshot:
    """One contract at one moment, the source of all field values; a field without a value is None."""

    simulation: Simulation
    instrument: Instrument
    quote: Quote
    moment: float

    @cached_property
    def position(self) -> ValuedPosition | None:
        """The account's position in the contract, or None."""
        paper_account, conid = self.simulation.selected_account, self.instrument.conid
        return paper_account.valuation().open_position(conid) if conid in paper_account.positions else None

    @cached_property
    def greeks(self) -> Greeks | None:
        """The option's greeks; None if the contract is not an option."""
        return self.simulation.prices.greeks(self.instrument)

    @property
    def implied_volatility(self) -> float:
        """Return the volatility that the option's price implies; 0 if the contract is not an option."""
        return self.simulation.prices.implied_volatility(self.instrument) or 0.0

    @cached_property
    def daily_bars(self) -> list[Bar]:
        """The daily bars of the last 18 months, approximately."""
        return self.simulation.prices.bars(self.instrument, self.moment, DAY, 400)

    @property
    def has_options(self) -> bool:
        """Whether there are options on the contract."""
        return self.simulation.universe.has_options(self.instrument.conid)

    @property
    def option_volume(self) -> float:
        """Return the day's volume of all options on the contract, estimated from the contract's volume."""
        shares = self.instrument.average_volume or _VOLUME_OF_AN_INDEX
        return shares * _OPTIONS_PER_SHARE * (0.5 + self.seeded_value(9))

    @property
    def has_bid_ask(self) -> bool:
        """Whether it is quoted with bid and ask; indices and funds are not."""
        return self.quote.ask_size > 0

    def price_text(self, value: float) -> str:
        """Return a price in the contract's format."""
        return text.price(self.instrument, value)

    def seeded_value(self, key: int) -> float:
        """Return a number in [0, 1) that is constant for the contract and `key`."""
        return uniform(hash_keys(self.instrument.conid, 99), key)

    def moving_average(self, days: int) -> float:
        """Return the exponential moving average of the daily closes."""
        weight = 2 / (days + 1)
        mean = self.daily_bars[0].close
        for bar in self.daily_bars[1:]:
            mean += weight * (bar.close - mean)
        return mean

    def historical_volatility(self) -> float:
        """Return the annualised volatility of the last 30 daily closes."""
        # Not from `daily_bars`: a scan reads this for every contract, and 400 days take ten times as long.
        bars = self.simulation.prices.bars(self.instrument, self.moment, DAY, 31)
        log_returns = [log(b.close / a.close) for a, b in pairwise(bars)]
        mean = sum(log_returns) / len(log_returns)
        return float((sum((m - mean) ** 2 for m in log_returns) / len(log_returns) * _TRADING_DAYS) ** 0.5)


def _last_price(s: ContractSnapshot) -> str:
    closed = not (s.quote.market_open or s.quote.extended_hours)
    prefix = "H" if s.quote.halted else "C" if closed else ""
    return prefix + s.price_text(s.quote.last)


def _change(s: ContractSnapshot) -> float:
    return s.quote.last - s.quote.prior_close


def _mark(s: ContractSnapshot) -> float:
    q = s.quote
    return min(max(q.last, q.bid), q.ask) if s.has_bid_ask else q.last


def _has_sec_type(s: ContractSnapshot, *kinds: str) -> bool:
    return s.instrument.sec_type in kinds


def _if_held(write: Callable[[ValuedPosition], str]) -> Callable[[ContractSnapshot], FieldValue]:
    return lambda s: write(s.position) if s.position else None


def _if_greeks(write: Callable[[ContractSnapshot, Greeks], str]) -> Callable[[ContractSnapshot], FieldValue]:
    return lambda s: write(s, s.greeks) if s.greeks else None


def _if_bid_ask(write: Callable[[ContractSnapshot], str]) -> Callable[[ContractSnapshot], FieldValue]:
    return lambda s: write(s) if s.has_bid_ask else None


def _if_bid(write: Callable[[ContractSnapshot], str]) -> Callable[[ContractSnapshot], FieldValue]:
    return lambda s: write(s) if s.quote.bid_size else None


def _if_sec_type(
    sec_types: tuple[str, ...], write: Callable[[ContractSnapshot], FieldValue]
) -> Callable[[ContractSnapshot], FieldValue]:
    return lambda s: write(s) if s.instrument.sec_type in sec_types else None


def _if_traded(write: Callable[[ContractSnapshot], str]) -> Callable[[ContractSnapshot], FieldValue]:
    return lambda s: write(s) if s.instrument.average_volume else None


def _moving_average(days: int) -> Callable[[ContractSnapshot], FieldValue]:
    return lambda s: s.price_text(s.moving_average(days))


def _percent_above_average(days: int) -> Callable[[ContractSnapshot], FieldValue]:
    return lambda s: text.percent(s.quote.last / s.moving_average(days) - 1)


def _if_options(write: Callable[[ContractSnapshot], str]) -> Callable[[ContractSnapshot], FieldValue]:
    return lambda s: write(s) if s.has_options else None


def _yield_to_maturity(s: ContractSnapshot, price: float) -> str:
    """Return a bond's simple yield to maturity: coupon and pull to par, relative to the price."""
    years = max(0.1, int((s.instrument.expiry or "0")[:4]) - s.simulation.universe.build_date.year)
    coupon = s.instrument.coupon or 0.0
    return f"{(coupon + (100 - price) / years) / ((100 + price) / 2) * 100:.3f}"


def _description(s: ContractSnapshot) -> str:
    return derivative_terms(s.instrument) or s.instrument.exchange


def _historical_volatility(s: ContractSnapshot) -> str | None:
    return None if _has_sec_type(s, *_OPTION) else text.percent(s.historical_volatility())


def _year_bars(s: ContractSnapshot) -> list[Bar]:
    return [bar for bar in s.daily_bars if bar.start > s.moment - 52 * WEEK]


def _dividend(s: ContractSnapshot) -> float:
    return s.instrument.dividend


def _next_ex_date(s: ContractSnapshot) -> str | None:
    """Return the next ex-date. Its format is a guess: that of the other dates."""
    upcoming = next(dividends_from(s.instrument, s.simulation.universe.today), None)
    return f"{upcoming.ex_date:%Y%m%d}" if upcoming else None


def _dividends_a_year(s: ContractSnapshot) -> int:
    return len(s.instrument.dividend_months) or 1


def _earnings(s: ContractSnapshot) -> float:
    return s.instrument.reference_price / (12 + 25 * s.seeded_value(2))


# Prices and derived values: not sent without market data permission.
PRICE_FIELDS = MappingProxyType[str, Callable[[ContractSnapshot], FieldValue]](
    {
        "31": _last_price,
        "70": lambda s: s.price_text(s.quote.high),
        "71": lambda s: s.price_text(s.quote.low),
        "82": lambda s: s.price_text(_change(s)),
        "83": lambda s: text.percent(_change(s) / s.quote.prior_close) if s.quote.prior_close else None,
        "84": _if_bid(lambda s: s.price_text(s.quote.bid)),
        "85": _if_bid_ask(lambda s: text.size(s.quote.ask_size)),
        "86": _if_bid_ask(lambda s: s.price_text(s.quote.ask)),
        "87": _if_traded(lambda s: text.abbreviate(s.quote.volume)),
        "88": _if_bid(lambda s: text.size(s.quote.bid_size)),
        "7057": _if_bid_ask(lambda s: "KNPQZ"[s.quote.ask_size // 100 % 5]),
        "7058": _if_bid_ask(lambda s: "KNPQZ"[s.quote.last_size // 100 % 5]),
        "7059": _if_bid_ask(lambda s: text.size(s.quote.last_size)),
        "7068": _if_bid(lambda s: "KNPQZ"[s.quote.bid_size // 100 % 5]),
        "7084": _if_options(lambda s: text.percent(s.instrument.volatility / s.historical_volatility())),
        "7085": _if_options(lambda s: f"{0.6 + 0.8 * s.seeded_value(3):.2f}"),
        "7086": _if_options(lambda s: f"{0.5 + 0.9 * s.seeded_value(4):.2f}"),
        "7087": _historical_volatility,
        "7088": _historical_volatility,
        "7089": _if_options(lambda s: text.abbreviate(s.option_volume)),
        "7282": _if_traded(lambda s: text.abbreviate(s.instrument.average_volume)),
        "7283": _if_options(lambda s: text.percent(s.instrument.volatility)),
        "7284": _historical_volatility,
        "7285": _if_options(lambda s: f"{0.5 + 0.9 * s.seeded_value(4):.2f}"),
        "7293": lambda s: s.price_text(max(bar.high for bar in _year_bars(s))),
        "7294": lambda s: s.price_text(min(bar.low for bar in _year_bars(s))),
        "7295": lambda s: s.price_text(s.quote.open),
        "7296": lambda s: s.price_text(s.quote.prior_close if s.quote.market_open else s.quote.last),
        "7308": _if_greeks(lambda _, g: f"{g.delta:.3f}"),
        "7309": _if_greeks(lambda _, g: f"{g.gamma:.3f}"),
        "7310": _if_greeks(lambda _, g: f"{g.theta:.3f}"),
        "7311": _if_greeks(lambda _, g: f"{g.vega:.3f}"),
        "7607": _if_options(lambda s: text.percent(0.4 * s.seeded_value(5) - 0.2)),
        "7633": _if_sec_type(_PRICED_OPTION, lambda s: text.percent(s.implied_volatility)),
        "7635": lambda s: s.price_text(_mark(s)),
        "7636": _if_sec_type(
            _STOCK, lambda s: text.size(s.instrument.average_volume * (0.1 + s.seeded_value(6)))
        ),
        "7637": _if_sec_type(_STOCK, lambda s: f"{0.25 + 0.5 * s.seeded_value(7):.4f}"),
        "7638": _if_sec_type(
            _OPTION, lambda s: text.size(s.instrument.average_volume * (3 + 9 * s.seeded_value(8)))
        ),
        "7644": _if_sec_type(_STOCK, lambda _: "Available"),
        "7674": _moving_average(200),
        "7675": _moving_average(100),
        "7676": _moving_average(50),
        "7677": _moving_average(20),
        "7678": _percent_above_average(200),
        "7679": _percent_above_average(100),
        "7681": _percent_above_average(20),
        "7682": lambda s: s.price_text(s.quote.last - s.quote.open),
        "7695": _if_sec_type(_PRICED_OPTION, lambda s: _break_even(s)),
        "7697": _if_sec_type(("FUT",), lambda s: text.size(s.instrument.average_volume * 1.6)),
        "7698": _if_sec_type(_BOND, lambda s: _yield_to_maturity(s, s.quote.last)),
        "7699": _if_sec_type(_BOND, lambda s: _yield_to_maturity(s, s.quote.bid)),
        "7703": _if_sec_type(
            _PRICED_OPTION, lambda s: text.percent(abs(s.greeks.delta) if s.greeks else 0.0)
        ),
        "7720": _if_sec_type(_BOND, lambda s: _yield_to_maturity(s, s.quote.ask)),
        "7724": _percent_above_average(50),
        "7741": lambda s: s.price_text(s.quote.prior_close),
        "7762": _if_traded(lambda s: str(s.quote.volume)),
    }
)

# Contract data and the account's position: sent without market data permission.
CONTRACT_FIELDS = MappingProxyType[str, Callable[[ContractSnapshot], FieldValue]](
    {
        "55": lambda s: s.instrument.symbol,
        "58": lambda s: s.instrument.terms_text or "",
        "73": _if_held(lambda line: text.money(line.market_value)),
        "74": _if_held(lambda line: f"{line.average_price:.2f}"),
        "75": _if_held(lambda line: f"{line.unrealised:.2f}"),
        "76": _if_held(lambda line: f"{line.quantity:,g}"),
        "77": _if_held(lambda line: text.money(line.unrealised)),
        "78": _if_held(lambda line: text.abbreviate(line.daily_pnl)),
        "79": _if_held(lambda line: f"{line.realised:.2f}"),
        "80": _if_held(lambda line: text.percent(line.unrealised / abs(line.cost)) if line.cost else "0.00%"),
        "201": lambda s: {"C": "Call", "P": "Put"}.get(s.instrument.right or ""),
        "6004": lambda s: s.instrument.venues[0],
        "6008": lambda s: s.instrument.conid,
        "6070": lambda s: s.instrument.sec_type,
        "6072": lambda s: _derivative_months(s),
        "6073": _if_sec_type(("OPT", "FOP", "FUT"), lambda s: s.instrument.expiry or ""),
        "6457": lambda s: s.instrument.underlying_conid,
        "7051": lambda s: s.instrument.name,
        "7094": lambda s: f"{s.instrument.conid}@{s.instrument.venues[0]}",
        "7184": lambda s: "0" if _has_sec_type(s, "IND") else "1",
        "7219": lambda s: full_name(s.instrument),
        "7220": _description,
        "7221": lambda s: listing_exchange_name(s.instrument),
        "7280": lambda s: s.instrument.industry,
        "7281": lambda s: s.instrument.category,
        "7286": _if_sec_type(_STOCK, lambda s: f"{_dividend(s) / _dividends_a_year(s):.2f}"),
        "7287": _if_sec_type(
            _STOCK,
            lambda s: text.percent(_dividend(s) / (s.instrument.reference_price * s.instrument.multiplier)),
        ),
        "7288": _if_sec_type(_STOCK, _next_ex_date),
        "7289": _if_sec_type(
            _STOCK,
            lambda s: text.abbreviate(
                s.instrument.average_volume * s.quote.last * s.instrument.multiplier * 300
            ),
        ),
        "7290": _if_sec_type(_STOCK, lambda s: f"{s.quote.last / _earnings(s):.1f}"),
        "7291": _if_sec_type(_STOCK, lambda s: f"{_earnings(s) * s.instrument.multiplier:.2f}"),
        "7292": _if_held(lambda line: text.money(line.cost)),
        "7639": lambda s: _account_share(s),
        "7671": _if_sec_type(_STOCK, lambda s: f"{_dividend(s):.2f}"),
        "7672": _if_sec_type(_STOCK, lambda s: f"{_dividend(s) * 0.97:.2f}"),
        "7704": _if_sec_type(_BOND, lambda s: "Government" if s.instrument.symbol == "US-T" else "Corporate"),
        "7705": _if_sec_type(_BOND, lambda _: "Senior"),
        "7706": _if_sec_type(
            _BOND, lambda s: "Aaa/AA+" if s.instrument.symbol in ("US-T", "AAPL") else "A3/A-"
        ),
        "7708": _if_sec_type(_BOND, lambda _: "Fixed"),
        "7714": _if_sec_type((*_OPTION, *_BOND, "FUT"), lambda s: s.instrument.expiry or ""),
        "7715": _if_sec_type(_BOND, lambda s: s.instrument.issue_date or ""),
        "7718": _if_sec_type(_STOCK, lambda s: f"{s.instrument.volatility / 0.2:.2f}"),
        "7768": lambda s: "0" if _has_sec_type(s, "IND") else "1",
        "7920": _if_held(lambda line: f"{line.daily_pnl:.2f}"),
        "7921": _if_held(lambda line: f"{line.cost:.2f}"),
        "7943": _if_sec_type(_STOCK, lambda s: "ETF" if s.instrument.is_etf else "COMMON"),
    }
)

# Fields of a combination. Which ones IBKR sends is known only for last, bid and ask; the rest is a guess.
COMBINATION_FIELDS = frozenset(
    {
        *("31", "82", "84", "85", "86", "88", "7635", "7741"),
        *("55", "6004", "6008", "6070", "7051", "7219", "7220", "7221"),
    }
)


def _derivative_months(s: ContractSnapshot) -> str | None:
    """Return the months of the futures on the contract, or else of the options."""
    for kind in ("FUT", "OPT"):
        months = month_codes(s.simulation, s.instrument.conid, kind)
        if months:
            return ";".join(months)
    return None


def _break_even(s: ContractSnapshot) -> str:
    strike = s.instrument.strike or 0.0
    return s.price_text(strike + s.quote.last if s.instrument.right == "C" else strike - s.quote.last)


def _account_share(s: ContractSnapshot) -> str | None:
    if s.position is None:
        return None
    account = s.simulation.selected_account.valuation()
    return text.percent(s.position.market_value * s.position.rate / account.net_liquidation)
