"""What the argument `what` stands for: instruments, watchlists and holdings, each contract once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from mcp_server.answers.context import AnswerContext
from mcp_server.answers.errors import AnswerError
from mcp_server.answers.instruments import describe_meaning, describe_unresolved
from mcp_server.answers.outside_text import outside_name
from mcp_server.answers.quote_list.conid_lists import read_holdings, read_watchlist
from mcp_server.instruments.instrument import KIND_NAMES, Choices, Found, Instrument, Resolution, Unknown

_WATCHLIST: Final = re.compile(r"(?:my )?watch ?list[ :=]*(?P<name>.*)", re.IGNORECASE | re.DOTALL)
_HOLDINGS: Final = re.compile(
    r"(?:my |the )?(?:current )?(?:portfolio|positions|holdings)(?: of (?P<account>.+))?", re.IGNORECASE
)
_MAX_BONDS: Final = 15
_MAX_UNKNOWN: Final = 10


@dataclass(frozen=True)
class Target:
    """An instrument to quote. `inverse`: the currency pair the other way round, as the caller wrote it."""

    instrument: Instrument
    inverse: bool = False

    @property
    def text(self) -> str:
        """How the row is named."""
        return (
            f"{self.instrument.currency}.{self.instrument.symbol}" if self.inverse else self.instrument.text
        )


@dataclass
class Selection:
    """The instruments, and the problems with the rest."""

    targets: list[Target] = field(default_factory=list)
    meanings: list[str] = field(default_factory=list)
    """What was understood, where the text does not show it: `apple: AAPL (APPLE INC)`."""
    also: dict[str, None] = field(default_factory=dict)
    """Other listings of the same names, each with its currency."""
    problems: list[str] = field(default_factory=list)
    unknown: list[Unknown] = field(default_factory=list)

    def add(self, instrument: Instrument, *, inverse: bool = False) -> None:
        """Add an instrument unless it is already there."""
        target = Target(instrument, inverse)
        if target not in self.targets:
            self.targets.append(target)


async def select(texts: Sequence[str], context: AnswerContext) -> Selection:
    """The instruments that the texts mean, in their order. Raises GatewayError.

    Raises AnswerError if there are none, and for a watchlist that does not exist.
    """
    selection = Selection()
    plain = [text for text in texts if not (_WATCHLIST.fullmatch(text) or _HOLDINGS.fullmatch(text))]
    resolved = dict(zip(plain, await context.instruments.resolve_all(plain), strict=True)) if plain else {}
    for text in texts:
        if text in resolved:
            await _add_resolution(selection, text, resolved[text], context)
            continue
        watchlist = _WATCHLIST.fullmatch(text)
        holdings = _HOLDINGS.fullmatch(text)
        try:
            if watchlist is not None:
                found = await read_watchlist(watchlist["name"].strip().strip("\"'"), context)
            else:
                found = await read_holdings(holdings["account"] if holdings else None, context)
        except AnswerError as error:
            selection.problems.append(str(error))
            continue
        await _add_collection(selection, found.conids, context)
        if not found.conids:
            selection.problems.append(found.if_empty)
    _add_unknown(selection)
    if not selection.targets:
        raise AnswerError("\n".join(selection.problems) or "`what` is empty.")
    return selection


def _add_unknown(selection: Selection) -> None:
    """One line about the names that mean nothing; the reason, which ends with a hint, is given once."""
    if not selection.unknown:
        return
    names = ", ".join(f'"{outside_name(each.query)}"' for each in selection.unknown[:_MAX_UNKNOWN])
    more = len(selection.unknown) - _MAX_UNKNOWN
    names += f" and {more} more" if more > 0 else ""
    selection.problems.append(f"{names}: {selection.unknown[0].reason}")


async def _add_collection(selection: Selection, conids: Sequence[int], context: AnswerContext) -> None:
    known = await context.instruments.by_conids(conids) if conids else {}
    for conid in conids:
        if conid in known:
            selection.add(known[conid])
        else:
            selection.problems.append(f"IBKR has no contract with conid {conid}.")


async def _add_resolution(
    selection: Selection, text: str, resolution: Resolution, context: AnswerContext
) -> None:
    if isinstance(resolution, Choices) and len(resolution.rows) == 1:
        inverse = await _inverse_pair(text, resolution.rows[0].write, context)
        if inverse is not None:
            selection.add(inverse, inverse=True)
            return
    if isinstance(resolution, Choices) and await _add_bonds(selection, resolution, context):
        return
    if isinstance(resolution, Unknown):
        selection.unknown.append(resolution)
        return
    if not isinstance(resolution, Found):
        selection.problems.append(describe_unresolved(resolution))
        return
    for instrument in resolution.instruments:
        selection.add(instrument)
    if meaning := describe_meaning(text, resolution):
        selection.meanings.append(meaning)
    selection.also |= dict.fromkeys(f"{each.text} ({each.currency})" for each in resolution.also)


async def _add_bonds(selection: Selection, choices: Choices, context: AnswerContext) -> bool:
    """Quote all bonds of an issuer instead of offering choices, because people compare their yields."""
    names = [row.write for row in choices.rows[:_MAX_BONDS] if row.kind == KIND_NAMES["BOND"]]
    if not names or len(names) < len(choices.rows):
        return False
    for found in await context.instruments.resolve_all(names):
        for instrument in found.instruments if isinstance(found, Found) else ():
            selection.add(instrument)
    selection.meanings.append(f'"{outside_name(choices.query)}": {choices.reason}')
    return True


async def _inverse_pair(text: str, write: str, context: AnswerContext) -> Instrument | None:
    """The pair that IBKR lists, if the caller wrote it the other way round."""
    base, _, quote = write.partition(".")
    letters = re.sub("[^A-Z]", "", text.upper())
    if not (base and quote) or letters != quote + base:
        return None
    listed = await context.instruments.resolve(write)
    only = listed.only if isinstance(listed, Found) else None
    return only if only is not None and only.kind == "CASH" else None
