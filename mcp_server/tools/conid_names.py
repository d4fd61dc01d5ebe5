"""Conids by name: where an operation's argument is a conid, `AAPL` or `SPY 15Jan27 600P` is understood too.

Only a text that means exactly one instrument is replaced. An order needs a text that names the contract
outright: not a company's name, not a month without a day, not a future without its month.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final

from api_gateway.redaction import sanitize
from mcp_server.instruments.choice_text import describe_choices
from mcp_server.instruments.instrument import Found, Instrument
from mcp_server.instruments.resolver import Instruments
from mcp_server.tools.argument_validation import Schema, alternatives

_CONID_FIELD: Final = re.compile(r"(?:\w+_)?conids?")
_MAX_DEPTH: Final = 6
_CONIDEX_FIELD: Final = "conidex"
_NAME: Final = re.compile(r"(?!\s*\d+/)(?=.*[A-Za-z])(?!.*\.\.)[^;=\\\r\n]{1,100}")
_NUMBERED: Final = re.compile(r"\s*\d+@[A-Za-z0-9.]+\s*")
_EVENT_CONTRACTS: Final = "/forecast/"
_EACH: Final = "[]"
_SMART_KINDS: Final = frozenset({"STK", "OPT"})

Path = tuple[str, ...]


@dataclass(frozen=True)
class Replaced:
    """The arguments with conids; `understood` says what each name means, `problem` which name failed."""

    arguments: dict[str, Any]
    understood: str = ""
    problem: str = ""


@dataclass(frozen=True)
class ConidArguments:
    """Where the arguments of one operation hold conids. `trades`: it sends orders.

    `of_chain`: the conid is the underlying of a chain, which for a future is its product's index.
    """

    paths: tuple[Path, ...]
    trades: bool = False
    of_chain: bool = False

    async def replace_names(self, arguments: dict[str, Any], instruments: Instruments) -> Replaced:
        """The arguments with each name replaced by its conid. Raises GatewayError."""
        if not any(_is_name(text) for path in self.paths for _, text in _find(arguments, path)):
            return Replaced(arguments)
        changed = deepcopy(arguments)
        notes = _Notes()
        for path in self.paths:
            for place, text in list(_find(changed, path)):
                if not _is_name(text):
                    continue
                resolution = await instruments.resolve(text, explicit=self.trades)
                if not isinstance(resolution, Found) or resolution.only is None:
                    quoted = sanitize(str(text), max_length=60)
                    label = ".".join(part for part in path if part != _EACH)
                    return Replaced(
                        arguments,
                        problem=f'`{label}` "{quoted}" does not identify one instrument. '
                        f"{describe_choices(resolution)}",
                    )
                found = resolution.only
                conid = (self.of_chain and found.kind == "FUT" and found.underlying_conid) or found.conid
                notes.add(text, found, conid)
                holder, key = place
                holder[key] = conid if path[-1] != _CONIDEX_FIELD else _conidex(conid, found, text)
        return Replaced(changed, understood=notes.text)


@dataclass
class _Notes:
    parts: list[str] = field(default_factory=list)

    def add(self, text: str, found: Instrument, conid: int) -> None:
        name = found.text if conid == found.conid else f"the index of {found.text}"
        part = f'"{sanitize(text, max_length=60)}" is {name}, conid {conid}'
        place = ", ".join(each for each in (found.exchange, found.currency) if each)
        self.parts.append(f"{part} ({place})" if place else part)

    @property
    def text(self) -> str:
        return f"Understood: {'; '.join(dict.fromkeys(self.parts))}." if self.parts else ""


def find_conid_arguments(
    schema: Schema, path: str = "", *, trades: bool = False, of_chain: bool = False
) -> ConidArguments:
    """The places of conids in an operation's arguments, from their schema; event contracts have no names."""
    places = () if path.startswith(_EVENT_CONTRACTS) else _paths(schema, schema.get("$defs", {}), ())
    # The conidex of an order can be a combination of contracts.
    kept = tuple(place for place in places if not (trades and place[-1] == _CONIDEX_FIELD))
    return ConidArguments(kept, trades, of_chain)


def is_conid_field(name: str, schema: Schema, definitions: Mapping[str, Schema]) -> bool:
    """Whether a property holds conids: by its name, and its type is a whole number or a list of them."""
    if name == _CONIDEX_FIELD:
        return True
    if not _CONID_FIELD.fullmatch(name):
        return False
    types = {each.get("type") for each in alternatives(schema, definitions)}
    items = [
        each.get("items", {}) for each in alternatives(schema, definitions) if each.get("type") == "array"
    ]
    return "integer" in types or any(each.get("type") == "integer" for each in items)


def _paths(schema: Schema, definitions: Mapping[str, Schema], above: Path) -> Iterator[Path]:
    if len(above) == _MAX_DEPTH:  # a schema of a generated router can contain itself
        return
    for each in alternatives(schema, definitions):
        if each.get("type") == "array":
            yield from _paths(each.get("items", {}), definitions, (*above, _EACH))
        for name, inner in each.get("properties", {}).items():
            path = (*above, name)
            if is_conid_field(name, inner, definitions):
                yield path
            else:
                yield from _paths(inner, definitions, path)


def _find(holder: Any, path: Path) -> Iterator[tuple[tuple[Any, Any], Any]]:
    """Each value at a path: where it is (a container and its key), and the value."""
    name, rest = path[0], path[1:]
    if name == _EACH:
        keys: list[Any] = list(range(len(holder))) if isinstance(holder, list) else []
    else:
        keys = [name] if isinstance(holder, dict) and name in holder else []
    for key in keys:
        value = holder[key]
        if rest:
            yield from _find(value, rest)
        elif isinstance(value, list):
            yield from (((value, place), each) for place, each in enumerate(value))
        else:
            yield (holder, key), value


def _is_name(value: Any) -> bool:
    """Whether it can be a name; numbers, conid@EXCHANGE and what no name contains are validated later."""
    return isinstance(value, str) and bool(_NAME.fullmatch(value)) and not _NUMBERED.fullmatch(value)


def _conidex(conid: int, found: Instrument, text: str) -> str:
    """conid@EXCHANGE: the exchange that was written, else the one that its orders are routed to."""
    _, at, place = text.strip().upper().rpartition("@")
    exchange = place if at else "SMART" if found.kind in _SMART_KINDS else found.exchange
    return f"{conid}@{exchange}"
