"""Which holdings the argument `only` means: a symbol, an asset class, a currency, a sector or a name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mcp_server.answers.outside_text import outside_name
from mcp_server.answers.portfolio.holdings import Holding, sort_holdings

KIND_NAMES: Final[Mapping[str, str]] = {
    "STK": "stocks and ETFs",
    "OPT": "options",
    "FOP": "options on futures",
    "FUT": "futures",
    "BOND": "bonds",
    "BILL": "bills",
    "FUND": "funds",
    "CRYPTO": "crypto",
    "CASH": "currency pairs",
    "CFD": "CFDs",
    "WAR": "warrants",
    "IOPT": "structured products",
    "EC": "event contracts",
    "CMDTY": "commodities",
}
_KINDS_BY_WORD: Final[Mapping[str, tuple[str, ...]]] = {
    "OPTION": ("OPT", "FOP"),
    "OPTIONS ON FUTURE": ("FOP",),
    "FUTURE": ("FUT",),
    "BND": ("BOND",),
    "TREASURY": ("BOND", "BILL"),
    "FND": ("FUND",),
    "MUTUAL FUND": ("FUND",),
    "CRYPTOCURRENCY": ("CRYPTO",),
    "CRYPTOCURRENCIE": ("CRYPTO",),
    "FX": ("CASH",),
    "FOREX": ("CASH",),
    "CURRENCY PAIR": ("CASH",),
    "WARRANT": ("WAR", "IOPT"),
    "EVENT CONTRACT": ("EC",),
    "COMMODITY": ("CMDTY",),
}
_ETF_WORDS: Final = frozenset({"ETF", "ETN", "ETC", "ETP", "EXCHANGE TRADED FUND"})
_STOCK_WORDS: Final = frozenset({"STOCK", "SHARE", "EQUITY", "EQUITIE"})
_ETF_TYPES: Final = frozenset({"ETF", "ETN", "ETC", "ETP", "ETMF"})
_FUND_SECTOR: Final = "FUNDS"
_MAX_NAMED: Final = 20
_SHORTEST_NAME: Final = 3


@dataclass(frozen=True)
class Selection:
    """The holdings that `only` means, and as what it was understood; empty for a symbol or a contract."""

    rows: list[Holding]
    meaning: str = ""


def select(holdings: Sequence[Holding], only: str) -> list[Holding]:
    """The holdings that `only` means; may be empty."""
    return understand(holdings, only).rows


def understand(holdings: Sequence[Holding], only: str) -> Selection:
    """The holdings of this contract, else on this symbol, of this class, currency, sector or name."""
    wanted = _normalize(only)
    exact = [each for each in holdings if wanted in (_normalize(each.name), str(each.position.conid))]
    if exact and all(each.position.kind not in ("STK", "CRYPTO") for each in exact):
        return Selection(exact)
    singular = wanted.removesuffix("S")
    kinds = (wanted, *_KINDS_BY_WORD.get(wanted, ()), *_KINDS_BY_WORD.get(singular, ()), singular)
    tests: tuple[tuple[str, Callable[[Holding], bool]], ...] = (
        ("", lambda each: wanted in symbols(each)),
        ("ETFs", lambda each: singular in _ETF_WORDS and is_etf(each)),
        (
            "stocks without ETFs",
            lambda each: singular in _STOCK_WORDS and each.position.kind == "STK" and not is_etf(each),
        ),
        ("asset class", lambda each: each.position.kind in kinds),
        (f"currency {wanted}", lambda each: each.position.currency == wanted),
        ("sector", lambda each: len(wanted) > _SHORTEST_NAME and _normalize(sector(each)).startswith(wanted)),
        ("name contains", lambda each: len(wanted) > _SHORTEST_NAME and wanted in company(each)),
        (wanted.lower(), lambda each: wanted == {True: "LONG", False: "SHORT"}[each.position.quantity > 0]),
    )
    for meaning, test in tests:
        rows = [each for each in holdings if test(each)]
        if rows:
            return Selection(rows, _complete(meaning, rows, only))
    return Selection([])


def _complete(meaning: str, rows: Sequence[Holding], only: str) -> str:
    """What was understood, with the names of the classes or sectors that were found."""
    if meaning == "asset class":
        return ", ".join(sorted({KIND_NAMES.get(each.position.kind, each.position.kind) for each in rows}))
    if meaning == "sector":
        return f"sector {', '.join(sorted({outside_name(sector(each)) for each in rows}))}"
    return f'name contains "{outside_name(only)}"' if meaning == "name contains" else meaning


def is_etf(holding: Holding) -> bool:
    """Whether it is a fund that is traded like a share, by IBKR's stock type; without one, by its sector."""
    if holding.position.kind != "STK":
        return False
    kind = holding.instrument.stock_type.upper() if holding.instrument is not None else ""
    return kind in _ETF_TYPES if kind else _normalize(sector(holding)) == _FUND_SECTOR


def sector(holding: Holding) -> str:
    """The sector of a holding; may be empty."""
    own = holding.instrument.sector if holding.instrument is not None else ""
    return own or holding.position.sector


def symbols(holding: Holding) -> set[str]:
    """The symbols that a holding is found by: its own, and that of its underlying."""
    name, description = _normalize(holding.name), _normalize(holding.position.description)
    found = {name, name.partition("@")[0], description}
    if holding.position.kind not in ("STK", "BOND", "FUND"):
        found |= {name.split(" ")[0], description.split(" ")[0]}
    if holding.instrument is not None:
        found |= {_normalize(holding.instrument.symbol), _normalize(holding.instrument.trading_class)}
    return found - {""}


def company(holding: Holding) -> str:
    """The name of the company or the fund; empty if it is unknown."""
    return _normalize(holding.instrument.name) if holding.instrument is not None else ""


def describe_choices(holdings: Iterable[Holding]) -> str:
    """What is held, as values of `only`."""
    rows = sort_holdings(holdings, "value")
    if not rows:
        return "There are no positions"
    names = list(dict.fromkeys(each.name for each in rows))
    more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
    kinds = sorted({each.position.kind for each in rows if each.position.kind})
    currencies = sorted({each.position.currency for each in rows if each.position.currency})
    return (
        f"Held: {', '.join(names[:_MAX_NAMED])}{more}; "
        f"asset classes {', '.join(kinds)}; currencies {', '.join(currencies)}"
    )


def _normalize(text: str) -> str:
    return " ".join(text.upper().strip("\"'").replace(".", " ").replace("/", " ").replace("_", " ").split())
