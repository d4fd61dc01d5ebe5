"""Parsing of YAML into JSON values, event by event, to limit depth, size and time."""

from __future__ import annotations

import copy
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from routers_generator.document.json_values import merge_pairs

MAX_VALUES: Final = 3_000_000  # values, including those that aliases repeat
MAX_CHARACTERS: Final = 20_000_000  # characters; parsing them takes about a minute

_TAG: Final = "tag:yaml.org,2002:"
_INTEGER: Final = re.compile(r"[-+]?(0|[1-9][0-9]{0,300})")  # with leading zeros it is a code, not a number
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
_CONSTANTS: Final = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


class YamlError(ValueError):
    """The text is not YAML, or cannot be represented as JSON; `str()` says why."""


@dataclass
class _OpenCollection:
    """A list or an object that is still being parsed."""

    is_object: bool
    anchor: str | None
    values: list[Any] = field(default_factory=list)
    size: int = 1


@dataclass(frozen=True)
class _AnchoredValue:
    value: Any
    size: int


def from_yaml(
    text: str, *, max_depth: int, seconds: float, clock: Callable[[], float] = time.monotonic
) -> Any:
    """Parse a single YAML document; plain scalars follow the YAML 1.2 core schema (`no` and 0o7 are strings).

    Raises YamlError if it is nested deeper than `max_depth`, takes longer than `seconds`, contains a circular
    alias, or expands to more than 3,000,000 values.
    """
    if len(text) > MAX_CHARACTERS:
        raise YamlError(f"YAML is limited to {MAX_CHARACTERS:,} characters; JSON can be larger.")
    try:
        return _read_events(text, max_depth, clock() + seconds, clock)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" on line {mark.line + 1}" if mark else ""
        what = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be parsed"
        raise YamlError(f"{what}{where}.") from error


def _read_events(text: str, max_depth: int, deadline: float, clock: Callable[[], float]) -> Any:
    opened = [_OpenCollection(is_object=False, anchor=None)]
    anchors: dict[str, _AnchoredValue] = {}
    total = documents = 0
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml is ten times as fast
    for event in yaml.parse(text, Loader=loader):
        if isinstance(event, yaml.ScalarEvent):
            _add_value(opened[-1], anchors, event.anchor, _AnchoredValue(_scalar_value(event), 1))
            total += 1
        elif isinstance(event, yaml.CollectionStartEvent):
            if len(opened) > max_depth:
                raise YamlError(f"it is nested deeper than {max_depth} levels.")
            opened.append(_OpenCollection(isinstance(event, yaml.MappingStartEvent), event.anchor))
            total += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            ended = opened.pop()
            value = merge_pairs(_object_pairs(ended.values)) if ended.is_object else ended.values
            _add_value(opened[-1], anchors, ended.anchor, _AnchoredValue(value, ended.size))
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in anchors:
                raise YamlError(f"the alias *{event.anchor} is undefined or circular.")
            repeated = anchors[event.anchor]
            total += repeated.size
            if total <= MAX_VALUES:
                _add_value(opened[-1], {}, None, _AnchoredValue(copy.deepcopy(repeated.value), repeated.size))
        elif isinstance(event, yaml.DocumentStartEvent):
            documents += 1
        if total > MAX_VALUES:
            raise YamlError(f"it contains more than {MAX_VALUES:,} values.")
        if documents > 1:
            raise YamlError("it contains several documents.")
        if total % 1000 == 0 and clock() > deadline:
            raise YamlError("parsing it takes too long.")
    return opened[0].values[0] if opened[0].values else None


def _add_value(
    to: _OpenCollection, anchors: dict[str, _AnchoredValue], anchor: str | None, found: _AnchoredValue
) -> None:
    to.values.append(found.value)
    to.size += found.size
    if anchor:
        anchors[anchor] = found


def _object_pairs(values: list[Any]) -> list[tuple[str, Any]]:
    """The pairs of an object, including those that `<<` merges in; its own keys win."""
    pairs = [(_json_key(key), value) for key, value in zip(values[::2], values[1::2], strict=True)]
    own = [pair for pair in pairs if pair[0] != "<<"]
    known = {key for key, _ in own}
    for key, value in pairs:
        for each in (value if isinstance(value, list) else [value]) if key == "<<" else []:
            if not isinstance(each, dict):
                raise YamlError("`<<` merges a value that is not an object.")
            own += [(name, inner) for name, inner in each.items() if name not in known]
            known.update(each)
    return own


def _json_key(found: Any) -> str:
    """Convert a key to a JSON key: the status 200 becomes "200"."""
    if isinstance(found, dict | list):
        raise YamlError("a key is a list or an object.")
    if isinstance(found, bool) or found is None:
        return {True: "true", False: "false", None: "null"}[found]
    return str(found)


def _scalar_value(event: yaml.ScalarEvent) -> Any:
    text: str = event.value
    tag: str | None = event.tag
    if tag in (None, "!") or (tag or "").removeprefix(_TAG) in ("null", "bool", "int", "float"):
        plain = event.implicit[0] or tag not in (None, "!")
        return _parse_plain_scalar(text) if plain else text
    if (tag or "").removeprefix(_TAG) in ("str", "timestamp"):
        return text
    raise YamlError(f"the tag {tag} has no JSON equivalent.")


def _parse_plain_scalar(text: str) -> Any:
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
