"""Which holdings the argument `only` means: a symbol, an asset class or a currency."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

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
    "STOCK": ("STK",),
    "SHARE": ("STK",),
    "EQUITY": ("STK",),
    "EQUITIE": ("STK",),
    "ETF": ("STK",),
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
_MAX_NAMED: Final = 20
_SHORTEST_NAME: Final = 3


def select(holdings: Sequence[Holding], only: str) -> list[Holding]:
    """The holdings of this contract, else on this symbol, of this asset class or currency; may be empty."""
    wanted = _normalize(only)
    exact = [each for each in holdings if wanted in (_normalize(each.name), str(each.position.conid))]
    if exact and all(each.position.kind not in ("STK", "CRYPTO") for each in exact):
        return exact
    kinds = (wanted, *_KINDS_BY_WORD.get(wanted, ()), *_KINDS_BY_WORD.get(wanted.removesuffix("S"), ()))
    kinds = (*kinds, wanted.removesuffix("S"))
    tests = (
        lambda each: wanted in symbols(each),
        lambda each: each.position.kind in kinds,
        lambda each: each.position.currency == wanted,
        lambda each: len(wanted) > _SHORTEST_NAME and wanted in company(each),
        lambda each: wanted == {True: "LONG", False: "SHORT"}[each.position.quantity > 0],
    )
    return next(filter(None, ([each for each in holdings if test(each)] for test in tests)), [])


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
